import { createHash } from 'node:crypto';

/** What readers see of an article. Its hash tells whether they see something new. */
export interface PublicProjection {
  readonly title: string;
  readonly description: string | null;
  readonly canonicalUrl: string | null;
  /** Slugs and names, in order. */
  readonly tags: readonly (readonly [slug: string, name: string])[];
  /** Rendered with a fixed origin and a fixed live date, so that neither counts as a change. */
  readonly html: string;
  readonly disclosure: string | null;
}

/** SHA-256 over a canonical JSON form. */
export function hashProjection(projection: PublicProjection): Buffer {
  const { title, description, canonicalUrl, tags, html, disclosure } = projection;
  return createHash('sha256')
    .update(JSON.stringify([title, description, canonicalUrl, tags, html, disclosure]))
    .digest();
}
