import { describe, expect, it } from 'vitest';
import { noClicksCounted } from '../clicks/click-log.js';
import { lateInLinks, type LinksState } from './engine-states.js';

const state = (lagMs: number): LinksState => ({
  redirects: { redirects: 0, gone: 0, unknown: 0 },
  log: noClicksCounted(),
  logBytes: 0,
  drain: { counted: 0, filtered: {}, setAside: 0, batches: 0, lagClicks: 1234, lagMs, problem: undefined },
  links: { partners: 0, ageMs: 0 },
  problems: [],
});

describe('a drain', () => {
  it.each([
    ['that steps aside for a minute is no news', 60_000, []],
    ['that does not keep up is told', 180_400, ['Clicks wait in the log: 1234, the oldest for 180 seconds.']],
  ])('%s', (_name, lagMs, sentences) => {
    expect(lateInLinks(state(lagMs))).toEqual(sentences);
  });
});
