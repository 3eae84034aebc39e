/** Why a feed, or one of its items, could not be taken. Codes of the outbound client are used as they are. */
export class FeedError extends Error {
  override readonly name = 'FeedError';

  constructor(
    readonly code: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
