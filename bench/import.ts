/**
 * What an import of Markdown files costs beside the least it could: reading the same files and one multi-row INSERT of
 * their bytes per hundred, on the same Postgres with the same durability. Rounds alternate in one run, the best of each
 * counts: machines differ, the ratios do not.
 *
 *   npm run bench -- import [files]
 */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { ImportService } from '../src/import-export/import.service.js';
import { WaypostModule } from '../src/waypost.module.js';

const ROUNDS = 3;
const FILES = Number(process.argv[3] ?? 2000);
const BATCH = 100;

const SENTENCE = `Security teams face mounting challenges: over 50 percent of alerts go unaddressed because of "resource
constraints" and alert fatigue, while false positives consume 30 percent of the time — see https://example.org/report. `;

/** An article of 7 kB, as sites of this kind have them. */
function articleText(index: number): string {
  return `+++
title = "Incident response, part ${index}: The customer’s journey"
date = "2025-09-12T13:19:38.864869Z"
tags = ["security", "topic-${index % 50}"]
description = "What was republished to remove incorrect references. Organizations face mounting challenges in building and"
canonicalURL = "https://example.org/blogs/security/incident-response-${index}/"
+++

Incident response — summary and notes.

## Key Points
- One insight
- Another, with \`code\`

## Details
${Array.from({ length: 5 }, () => SENTENCE.repeat(5)).join('\n\n')}

{{< aff "training_partner" "Recommended course" >}}

{{< aff "vpn_vendor" "Try a VPN deal" >}}

*Updated: 2025-09-12*
`;
}

const best = new Map<string, number>();

async function measure(name: string, work: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  await work();
  best.set(name, Math.min(best.get(name) ?? Infinity, performance.now() - startedAt));
}

/** Reads every file and writes its bytes under its name: nothing is parsed, nothing can be asked for. */
async function insertPlainly(client: pg.Client, content: string): Promise<void> {
  const names = (await readdir(content, { recursive: true })).filter((name) => name.endsWith('.md'));
  for (let start = 0; start < names.length; start += BATCH) {
    const batch = names.slice(start, start + BATCH);
    const files = await Promise.all(batch.map((name) => readFile(join(content, name))));
    await client.query('INSERT INTO plain_files SELECT * FROM unnest($1::text[], $2::bytea[])', [batch, files]);
  }
}

const folder = await mkdtemp(join(tmpdir(), 'waypost-bench-'));
const content = join(folder, 'content');
for (let index = 0; index < FILES; index += 1) {
  const section = join(content, `section-${index % 20}`);
  await mkdir(section, { recursive: true });
  await writeFile(join(section, `post-${index}.md`), articleText(index));
}
const postgres = await startEmbeddedPostgres({ dataDirectory: join(folder, 'data') });
const client = new pg.Client({ connectionString: postgres.connectionString });
await client.connect();
const services = await NestFactory.createApplicationContext(
  WaypostModule.forRoot({
    database: { url: postgres.connectionString },
    links: { publicUrl: 'https://example.org' },
    redirects: false,
    background: false,
  }),
  { logger: ['error'] },
);
const imports = services.get(ImportService);
let peakMegabytes = 0;
const watch = setInterval(() => (peakMegabytes = Math.max(peakMegabytes, process.memoryUsage().rss / 2 ** 20)), 50);
try {
  await client.query('CREATE TABLE plain_files (name text PRIMARY KEY, bytes bytea NOT NULL)');
  for (let round = 0; round < ROUNDS; round += 1) {
    await client.query('TRUNCATE plain_files');
    await client.query('TRUNCATE waypost.articles, waypost.tags, waypost.placements CASCADE');
    await measure('plain', () => insertPlainly(client, content));
    await measure('import', async () => void (await imports.importFolder(content)));
    await measure('re-import', async () => void (await imports.importFolder(content)));
  }
} finally {
  clearInterval(watch);
  await services.close();
  await client.end();
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
}

const plain = best.get('plain') ?? Infinity;
console.log(`${FILES} files of ${Buffer.byteLength(articleText(0))} bytes, best of ${ROUNDS} rounds`);
for (const [name, ms] of best) {
  const perSecond = Math.round((FILES / ms) * 1000).toLocaleString('en');
  console.log(
    `${name.padEnd(10)} ${ms.toFixed(0).padStart(6)} ms  ${perSecond.padStart(7)} files/s  ${(ms / plain).toFixed(1).padStart(5)} × plain`,
  );
}
console.log(`peak memory of the process: ${peakMegabytes.toFixed(0)} MB`);
