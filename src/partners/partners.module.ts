import type { ModuleMetadata } from '@nestjs/common';
import { AffiliatePartnersResolver } from './affiliate-partners.resolver.js';
import { PartnerEntity } from './partner.entity.js';
import { PartnerLoadersService } from './partner-loaders.loader.js';
import { PartnersService } from './partners.service.js';

export const partnersEntities = [PartnerEntity];

export const partnersModule = {
  providers: [PartnersService, PartnerLoadersService, AffiliatePartnersResolver],
  exports: [PartnersService],
} satisfies ModuleMetadata;
