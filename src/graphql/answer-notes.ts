/** What is known of a request while it is answered: who resolves a field notes here what the answer was made of. */
export interface AnswerNotes {
  /** Cache tags: what has to stay the same for the answer to stay true. */
  readonly tags: Set<string>;
  /** undefined until the document was read. */
  operation: 'query' | 'mutation' | 'subscription' | undefined;
  /** The document was sent or found; what is wrong from here on is GraphQL's, not HTTP's. */
  hasDocument: boolean;
  /** Every field of the operation follows from what the change feed tells. */
  isCacheable: boolean;
  hasErrors: boolean;
  /** What the answer shows this once: a copy that is kept does not have it. */
  readonly secrets: Set<string>;
  /** It tells a place in the change feed: what is read after it may not be older. */
  tellsPlace: boolean;
}

const notes = new WeakMap<object, AnswerNotes>();

/** `request` stands for itself: the same object that resolvers find in their context. */
export function takeNotes(request: object): AnswerNotes {
  const fresh = {
    tags: new Set<string>(),
    operation: undefined,
    hasDocument: false,
    isCacheable: false,
    hasErrors: false,
    secrets: new Set<string>(),
    tellsPlace: false,
  };
  notes.set(request, fresh);
  return fresh;
}

/** undefined where nobody wants to know: in a host with a GraphQL server of its own. */
export function notesOf(request: object): AnswerNotes | undefined {
  return notes.get(request);
}

/** Told by whoever answers a secret that cannot be had again. */
export function noteSecret(request: object, secret: string): void {
  notes.get(request)?.secrets.add(secret);
}

export function noteRead(request: object, tags: Iterable<string>): void {
  const kept = notes.get(request)?.tags;
  if (!kept) return;
  for (const tag of tags) kept.add(tag);
}
