import cluster from 'node:cluster';
import type { Metric } from './metric.js';

const byStatus = new Map<string, number>([
  ['2xx', 0],
  ['3xx', 0],
  ['4xx', 0],
  ['5xx', 0],
]);
let limited = 0;

const TOO_MANY_REQUESTS = 429;

/** Of this process; tracked links are counted by what became of them. */
export function countAnswer(status: number): void {
  const group = `${Math.floor(status / 100)}xx`;
  byStatus.set(group, (byStatus.get(group) ?? 0) + 1);
  if (status === TOO_MANY_REQUESTS) limited += 1;
}

export function httpMetrics(): Metric[] {
  const worker = `worker="${cluster.worker?.id ?? 0}"`;
  return [
    {
      name: 'waypost_http_answers_total',
      help: 'Answers but those of tracked links, by status. A worker counts its own.',
      type: 'counter',
      samples: [...byStatus].map(([group, count]) => [`status="${group}",${worker}`, count] as const),
    },
    {
      name: 'waypost_http_limited_total',
      help: 'Requests refused because their address or token sent too many.',
      type: 'counter',
      samples: [[worker, limited]],
    },
  ];
}
