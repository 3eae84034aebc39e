/** What is asked: one article whole, the newest 20, a page of 50. */
export const QUESTIONS = {
  Q1: `query Q1($slug: String!) { article(slug: $slug) { title html updatedAt tags { name slug } } }`,
  Q2: `query Q2 { articles(first: 20) { nodes { slug title updatedAt tags { name slug } } } }`,
  Q3: `query Q3($after: String) { articles(first: 50, after: $after) { nodes { slug title updatedAt tags { name slug } } } }`,
} as const;

export type Question = keyof typeof QUESTIONS;

/** Of what is served: the rest of the articles is as the first ones are. */
export interface BenchArticle {
  readonly id: string;
  readonly slug: string;
  readonly title: string;
  readonly html: string;
  readonly updatedAt: string;
  readonly publishedAt: string;
  readonly tags: readonly { readonly name: string; readonly slug: string }[];
}

export type ServerKind = 'waypost' | 'plain' | 'memory' | 'bare' | 'body';

/** What a server of the benchmark is told. */
export interface ServerTask {
  readonly kind: ServerKind;
  readonly databaseUrl: string;
  /** For what it keeps on disk. */
  readonly directory: string;
  readonly articles: readonly BenchArticle[];
  /** Answers by the path and query that they are asked for. */
  readonly answers: Readonly<Record<string, BenchAnswer>>;
}

export interface BenchAnswer {
  readonly body: string;
  /** Names and values in turn, but for those that Node writes itself. */
  readonly headers: readonly string[];
}

/** The same schema for those that are measured beside Waypost. */
export const PLAIN_SCHEMA = `
  type Query { article(slug: String!): Article articles(first: Int!, after: String): ArticleConnection! }
  type ArticleConnection { nodes: [Article!]! }
  type Article { slug: String! title: String! html: String! updatedAt: String! tags: [Tag!]! }
  type Tag { name: String! slug: String! }`;
