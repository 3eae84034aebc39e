import type { Random } from '../../support/random.js';

/** Front matter as people write it: with comments, odd spacing, capitals and tags that are named twice. */
const HEADS: readonly ((random: Random, index: number) => string)[] = [
  (random, index) =>
    `+++\n# a comment = "no key"\ntitle${spaces(random)}=${spaces(random)}"Title ${index}" # behind\n${
      random.chance(0.5) ? `date = 2024-01-${two(1 + random.below(28))}T10:00:00Z\n` : ''
    }tags = ["one", 'two',${spaces(random)}"one", "Ünï"${random.chance(0.5) ? ',' : ''}]\n\nlayout = """\nwide\n"""\n[params]\n  nested.key = 1_000\n+++\n`,
  (random, index) =>
    `---\n# a comment\ntitle:${spaces(random)} ${random.chance(0.5) ? `"Title ${index}"` : `Title ${index}`}\ntags:\n${
      random.chance(0.5) ? '- one\n- two # behind\n- one\n' : `  - one\n  -   'two'\n  - one\n`
    }description: >-\n  folded\n  text\nauthor: {name:  A,  links: [ x,y ]}\n${random.chance(0.3) ? '...extra: 1\n' : ''}---\n`,
  (random, index) =>
    `{\n\t"title":${spaces(random)}"Title ${index} \\u00e9",  "tags" : ["one","two", "one"],\n  "extra": {"b": 1, "a": [null, 1.50]}\n}\n`,
  (_random, index) => `#+TITLE: Title ${index}\n#+TAGS[]: one two one\n`,
  (_random, index) => `# Just Markdown ${index}\n\n`,
];

const BODIES: readonly string[] = [
  '\nA paragraph with {{< aff "training_partner" "Recommended course" >}} in it.\n\n*Updated: 2025-09-12*\n',
  '\n\n\n  odd   spacing  \t\n\ttab\n\n',
  'No line break at the end {{% aff "vpn_vendor" "x" %}}',
  '',
  '{{< unknown >}} {{< aff "unclosed\n',
  '| a | b |\n|---|---|\n| 1 | 2 |\n\u2028\u0085 日本 👩‍💻 \uFEFF inside\n',
  'null\0character and a lone\rreturn\n',
];

/** Bytes of a file that no two writers would write alike. */
export function randomFile(random: Random, index: number): Buffer {
  const head = random.pick(HEADS)(random, index);
  let text = head + Array.from({ length: 1 + random.below(3) }, () => random.pick(BODIES)).join('\n');
  if (random.chance(0.4)) text = text.replaceAll(/\r?\n/g, '\r\n');
  if (random.chance(0.2)) text = `\uFEFF${text}`;
  return Buffer.from(text);
}

function spaces(random: Random): string {
  return ' '.repeat(random.below(4));
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
