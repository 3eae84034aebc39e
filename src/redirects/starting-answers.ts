import type { RequestListener, ServerResponse } from 'node:http';
import { renderMetrics } from '../observability/metric.js';
import { processMetrics } from '../observability/process-metrics.js';
import { describeLinks, type LinksState } from './engine-states.js';
import { linkMetrics } from './link-metrics.js';

export interface StartingOptions {
  readonly state: () => LinksState;
  /** Metrics, and which part is not well, are for another listener. */
  readonly hidesDetails: boolean;
}

/**
 * What is no tracked link while the rest is not there yet, perhaps for as long as Postgres is away. The process is alive, and whoever restarted it
 * for lack of that answer would end the redirects that work.
 */
export function createStartingListener({ state, hidesDetails }: StartingOptions): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?', 1)[0];
    if (path === '/health/live') sendJson(response, 200, { status: 'live' });
    else if (path === '/health/ready') sendJson(response, 503, readiness(state(), hidesDetails));
    else if (path === '/metrics' && !hidesDetails) {
      response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(renderMetrics([...processMetrics(), ...linkMetrics(state())]));
    } else {
      const error = 'Waypost is starting, or waits for its database. Tracked links are served already.';
      sendJson(response, 503, { error });
    }
  };
}

function readiness(state: LinksState, hidesDetails: boolean): object {
  const status = 'not ready';
  if (hidesDetails) return { status };
  const problems = ['Waypost is starting, or waits for its database.', ...state.problems];
  return { status, problems, late: [], ...describeLinks(state) };
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  const retry = status === 503 ? { 'Retry-After': '2' } : {};
  response.writeHead(status, { 'Content-Type': 'application/json; charset=utf-8', ...retry });
  response.end(`${JSON.stringify(body)}\n`);
}
