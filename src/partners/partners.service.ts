import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { TransactionsService } from '../database/transactions.service.js';
import type { Connection, Page } from '../graphql/connection.type.js';
import { filterSql, SqlParameters, textSql } from '../graphql/filter-sql.js';
import { findPage } from '../graphql/find-page.service.js';
import type { UserProblem } from '../kernel/errors.js';
import { RefusedError } from '../kernel/errors.js';
import { checkDestinationUrl } from '../networks/destination-url.js';
import { guessNetwork } from '../networks/networks.js';
import type {
  AffiliatePartnerFilter,
  CreateAffiliatePartnerInput,
  UpdateAffiliatePartnerInput,
} from './affiliate-partner.input.js';
import type { LinksOptions } from './links.options.js';
import { LINKS_OPTIONS, linkOrigin } from './links.options.js';
import { PARTNER_DETAILS, PartnerEntity } from './partner.entity.js';
import { readTargets, scheduleProblems, templateProblem, type PartnerTarget } from './partner-targets.js';
import { PartnerTargetsService } from './partner-targets.service.js';

/** Status at the moment of asking, by the database's clock. */
const STATUS_SQL = `CASE WHEN partner.status = 'paused' THEN 'paused'
  WHEN partner.expires_at <= now() THEN 'expired' WHEN partner.starts_at > now() THEN 'scheduled' ELSE 'active' END`;

@Injectable()
export class PartnersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: TransactionsService,
    private readonly targets: PartnerTargetsService,
    @Inject(LINKS_OPTIONS) private readonly links: LinksOptions,
  ) {}

  async createPartner(input: CreateAffiliatePartnerInput): Promise<PartnerEntity> {
    const { details, targets = [] } = this.readDetails(input);
    refuseEmptySchedule(details, undefined);
    const key = await this.transactions.run(async (manager) => {
      const inserted = await manager
        .createQueryBuilder()
        .insert()
        .into(PartnerEntity)
        .values({ ...details, key: input.key, network: input.network ?? guessNetwork(input.destinationUrl) })
        .orIgnore()
        .returning('key')
        .execute();
      if ((inserted.raw as unknown[]).length === 0) {
        throw new RefusedError([
          {
            code: 'KEY_TAKEN',
            message: `A partner with the key "${input.key}" exists already. Choose another key, or use updateAffiliatePartner.`,
            field: 'input.key',
          },
        ]);
      }
      await this.targets.replaceTargets(manager, input.key, targets);
      return input.key;
    });
    return this.getPartner(key);
  }

  async updatePartner(input: UpdateAffiliatePartnerInput): Promise<PartnerEntity> {
    this.refuseNullsWhereNeeded(input);
    const { key, expectedRevision } = input;
    await this.changePartner({ key, field: 'input.key', expectedRevision }, this.readDetails(input));
    return this.getPartner(key);
  }

  /**
   * Whether a creation (without `known`) or an update would change anything; nothing is.
   * @throws RefusedError as they would, but for what others have saved meanwhile.
   */
  async wouldChange(input: PartnerDetails, known: PartnerEntity | undefined): Promise<boolean> {
    const { details, targets } = this.readDetails(input);
    refuseEmptySchedule(details, known);
    if (!known || differs(known, details)) return true;
    return targets !== undefined && this.targets.differ(known.key, targets);
  }

  /** Pausing a paused partner changes nothing. */
  async setStatus(key: string, status: 'active' | 'paused'): Promise<PartnerEntity> {
    await this.changePartner({ key, field: 'key' }, { details: { status } });
    return this.getPartner(key);
  }

  async findPartner(key: string): Promise<PartnerEntity | undefined> {
    const [partner] = await this.findPartners([key]);
    return partner;
  }

  /** Unknown keys are left out. */
  findPartners(keys: readonly string[], manager: EntityManager = this.dataSource.manager): Promise<PartnerEntity[]> {
    return manager
      .createQueryBuilder(PartnerEntity, 'partner')
      .where('partner.key = ANY(:keys)', { keys: [...keys] })
      .getMany();
  }

  /** Unknown ids are left out. */
  findPartnersById(ids: readonly string[]): Promise<PartnerEntity[]> {
    return this.dataSource
      .createQueryBuilder(PartnerEntity, 'partner')
      .where('partner.id = ANY(:ids::uuid[])', { ids })
      .getMany();
  }

  listPartners(page: Page, filter?: AffiliatePartnerFilter | null): Promise<Connection<PartnerEntity>> {
    const parameters = new SqlParameters();
    const where = filter ? filterSql(filter, (part) => ownConditions(part, parameters)) : 'true';
    return findPage<PartnerEntity>(this.dataSource, {
      entity: PartnerEntity,
      alias: 'partner',
      where,
      parameters,
      columns: [
        { sql: 'partner.key', type: 'text', descending: false, nullable: false },
        { sql: 'partner.id', type: 'uuid', descending: false, nullable: false },
      ],
      sortValues: (partner) => [partner.key, partner.id],
      page,
    });
  }

  private async getPartner(key: string): Promise<PartnerEntity> {
    const partner = await this.findPartner(key);
    if (!partner) throw new Error(`The partner "${key}" is gone, though it was just saved.`);
    return partner;
  }

  /** One UPDATE that compares the revision and tells "changed", "same values" and "conflict" apart. */
  private async changePartner(
    { key, field, expectedRevision }: AskedPartner,
    { details, targets }: PartnerChanges,
  ): Promise<void> {
    await this.transactions.run(async (manager) => {
      const partner = await manager
        .createQueryBuilder(PartnerEntity, 'partner')
        .setLock('pessimistic_write')
        .where('partner.key = :key', { key })
        .getOne();
      if (!partner) throw new RefusedError([unknownPartner(key, field)]);
      if (expectedRevision !== undefined && partner.revision !== expectedRevision) {
        throw new RefusedError([
          {
            code: 'REVISION_CONFLICT',
            message: `Somebody saved "${key}" since you read it: it is at revision ${partner.revision}, you sent ${expectedRevision}. Read it again and repeat your change.`,
            field: 'input.expectedRevision',
          },
        ]);
      }
      refuseEmptySchedule(details, partner);
      const hasNewTargets = targets !== undefined && (await this.targets.replaceTargets(manager, key, targets));
      if (!hasNewTargets && !differs(partner, details)) return;
      await manager
        .createQueryBuilder()
        .update(PartnerEntity)
        .set({ ...details, revision: () => 'revision + 1', updatedAt: () => 'now()' })
        .where('id = :id', { id: partner.id })
        .execute();
    });
  }

  /**
   * The columns that the input names, with URLs as they are sent in a Location header; targets where it names them.
   * @throws RefusedError for a URL or a template that cannot work.
   */
  private readDetails(input: PartnerDetails): PartnerChanges {
    const details = detailsOf(input);
    const ownOrigins = [linkOrigin(this.links)];
    const read =
      input.targets === undefined ? undefined : readTargets(input.targets ?? [], ownOrigins, 'input.targets');
    const problems: UserProblem[] = [...(read?.problems ?? [])];
    for (const name of ['destinationUrl', 'fallbackUrl'] as const) {
      const text = input[name];
      if (text == null) continue;
      const { url, problem } = checkDestinationUrl(text, { ownOrigins });
      if (problem !== undefined) problems.push({ code: 'URL_INVALID', message: problem, field: `input.${name}` });
      else details[name] = url;
    }
    const problem = input.subIdTemplate == null ? undefined : templateProblem(input.subIdTemplate);
    if (problem !== undefined) {
      problems.push({ code: 'SUB_ID_TEMPLATE_INVALID', message: problem, field: 'input.subIdTemplate' });
    }
    if (problems.length > 0) throw new RefusedError(problems);
    return { details, ...(read === undefined ? {} : { targets: read.targets }) };
  }

  /** null clears a field; these cannot be empty. */
  private refuseNullsWhereNeeded(input: UpdateAffiliatePartnerInput): void {
    const problems = (['name', 'destinationUrl', 'network'] as const)
      .filter((name) => input[name] === null)
      .map((name) => ({
        code: 'REQUIRED',
        message: `${name} cannot be empty. Leave it out to keep it as it is.`,
        field: `input.${name}`,
      }));
    if (problems.length > 0) throw new RefusedError(problems);
  }
}

