import { CreateContent1764000000001 } from './0001-create-content.js';
import { CreateApiTokens1764000000002 } from './0002-create-api-tokens.js';
import { MarkUntrustedContent1764000000003 } from './0003-mark-untrusted-content.js';
import { CreateClicks1764000000100 } from './0100-create-clicks.js';
import { CreateLinkDirectory1764000000101 } from './0101-create-link-directory.js';
import { CreateChangeLog1764000000200 } from './0200-create-change-log.js';
import { CreateWebhooks1764000000400 } from './0400-create-webhooks.js';
import { CreateFeeds1764000000450 } from './0450-create-feeds.js';

/** In the order in which they run. Listed by hand: what is not named here does not exist. */
export const migrations = [
  CreateContent1764000000001,
  CreateApiTokens1764000000002,
  MarkUntrustedContent1764000000003,
  CreateClicks1764000000100,
  CreateLinkDirectory1764000000101,
  CreateChangeLog1764000000200,
  CreateWebhooks1764000000400,
  CreateFeeds1764000000450,
] as const;
