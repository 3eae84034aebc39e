import { CreateContent1764000000001 } from './0001-create-content.js';
import { CreateApiTokens1764000000002 } from './0002-create-api-tokens.js';
import { MarkUntrustedContent1764000000003 } from './0003-mark-untrusted-content.js';
import { CreateClicks1764000000100 } from './0100-create-clicks.js';
import { CreateLinkDirectory1764000000101 } from './0101-create-link-directory.js';
import { AddUpClicks1764000000102 } from './0102-add-up-clicks.js';
import { AddUpSpans1764000000103 } from './0103-add-up-spans.js';
import { FindVisitsByVisitor1764000000104 } from './0104-find-visits-by-visitor.js';
import { CreateChangeLog1764000000200 } from './0200-create-change-log.js';
import { KeepEffectsAndRevisions1764000000210 } from './0210-keep-effects-and-revisions.js';
import { KeepFormerAddresses1764000000211 } from './0211-keep-former-addresses.js';
import { KeepTagAliases1764000000212 } from './0212-keep-tag-aliases.js';
import { IndexArticles1764000000213 } from './0213-index-articles.js';
import { TellWhatReadersSaw1764000000214 } from './0214-tell-what-readers-saw.js';
import { TellOfUnsureMoments1764000000215 } from './0215-tell-of-unsure-moments.js';
import { LookAgainAfterTruncation1764000000216 } from './0216-look-again-after-truncation.js';
import { AnnounceMomentsOfPartners1764000000218 } from './0218-announce-moments-of-partners.js';
import { TellOfTagSlugs1764000000217 } from './0217-tell-of-tag-slugs.js';
import { DecideWhateverThePlan1764000000219 } from './0219-decide-whatever-the-plan.js';
import { WaitForSaversAtMoments1764000000220 } from './0220-wait-for-savers-at-moments.js';
import { MarkAfterTruncation1764000000221 } from './0221-mark-after-truncation.js';
import { CreateArticleFiles1764000000300 } from './0300-create-article-files.js';
import { KeepBundleFiles1764000000301 } from './0301-keep-bundle-files.js';
import { CreateWebhooks1764000000400 } from './0400-create-webhooks.js';
import { OrderWebhookDeliveries1764000000401 } from './0401-order-webhook-deliveries.js';
import { KnowTheFeedOfWebhooks1764000000402 } from './0402-know-the-feed-of-webhooks.js';
import { CreateFeeds1764000000450 } from './0450-create-feeds.js';
import { CreateIdempotencyKeys1764000000500 } from './0500-create-idempotency-keys.js';
import { SearchWordsFirst1764000000501 } from './0501-search-words-first.js';
import { CompleteApiTokens1764000000600 } from './0600-complete-api-tokens.js';
import { CreateAuditLog1764000000601 } from './0601-create-audit-log.js';
import { CreatePeople1764000000602 } from './0602-create-people.js';
import { AuditWebhooks1764000000603 } from './0603-audit-webhooks.js';
import { AuditFeeds1764000000604 } from './0604-audit-feeds.js';

/** In the order in which they run. Listed by hand: what is not named here does not exist. */
export const migrations = [
  CreateContent1764000000001,
  CreateApiTokens1764000000002,
  MarkUntrustedContent1764000000003,
  CreateClicks1764000000100,
  CreateLinkDirectory1764000000101,
  AddUpClicks1764000000102,
  AddUpSpans1764000000103,
  FindVisitsByVisitor1764000000104,
  CreateChangeLog1764000000200,
  KeepEffectsAndRevisions1764000000210,
  KeepFormerAddresses1764000000211,
  KeepTagAliases1764000000212,
  IndexArticles1764000000213,
  TellWhatReadersSaw1764000000214,
  TellOfUnsureMoments1764000000215,
  LookAgainAfterTruncation1764000000216,
  AnnounceMomentsOfPartners1764000000218,
  TellOfTagSlugs1764000000217,
  DecideWhateverThePlan1764000000219,
  WaitForSaversAtMoments1764000000220,
  MarkAfterTruncation1764000000221,
  CreateArticleFiles1764000000300,
  KeepBundleFiles1764000000301,
  CreateWebhooks1764000000400,
  OrderWebhookDeliveries1764000000401,
  KnowTheFeedOfWebhooks1764000000402,
  CreateFeeds1764000000450,
  CreateIdempotencyKeys1764000000500,
  SearchWordsFirst1764000000501,
  CompleteApiTokens1764000000600,
  CreateAuditLog1764000000601,
  CreatePeople1764000000602,
  AuditWebhooks1764000000603,
  AuditFeeds1764000000604,
] as const;
