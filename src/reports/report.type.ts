import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ArrayMaxSize, IsOptional, IsUUID, Max, Min } from 'class-validator';
import { DateTimeScalar } from '../graphql/date-time.scalar.js';

export enum ClickReportGroup {
  PARTNER = 'PARTNER',
  ARTICLE = 'ARTICLE',
  PLACEMENT = 'PLACEMENT',
  TARGET = 'TARGET',
  TAG = 'TAG',
  COUNTRY = 'COUNTRY',
  DEVICE = 'DEVICE',
  REFERRER = 'REFERRER',
  REASON = 'REASON',
  HOUR = 'HOUR',
  DAY = 'DAY',
}
registerEnumType(ClickReportGroup, {
  name: 'ClickReportGroup',
  description:
    'What clicks are grouped by. COUNTRY, DEVICE and REFERRER stand alone, or with PARTNER and DAY (UTC); REASON alone, or with PARTNER, DAY and HOUR; the others can be combined.',
  valuesMap: {
    PARTNER: { description: 'By partner key.' },
    ARTICLE: { description: 'By article; links outside articles stand under null.' },
    PLACEMENT: { description: 'By placement; links without one stand under an empty id.' },
    TARGET: { description: "By target of the partner; the partner's own destination stands under an empty key." },
    TAG: { description: 'By the tags that the article has now; a click counts for each of them.' },
    COUNTRY: { description: 'By country of the reader, ISO 3166-1 alpha-2; empty where it is not known.' },
    DEVICE: { description: 'By kind of device.' },
    REFERRER: { description: 'By host of the page before; empty where the browser did not say.' },
    REASON: { description: 'By why requests were not counted: rows of `filteredClicks`, without clicks.' },
    HOUR: { description: 'By hour.' },
    DAY: { description: 'By day in `timeZone`.' },
  },
});

@InputType({ description: 'Which clicks. Conditions that are given must all hold.' })
export class ClickReportFilter {
  @Field(() => [String], { nullable: true, description: 'Of these partners.' })
  @IsOptional()
  @ArrayMaxSize(1000)
  partnerKeys?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'In these articles.' })
  @IsOptional()
  @ArrayMaxSize(1000)
  @IsUUID('all', { each: true, message: 'each of articleIds is the id of an article' })
  articleIds?: string[] | null;

  @Field(() => [ID], { nullable: true, description: 'At these placements.' })
  @IsOptional()
  @ArrayMaxSize(1000)
  placementIds?: string[] | null;
}

@InputType({
  description:
    'A question about clicks. It is answered from rollups; what they cannot answer exactly is refused by name.',
})
export class ClickReportInput {
  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'First moment. Default: 30 days before `to`, at the start of a UTC day.',
  })
  from?: Date | null;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'First moment after it. Default: the end of the current UTC day.',
  })
  to?: Date | null;

  @Field(() => String, {
    nullable: true,
    description:
      'IANA name: where days and hours begin. Default `UTC`. Zones that differ by parts of an hour have no DAY and HOUR.',
  })
  timeZone?: string | null;

  @Field(() => [ClickReportGroup], {
    nullable: true,
    description: 'What to group by. Default: one row for everything.',
  })
  groupBy?: ClickReportGroup[] | null;

  @Field(() => ClickReportFilter, { nullable: true, description: 'Which clicks. Default all.' })
  filter?: ClickReportFilter | null;

  @Field(() => Int, { nullable: true, description: 'Most rows. Default 100, at most 10,000.' })
  @IsOptional()
  @Min(1)
  @Max(10_000, { message: 'first is 1 to 10,000' })
  first?: number | null;
}

@ObjectType({ description: 'The clicks of one group. Only the keys that were grouped by are set.' })
export class ClickReportRow {
  @Field(() => String, { nullable: true, description: 'Key of the partner.' })
  partnerKey!: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the article.' })
  articleId!: string | null;

  @Field(() => ID, { nullable: true, description: 'Id of the placement; empty where the link had none.' })
  placementId!: string | null;

  @Field(() => String, {
    nullable: true,
    description: "Key of the target, which its partner has given; empty: the partner's own destination.",
  })
  targetKey!: string | null;

  @Field(() => String, { nullable: true, description: 'Slug of the tag.' })
  tag!: string | null;

  @Field(() => String, { nullable: true, description: 'ISO 3166-1 alpha-2; empty where it is not known.' })
  country!: string | null;

  @Field(() => String, { nullable: true, description: 'Kind of device.' })
  device!: string | null;

  @Field(() => String, { nullable: true, description: 'Host of the page before; empty where it is not known.' })
  referrer!: string | null;

  @Field(() => String, { nullable: true, description: 'Why requests were not counted, such as `bot` or `duplicate`.' })
  reason!: string | null;

  @Field(() => DateTimeScalar, { nullable: true, description: 'First moment of the hour.' })
  hour!: Date | null;

  @Field(() => String, { nullable: true, description: 'Day in the time zone of the report, as `2026-01-31`.' })
  day!: string | null;

  @Field(() => Float, { description: 'Counted clicks: no bots, no duplicates, no prefetches. A whole number.' })
  clicks!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Readers, each counted once per UTC day; those who ask not to be tracked are not among them. null where it cannot be exact: periods that are not whole UTC days, groupings other than one of PARTNER, ARTICLE, PLACEMENT or none, with or without DAY in UTC, and filters on anything else than that.',
  })
  uniqueVisitors!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Requests that were not counted, duplicates included. null where it cannot be exact.',
  })
  filteredClicks!: number | null;
}

@ObjectType({
  description: 'Clicks of a period, by group: in the order of time where that is a group, then the largest first.',
})
export class ClickReport {
  @Field(() => DateTimeScalar, {
    description: 'First moment that is counted: `from`, rounded down to a whole hour or day.',
  })
  from!: Date;

  @Field(() => DateTimeScalar, { description: 'First moment after it: `to`, rounded up likewise.' })
  to!: Date;

  @Field({ description: 'Where days and hours begin.' })
  timeZone!: string;

  @Field(() => [ClickReportRow], { description: 'The groups.' })
  rows!: ClickReportRow[];

  @Field({ description: 'Whether there are more rows than `first`.' })
  hasMore!: boolean;
}
