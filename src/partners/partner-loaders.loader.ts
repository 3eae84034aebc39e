import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import type { RequestContext } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import { NodesService } from '../graphql/nodes.service.js';
import { PerContext } from '../kernel/per-context.js';
import type { PartnerEntity } from './partner.entity.js';
import type { PartnerTargetEntity } from './partner-target.entity.js';
import { PartnerTargetsService } from './partner-targets.service.js';
import { PartnersService } from './partners.service.js';

/** Partners by id, for callers with `affiliates:read`; for others there is none. Targets for those who have a partner. */
@Injectable()
export class PartnerLoadersService {
  private readonly loaders = new PerContext((context: RequestContext) => ({
    partner: new DataLoader((ids: readonly string[]) => this.loadPartners(ids, context)),
    targets: new DataLoader((keys: readonly string[]) => this.allTargets.findTargets(keys)),
  }));

  constructor(
    private readonly partners: PartnersService,
    private readonly allTargets: PartnerTargetsService,
    private readonly actors: ActorsService,
    nodes: NodesService,
  ) {
    nodes.register({ typeName: 'AffiliatePartner', find: (id, context) => this.loaders.of(context).partner.load(id) });
  }

  targets(context: RequestContext, partnerKey: string): Promise<PartnerTargetEntity[]> {
    return this.loaders.of(context).targets.load(partnerKey);
  }

  private async loadPartners(ids: readonly string[], context: RequestContext): Promise<(PartnerEntity | undefined)[]> {
    if (!mayUse(await this.actors.getActor(context.req), 'affiliates:read')) return ids.map(() => undefined);
    const found = new Map((await this.partners.findPartnersById(ids)).map((partner) => [partner.id, partner]));
    return ids.map((id) => found.get(id));
  }
}
