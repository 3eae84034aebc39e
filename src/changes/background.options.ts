/** Injection token of a boolean: whether this process does what no request asks for. */
export const RUNS_BACKGROUND = Symbol('waypost runs background work');
