import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import type { RequestContext } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import { NodesService } from '../graphql/nodes.service.js';
import { PerContext } from '../kernel/per-context.js';
import type { TagEntity } from './tag.entity.js';
import { TagsService } from './tags.service.js';

/** Tags that the caller may see, by id. */
@Injectable()
export class TagLoadersService {
  private readonly loaders = new PerContext((context: RequestContext) => ({
    tag: new DataLoader((ids: readonly string[]) => this.loadTags(ids, context)),
  }));

  constructor(
    private readonly tags: TagsService,
    private readonly actors: ActorsService,
    nodes: NodesService,
  ) {
    nodes.register({ typeName: 'Tag', find: (id, context) => this.loaders.of(context).tag.load(id) });
  }

  private async loadTags(ids: readonly string[], context: RequestContext): Promise<(TagEntity | undefined)[]> {
    const seesDrafts = mayUse(await this.actors.getActor(context.req), 'content:read');
    const found = new Map((await this.tags.findTags(ids, seesDrafts)).map((tag) => [tag.id, tag]));
    return ids.map((id) => found.get(id));
  }
}
