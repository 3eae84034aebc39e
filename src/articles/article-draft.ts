import type { StoredDiagnostic } from './diagnostic.js';

/** What a slug may be: the last part of an address. */
export const SLUG = /^(?!\.{1,2}$)[^\s/?#\p{Cc}]+$/u;

/** What is to be saved as one article, whoever says so: a file, a mutation or a feed. */
export interface ArticleDraft {
  readonly path: string;
  readonly locale: string;
  readonly slug: string;
  readonly title: string;
  readonly description: string | null;
  readonly canonicalUrl: string | null;
  /** The Markdown body as written. */
  readonly source: string;
  /** Line of the file on which the body starts, from 1. */
  readonly sourceLine: number;
  /** false: nobody vouches for the author, and the HTML is sanitised. */
  readonly isTrusted: boolean;
  /** The file byte for byte, where there is one. */
  readonly file: Buffer | null;
  /** Names as written, in that order. */
  readonly tags: readonly string[];
  /** Front matter keys that have no field of their own. */
  readonly params: Readonly<Record<string, unknown>>;
  readonly status: 'draft' | 'published' | 'archived';
  /** null: none, or the moment of the save where it is published. Of a file: the one that the article has. */
  readonly publishedAt: Date | null;
  readonly expiresAt: Date | null;
  /** When the content last changed according to its author; used for an article that is new to Waypost. */
  readonly declaredUpdatedAt: Date | null;
  /** Found while the source was read, before it was compiled. */
  readonly diagnostics: readonly StoredDiagnostic[];
}
