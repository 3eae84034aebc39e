/** What search engines are told. */
export interface JsonLdFacts {
  readonly title: string;
  readonly description: string | null;
  readonly locale: string;
  /** Absolute. */
  readonly url: string;
  readonly publishedAt: Date | null;
  readonly contentUpdatedAt: Date;
  readonly tags: readonly string[];
  readonly wordCount: number;
  readonly params: Readonly<Record<string, unknown>>;
  /** The address of an image that the parameters name; one that is not absolute is left out. */
  readonly imageUrl: (image: string) => string;
}

/**
 * JSON of schema.org's Article that can stand in a `<script type="application/ld+json">` as it is: what could end the
 * script, or open a comment in it, is written as escapes.
 */
export function articleJsonLd(facts: JsonLdFacts): string {
  const { title, description, locale, url, publishedAt, contentUpdatedAt, tags, wordCount, params } = facts;
  const authors = textsOf(params['author'] ?? params['authors']).map((name) => ({ '@type': 'Person', name }));
  const images = textsOf(params['images'] ?? params['image'])
    .map(facts.imageUrl)
    .filter((image) => /^https?:\/\//i.test(image));
  const article = {
    '@context': 'https://schema.org',
    '@type': 'Article',
    mainEntityOfPage: url,
    url,
    headline: title,
    description: description ?? undefined,
    inLanguage: locale,
    datePublished: publishedAt?.toISOString(),
    dateModified: contentUpdatedAt.toISOString(),
    author: oneOrMany(authors),
    image: oneOrMany(images),
    keywords: tags.length > 0 ? tags : undefined,
    wordCount,
  };
  return JSON.stringify(article).replaceAll(/[<>&\u2028\u2029]/g, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function textsOf(value: unknown): string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [value];
  return values.filter((one): one is string => typeof one === 'string' && one !== '');
}

function oneOrMany<T>(values: readonly T[]): T | readonly T[] | undefined {
  return values.length > 1 ? values : values[0];
}
