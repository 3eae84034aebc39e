import { Field, Float, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection.type.js';
import { Article } from './article.type.js';

@ObjectType({ description: 'An article that a search found.' })
export class ArticleMatch {
  @Field(() => Article, { description: 'The article.' })
  article!: object;

  @Field(() => Float, { description: 'How well it fits: more is better. Comparable within one search.' })
  rank!: number;

  @Field({ description: 'The title as HTML, with `<mark>` around matches. Everything else in it is escaped.' })
  titleHtml!: string;

  @Field({
    description:
      'Passages of description and text as HTML, with `<mark>` around matches and ` … ` between. Everything else in it is escaped.',
  })
  snippetHtml!: string;
}

export const ArticleMatchConnection = connectionOf(ArticleMatch, 'ArticleMatch');
