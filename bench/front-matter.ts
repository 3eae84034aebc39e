/**
 * What reading a document costs beside the bare parse of its front matter by smol-toml, yaml and JSON.parse.
 * One run, alternating, the best of many rounds of each: machines differ, the ratios do not.
 */
import { parse as parseToml } from 'smol-toml';
import { parse as parseYaml } from 'yaml';
import { readDocument } from '../src/front-matter/read-document.js';

const BODY = `\n${'A sentence of an ordinary article, with a “quote” and a link to https://example.org/. '.repeat(80)}\n\n*Updated: 2025-09-12*`;

const TOML = `title = "Security incident response: the customer’s journey"
date = "2025-09-12T13:19:38.864869Z"
tags = ["security", "certification"]
description = "August 1, 2024: This text was published again to remove wrong references. Teams face mounting challenges in building and"
canonicalURL = "https://example.org/blogs/security/incident-response-the-customers-journey-to-accelerating-the-lifecycle/"
`;
const YAML = TOML.replaceAll(/^(\w+) = /gm, '$1: ');
const JSON_TEXT = JSON.stringify(parseToml(TOML), undefined, 2);

interface Contender {
  readonly format: string;
  readonly bare: () => unknown;
  readonly whole: () => unknown;
}

const contenders: readonly Contender[] = [
  { format: 'TOML', bare: () => parseToml(TOML), whole: () => readDocument(`+++\n${TOML}+++\n${BODY}`, OPTIONS) },
  {
    format: 'YAML',
    bare: () => parseYaml(YAML) as unknown,
    whole: () => readDocument(`---\n${YAML}---\n${BODY}`, OPTIONS),
  },
  {
    format: 'JSON',
    bare: () => JSON.parse(JSON_TEXT) as unknown,
    whole: () => readDocument(`${JSON_TEXT}\n${BODY}`, OPTIONS),
  },
];

const OPTIONS = { filename: 'content/posts/incident-response.md', timeZone: 'Europe/Paris' };
const ROUNDS = 60;
const CALLS_PER_ROUND = 200;

/** Microseconds a call takes in its best round. */
const best = new Map<string, number>();

function measure(name: string, call: () => unknown): void {
  const startedAt = performance.now();
  for (let count = 0; count < CALLS_PER_ROUND; count += 1) call();
  const micros = ((performance.now() - startedAt) * 1000) / CALLS_PER_ROUND;
  best.set(name, Math.min(best.get(name) ?? Infinity, micros));
}

for (let round = 0; round < ROUNDS; round += 1) {
  for (const { format, bare, whole } of contenders) {
    measure(`${format} bare`, bare);
    measure(`${format} whole`, whole);
  }
}

console.log('format   bare parse   readDocument   ratio   own overhead');
for (const { format } of contenders) {
  const bare = best.get(`${format} bare`) ?? 0;
  const whole = best.get(`${format} whole`) ?? 0;
  const columns = [
    `${bare.toFixed(1)} µs`.padStart(12),
    `${whole.toFixed(1)} µs`.padStart(14),
    (whole / bare).toFixed(1).padStart(7),
  ];
  console.log(`${format.padEnd(7)}${columns.join(' ')}   ${((whole - bare) / 1000).toFixed(3)} ms`);
}
