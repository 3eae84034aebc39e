/** A person's mistake or the machine's state, in one sentence; no stack is shown for it. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
