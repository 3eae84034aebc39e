/**
 * When to look next at what others change: one timer, and one look at a time. A look that is to come sooner stays:
 * constant announcements may not push it away.
 */
export class NextLook {
  private timer: NodeJS.Timeout | undefined;
  private atMs = Infinity;
  private running: Promise<void> = Promise.resolve();
  private isStopped = false;

  /** @param look does not throw. It may ask for the next one. */
  constructor(private readonly look: () => Promise<void>) {}

  after(ms: number): void {
    const atMs = performance.now() + ms;
    if (this.isStopped || atMs >= this.atMs) return;
    this.atMs = atMs;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.atMs = Infinity;
      this.running = this.running.then(() => this.look());
    }, ms).unref();
  }

  /** From here on no timer starts a look. Resolves when those that were started are over. */
  stop(): Promise<void> {
    this.isStopped = true;
    clearTimeout(this.timer);
    return this.running;
  }
}
