import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WaypostError } from '../kernel/errors.js';
import { sendError } from './http-answers.js';
import { SERVER_LIMITS } from './http.options.js';
import { pathOf } from './request-line.js';

const OPERATIONS = /^\/(?:health\/(?:live|ready)|metrics)$/;

/** Metrics and health for whoever runs the server, on a listener that the world does not reach; nothing else. */
export class OperationsServer {
  private readonly server: Server;
  private closing: Promise<void> | undefined;

  constructor(private rest: RequestListener) {
    this.server = createServer(SERVER_LIMITS, (request, response) => {
      if (OPERATIONS.test(pathOf(request.url))) return this.rest(request, response);
      return sendError(response, new WaypostError('ROUTE_UNKNOWN'));
    });
  }

  setRest(rest: RequestListener): void {
    this.rest = rest;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(port: number, host: string): Promise<void> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
  }

  close(): Promise<void> {
    this.closing ??= this.finish();
    return this.closing;
  }

  private async finish(): Promise<void> {
    if (!this.server.listening) return;
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
