import { describe, expect, it } from 'vitest';
import { createClickId } from './click-id.js';
import { processClick } from './click-steps.js';
import { clickMarks, type LoggedClick } from './logged-click.js';
import { parseUserAgent } from './user-agent.js';

const firefox = 'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0';
const click = (changes: Partial<LoggedClick> = {}): LoggedClick => ({
  id: createClickId(1_763_950_000_000),
  partnerKey: 'training_partner',
  placementId: '3f9a0c1be27d',
  targetKey: '',
  userAgent: firefox,
  referrerHost: '',
  country: '',
  visitorHigh: 0xffff_ffff,
  visitorLow: 0xffff_fffe,
  marks: clickMarks.hasVisitor,
  ...changes,
});
const context = { readAgent: parseUserAgent };

describe('processClick', () => {
  it('keeps a click of a reader, with what is known of the device', () => {
    expect(processClick(click(), context)).toMatchObject({
      kept: { agent: { device: 'desktop', browser: 'Firefox', os: 'Ubuntu' } },
    });
  });

  it.each([
    ['a preview', click({ marks: clickMarks.isPreview }), 'preview'],
    ['the publisher', click({ marks: clickMarks.isOwnAddress }), 'own_address'],
    ['a HEAD', click({ marks: clickMarks.isHead }), 'head'],
    ['a prefetch', click({ marks: clickMarks.isPrefetch }), 'prefetch'],
    ['an empty user agent', click({ userAgent: '' }), 'empty_user_agent'],
    ['a blank user agent', click({ userAgent: '  ' }), 'empty_user_agent'],
    ['a crawler', click({ userAgent: 'Googlebot/2.1' }), 'bot'],
    ['a request without Accept', click({ marks: clickMarks.lacksAccept }), 'missing_accept'],
    ['an answer that was a 410', click({ marks: clickMarks.isGone }), 'unavailable'],
    [
      'a crawler that asks with HEAD as a HEAD',
      click({ userAgent: 'Googlebot/2.1', marks: clickMarks.isHead }),
      'head',
    ],
  ])('drops %s', (_name, input, reason) => {
    expect(processClick(input, context)).toEqual({ dropped: reason });
  });

  it('counts a reader who does not want to be followed, without a visitor', () => {
    expect(processClick(click({ marks: clickMarks.isPrivate }), context)).toMatchObject({
      kept: { agent: { isBot: false } },
    });
  });

  it('counts the click that was sent to the fallback', () => {
    expect(processClick(click({ marks: clickMarks.isFallback }), context).dropped).toBeUndefined();
  });
});
