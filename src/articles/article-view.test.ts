import { describe, expect, it } from 'vitest';
import type { PartnerView, PlacementState } from './article-view.js';
import { articleView, placementLink } from './article-view.js';

const NOW = new Date('2026-06-01T12:00:00Z');
const partner = (more: Partial<PartnerView> = {}): PartnerView => ({
  name: 'The Course',
  status: 'active',
  startsAt: null,
  expiresAt: null,
  defaultText: null,
  disclosure: null,
  fallbackUrl: null,
  ...more,
});
const placement = (more: Partial<PlacementState> = {}): PlacementState => ({
  id: '3f9a0c1be27d',
  partnerKey: 'course',
  text: 'Go',
  partner: partner(),
  ...more,
});
const link = (more: Partial<PlacementState>) => placementLink(placement(more), 'https://x.org', NOW);
const HREF = 'https://x.org/go/course/3f9a0c1be27d';

describe('what readers get at a call', () => {
  it.each([
    ['an active partner', partner(), HREF],
    ['a paused one', partner({ status: 'paused' }), undefined],
    ['a paused one with a fallback', partner({ status: 'paused', fallbackUrl: 'https://f.org/' }), HREF],
    ['one that expires later', partner({ expiresAt: new Date(NOW.getTime() + 1) }), HREF],
    ['one that expires now', partner({ expiresAt: NOW }), undefined],
    ['one that starts now', partner({ startsAt: NOW }), HREF],
    ['one that starts later', partner({ startsAt: new Date(NOW.getTime() + 1) }), undefined],
    ['an unknown one', undefined, undefined],
  ])('of %s', (_name, view, href) => {
    expect(link({ partner: view })).toEqual({ text: 'Go', href });
  });

  it.each([
    ['the text of the call', { text: 'Go' }, 'Go'],
    ['else the default text', { text: '', partner: partner({ defaultText: 'Learn' }) }, 'Learn'],
    ['else the name', { text: '' }, 'The Course'],
    ['else the key', { text: '', partner: undefined }, 'course'],
  ])('shows %s', (_name, more, text) => {
    expect(link(more).text).toBe(text);
  });
});

describe('the disclosures of an article', () => {
  it('are those of linked partners, each once, in the order of the links', () => {
    const placements = [
      placement({ partner: partner({ disclosure: 'B' }) }),
      placement({ partner: partner({ disclosure: 'A' }) }),
      placement({ partner: partner({ disclosure: 'B' }) }),
      placement({ partner: partner({ disclosure: 'C', status: 'paused' }) }),
    ];
    const view = articleView({ placements, affOffsets: [], origin: '', updatedOn: '', now: NOW });
    expect(view.disclosures).toEqual(['B', 'A']);
  });
});
