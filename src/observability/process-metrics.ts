import { WAYPOST_VERSION } from '../kernel/version.js';
import type { Metric } from './metric.js';
import { gauge } from './metric.js';

/** Of the process that answers: with several workers, one of them. */
export function processMetrics(): Metric[] {
  const { rss } = process.memoryUsage();
  return [
    {
      name: 'waypost_build_info',
      help: 'The version that runs.',
      type: 'gauge',
      samples: [[`version="${WAYPOST_VERSION}"`, 1]],
    },
    gauge('waypost_process_start_time_seconds', 'When the process began, in seconds of Unix time.', startSeconds),
    gauge('waypost_process_resident_memory_bytes', 'Memory of the process.', rss),
  ];
}

const startSeconds = Math.round(performance.timeOrigin / 1000);
