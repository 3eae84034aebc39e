const ids = new WeakMap<object, string>();

/** Remembers the id under which the log and the audit log know a request. */
export function noteRequestId(request: object, id: string): void {
  ids.set(request, id);
}

/** undefined where nobody gave it one, as in a host. */
export function requestIdOf(request: object): string | undefined {
  return ids.get(request);
}
