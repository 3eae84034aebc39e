export type ArticleStatusName = 'draft' | 'scheduled' | 'published' | 'expired' | 'archived';

export interface ArticleDates {
  readonly status: 'draft' | 'published' | 'archived';
  readonly publishedAt: Date | null;
  readonly expiresAt: Date | null;
}

/** Computed at the moment of asking, so that no job has to change a row when a moment comes. */
export function articleStatus(article: ArticleDates, now: Date): ArticleStatusName {
  if (article.status !== 'published') return article.status;
  if (article.publishedAt && article.publishedAt > now) return 'scheduled';
  if (article.expiresAt && article.expiresAt <= now) return 'expired';
  return 'published';
}
