/**
 * What one file's front matter may cost. Real front matter stays under a few kilobytes; these are for files that nobody
 * wrote by hand. Each limit is an error with its own code when it is passed.
 */
export const FRONT_MATTER_LIMITS = {
  /** UTF-8 bytes between the delimiters. */
  bytes: 256 * 1024,
  /** Maps and lists inside each other. */
  depth: 100,
  /** Values made by expanding YAML aliases: three levels of ten aliases of ten values pass, an alias bomb does not. */
  aliasedValues: 10_000,
} as const;
