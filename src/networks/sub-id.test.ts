import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { networkKeys, networks } from './networks.js';
import { applySubId, parseSubIdTemplate, SubIdTemplateError } from './sub-id.js';

const placement = '3f9a0c1be27d';
const click = '01k3vq3c5m8w2t9x7y4z6a1b0c';

describe('applySubId', () => {
  it.each([
    // Awin
    [
      'awin',
      'clickref={placement}',
      'https://www.awin1.com/cread.php?awinmid=1&awinaffid=2&ued=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc',
      `https://www.awin1.com/cread.php?awinmid=1&awinaffid=2&ued=https%3A%2F%2Fshop.example%2Fa%3Fb%3Dc&clickref=${placement}`,
    ],
    // An empty parameter from a link builder is filled; the owner's own value stays.
    [
      'awin',
      'clickref={placement}',
      'https://www.awin1.com/cread.php?awinmid=1&clickref=&p=x',
      `https://www.awin1.com/cread.php?awinmid=1&p=x&clickref=${placement}`,
    ],
    [
      'awin',
      'clickref={placement}',
      'https://www.awin1.com/cread.php?clickref=summer',
      'https://www.awin1.com/cread.php?clickref=summer',
    ],
    // No query, an empty query, a fragment
    ['cj', 'sid={placement}', 'https://www.kqzyfj.com/click-1-2', `https://www.kqzyfj.com/click-1-2?sid=${placement}`],
    ['cj', 'sid={placement}', 'https://www.kqzyfj.com/click-1-2?', `https://www.kqzyfj.com/click-1-2?sid=${placement}`],
    ['custom', 'sub={placement}', 'https://a.example/#/x?y=1', `https://a.example/?sub=${placement}#/x?y=1`],
    ['custom', 'sub={placement}', 'https://a.example?b=1&', `https://a.example?b=1&sub=${placement}`],
    // Placement and click together
    [
      'impact',
      'subId1={placement}&subId2={click}',
      'https://x.sjv.io/c/1/2/3',
      `https://x.sjv.io/c/1/2/3?subId1=${placement}&subId2=${click}`,
    ],
    ['custom', 's=wp_{placement}', 'https://a.example/', `https://a.example/?s=wp_${placement}`],
    // Partnerize: a segment of the path, before the destination
    [
      'partnerize',
      '/pubref:{placement}',
      'https://prf.hn/click/camref:1101/destination:https%3A%2F%2Fshop.example%2F',
      `https://prf.hn/click/camref:1101/pubref:${placement}/destination:https%3A%2F%2Fshop.example%2F`,
    ],
    [
      'partnerize',
      '/pubref:{placement}',
      'https://prf.hn/click/camref:1101/destination:https://shop.example/?a=b#c',
      `https://prf.hn/click/camref:1101/pubref:${placement}/destination:https://shop.example/?a=b#c`,
    ],
    [
      'partnerize',
      '/pubref:{placement}',
      'https://prf.hn/click/camref:1101',
      `https://prf.hn/click/camref:1101/pubref:${placement}`,
    ],
    [
      'partnerize',
      '/pubref:{placement}',
      'https://prf.hn/click/camref:1101/',
      `https://prf.hn/click/camref:1101/pubref:${placement}`,
    ],
    [
      'partnerize',
      '/pubref:{placement}',
      'https://prf.hn/click/camref:1101/pubref:mine/destination:x',
      'https://prf.hn/click/camref:1101/pubref:mine/destination:x',
    ],
    [
      'cj',
      '/sid/{placement}',
      'https://www.anrdoezrs.net/links/1/type/dlg/https://shop.example/a?b=c',
      `https://www.anrdoezrs.net/links/1/type/dlg/sid/${placement}/https://shop.example/a?b=c`,
    ],
    // Amazon and unknown networks are left as they are.
    ['amazon', '', 'https://www.amazon.de/dp/B000?tag=owner-21', 'https://www.amazon.de/dp/B000?tag=owner-21'],
    ['custom', '', 'https://shop.example/x?y=z', 'https://shop.example/x?y=z'],
    // Rakuten is case sensitive: U1 is another parameter.
    [
      'rakuten',
      'u1={placement}',
      'https://click.linksynergy.com/deeplink?U1=x',
      `https://click.linksynergy.com/deeplink?U1=x&u1=${placement}`,
    ],
  ] as const)('%s, %s: %s', (network, template, destination, expected) => {
    expect(applySubId(destination, network, template, { placement, click })).toBe(expected);
  });

  it.each([
    ['cj', 'sid={placement}', '0'],
    ['cj', 'sid={placement}', 'a'.repeat(31)],
    ['cj', 'sid={placement}', 'with-dash'],
    ['shareasale', 'afftrack={placement}', 'a_b'],
    ['rakuten', 'u1={placement}', 'a'.repeat(73)],
    ['skimlinks', 'xcust={placement}', 'a&b'],
    ['skimlinks', 'xcust={placement}', 'a'.repeat(51)],
    ['ebay', 'customid={placement}', 'a b'],
    ['partnerize', '/pubref:{placement}', 'a/b'],
  ] as const)('%s gets no sub id that it would cut or refuse: %s %s', (network, template, value) => {
    const destination = 'https://a.example/click/camref:1/x?y=z';
    expect(applySubId(destination, network, template, { placement: value })).toBe(destination);
  });

  it('leaves out the part of which the request has nothing', () => {
    expect(applySubId('https://a.example/', 'custom', 's={placement}&c={click}', { click })).toBe(
      `https://a.example/?c=${click}`,
    );
    expect(applySubId('https://a.example/', 'custom', 's={placement}', {})).toBe('https://a.example/');
  });

  it('keeps the owner text in order and adds one parameter of its own, whatever the link', () => {
    const query = fc.array(fc.tuple(fc.stringMatching(/^[a-z%0-9]{0,4}$/), fc.stringMatching(/^[a-z%+:/?]{0,6}$/)), {
      maxLength: 5,
    });
    const keys = networkKeys.filter((key) => networks[key].subIdTemplate.includes('='));
    fc.assert(
      fc.property(query, fc.boolean(), fc.constantFrom(...keys), (pairs, hasFragment, key) => {
        const owner = pairs.map(([name, value]) => `${name}=${value}`).join('&');
        const destination = `https://shop.example/p${owner === '' ? '' : `?${owner}`}${hasFragment ? '#a?b=c' : ''}`;
        const template = networks[key].subIdTemplate;
        const result = applySubId(destination, key, template, { placement });
        const name = template.slice(0, template.indexOf('='));
        const before = destination.replace('#a?b=c', '');
        expect(result.startsWith(before)).toBe(true);
        expect(new URL(result).searchParams.getAll(name)).toEqual([placement]);
        expect(new URL(result).hash).toBe(hasFragment ? '#a?b=c' : '');
      }),
    );
  });
});

