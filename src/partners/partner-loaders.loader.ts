import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import type { RequestContext } from '../auth/access.guard.js';
import { NodesService } from '../graphql/nodes.service.js';
import { PerContext } from '../kernel/per-context.js';
import type { PartnerTargetEntity } from './partner-target.entity.js';
import { PartnerTargetsService } from './partner-targets.service.js';
import { PartnersService } from './partners.service.js';

/** Partners by id, for callers with `affiliates:read`; for others there is none. Targets for those who have a partner. */
@Injectable()
export class PartnerLoadersService {
  private readonly loaders = new PerContext(() => ({
    targets: new DataLoader((keys: readonly string[]) => this.allTargets.findTargets(keys)),
  }));

  constructor(
    private readonly allTargets: PartnerTargetsService,
    partners: PartnersService,
    nodes: NodesService,
  ) {
    nodes.registerScoped({
      typeName: 'AffiliatePartner',
      scope: 'affiliates:read',
      findByIds: (ids) => partners.findPartnersById(ids),
    });
  }

  targets(context: RequestContext, partnerKey: string): Promise<PartnerTargetEntity[]> {
    return this.loaders.of(context).targets.load(partnerKey);
  }
}
