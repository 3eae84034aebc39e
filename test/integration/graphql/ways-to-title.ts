import type { GraphqlAnswer } from '../../../src/testing/index.js';

/** Ways to the title of an article that has a tag of its own name. */
export const WAYS: readonly [
  name: string,
  query: (slug: string) => string,
  titleOf: (data: GraphqlAnswer['data']) => string,
][] = [
  ['by slug', (slug) => `{ article(slug: "${slug}") { title } }`, (data) => data.article.title],
  ['by path', (slug) => `{ article(path: "/${slug}") { title } }`, (data) => data.article.title],
  [
    'in a list',
    (slug) => `{ articles(filter: { slug: { eq: "${slug}" } }) { nodes { title } } }`,
    (data) => data.articles.nodes[0].title,
  ],
  [
    'below its tag',
    (slug) => `{ tag(slug: "${slug}") { articles { nodes { title } } } }`,
    (data) => data.tag.articles.nodes[0].title,
  ],
];
