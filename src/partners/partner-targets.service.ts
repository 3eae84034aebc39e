import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { DataSource } from 'typeorm';
import { PartnerTargetEntity } from './partner-target.entity.js';
import type { PartnerTarget } from './partner-targets.js';

@Injectable()
export class PartnerTargetsService {
  constructor(private readonly dataSource: DataSource) {}

  /** Of each key, in the order in which a redirect looks at them; a list for every key. */
  async findTargets(
    partnerKeys: readonly string[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<PartnerTargetEntity[][]> {
    const targets = await manager
      .createQueryBuilder(PartnerTargetEntity, 'target')
      .where('target.partner_key = ANY(:keys)', { keys: [...partnerKeys] })
      .orderBy('target.rank')
      .addOrderBy('target.key COLLATE "C"')
      .getMany();
    return partnerKeys.map((key) => targets.filter((target) => target.partnerKey === key));
  }

  /**
   * Puts these in the place of all that the partner has. The partner's row must be locked, or new.
   * @returns false where they are the same.
   */
  async replaceTargets(
    manager: EntityManager,
    partnerKey: string,
    targets: readonly PartnerTarget[],
  ): Promise<boolean> {
    if (!(await this.differ(partnerKey, targets, manager))) return false;
    const after = targets.map((target) => ({ partnerKey, ...target }));
    await manager.delete(PartnerTargetEntity, { partnerKey });
    if (after.length > 0) await manager.insert(PartnerTargetEntity, after);
    return true;
  }

  /** Whether these are other targets than the partner has. */
  async differ(
    partnerKey: string,
    targets: readonly PartnerTarget[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<boolean> {
    const [before = []] = await this.findTargets([partnerKey], manager);
    return !isSame(before, targets);
  }
}

const isSame = (before: readonly PartnerTarget[], after: readonly PartnerTarget[]): boolean =>
  JSON.stringify(before.map(inOneOrder)) === JSON.stringify(after.map(inOneOrder));

const inOneOrder = (target: PartnerTarget) => [
  target.key,
  target.destinationUrl,
  target.network,
  target.subIdTemplate,
  target.rank,
  target.weight,
  target.countries,
  target.devices,
  target.languages,
  target.startsAt,
  target.expiresAt,
];
