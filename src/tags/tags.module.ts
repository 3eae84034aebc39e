import type { ModuleMetadata } from '@nestjs/common';
import { TagChangesService } from './tag-changes.service.js';
import { TagEntity } from './tag.entity.js';
import { TagLoadersService } from './tag-loaders.loader.js';
import { TagsResolver } from './tags.resolver.js';
import { TagsService } from './tags.service.js';

export const tagsEntities = [TagEntity];

export const tagsModule = {
  providers: [TagsService, TagChangesService, TagLoadersService, TagsResolver],
  exports: [TagsService],
} satisfies ModuleMetadata;
