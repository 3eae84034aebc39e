import { describe, expect, it } from 'vitest';
import { decideRedirect, type RedirectRequest } from './decide-redirect.js';
import { compileDestination } from './destination-url.js';
import { LinkDirectory, type LinkPartner, type LinkTarget } from './link-directory.js';
import { PlacementIds } from './placement-ids.js';

const nowMs = Date.UTC(2026, 10, 24, 12);
const to = (url: string, subIdTemplate = '') =>
  compileDestination({ url, network: 'custom', subIdTemplate, passthrough: [] });

const partner = (changes: Partial<LinkPartner> = {}): LinkPartner => ({
  key: 'training_partner',
  isPaused: false,
  startsAtMs: -Infinity,
  endsAtMs: Infinity,
  destination: to('https://shop.example/', 'sub={placement}&click={click}'),
  fallback: to('https://shop.example/fallback'),
  targets: [],
  placements: PlacementIds.of(['3f9a0c1be27d']),
  ...changes,
});

const target = (key: string, changes: Partial<LinkTarget> = {}): LinkTarget => ({
  key,
  rank: 0,
  weight: 1,
  countries: undefined,
  devices: undefined,
  languages: undefined,
  startsAtMs: -Infinity,
  endsAtMs: Infinity,
  destination: to(`https://shop.example/${key}`),
  ...changes,
});

const request = (changes: Partial<RedirectRequest> = {}): RedirectRequest => ({
  partnerKey: 'training_partner',
  placementId: '3f9a0c1be27d',
  query: '',
  nowMs,
  clickId: () => '01k3vq3c5m8w2t9x7y4z6a1b0c',
  country: () => 'DE',
  device: () => 'mobile',
  language: () => 'de',
  share: () => 0,
  ...changes,
});

const decide = (one: LinkPartner, changes: Partial<RedirectRequest> = {}) =>
  decideRedirect(LinkDirectory.of([one]), request(changes));

describe('decideRedirect', () => {
  it('sends to the destination with the placement and the click', () => {
    expect(decide(partner())).toMatchObject({
      kind: 'redirect',
      location: 'https://shop.example/?sub=3f9a0c1be27d&click=01k3vq3c5m8w2t9x7y4z6a1b0c',
      placementId: '3f9a0c1be27d',
      isFallback: false,
    });
  });

  it('hands on no placement that is not this partner’s, and no click id of a reader who does not want one', () => {
    const decision = decide(partner(), { placementId: 'aaaaaaaaaaaa', clickId: () => undefined });
    expect(decision).toMatchObject({ location: 'https://shop.example/', placementId: '' });
  });

  it('knows no other partner', () => {
    expect(decide(partner(), { partnerKey: 'toString' })).toEqual({ kind: 'unknown' });
    expect(decide(partner(), { partnerKey: '' })).toEqual({ kind: 'unknown' });
  });

  it.each([
    ['paused', { isPaused: true }, 'fallback'],
    ['expired', { endsAtMs: nowMs - 1 }, 'fallback'],
    ['at the instant of its end', { endsAtMs: nowMs }, 'fallback'],
    ['in its last millisecond', { endsAtMs: nowMs + 1 }, ''],
    ['a millisecond before its start', { startsAtMs: nowMs + 1 }, 'fallback'],
    ['at the instant of its start', { startsAtMs: nowMs }, ''],
    ['without a usable destination', { destination: undefined }, 'fallback'],
  ])('answers for a partner that is %s', (_name, changes, page) => {
    const decision = decide(partner(changes), { placementId: '', clickId: () => undefined });
    expect(decision).toMatchObject({ location: `https://shop.example/${page}`, isFallback: page !== '' });
    expect(decide(partner({ ...changes, fallback: undefined })).kind).toBe(page === '' ? 'redirect' : 'gone');
  });

  it.each([
    ['by country', [target('other', { countries: new Set(['US']) }), target('fits', { countries: new Set(['DE']) })]],
    [
      'by device',
      [target('other', { devices: new Set(['desktop']) }), target('fits', { devices: new Set(['mobile']) })],
    ],
    ['by language', [target('other', { languages: new Set(['fr']) }), target('fits', { languages: new Set(['de']) })]],
    ['by its schedule', [target('other', { endsAtMs: nowMs }), target('fits', { startsAtMs: nowMs })]],
    ['of the lowest rank', [target('fits', { rank: 1 }), target('other', { rank: 2 })]],
    [
      'by all its conditions',
      [target('other', { countries: new Set(['DE']), devices: new Set(['tv']) }), target('fits', { rank: 5 })],
    ],
  ])('chooses a target %s', (_name, targets) => {
    expect(decide(partner({ targets }))).toMatchObject({ targetKey: 'fits', location: 'https://shop.example/fits' });
  });

  it('sends to the destination when no target fits', () => {
    expect(decide(partner({ targets: [target('other', { countries: new Set(['US']) })] }))).toMatchObject({
      targetKey: '',
    });
  });

  it('shares the readers among rivals by weight', () => {
    const targets = [target('a', { weight: 1 }), target('b', { weight: 3 })];
    const counts = { a: 0, b: 0 };
    for (let step = 0; step < 1000; step++) {
      const decision = decide(partner({ targets }), { share: () => step / 1000 });
      counts[(decision as { targetKey: 'a' | 'b' }).targetKey]++;
    }
    expect(counts).toEqual({ a: 250, b: 750 });
  });

  it('asks for nothing that no target wants to know', () => {
    const refuse = (): never => {
      throw new Error('was asked');
    };
    const careful = { country: refuse, device: refuse, language: refuse, share: refuse };
    expect(decide(partner({ targets: [target('a')] }), careful)).toMatchObject({ targetKey: 'a' });
  });
});