type PartnerDetails = Partial<CreateAffiliatePartnerInput> | UpdateAffiliatePartnerInput;

interface AskedPartner {
  readonly key: string;
  /** Path of the input that names it. */
  readonly field: string;
  readonly expectedRevision?: number;
}

interface PartnerChanges {
  readonly details: Partial<PartnerEntity>;
  /** Undefined: they stay as they are. */
  readonly targets?: readonly PartnerTarget[];
}

/** Dates that are there already, and that nobody names, stay as they are. */
function refuseEmptySchedule(details: Partial<PartnerEntity>, known: PartnerEntity | undefined): void {
  if (details.startsAt === undefined && details.expiresAt === undefined) return;
  const problems = scheduleProblems({ ...known, ...details }, 'input');
  if (problems.length > 0) throw new RefusedError(problems);
}

/** The columns that the input names. What it leaves out stays out. */
function detailsOf(input: PartnerDetails): Partial<PartnerEntity> {
  const details: Record<string, unknown> = {};
  for (const name of PARTNER_DETAILS) {
    if (input[name] !== undefined) details[name] = input[name];
  }
  if (details['passthrough'] === null) details['passthrough'] = [];
  return details;
}

function differs(partner: PartnerEntity, changes: Partial<PartnerEntity>): boolean {
  return Object.entries(changes).some(
    ([name, value]) => JSON.stringify(partner[name as keyof PartnerEntity]) !== JSON.stringify(value),
  );
}

function unknownPartner(key: string, field: string): UserProblem {
  return {
    code: 'PARTNER_KEY_UNKNOWN',
    message: `No affiliate partner has the key "${key}". Create it with createAffiliatePartner.`,
    field,
  };
}

function ownConditions(filter: AffiliatePartnerFilter, parameters: SqlParameters): string[] {
  const parts: string[] = [];
  if (filter.key) parts.push(...textSql('partner.key', filter.key, parameters));
  if (filter.name) parts.push(...textSql('partner.name', filter.name, parameters));
  if (filter.network) parts.push(...textSql('partner.network', filter.network, parameters));
  if (filter.status) parts.push(`${STATUS_SQL} = ANY(${parameters.place(filter.status)})`);
  return parts;
}
