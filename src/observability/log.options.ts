export const LOG_LEVELS = ['info', 'debug', 'warn', 'error', 'fatal'] as const;

export interface LogOptions {
  readonly level: (typeof LOG_LEVELS)[number];
  /** For a person at a terminal; else one JSON object a line. */
  readonly isPretty: boolean;
  /** Where lines go. Default: stderr, because stdout has what was asked for. */
  readonly write?: (line: string) => void;
}
