import { Field, Int, ObjectType } from '@nestjs/graphql';

@ObjectType({ description: 'A heading of an article that can be linked to.' })
export class TableOfContentsEntry {
  @Field({ description: 'Its id in the HTML: link to `#` and this.' })
  id!: string;

  @Field(() => Int, { description: 'From 1 to 6, as in `h2`.' })
  level!: number;

  @Field({ description: 'Plain text.' })
  text!: string;
}
