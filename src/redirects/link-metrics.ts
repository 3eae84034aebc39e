import type { DrainState } from '../clicks/click-drain.js';
import type { Metric } from '../observability/metric.js';
import type { LinksState } from './engine-states.js';

/** How tracked links, their clicks and the drain are doing, of all processes that share a port. */
export function linkMetrics({ redirects, log, logBytes, drain, links }: LinksState): Metric[] {
  return [
    {
      name: 'waypost_redirects_total',
      help: 'Requests of tracked links, by outcome.',
      type: 'counter',
      samples: [
        ['outcome="redirect"', redirects.redirects],
        ['outcome="gone"', redirects.gone],
        ['outcome="unknown"', redirects.unknown],
      ],
    },
    {
      name: 'waypost_clicks_logged_total',
      help: 'Requests that the click log has taken.',
      type: 'counter',
      samples: [['', log.logged]],
    },
    {
      name: 'waypost_clicks_late_total',
      help: 'Requests answered before the click log had confirmed them. They may be kept all the same.',
      type: 'counter',
      samples: [['', log.late]],
    },
    {
      name: 'waypost_clicks_lost_total',
      help: 'Requests that the click log could not take.',
      type: 'counter',
      samples: [['', log.lost]],
    },
    { name: 'waypost_click_log_bytes', help: 'Size of the click log.', type: 'gauge', samples: [['', logBytes]] },
    ...drainMetrics(drain),
    {
      name: 'waypost_links_partners',
      help: 'Partners in the link directory.',
      type: 'gauge',
      samples: [['', links.partners]],
    },
    {
      name: 'waypost_links_age_seconds',
      help: 'Time since the link directory was known to equal the database.',
      type: 'gauge',
      samples: [['', links.ageMs / 1000]],
    },
  ];
}

function drainMetrics(drain: DrainState | undefined): Metric[] {
  if (drain === undefined) return [];
  return [
    {
      name: 'waypost_clicks_counted_total',
      help: 'Clicks that were counted.',
      type: 'counter',
      samples: [['', drain.counted]],
    },
    {
      name: 'waypost_clicks_filtered_total',
      help: 'Requests that were not counted, by reason.',
      type: 'counter',
      samples: Object.entries(drain.filtered).map(([reason, requests]) => [`reason="${reason}"`, requests] as const),
    },
    {
      name: 'waypost_clicks_set_aside_total',
      help: 'Records and parts of the click log that could not be read or stored.',
      type: 'counter',
      samples: [['', drain.setAside]],
    },
    {
      name: 'waypost_drain_lag_clicks',
      help: 'Clicks in the log that are not in the database yet, about.',
      type: 'gauge',
      samples: [['', drain.lagClicks]],
    },
    {
      name: 'waypost_drain_lag_seconds',
      help: 'Age of the oldest of them.',
      type: 'gauge',
      samples: [['', drain.lagMs / 1000]],
    },
  ];
}
