import type { ModuleMetadata } from '@nestjs/common';
import { AffiliatePartnersResolver } from './affiliate-partners.resolver.js';
import { PartnerEntity } from './partner.entity.js';
import { PartnerLoadersService } from './partner-loaders.loader.js';
import { PartnersService } from './partners.service.js';

export const partnersEntities = [PartnerEntity];

/** What articles need of partners. */
export const partnersModule = {
  providers: [PartnersService, PartnerLoadersService],
  exports: [PartnersService],
} satisfies ModuleMetadata;

/** Their part of the GraphQL API. */
export const partnersApiModule = {
  providers: [AffiliatePartnersResolver],
  exports: [],
} satisfies ModuleMetadata;
