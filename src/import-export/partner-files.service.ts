import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import { checkInput } from '../graphql/check-input.dto.js';
import { RefusedError } from '../kernel/errors.js';
import { checkDestinationUrl } from '../networks/destination-url.js';
import { guessNetwork } from '../networks/networks.js';
import { CreateAffiliatePartnerInput, UpdateAffiliatePartnerInput } from '../partners/affiliate-partner.input.js';
import type { LinksOptions } from '../partners/links.options.js';
import { LINKS_OPTIONS, linkOrigin } from '../partners/links.options.js';
import { PartnerEntity } from '../partners/partner.entity.js';
import { PartnersService } from '../partners/partners.service.js';
import type { PlannedPartner, PlannedTarget } from './plan-partners.js';

export interface PartnerResult {
  readonly line: number;
  readonly key: string;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'failed';
  readonly planned: PlannedPartner;
  readonly problems: readonly string[];
}

/** A partner as `partners export` writes it, and `partners import` reads it. */
export type ExportedPartner = Readonly<Record<string, unknown>>;

const DETAILS = [
  'name',
  'destinationUrl',
  'network',
  'subIdTemplate',
  'passthrough',
  'defaultText',
  'disclosure',
  'fallbackUrl',
  'startsAt',
  'expiresAt',
] as const satisfies readonly (keyof PartnerEntity)[];

