/** The published `waypost/affiliates`: partners, tracked links, clicks and reports without articles and tags. */
export { AffiliatesModule } from './affiliates.module.js';
export type { WaypostOptions } from './waypost.options.js';
export { PartnersService } from './partners/partners.service.js';
export { RedirectsService } from './redirects/redirects.service.js';
export { ReportsService } from './reports/reports.service.js';
