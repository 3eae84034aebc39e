import { describe, expect, it } from 'vitest';
import { affInner, affLinkHtml, readAffCall, type AffCall } from './aff.js';
import { compileCalls } from './compiled-call.js';
import { parseShortcodes } from './parser.js';
import { renderCall } from './render-call.js';

/** Reads the first call of a body as the built-in shortcode would. */
function read(body: string): AffCall {
  const readings: AffCall[] = [];
  const shortcodes = {
    aff: {
      inner: affInner,
      render: (call: Parameters<typeof readAffCall>[0]): string => {
        readings.push(readAffCall(call));
        return '';
      },
    },
    icon: { render: () => '<i>*</i>' },
  };
  const { calls } = compileCalls(parseShortcodes(body, shortcodes), {
    placeOf: ({ start, end }) => ({ offset: start, end, line: 1, column: 1 }),
    keepUnknown: false,
    readText: (text) => text,
  });
  const same = (markdown: string): string => markdown;
  renderCall(calls, 0, { shortcodes, renderInner: same, renderNestedMarkdown: same, report: () => undefined });
  const [reading] = readings;
  if (reading === undefined) throw new Error(`no aff call in ${body}`);
  return reading;
}

describe('aff', () => {
  it.each([
    ['a partner', '{{< aff "vpn" >}}', 'vpn', undefined, undefined],
    ['a partner and a text', '{{< aff "vpn" "Try it" >}}', 'vpn', undefined, 'Try it'],
    ['partner, placement and text', '{{< aff "vpn" "side-bar" "Try it" >}}', 'vpn', 'side-bar', 'Try it'],
    ['the Markdown notation', '{{% aff "vpn" "Try it" %}}', 'vpn', undefined, 'Try it'],
    ['bare words', '{{< aff vpn_vendor Deal >}}', 'vpn_vendor', undefined, 'Deal'],
    ['partner=', '{{< aff partner="vpn" text="Try it" placement="top" >}}', 'vpn', 'top', 'Try it'],
    ['key=', '{{< aff key="vpn" text="Try it" >}}', 'vpn', undefined, 'Try it'],
    ['text between the tags', '{{< aff "vpn" >}} Try\n it {{< /aff >}}', 'vpn', undefined, 'Try it'],
    ['a placement and text between the tags', '{{< aff "vpn" "top" >}}Try it{{< /aff >}}', 'vpn', 'top', 'Try it'],
    ['names and text between the tags', '{{< aff partner="vpn" >}}Try it{{< /aff >}}', 'vpn', undefined, 'Try it'],
    ['nothing between the tags', '{{< aff "vpn" "Try it" >}} {{< /aff >}}', 'vpn', undefined, 'Try it'],
    ['a slash', '{{< aff "vpn" "Try it" />}}', 'vpn', undefined, 'Try it'],
    ['an empty text', '{{< aff "vpn" "" >}}', 'vpn', undefined, undefined],
    ['a number for a text', '{{< aff "vpn" 50 >}}', 'vpn', undefined, '50'],
  ])('reads %s', (_name, body, partnerKey, placement, text) => {
    expect(read(body)).toMatchObject({ partnerKey, placement, text, diagnostics: [] });
  });

  it('keeps HTML between the tags beside the plain text of it', () => {
    const call = read('{{< aff "vpn" >}}<b>Tom</b> &amp; {{< icon >}}{{< /aff >}}');
    expect(call).toMatchObject({ text: 'Tom & *', contentHtml: '<b>Tom</b> &amp; <i>*</i>' });
  });

  it.each([
    ['no partner', '{{< aff >}}', 'error aff-partner-missing'],
    ['an empty partner', '{{< aff "" "Text" >}}', 'error aff-partner-missing'],
    ['a text where the partner belongs', '{{< aff "Training Partner" >}}', 'error aff-partner-invalid'],
    ['a path for a partner', '{{< aff "../x" >}}', 'error aff-partner-invalid'],
    ['a partner of 65 letters', `{{< aff "${'a'.repeat(65)}" >}}`, 'error aff-partner-invalid'],
    ['a number without quotes', '{{< aff 007 "Text" >}}', 'warning aff-partner-unquoted'],
    ['a text where the placement belongs', '{{< aff "vpn" "Try it" "now" >}}', 'warning aff-placement-invalid'],
    ['words without quotes', '{{< aff vpn a b c >}}', 'warning aff-parameters-extra'],
    ['another name', '{{< aff partner="vpn" txt="a" >}}', 'warning aff-parameter-unknown'],
    ['two partners', '{{< aff partner="vpn" key="course" >}}', 'warning aff-partner-twice'],
    ['two texts', '{{< aff partner="vpn" text="a" >}}b{{< /aff >}}', 'warning aff-text-twice'],
  ])('reports %s', (_name, body, problem) => {
    expect(read(body).diagnostics.map(({ severity, code }) => `${severity} ${code}`)).toEqual([problem]);
  });

  it('says what to write instead of a wrong key', () => {
    expect(read('{{< aff "Café Partner!" >}}').diagnostics[0]?.hint).toContain('"cafe_partner"');
    expect(read('{{< aff "日本" >}}').diagnostics[0]?.hint).toContain('"partner_key"');
  });

  it('leaves a wrong placement out and keeps the link', () => {
    expect(read('{{< aff "vpn" "Side Bar" "Text" >}}')).toMatchObject({
      partnerKey: 'vpn',
      placement: undefined,
      text: 'Text',
    });
  });
});

describe('the tracked link', () => {
  it('is escaped as Hugo escapes it', () => {
    const link = { href: 'https://e.org/go/ü?a=b&c', rel: 'sponsored nofollow noopener', text: 'C++ & "more"' };
    expect(affLinkHtml(link)).toBe(
      '<a href="https://e.org/go/%c3%bc?a=b&amp;c" rel="sponsored nofollow noopener">C&#43;&#43; &amp; &#34;more&#34;</a>',
    );
  });

  it('shows given content as it is', () => {
    expect(affLinkHtml({ href: '/go/a', rel: '', text: 'x', contentHtml: '<b>x</b>' })).toContain('><b>x</b></a>');
  });
});
