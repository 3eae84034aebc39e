const callers = new WeakMap<object, () => Promise<boolean>>();

/** Told by who can look up a caller: whether nobody vouches for it. */
export function noteCaller(request: object, isStranger: () => Promise<boolean>): void {
  callers.set(request, isStranger);
}

/** undefined where only the headers of the request are known: in a host with a GraphQL server of its own. */
export function isStrangers(request: object): Promise<boolean> | undefined {
  return callers.get(request)?.();
}
