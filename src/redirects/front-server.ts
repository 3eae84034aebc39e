import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** Of the ten seconds that a stop may take. */
const longestFinishMs = 3000;

/**
 * The HTTP server itself: tracked links are answered here, ahead of any framework, and everything else goes to `rest`. So links can be served before the rest is
 * there, and while it waits for its database.
 */
export class FrontServer {
  private readonly server: Server;
  private closing: Promise<void> | undefined;

  constructor(
    private readonly handleLink: (request: IncomingMessage, response: ServerResponse) => boolean,
    /** Answers what is no tracked link, until `setRest` names another. */
    private rest: RequestListener,
    limits: ServerOptions = {},
  ) {
    this.server = createServer(limits, (request, response) => {
      if (this.closing !== undefined) response.setHeader('Connection', 'close');
      if (!this.handleLink(request, response)) this.rest(request, response);
    });
  }

  setRest(rest: RequestListener): void {
    this.rest = rest;
  }

  get isListening(): boolean {
    return this.server.listening;
  }

  get address(): AddressInfo {
    return this.server.address() as AddressInfo;
  }

  async listen(port: number, host: string): Promise<void> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
  }

  /** Takes nothing new, finishes what is under way, and cuts off what takes too long. */
  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeIdleConnections();
    const timer = setTimeout(() => this.server.closeAllConnections(), longestFinishMs);
    await closed;
    clearTimeout(timer);
  }
}
