import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { ArticlesService } from '../../../src/articles/articles.service.js';
import type { FileResult, ImportOptions, ImportSummary } from '../../../src/import-export/import-run.js';
import { ImportService } from '../../../src/import-export/import.service.js';
import { WaypostModule } from '../../../src/waypost.module.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';

/** A database of its own and a folder of its own, for files in and out. */
export interface FilesWorld {
  readonly services: INestApplicationContext;
  readonly dataSource: DataSource;
  readonly articles: ArticlesService;
  readonly databaseUrl: string;
  /** A temporary folder. */
  readonly folder: string;
  /** Writes `content/<name>`. */
  write(name: string, text: string | Buffer): Promise<void>;
  import(options?: ImportOptions): Promise<ImportSummary & { readonly results: readonly FileResult[] }>;
  query<Row>(sql: string, parameters?: readonly unknown[]): Promise<Row[]>;
  /** Takes everything away but the tables. */
  clear(): Promise<void>;
  close(): Promise<void>;
}

export async function openFilesWorld(): Promise<FilesWorld> {
  const database: TestDatabase = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'waypost-files-'));
  const services = await NestFactory.createApplicationContext(
    WaypostModule.forRoot({
      database: { url: database.url },
      links: { publicUrl: 'https://waypost.test' },
      redirects: false,
      background: false,
    }),
    { logger: ['error', 'fatal'], abortOnError: false },
  );
  const dataSource = services.get(DataSource);
  const content = join(folder, 'content');
  await mkdir(content);
  return {
    services,
    dataSource,
    articles: services.get(ArticlesService),
    databaseUrl: database.url,
    folder,
    write: async (name, text) => {
      await mkdir(dirname(join(content, name)), { recursive: true });
      await writeFile(join(content, name), text);
    },
    import: async (options = {}) => {
      const results: FileResult[] = [];
      const onResult = (result: FileResult): void => void results.push(result);
      const summary = await services.get(ImportService).importFolder(content, { ...options, onResult });
      return { ...summary, results };
    },
    query: (sql, parameters = []) => dataSource.query(sql, [...parameters]),
    clear: async () => {
      await dataSource.query(
        `TRUNCATE waypost.articles, waypost.tags, waypost.placements, waypost.partners, waypost.bundle_files CASCADE`,
      );
      await rm(content, { recursive: true, force: true });
      await mkdir(content);
    },
    close: async () => {
      await services.close();
      await database.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An article in the shape that sites of this kind have. */
export function articleText({ title = 'A title', tags = ['security'], body = 'Some text.' } = {}): string {
  return `+++
title = "${title}"
date = "2025-09-12T13:19:38.864869Z"
tags = [${tags.map((tag) => `"${tag}"`).join(', ')}]
description = "What it is about"
canonicalURL = "https://example.org/${encodeURIComponent(title)}"
+++

${body}

{{< aff "training_partner" "Recommended course" >}}

*Updated: 2025-09-12*
`;
}
