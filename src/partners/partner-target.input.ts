import { applyDecorators } from '@nestjs/common';
import { Field, InputType, Int } from '@nestjs/graphql';
import {
  ArrayMaxSize,
  ArrayMinSize,
  IsArray,
  IsDate,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  Min,
} from 'class-validator';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { networkKeys } from '../networks/networks.js';
import { PARTNER_KEY, PARTNER_KEY_RULE } from '../shortcodes/aff.js';

/** What the user agent of a click is read as. */
const DEVICES = ['desktop', 'mobile', 'tablet', 'tv', 'other'];
const MOST_WEIGHT = 1_000_000;
const MOST_RANK = 1_000_000;

/** The same for partners and their targets. */
export const OptionalNetwork = (): PropertyDecorator =>
  applyDecorators(
    IsOptional(),
    IsIn(networkKeys, {
      message: `"$value" is not a network Waypost knows. Write one of: ${networkKeys.join(', ')}`,
      context: { code: 'NETWORK_UNKNOWN' },
    }),
  );

/** The same for partners and their targets. */
export const OptionalSubIdTemplate = (): PropertyDecorator =>
  applyDecorators(IsOptional(), IsString(), Length(0, 200, { message: 'subIdTemplate is at most 200 characters' }));

@InputType({
  description:
    'Another destination, for the readers who meet all conditions that are given. A condition that is left out or null holds for everyone.',
})
export class AffiliatePartnerTargetInput {
  @Field({ description: 'Its name among the targets of the partner: a-z, 0-9, `_` and `-`, at most 64.' })
  @Matches(PARTNER_KEY, {
    message: `"$value" is not a key of a target: it is ${PARTNER_KEY_RULE}`,
    context: { code: 'KEY_INVALID' },
  })
  key!: string;

  @Field({ description: 'Where it leads: an absolute http or https URL, at most 4,096 characters.' })
  @IsString()
  destinationUrl!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Affiliate network. Default: guessed from the host of the destination, else `custom`.',
  })
  @OptionalNetwork()
  network?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where the sub id goes, as with the partner. Empty: no sub id. Default: where the network wants it.',
  })
  @OptionalSubIdTemplate()
  subIdTemplate?: string | null;

  @Field(() => Int, { nullable: true, description: 'Of the targets that fit, the lowest rank wins. Default 0.' })
  @IsOptional()
  @IsInt()
  @Min(0, { message: `rank is 0 to ${MOST_RANK}` })
  @Max(MOST_RANK, { message: `rank is 0 to ${MOST_RANK}` })
  rank?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Share among fitting targets of one rank. The same reader gets the same one all day. Default 1.',
  })
  @IsOptional()
  @IsInt()
  @Min(1, { message: `weight is 1 to ${MOST_WEIGHT}` })
  @Max(MOST_WEIGHT, { message: `weight is 1 to ${MOST_WEIGHT}` })
  weight?: number | null;

  @Field(() => [String], {
    nullable: true,
    description:
      'Countries, ISO 3166-1 alpha-2, such as `DE`. They need a country file (WAYPOST_COUNTRY_DATABASE). Default: any.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1, { message: 'countries is at least one country, or null for any' })
  @ArrayMaxSize(250)
  @Matches(/^[A-Za-z]{2}$/, { each: true, message: 'each of countries is two letters, such as "DE"' })
  countries?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: `Of ${DEVICES.map((device) => `\`${device}\``).join(', ')}. Default: any.`,
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1, { message: 'devices is at least one device, or null for any' })
  @ArrayMaxSize(DEVICES.length)
  @IsIn(DEVICES, { each: true, message: `each of devices is one of: ${DEVICES.join(', ')}` })
  devices?: string[] | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Languages that the reader prefers, primary subtags such as `de` (of `de-AT`). Default: any.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1, { message: 'languages is at least one language, or null for any' })
  @ArrayMaxSize(100)
  @Matches(/^[A-Za-z]{2,3}$/, { each: true, message: 'each of languages is two or three letters, such as "de"' })
  languages?: string[] | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment at which it fits. Default: always.' })
  @IsOptional()
  @IsDate()
  startsAt?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment after it. Default: never.' })
  @IsOptional()
  @IsDate()
  expiresAt?: Date | null;
}
