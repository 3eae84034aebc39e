import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { checkInput } from '../graphql/check-input.dto.js';
import { RefusedError } from '../kernel/errors.js';
import { CreateAffiliatePartnerInput, UpdateAffiliatePartnerInput } from '../partners/affiliate-partner.input.js';
import { PARTNER_DETAILS, PartnerEntity } from '../partners/partner.entity.js';
import type { PartnerTargetEntity } from '../partners/partner-target.entity.js';
import { PartnerTargetsService } from '../partners/partner-targets.service.js';
import { PartnersService } from '../partners/partners.service.js';
import type { PlannedPartner, PlannedTarget } from './plan-partners.js';
import { COUNTRY_TARGET, TARGET_FIELDS } from './plan-partners.js';

export interface PartnerResult {
  readonly line: number;
  readonly key: string;
  readonly outcome: 'created' | 'updated' | 'unchanged' | 'failed';
  readonly planned: PlannedPartner;
  readonly problems: readonly string[];
}

/** A partner as `partners export` writes it, and `partners import` reads it. */
export type ExportedPartner = Readonly<Record<string, unknown>>;

@Injectable()
export class PartnerFilesService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly partners: PartnersService,
    private readonly targets: PartnerTargetsService,
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
    const { key, details, targets } = planned;
    const known = await this.partners.findPartner(key);
    const input = { key, ...details, passthrough: details.passthrough && [...details.passthrough] };
    const whole = { ...input, targets: targets && (await this.allTargets(planned, known)) };
    const outcome = known ? await this.update(known, whole, dryRun) : await this.create(whole, dryRun);
    const isPausedAnew = planned.isPaused && known?.status !== 'paused';
    if (isPausedAnew && !dryRun) await this.partners.setStatus(key, 'paused');
    return outcome === 'unchanged' && isPausedAnew ? 'updated' : outcome;
  }

  private async create(input: object, dryRun: boolean): Promise<'created'> {
    const checked = await checkInput(CreateAffiliatePartnerInput, input as CreateAffiliatePartnerInput);
    if (dryRun) await this.partners.wouldChange(checked, undefined);
    else await this.partners.createPartner(checked);
    return 'created';
  }

  /** What the file does not say stays as it is. */
  private async update(known: PartnerEntity, input: object, dryRun: boolean): Promise<'updated' | 'unchanged'> {
    const whole = { ...input, expectedRevision: known.revision } as UpdateAffiliatePartnerInput;
    const checked = await checkInput(UpdateAffiliatePartnerInput, whole);
    if (dryRun) return (await this.partners.wouldChange(checked, known)) ? 'updated' : 'unchanged';
    const { revision } = await this.partners.updatePartner(checked);
    return revision === known.revision ? 'unchanged' : 'updated';
  }

  /** A list of countries says nothing about targets of another kind: those stay. */
  private async allTargets(
    { targets = [], hasCountriesOnly }: PlannedPartner,
    known: PartnerEntity | undefined,
  ): Promise<readonly PlannedTarget[]> {
    if (!hasCountriesOnly || !known) return targets;
    const [before = []] = await this.targets.findTargets([known.key]);
    return [...before.filter(({ key }) => !key.startsWith(COUNTRY_TARGET)), ...targets];
  }

  /** Every partner by its key, in the order of keys, with what differs from nothing. */
  async exportPartners(): Promise<Record<string, ExportedPartner>> {
    const partners = await this.dataSource.getRepository(PartnerEntity).find({ order: { key: 'ASC' } });
    const targets = await this.targets.findTargets(partners.map(({ key }) => key));
    return Object.fromEntries(partners.map((partner, index) => [partner.key, exported(partner, targets[index] ?? [])]));
  }
}

function exported(partner: PartnerEntity, targets: readonly PartnerTargetEntity[]): ExportedPartner {
  return {
    ...written(partner, PARTNER_DETAILS),
    ...(partner.status === 'paused' ? { status: 'paused' } : {}),
    ...(targets.length > 0 ? { targets: targets.map(exportedTarget) } : {}),
  };
}

function exportedTarget(target: PartnerTargetEntity): Record<string, unknown> {
  const { rank, weight, ...others } = written(target, TARGET_FIELDS);
  return { ...others, ...(rank === 0 ? {} : { rank }), ...(weight === 1 ? {} : { weight }) };
}

/** What is not empty, in a form that all three formats have. */
function written<T>(thing: T, names: readonly (keyof T & string)[]): Record<string, unknown> {
  const entries = names.map((name): [string, unknown] => {
    const value = thing[name];
    return [name, value instanceof Date ? value.toISOString() : value];
  });
  return Object.fromEntries(
    entries.filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  );
}
