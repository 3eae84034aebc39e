import { CreateContent1764000000001 } from './0001-create-content.js';
import { CreateApiTokens1764000000002 } from './0002-create-api-tokens.js';
import { CreateChangeLog1764000000200 } from './0200-create-change-log.js';

/** In the order in which they run. Listed by hand: what is not named here does not exist. */
export const migrations = [
  CreateContent1764000000001,
  CreateApiTokens1764000000002,
  CreateChangeLog1764000000200,
] as const;
