import { describe, expect, it } from 'vitest';
import { guessNetwork, isNetworkKey, networkKeys, networks, subIdTemplateFor } from './networks.js';
import { parseSubIdTemplate } from './sub-id.js';

describe('guessNetwork', () => {
  it.each([
    ['https://www.amazon.de/dp/B000?tag=owner-21', 'amazon'],
    ['https://www.amazon.co.uk/dp/B000', 'amazon'],
    ['https://amazon.com.br/dp/B000', 'amazon'],
    ['https://amzn.to/3abc', 'amazon'],
    ['https://a.co/d/3abc', 'amazon'],
    ['https://impact.sjv.io/c/12345/67890/111', 'impact'],
    ['https://shop.pxf.io/c/12345/67890/111/?u=https%3A%2F%2Fshop.example', 'impact'],
    ['https://www.anrdoezrs.net/click-100-200', 'cj'],
    ['https://www.jdoqocy.com/click-100-200?url=x', 'cj'],
    ['https://dpbolvw.net/click-100-200', 'cj'],
    ['https://www.tkqlhce.com/click-100-200', 'cj'],
    ['https://www.kqzyfj.com/click-100-200', 'cj'],
    ['https://www.awin1.com/cread.php?awinmid=1&awinaffid=2', 'awin'],
    ['https://www.awin1.com/awclick.php?mid=1&id=2', 'awin'],
    ['https://shareasale.com/r.cfm?b=1&u=2&m=3', 'shareasale'],
    ['https://www.shareasale.com/m-pr.cfm?merchantID=1', 'shareasale'],
    ['https://click.linksynergy.com/deeplink?id=x&mid=1', 'rakuten'],
    ['https://acme.grsm.io/offer', 'partnerstack'],
    ['https://go.skimresources.com/?id=1X2&url=https%3A%2F%2Fshop.example', 'skimlinks'],
    ['https://go.redirectingat.com/?id=1X2&url=https%3A%2F%2Fshop.example', 'skimlinks'],
    ['https://www.ebay.de/itm/1?campid=5338', 'ebay'],
    ['https://www.ebay.co.uk/itm/1?campid=5338', 'ebay'],
    ['https://prf.hn/click/camref:1101/destination:https%3A%2F%2Fshop.example', 'partnerize'],
    ['https://acme.go2cloud.org/aff_c?offer_id=1&aff_id=2', 'tune'],
    ['https://track.acme.example/aff_c?offer_id=1&aff_id=2', 'tune'],
    // None of these is what it resembles.
    ['https://www.ebay.de/itm/1', 'custom'],
    ['https://amazon.example.com/dp/B000', 'custom'],
    ['https://notamazon.com/dp/B000', 'custom'],
    ['https://www.amazon.evil.example/dp', 'custom'],
    ['https://awin1.com.evil.example/cread.php', 'custom'],
    ['https://evil.example/?u=https://www.awin1.com/cread.php', 'custom'],
    ['https://notshareasale.com/r.cfm', 'custom'],
    ['https://example.com/c/12/34', 'custom'],
    ['https://example.com/course', 'custom'],
    ['not a url', 'custom'],
    ['', 'custom'],
  ])('%s is of %s', (url, network) => {
    expect(guessNetwork(url)).toBe(network);
  });
});

describe('the table of networks', () => {
  it.each(networkKeys.map((key) => [key]))('%s has a template that parses, and takes a placement id', (key) => {
    expect(() => parseSubIdTemplate(networks[key].subIdTemplate)).not.toThrow();
    expect('3f9a0c1be27d').toMatch(networks[key].subIdPattern);
    expect(networks[key].maxSubIdLength).toBeGreaterThanOrEqual(26);
  });

  it('knows its keys, and nothing that only objects have', () => {
    expect(isNetworkKey('awin')).toBe(true);
    expect(isNetworkKey('toString')).toBe(false);
    expect(isNetworkKey('__proto__')).toBe(false);
  });

  it('tags no Amazon link that goes through Skimlinks', () => {
    const amazon = 'https://go.skimresources.com/?id=1X2&url=https%3A%2F%2Fwww.amazon.de%2Fdp%2FB000';
    expect(subIdTemplateFor('skimlinks', amazon)).toBe('');
    expect(subIdTemplateFor('skimlinks', amazon.replace('amazon', 'shop'))).toBe('xcust={placement}');
    expect(subIdTemplateFor('skimlinks', 'https://go.skimresources.com/?id=1&url=www.amazon.de')).toBe('');
  });

  it('puts the sid of a CJ deep link into its path', () => {
    expect(subIdTemplateFor('cj', 'https://www.anrdoezrs.net/links/100/type/dlg/https://shop.example/a?b=c')).toBe(
      '/sid/{placement}',
    );
    expect(subIdTemplateFor('cj', 'https://www.anrdoezrs.net/click-100-200')).toBe('sid={placement}');
  });
});
