/** The published `waypost/content`: articles and tags. */
export { ContentModule } from './content.module.js';
export type { WaypostOptions } from './waypost.options.js';
export { ArticlesService } from './articles/articles.service.js';
export { ImportService } from './import-export/import.service.js';
export { TagsService } from './tags/tags.service.js';
