import { Field, ObjectType } from '@nestjs/graphql';
import { connectionOf } from '../graphql/connection.type.js';
import { Article } from './article.type.js';

@ObjectType({ description: 'A path that an article had, and the one it has. Redirect with 301 or 308.' })
export class ArticleRedirect {
  @Field({ description: 'Where readers found it.' })
  fromPath!: string;

  @Field({ description: 'Where they find it.' })
  toPath!: string;

  @Field({ description: 'Language of the path it had.' })
  locale!: string;

  @Field(() => Article, { description: 'The article.' })
  article!: object;
}

export const ArticleRedirectConnection = connectionOf(ArticleRedirect, 'ArticleRedirect');
