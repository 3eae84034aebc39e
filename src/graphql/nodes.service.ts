import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../auth/access.guard.js';
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

/** Knows the kinds of all features that are mounted. Ids are random UUIDs, so that no two kinds share one. */
@Injectable()
export class NodesService {
  private readonly kinds: NodeKind[] = [];

  register(kind: NodeKind): void {
    this.kinds.push(kind);
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
