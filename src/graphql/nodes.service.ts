import { Injectable } from '@nestjs/common';
import DataLoader from 'dataloader';
import type { RequestContext } from '../auth/access.guard.js';
import { mayUse } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import type { Scope } from '../auth/scope.js';
import { PerContext } from '../kernel/per-context.js';
import { isUuid } from '../kernel/uuid.js';
import { noteRead } from './answer-notes.js';
import { answerTags } from './answer-tags.js';
import { markAsNode } from './node.type.js';

/** A kind of object that can be had by its id alone. */
export interface NodeKind {
  /** Name of its GraphQL type, which implements `Node`. */
  readonly typeName: string;
  /** What the caller may see under this id, if it is of this kind. Many ids of one query share a statement. */
  readonly find: (id: string, context: RequestContext) => Promise<object | null | undefined>;
}

/** A kind whose rows are seen by whoever has the scope, and by nobody else. */
export interface ScopedKind {
  readonly typeName: string;
  readonly scope: Scope;
  /** Unknown ids are left out. */
  readonly findByIds: (ids: readonly string[]) => Promise<readonly { readonly id: string }[]>;
}

/** Knows the kinds of all features that are mounted. Ids are random UUIDs, so that no two kinds share one. */
@Injectable()
export class NodesService {
  private readonly kinds: NodeKind[] = [];

  constructor(private readonly actors: ActorsService) {}

  register(kind: NodeKind): void {
    this.kinds.push(kind);
  }

  registerScoped({ typeName, ...kind }: ScopedKind): void {
    const loaders = new PerContext(
      (context: RequestContext) => new DataLoader((ids: readonly string[]) => this.loadScoped(kind, ids, context)),
    );
    this.register({ typeName, find: (id, context) => loaders.of(context).load(id) });
  }

  private async loadScoped(
    { scope, findByIds }: Omit<ScopedKind, 'typeName'>,
    ids: readonly string[],
    context: RequestContext,
  ): Promise<(object | undefined)[]> {
    if (!mayUse(await this.actors.getActor(context.req), scope)) return ids.map(() => undefined);
    const found = new Map((await findByIds(ids)).map((row) => [row.id, row]));
    return ids.map((id) => found.get(id));
  }

  async find(id: string, context: RequestContext): Promise<object | null> {
    if (!isUuid(id)) return null;
    const key = id.toLowerCase();
    // What it is, nobody knows before it is there.
    noteRead(context.req, [answerTags.article(key), answerTags.tag(key)]);
    const found = await Promise.all(
      this.kinds.map(async ({ typeName, find }) => {
        const value = await find(key, context);
        return value && markAsNode(value, typeName);
      }),
    );
    return found.find((value) => value != null) ?? null;
  }
}
