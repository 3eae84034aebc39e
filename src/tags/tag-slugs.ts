/**
 * SQL: the id of the tag that has a slug, else of the one that had it; null where no tag did.
 * @param slug SQL expression of type text.
 */
export const tagIdOf = (slug: string): string => `coalesce((SELECT id FROM waypost.tags WHERE slug = ${slug}),
  (SELECT tag_id FROM waypost.tag_aliases WHERE slug = ${slug}))`;

/** The same of many: an array of ids. @param slugs SQL expression of type text[]. */
export const tagIdsOf = (slugs: string): string =>
  `ARRAY(SELECT ${tagIdOf('wanted.slug')} FROM unnest(${slugs}) AS wanted (slug))`;
