import type { DrainState } from '../clicks/click-drain.js';
import type { ClickLogCounters } from '../clicks/click-log.js';
import type { RedirectCounters } from './redirect-handler.js';

/** How tracked links, their clicks and the drain are doing. */
export interface LinksState {
  readonly redirects: RedirectCounters;
  readonly log: ClickLogCounters;
  readonly logBytes: number;
  readonly drain: DrainState | undefined;
  readonly links: { readonly partners: number; readonly ageMs: number };
  /** One sentence for each part that is not well. */
  readonly problems: readonly string[];
}

/** The drain steps aside for a minute while clicks come fast; behind that, it does not keep up. */
const LATE_DRAIN_MS = 120_000;

/** One sentence for each part that works and is behind: worth a look, and no reason to send readers elsewhere. */
export function lateInLinks({ drain }: LinksState): string[] {
  if (drain === undefined || drain.lagMs <= LATE_DRAIN_MS) return [];
  return [`Clicks wait in the log: ${drain.lagClicks}, the oldest for ${Math.round(drain.lagMs / 1000)} seconds.`];
}

/** The part of readiness that tells of links. Ages in seconds. */
export function describeLinks({ links, drain, logBytes, log }: LinksState) {
  return {
    links: { partners: links.partners, ageSeconds: links.ageMs / 1000 },
    drain:
      drain === undefined
        ? undefined
        : { lagClicks: drain.lagClicks, lagSeconds: drain.lagMs / 1000, setAside: drain.setAside },
    clickLog: { bytes: logBytes, late: log.late, lost: log.lost },
  };
}

/** One picture of several processes that share a port and a folder. `states` has at least one. */
export function sumStates(states: readonly LinksState[], drain: DrainState | undefined): LinksState {
  const problems = new Set([
    ...states.flatMap((state) => state.problems),
    ...(drain?.problem === undefined ? [] : [drain.problem]),
  ]);
  return {
    redirects: sumCounters(states.map((state) => state.redirects)),
    log: sumCounters(states.map((state) => state.log)),
    // The folder is one.
    logBytes: Math.max(...states.map((state) => state.logBytes)),
    drain,
    links: {
      partners: Math.min(...states.map((state) => state.links.partners)),
      ageMs: Math.max(...states.map((state) => state.links.ageMs)),
    },
    problems: [...problems],
  };
}

function sumCounters<Counters extends object>(all: readonly Counters[]): Counters {
  const sum: Record<string, number> = {};
  for (const counters of all) {
    for (const [name, value] of Object.entries(counters)) sum[name] = (sum[name] ?? 0) + Number(value);
  }
  return sum as Counters;
}
