import { describe, expect, it } from 'vitest';
import { findTags } from './aff-calls.js';
import type { ChosenRoles } from './aff-variants.js';
import { AffVariants } from './aff-variants.js';
import { convertAffCalls } from './convert-aff-calls.js';

const SHORTCODES = new Set(['aff', 'affiliate']);

function convert(body: string, { chosen = {}, known = [] }: { chosen?: ChosenRoles; known?: string[] } = {}) {
  const variants = new AffVariants();
  for (const tag of findTags(body, SHORTCODES)) if (!tag.isClosing) variants.add(tag);
  const decided = variants.decide(chosen, new Set(known));
  return { ...convertAffCalls(body, decided, 10), roles: decided.map(({ roles }) => roles.join(',')) };
}

describe("a site's own aff", () => {
  it.each([
    ['partner and text, as Waypost has them', '{{< aff "vpn" "Try it" >}}', '{{< aff "vpn" "Try it" >}}'],
    ['an unusual spacing', '{{<aff  `vpn`\n "Try it">}}', '{{<aff  `vpn`\n "Try it">}}'],
    ['text first', '{{< aff "Try it" "vpn" >}}', '{{< aff "vpn" "Try it" >}}'],
    ['the other notation, and raw text', '{{% aff `Try "it"` vpn %}}', '{{% aff "vpn" `Try "it"` %}}'],
    ['three, with the text in the middle', '{{< aff "vpn" "Try it" "top" >}}', '{{< aff "vpn" "top" "Try it" >}}'],
    ['names of its own', '{{< aff id="vpn" label="Try it" >}}', '{{< aff "vpn" "Try it" >}}'],
    ['Waypost’s names', '{{< aff text="Try it" key="vpn" >}}', '{{< aff text="Try it" key="vpn" >}}'],
    ['a placement without text', '{{< aff merchant="vpn" slot="top" >}}', '{{< aff partner="vpn" placement="top" >}}'],
    [
      'another name, and paired',
      'a {{< affiliate "vpn" >}}Try{{< /affiliate >}} b',
      'a {{< aff "vpn" >}}Try{{< /aff >}} b',
    ],
    ['an escaped call', '{{</* aff "Try it" "vpn" */>}}', '{{</* aff "Try it" "vpn" */>}}'],
  ])('with %s is converted in its calls alone', (_name, before, after) => {
    const around = (call: string): string => `Text\r\n\r\n  ${call}, tail {{< other "Try it" "vpn" >}} \n`;
    const { body, problems } = convert(around(before), { known: ['vpn'] });
    expect(body).toBe(around(after));
    expect(problems).toEqual([]);
  });

  it('is guessed from all calls together', () => {
    const calls = ['Book now', 'training', 'vpn', 'Go there'].map(
      (text, index) => `{{< aff "${text}" "p${index % 2}" >}}`,
    );
    expect(convert(calls.join('\n')).roles).toEqual(['text,partner']);
  });

  it('is what somebody says', () => {
    const { body, roles } = convert('{{< aff "a" "b" "c" >}}', { chosen: { positional: ['-', 'text', 'partner'] } });
    expect(roles).toEqual(['-,text,partner']);
    expect(body).toBe('{{< aff "c" "b" >}}');
  });

  it('that names no partner is left, and told with its place', () => {
    const { body, problems, converted } = convert('x\n{{< aff "Not A Key" "Nor This" >}} {{< aff >}}');
    expect(body).toBe('x\n{{< aff "Not A Key" "Nor This" >}} {{< aff >}}');
    expect(converted).toEqual([]);
    expect(problems.map(({ line, column }) => [line, column])).toEqual([
      [11, 1],
      [11, 36],
    ]);
  });
});
