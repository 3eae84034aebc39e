import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { maxUserAgentLength } from './logged-click.js';
import { createAgentReader, parseUserAgent } from './user-agent.js';

/**
 * User agents of 2025 and 2026 as they stand in server logs and in their makers' documentation, with who is behind them. The last two are crawlers that
 * nothing in their name betrays: they are why the bound below is not zero.
 */
const labelledUserAgents = JSON.parse(
  readFileSync(new URL('../../test/fixtures/clicks/user-agents.json', import.meta.url), 'utf8'),
) as ['human' | 'bot', string][];

describe('parseUserAgent', () => {
  it('tells people from programs on a labelled list, with at most 1 person in 100 lost and 1 program in 25 counted', () => {
    const humans = labelledUserAgents.filter(([label]) => label === 'human').map(([, userAgent]) => userAgent);
    const bots = labelledUserAgents.filter(([label]) => label === 'bot').map(([, userAgent]) => userAgent);
    const lost = humans.filter((userAgent) => parseUserAgent(userAgent).isBot);
    const counted = bots.filter((userAgent) => !parseUserAgent(userAgent).isBot);
    console.info(
      [
        `${humans.length} people, ${bots.length} programs`,
        `people taken for programs (${lost.length}):`,
        ...lost.map((userAgent) => `  ${userAgent}`),
        `programs taken for people (${counted.length}):`,
        ...counted.map((userAgent) => `  ${userAgent}`),
      ].join('\n'),
    );
    expect(humans.length + bots.length).toBeGreaterThanOrEqual(60);
    expect(lost.length / humans.length).toBeLessThanOrEqual(0.01);
    expect(counted.length / bots.length).toBeLessThanOrEqual(0.04);
  });

  it.each([
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
      'desktop',
      'Chrome',
      'Windows',
    ],
    [
      'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
      'desktop',
      'Safari',
      'Mac OS',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
      'mobile',
      'Mobile Safari',
      'iOS',
    ],
    [
      'Mozilla/5.0 (iPad; CPU OS 17_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.7 Mobile/15E148 Safari/604.1',
      'tablet',
      'Mobile Safari',
      'iOS',
    ],
    [
      'Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV Safari/537.36',
      'tv',
      'Safari',
      'Tizen',
    ],
    ['', 'other', '', ''],
    ['Mozilla/5.0 (Unheard-of Thing) Gecko', 'other', '', ''],
  ])('reads %s', (userAgent, device, browser, os) => {
    expect(parseUserAgent(userAgent)).toEqual({ isBot: false, device, browser, os });
  });

  // A pattern that runs away would take minutes for these, far beyond the time that a test may take.
  it.each(['Mozilla/5.0 (', 'a', '((((((((', ' ;', 'Chrome/'])('is not held up by a text full of %s', (part) => {
    const text = part.repeat(maxUserAgentLength).slice(0, maxUserAgentLength);
    expect(parseUserAgent(text)).toMatchObject({ os: '' });
  });
});

describe('createAgentReader', () => {
  it('parses the same text once', () => {
    let parsed = 0;
    const read = createAgentReader((userAgent) => {
      parsed++;
      return parseUserAgent(userAgent);
    });
    expect(read('curl/8.14.1')).toBe(read('curl/8.14.1'));
    expect(parsed).toBe(1);
  });
});
