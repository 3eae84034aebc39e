import { createHash } from 'node:crypto';
import type { ArticleView } from './article-view.js';

/**
 * What stands in the HTML for everything that can change without the source: links, disclosures, the live date. So a hash
 * of it belongs to the article alone, and the database can tell by itself, of any number of articles at once, whether
 * readers see something new: it hashes this one together with what the links, disclosures and tags are now
 * (`waypost.hash_shown`).
 */
export function placeholderView(affOffsets: readonly number[]): ArticleView {
  const places = new Map(affOffsets.map((offset, place) => [offset, { text: `link${place}`, href: `/link/${place}` }]));
  return { linkAt: (offset) => places.get(offset), disclosures: ['disclosures'], updatedOn: '1970-01-01' };
}

/** SHA-256 of HTML that was rendered with placeholders. */
export function hashContent(html: string): Buffer {
  return createHash('sha256').update(html).digest();
}
