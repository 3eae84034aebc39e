/**
 * What one file's front matter may cost. Real front matter stays under a few kilobytes; these are for files that nobody
 * wrote by hand. What passes one is an error with its own code; only diagnostics are
 * cut off in silence.
 */
export const FRONT_MATTER_LIMITS = {
  /** UTF-8 bytes between the delimiters. */
  bytes: 256 * 1024,
  /** Maps and lists inside each other. */
  depth: 100,
  /** Values made by expanding YAML aliases: three levels of ten aliases of ten values pass, an alias bomb does not. */
  aliasedValues: 10_000,
  /** Warnings about single values; more of them help nobody. */
  diagnostics: 100,
} as const;
