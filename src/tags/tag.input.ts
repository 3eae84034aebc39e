import { Field, ID, InputType } from '@nestjs/graphql';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsOptional, IsString, IsUUID, Length, MaxLength } from 'class-validator';

const NO_TAG = { message: '$property is not the id of a tag', context: { code: 'TAG_NOT_FOUND' } };
const NAME_RULE = { message: 'name is 1 to 200 characters' };
const DESCRIPTION_RULE = { message: 'description is at most 2,000 characters' };

@InputType({ description: 'A new tag.' })
export class CreateTagInput {
  @Field({ description: 'For people, 1 to 200 characters. Its slug follows from it.' })
  @IsString()
  @Length(1, 200, NAME_RULE)
  name!: string;

  @Field(() => String, { nullable: true, description: 'For readers, at most 2,000 characters. Default: none.' })
  @IsOptional()
  @IsString()
  @MaxLength(2000, DESCRIPTION_RULE)
  description?: string | null;
}

@InputType({ description: 'Changes to a tag. A field left out stays as it is; null clears it.' })
export class UpdateTagInput {
  @Field(() => ID, { description: 'Which tag.' })
  @IsUUID('all', NO_TAG)
  id!: string;

  @Field(() => String, {
    nullable: true,
    description: 'For people, 1 to 200 characters. Its slug follows; the former one goes on leading to the tag.',
  })
  @IsOptional()
  @IsString()
  @Length(1, 200, NAME_RULE)
  name?: string | null;

  @Field(() => String, { nullable: true, description: 'For readers, at most 2,000 characters. null: none.' })
  @IsOptional()
  @IsString()
  @MaxLength(2000, DESCRIPTION_RULE)
  description?: string | null;
}

@InputType({ description: 'Tags that become one.' })
export class MergeTagsInput {
  @Field(() => [ID], { description: 'Tags that end, 1 to 100. Their slugs go on leading to the one that stays.' })
  @IsArray()
  @ArrayMinSize(1, { message: 'from names at least one tag' })
  @ArrayMaxSize(100, { message: 'from names at most 100 tags' })
  from!: string[];

  @Field(() => ID, { description: 'The tag that stays. Their articles get it, in their place.' })
  @IsString()
  into!: string;
}

@InputType({ description: 'Which tag to delete.' })
export class DeleteTagInput {
  @Field(() => ID, { description: 'Which tag. Its articles lose it.' })
  @IsUUID('all', NO_TAG)
  id!: string;
}
