/** What a partner key may be: it stands in URLs and in shortcodes, so that it needs no escaping in either. */
export const PARTNER_KEY = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export const PARTNER_KEY_RULE =
  'a partner key is 1 to 64 characters: a-z, 0-9, "_" and "-", beginning with a letter or digit, such as "training_partner"';
