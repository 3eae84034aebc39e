import { Args, Context, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { PublicAccess, RequireScope } from '../auth/access.guard.js';
import { answer, checkInput } from '../graphql/check-input.dto.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import {
  AffiliatePartnerFilter,
  CreateAffiliatePartnerInput,
  UpdateAffiliatePartnerInput,
} from './affiliate-partner.input.js';
import {
  AffiliatePartner,
  AffiliatePartnerConnection,
  AffiliatePartnerPayload,
  AffiliatePartnerStatus,
} from './affiliate-partner.type.js';
import { PartnerLoadersService } from './partner-loaders.loader.js';
import { partnerStatus } from './partner-status.js';
import { AffiliatePartnerTarget } from './partner-target.type.js';
import { PartnersService } from './partners.service.js';

@Resolver(() => AffiliatePartner)
export class AffiliatePartnersResolver {
  constructor(
    private readonly partners: PartnersService,
    private readonly loaders: PartnerLoadersService,
  ) {}

  @Query(() => AffiliatePartner, { nullable: true, description: 'A partner by its key. Needs `affiliates:read`.' })
  @RequireScope('affiliates:read')
  async affiliatePartner(@Args('key', { description: 'Its key.' }) key: string): Promise<AffiliatePartner | null> {
    return (await this.partners.findPartner(key)) ?? null;
  }

  @Query(() => AffiliatePartnerConnection, { description: 'Partners by key. Needs `affiliates:read`.' })
  @RequireScope('affiliates:read')
  affiliatePartners(
    @Args() page: PageArgs,
    @Args('filter', { nullable: true, type: () => AffiliatePartnerFilter, description: 'Which ones. Default all.' })
    filter?: AffiliatePartnerFilter | null,
  ) {
    return this.partners.listPartners(readPage(page), filter);
  }

  @Mutation(() => AffiliatePartnerPayload, {
    description:
      'Makes a partner; its tracked links work at once. Refuses: `KEY_TAKEN`, `KEY_INVALID`, `URL_INVALID`, `NETWORK_UNKNOWN`, `SUB_ID_TEMPLATE_INVALID`, `SCHEDULE_EMPTY`. Needs `affiliates:write`.',
  })
  @RequireScope('affiliates:write')
  createAffiliatePartner(
    @Args('input', { description: 'The new one.' }) input: CreateAffiliatePartnerInput,
  ): Promise<AffiliatePartnerPayload> {
    return answer(async () => ({
      affiliatePartner: await this.partners.createPartner(await checkInput(CreateAffiliatePartnerInput, input)),
    }));
  }

  @Mutation(() => AffiliatePartnerPayload, {
    description:
      'Changes a partner; every article follows at once. Refuses: `PARTNER_KEY_UNKNOWN`, `REVISION_CONFLICT`, `REQUIRED`, `KEY_TAKEN`, `KEY_INVALID`, `URL_INVALID`, `NETWORK_UNKNOWN`, `SUB_ID_TEMPLATE_INVALID`, `SCHEDULE_EMPTY`. Needs `affiliates:write`.',
  })
  @RequireScope('affiliates:write')
  updateAffiliatePartner(
    @Args('input', { description: 'What to change.' }) input: UpdateAffiliatePartnerInput,
  ): Promise<AffiliatePartnerPayload> {
    return answer(async () => ({
      affiliatePartner: await this.partners.updatePartner(await checkInput(UpdateAffiliatePartnerInput, input)),
    }));
  }

  @Mutation(() => AffiliatePartnerPayload, {
    description:
      'Readers get the fallback until it is resumed. Refuses: `PARTNER_KEY_UNKNOWN`. Needs `affiliates:write`.',
  })
  @RequireScope('affiliates:write')
  pauseAffiliatePartner(@Args('key', { description: 'Its key.' }) key: string): Promise<AffiliatePartnerPayload> {
    return answer(async () => ({ affiliatePartner: await this.partners.setStatus(key, 'paused') }));
  }

  @Mutation(() => AffiliatePartnerPayload, {
    description: 'Ends a pause. Refuses: `PARTNER_KEY_UNKNOWN`. Needs `affiliates:write`.',
  })
  @RequireScope('affiliates:write')
  resumeAffiliatePartner(@Args('key', { description: 'Its key.' }) key: string): Promise<AffiliatePartnerPayload> {
    return answer(async () => ({ affiliatePartner: await this.partners.setStatus(key, 'active') }));
  }

  @ResolveField(() => AffiliatePartnerStatus)
  @PublicAccess()
  status(@Parent() partner: AffiliatePartner): AffiliatePartner['status'] {
    return partnerStatus(partner, new Date());
  }

  @ResolveField(() => [AffiliatePartnerTarget], {
    description: 'Other destinations, in the order in which a redirect looks at them.',
  })
  @PublicAccess()
  targets(
    @Parent() partner: AffiliatePartner,
    @Context() context: RequestContext,
  ): Promise<readonly AffiliatePartnerTarget[]> {
    return this.loaders.targets(context, partner.key);
  }
}
