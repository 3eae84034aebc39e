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

  constructor(rest: RequestListener) {
    this.server = createServer(SERVER_LIMITS, (request, response) => {
      if (OPERATIONS.test(pathOf(request.url))) return rest(request, response);
      return sendError(response, new WaypostError('ROUTE_UNKNOWN'));
    });
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  async listen(port: number, host: string): Promise<void> {
    this.server.listen(port, host);
    await once(this.server, 'listening');
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
  }
}
