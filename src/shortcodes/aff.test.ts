import { describe, expect, it } from 'vitest';
import { affLinkHtml, readAffCall } from './aff.js';

const positional = (...values: (string | number | boolean)[]) => readAffCall({ positional: values, innerText: '' });
const named = (values: Record<string, string>, innerText = '') =>
  readAffCall({ positional: [], named: values, innerText });

describe('an aff call', () => {
  it.each([
    ['partner and text', positional('course', 'Go'), { partnerKey: 'course', placement: undefined, text: 'Go' }],
    [
      'partner, placement and text',
      positional('course', 'hero', 'Go'),
      { partnerKey: 'course', placement: 'hero', text: 'Go' },
    ],
    ['partner alone', positional('course'), { partnerKey: 'course', placement: undefined, text: undefined }],
    [
      'partner= and text=',
      named({ partner: 'course', text: 'Go' }),
      { partnerKey: 'course', placement: undefined, text: 'Go' },
    ],
    [
      'key= and placement=',
      named({ key: 'course', placement: 'hero' }),
      { partnerKey: 'course', placement: 'hero', text: undefined },
    ],
    ['text between the tags', named({ key: 'course' }, '\n Go \n'), { partnerKey: 'course', text: 'Go' }],
    ['a number as text', positional('course', 7), { text: '7' }],
  ])('reads %s', (_name, call, expected) => {
    expect(call).toMatchObject(expected);
    expect(call.problems).toEqual([]);
  });

  it.each([
    ['no parameter', positional(), 'aff-partner-missing'],
    ['a key with a space', positional('My Course', 'Go'), 'aff-partner-key'],
    ['a key that climbs', positional('../x', 'Go'), 'aff-partner-key'],
    ['a key of 65 characters', positional('a'.repeat(65), 'Go'), 'aff-partner-key'],
  ])('with %s is no placement, and says why', (_name, call, code) => {
    expect(call.partnerKey).toBeUndefined();
    expect(call.problems.map((problem) => problem.code)).toEqual([code]);
  });

  it.each([
    ['a fourth parameter', positional('course', 'hero', 'Go', 'x'), 'aff-parameters'],
    ['a number for a key', positional(7, 'Go'), 'aff-partner-unquoted'],
    ['a text twice', named({ key: 'course', text: 'A' }, 'B'), 'aff-text-twice'],
    ['a name it does not know', named({ key: 'course', txt: 'Go' }), 'aff-parameters'],
    ['two partners', named({ key: 'a', partner: 'b' }), 'aff-parameters'],
    ['a placement name with a slash', positional('course', 'a/b', 'Go'), 'aff-placement-name'],
  ])('with %s is used, with a warning', (_name, call, code) => {
    expect(call.partnerKey).toBeDefined();
    expect(call.problems.map((problem) => [problem.severity, problem.code])).toEqual([['warning', code]]);
  });

  it('shows the text of its parameter where it has two', () => {
    expect(named({ key: 'course', text: 'A' }, 'B').text).toBe('A');
  });

  it('becomes the link that Hugo prints', () => {
    expect(affLinkHtml({ href: 'https://x.org/go/a/1', rel: 'sponsored', text: 'C++ "fun" <b>' })).toBe(
      '<a href="https://x.org/go/a/1" rel="sponsored">C&#43;&#43; &#34;fun&#34; &lt;b&gt;</a>',
    );
  });
});
