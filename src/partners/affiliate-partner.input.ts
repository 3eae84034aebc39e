import { Field, InputType, Int } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsDate,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Matches,
  Min,
  ValidateNested,
} from 'class-validator';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';
import { maxDestinationLength } from '../networks/destination-url.js';
import { PARTNER_KEY, PARTNER_KEY_RULE } from '../shortcodes/aff.js';
import { StringFilter } from '../graphql/filter.input.js';
import { AffiliatePartnerStatus } from './affiliate-partner.type.js';
import { AffiliatePartnerTargetInput, OptionalNetwork, OptionalSubIdTemplate } from './partner-target.input.js';

const optionalText = (most: number): PropertyDecorator[] => [
  IsOptional(),
  IsString(),
  Length(1, most, { message: `$property is 1 to ${most} characters, or null for none` }),
];

function OptionalText(most: number): PropertyDecorator {
  return (target, property) => {
    for (const decorate of optionalText(most)) decorate(target, property);
  };
}

@InputType({ isAbstract: true })
abstract class PartnerDetailsInput {
  @Field(() => String, {
    nullable: true,
    description: 'Affiliate network, such as `awin`. Default: guessed from the host of the destination, else `custom`.',
  })
  @OptionalNetwork()
  network?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'Where the sub id goes: a query such as `sid={placement}` or `sid={click}`, or a path segment such as `/pubref:{placement}`. Empty: no sub id. Default: where the network wants it.',
  })
  @OptionalSubIdTemplate()
  subIdTemplate?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: 'Query parameters of a tracked link that are passed on, such as `utm_source`. Default none.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(20)
  @IsString({ each: true })
  @Matches(/^[A-Za-z0-9_.-]{1,64}$/, {
    each: true,
    message: 'each name in passthrough is 1 to 64 letters, digits, "_", "." or "-"',
  })
  passthrough?: string[] | null;

  @Field(() => String, { nullable: true, description: 'Link text of calls that give none. Default: the name.' })
  @OptionalText(300)
  defaultText?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'What readers are told, such as "We earn a commission." Default none.',
  })
  @OptionalText(2000)
  disclosure?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where readers are sent while the partner is paused, not yet started or expired. Default: a 410 page.',
  })
  @OptionalText(maxDestinationLength)
  fallbackUrl?: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment of the partnership. Default: always.' })
  @IsOptional()
  @IsDate()
  startsAt?: Date | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment after it. Default: never.' })
  @IsOptional()
  @IsDate()
  expiresAt?: Date | null;

  @Field(() => [AffiliatePartnerTargetInput], {
    nullable: true,
    description:
      'Other destinations, for readers by country, device, language, time or share. The list replaces the one before. Default none.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(100, { message: 'targets is at most 100 targets' })
  @ValidateNested({ each: true })
  @Type(() => AffiliatePartnerTargetInput)
  targets?: AffiliatePartnerTargetInput[] | null;
}

@InputType({ description: 'A new affiliate partner.' })
export class CreateAffiliatePartnerInput extends PartnerDetailsInput {
  @Field({ description: 'What shortcodes and tracked links say: a-z, 0-9, `_` and `-`, at most 64. It never changes.' })
  @Matches(PARTNER_KEY, {
    message: `"$value" is not a partner key: it is ${PARTNER_KEY_RULE}`,
    context: { code: 'KEY_INVALID' },
  })
  key!: string;

  @Field({ description: 'For people. 1 to 200 characters.' })
  @IsString()
  @Length(1, 200, { message: 'name is 1 to 200 characters' })
  name!: string;

  @Field({ description: 'Where the tracked links lead: an absolute http or https URL, at most 4,096 characters.' })
  @IsString()
  destinationUrl!: string;
}

@InputType({ description: 'Changes to an affiliate partner. A field left out stays as it is; null clears it.' })
export class UpdateAffiliatePartnerInput extends PartnerDetailsInput {
  @Field({ description: 'Which partner.' })
  @IsString()
  key!: string;

  @Field(() => Int, {
    description: 'The `revision` you read. If somebody saved since, nothing is changed: `REVISION_CONFLICT`.',
  })
  @IsInt()
  @Min(1)
  expectedRevision!: number;

  @Field(() => String, { nullable: true, description: 'For people. 1 to 200 characters.' })
  @OptionalText(200)
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'Where the tracked links lead: an absolute http or https URL.' })
  @OptionalText(maxDestinationLength)
  destinationUrl?: string | null;
}

@InputType({ description: 'Which partners. All conditions that are given must hold.' })
export class AffiliatePartnerFilter {
  @Field(() => StringFilter, { nullable: true, description: 'The key.' })
  key?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'The name.' })
  name?: StringFilter | null;

  @Field(() => StringFilter, { nullable: true, description: 'The network.' })
  network?: StringFilter | null;

  @Field(() => [AffiliatePartnerStatus], { nullable: true, description: 'One of these, now.' })
  status?: AffiliatePartnerStatus[] | null;

  @Field(() => [AffiliatePartnerFilter], { nullable: true, description: 'All of these hold.' })
  and?: AffiliatePartnerFilter[] | null;

  @Field(() => [AffiliatePartnerFilter], { nullable: true, description: 'At least one of these holds.' })
  or?: AffiliatePartnerFilter[] | null;

  @Field(() => AffiliatePartnerFilter, { nullable: true, description: 'This does not hold.' })
  not?: AffiliatePartnerFilter | null;
}