describe('parseSubIdTemplate', () => {
  it.each([
    ['sid', 1, 'Expected "="'],
    ['sid=', 5, '"{placement}" or "{click}"'],
    ['sid=fixed', 5, '"{placement}" or "{click}"'],
    ['a={placement}&b', 15, 'Expected "="'],
    ['a={placement}&a={click}', 15, 'stands twice'],
    ['a={placement}{click}', 3, 'Expected one'],
    ['a b={placement}', 1, 'Expected a parameter'],
    ['={placement}', 1, 'Expected a parameter'],
    ['a={placement}#x', 14, 'characters'],
    ['a=\r\n{placement}', 3, 'characters'],
    ['/pubref:', 1, '"{placement}" or "{click}"'],
    ['/x?y={placement}', 1, 'characters'],
    ['a={article}', 3, '"{placement}" or "{click}"'],
  ])('refuses %j at column %i', (text, column, message) => {
    expect(() => parseSubIdTemplate(text)).toThrow(
      expect.objectContaining({ column, message: expect.stringContaining(message) as string }) as Error,
    );
  });

  it('throws nothing but its own error', () => {
    const text = fc.string({ unit: fc.constantFrom(...'a=&{}/:? placementclick'.split(''), '{placement}', '{click}') });
    fc.assert(
      fc.property(text, (template) => {
        expect(outcomeOf(() => parseSubIdTemplate(template))).toMatch(/^(parsed|SubIdTemplateError)$/);
      }),
    );
  });
});

function outcomeOf(run: () => unknown): string {
  try {
    run();
    return 'parsed';
  } catch (error) {
    return error instanceof SubIdTemplateError ? error.name : `threw ${String(error)}`;
  }
}