@Injectable()
export class PartnerFilesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly partners: PartnersService,
    @Inject(LINKS_OPTIONS) private readonly links: LinksOptions,
  ) {}

  /** One partner that is refused does not stop the others. */
  async importPartners(planned: readonly PlannedPartner[], dryRun: boolean): Promise<PartnerResult[]> {
    const results: PartnerResult[] = [];
    for (const one of planned) {
      const { line, key, problems } = one;
      try {
        if (problems.length > 0)
          throw new RefusedError(problems.map((message) => ({ code: 'PARTNER_INVALID', message })));
        results.push({ line, key, outcome: await this.importPartner(one, dryRun), planned: one, problems: [] });
      } catch (error) {
        if (!(error instanceof RefusedError)) throw error;
        const messages = error.problems.map(({ message }) => message);
        results.push({ line, key, outcome: 'failed', planned: one, problems: messages });
      }
    }
    return results;
  }

  private async importPartner(planned: PlannedPartner, dryRun: boolean): Promise<'created' | 'updated' | 'unchanged'> {
    const { key, targets } = planned;
    const known = await this.partners.findPartner(key);
    const input = {
      key,
      ...planned.details,
      passthrough: planned.details.passthrough && [...planned.details.passthrough],
    };
    this.checkUrls([input.destinationUrl, input.fallbackUrl, ...targets.map((target) => target.destinationUrl)]);
    const outcome = known ? await this.update(known, input, dryRun) : await this.create(input, dryRun);
    const isPausedAnew = planned.isPaused && known?.status !== 'paused';
    if (isPausedAnew && !dryRun) await this.partners.setStatus(key, 'paused');
    const hasNewTargets = await this.putTargets(key, targets, dryRun);
    return outcome === 'unchanged' && (isPausedAnew || hasNewTargets) ? 'updated' : outcome;
  }

  private async create(input: object, dryRun: boolean): Promise<'created'> {
    const checked = await checkInput(CreateAffiliatePartnerInput, input as CreateAffiliatePartnerInput);
    if (!dryRun) await this.partners.createPartner(checked);
    return 'created';
  }

  /** What the file does not say stays as it is. */
  private async update(known: PartnerEntity, input: object, dryRun: boolean): Promise<'updated' | 'unchanged'> {
    const whole = { ...input, expectedRevision: known.revision } as UpdateAffiliatePartnerInput;
    const checked = await checkInput(UpdateAffiliatePartnerInput, whole);
    if (dryRun) return differs(known, checked) ? 'updated' : 'unchanged';
    const { revision } = await this.partners.updatePartner(checked);
    return revision === known.revision ? 'unchanged' : 'updated';
  }

  private checkUrls(urls: readonly (string | undefined)[]): void {
    const problems = urls.flatMap((url) => {
      if (url === undefined) return [];
      const { problem } = checkDestinationUrl(url, { ownOrigins: [linkOrigin(this.links)] });
      return problem === undefined ? [] : [{ code: 'URL_INVALID', message: problem }];
    });
    if (problems.length > 0) throw new RefusedError(problems);
  }

  /** One target for each country, named after it. @returns whether one is new or other than before. */
  private async putTargets(key: string, targets: readonly PlannedTarget[], dryRun: boolean): Promise<boolean> {
    if (targets.length === 0) return false;
    const rows = targets.map(({ countries, destinationUrl }) => ({
      key: `geo_${countries.join('_').toLowerCase()}`,
      countries: countries.join(','),
      url: destinationUrl,
      network: guessNetwork(destinationUrl),
    }));
    const values = [
      key,
      rows.map((row) => row.key),
      rows.map((row) => row.url),
      rows.map((row) => row.network),
      rows.map((row) => row.countries),
    ];
    if (dryRun) {
      const same = await this.dataSource.query<unknown[]>(
        `SELECT FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS row (key, url, network, countries)
           JOIN waypost.partner_targets target ON target.partner_key = $1 AND target.key = row.key
          WHERE target.destination_url = row.url AND target.countries = string_to_array(row.countries, ',')`,
        values,
      );
      return same.length < rows.length;
    }
    const written = await this.transactions.run((manager) =>
      manager.query<unknown[]>(
        `INSERT INTO waypost.partner_targets AS target (partner_key, key, rank, destination_url, network, countries)
         SELECT $1, row.key, place, row.url, row.network, string_to_array(row.countries, ',')
           FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY AS row (key, url, network, countries, place)
         ON CONFLICT (partner_key, key) DO UPDATE SET destination_url = excluded.destination_url, network = excluded.network,
                countries = excluded.countries
          WHERE (target.destination_url, target.countries) IS DISTINCT FROM (excluded.destination_url, excluded.countries)
         RETURNING key`,
        values,
      ),
    );
    return written.length > 0;
  }

  /** Every partner by its key, in the order of keys, with what differs from nothing. */
  async exportPartners(): Promise<Record<string, ExportedPartner>> {
    const partners = await this.dataSource.getRepository(PartnerEntity).find({ order: { key: 'ASC' } });
    const targets = await this.dataSource.query<{ partnerKey: string; countries: string[]; destinationUrl: string }[]>(
      `SELECT partner_key AS "partnerKey", countries, destination_url AS "destinationUrl" FROM waypost.partner_targets
        WHERE key LIKE 'geo\\_%' AND countries IS NOT NULL ORDER BY partner_key, rank, key`,
    );
    return Object.fromEntries(
      partners.map((partner) => {
        const own = targets
          .filter((target) => target.partnerKey === partner.key)
          .map(({ countries, destinationUrl }) => ({ countries, destinationUrl }));
        return [partner.key, exported(partner, own)];
      }),
    );
  }
}

function exported(partner: PartnerEntity, targets: readonly PlannedTarget[]): ExportedPartner {
  const entries = DETAILS.map((name): [string, unknown] => {
    const value = partner[name];
    return [name, value instanceof Date ? value.toISOString() : value];
  }).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0));
  return {
    ...Object.fromEntries(entries),
    ...(partner.status === 'paused' ? { status: 'paused' } : {}),
    ...(targets.length > 0 ? { targets } : {}),
  };
}

function differs(known: PartnerEntity, input: UpdateAffiliatePartnerInput): boolean {
  return DETAILS.some(
    (name) => input[name] !== undefined && JSON.stringify(input[name]) !== JSON.stringify(known[name]),
  );
}
