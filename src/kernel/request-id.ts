/** On the request itself: a `WeakMap` that grows with every request costs the garbage collector more than the answer. */
const ID = Symbol('request id');

interface Identified {
  [ID]?: string;
}

/** Remembers the id under which the log and the audit log know a request. */
export function noteRequestId(request: object, id: string): void {
  (request as Identified)[ID] = id;
}

/** undefined where nobody gave it one, as in a host. */
export function requestIdOf(request: object): string | undefined {
  return (request as Identified)[ID];
}
