import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { CreateAffiliatePartnerInput } from '../partners/affiliate-partner.input.js';
import { PartnersService } from '../partners/partners.service.js';
import { ImportService } from './import.service.js';

/** What a person can try at once. */
export interface SampleSummary {
  readonly slug: string;
  readonly partnerKey: string;
  readonly placementId: string;
}

/** From `dist/src/import-export` to the folder that is shipped with the package. */
const SAMPLES = fileURLToPath(new URL('../../../samples', import.meta.url));
const SAMPLE_PATH = '/zero-trust-for-small-teams';

@Injectable()
export class SampleService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly partners: PartnersService,
    private readonly imports: ImportService,
  ) {}

  /** Loads two articles and two partners into an installation that has never had content of its own. */
  async loadOnce(): Promise<void> {
    if (!(await this.claim())) return;
    const text = await readFile(join(SAMPLES, 'partners.json'), 'utf8');
    for (const partner of JSON.parse(text) as CreateAffiliatePartnerInput[]) await this.partners.createPartner(partner);
    await this.imports.importFolder(join(SAMPLES, 'content'));
  }

  async find(): Promise<SampleSummary | undefined> {
    const rows = await this.dataSource.query<SampleSummary[]>(
      `SELECT article.slug, placement.partner_key AS "partnerKey", placement.id AS "placementId"
         FROM waypost.articles article JOIN waypost.placements placement ON placement.article_id = article.id
        WHERE article.path = $1 AND article.status = 'published' AND placement.retired_at IS NULL
        ORDER BY placement.position LIMIT 1`,
      [SAMPLE_PATH],
    );
    return rows[0];
  }

  /** Once for ever, also with several nodes: whoever deletes the sample does not get it back. */
  private async claim(): Promise<boolean> {
    const rows = await this.dataSource.query<unknown[]>(
      `INSERT INTO waypost.settings (key, value)
       SELECT 'sample', to_jsonb(now()) WHERE NOT EXISTS (SELECT 1 FROM waypost.articles)
                                          AND NOT EXISTS (SELECT 1 FROM waypost.partners)
       ON CONFLICT (key) DO NOTHING RETURNING key`,
    );
    return rows.length > 0;
  }
}
