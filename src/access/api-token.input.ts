import { Field, ID, InputType, Int } from '@nestjs/graphql';
import {
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsDate,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Length,
  Max,
  Min,
} from 'class-validator';
import type { Scope } from '../auth/scope.js';
import { SCOPES } from '../auth/scope.js';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';

const LONGEST_OVERLAP_SECONDS = 7 * 24 * 3600;

@InputType({ description: 'A new API token.' })
export class CreateApiTokenInput {
  @Field({ description: 'What it is for. 1 to 200 characters.' })
  @IsString()
  @Length(1, 200, { message: 'name is 1 to 200 characters' })
  name!: string;

  @Field(() => [String], { description: `What it may do: ${SCOPES.map((scope) => `\`${scope}\``).join(', ')}.` })
  @IsArray()
  @ArrayMinSize(1, { message: 'scopes names one scope at least' })
  @ArrayUnique({ message: 'scopes names a scope twice' })
  @IsIn(SCOPES, { each: true, message: `scopes are of ${SCOPES.join(', ')}`, context: { code: 'SCOPE_UNKNOWN' } })
  scopes!: Scope[];

  @Field(() => DateTimeScalar, { nullable: true, description: 'From when it is refused. Default: never.' })
  @IsOptional()
  @IsDate()
  expiresAt?: Date | null;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'false: the HTML of content written with it is sanitised. Default: as for the token that makes it, whose trust it cannot exceed.',
  })
  @IsOptional()
  @IsBoolean()
  isTrusted?: boolean | null;
}

@InputType({ description: 'A new secret for a token.' })
export class RotateApiTokenInput {
  @Field(() => ID, { description: 'Which token.' })
  @IsString()
  id!: string;

  @Field(() => Int, {
    nullable: true,
    description: 'Seconds that the old secret goes on, at most 604,800, a week. Default 0: it is refused at once.',
  })
  @IsOptional()
  @IsInt()
  @Min(0, { message: 'overlapSeconds is 0 or more' })
  @Max(LONGEST_OVERLAP_SECONDS, { message: `overlapSeconds is at most ${LONGEST_OVERLAP_SECONDS}, a week` })
  overlapSeconds?: number | null;
}
