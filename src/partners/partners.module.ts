import type { ModuleMetadata } from '@nestjs/common';
import { AffiliatePartnersResolver } from './affiliate-partners.resolver.js';
import { PartnerEntity } from './partner.entity.js';
import { PartnerLoadersService } from './partner-loaders.loader.js';
import { PartnerTargetEntity } from './partner-target.entity.js';
import { PartnerTargetsService } from './partner-targets.service.js';
import { PartnersService } from './partners.service.js';

export const partnersEntities = [PartnerEntity, PartnerTargetEntity];

/** What articles need of partners. */
export const partnersModule = {
  providers: [PartnersService, PartnerTargetsService, PartnerLoadersService],
  exports: [PartnersService, PartnerLoadersService],
} satisfies ModuleMetadata;

/** Their part of the GraphQL API. */
export const partnersApiModule = {
  providers: [AffiliatePartnersResolver],
  exports: [],
} satisfies ModuleMetadata;
