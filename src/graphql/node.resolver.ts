import { Args, Context, ID, Query, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { PublicAccess } from '../auth/access.guard.js';
import { WaypostError } from '../kernel/errors.js';
import { MOST_PAGE_SIZE } from './connection.type.js';
import { Node } from './node.type.js';
import { NodesService } from './nodes.service.js';

@Resolver(() => Node)
export class NodeResolver {
  constructor(private readonly found: NodesService) {}

  @Query(() => Node, {
    nullable: true,
    description: 'What implements `Node`, by its id. null where there is nothing, or nothing that the caller may see.',
  })
  @PublicAccess()
  node(
    @Args('id', { type: () => ID, description: 'Its id.' }) id: string,
    @Context() context: RequestContext,
  ): Promise<object | null> {
    return this.found.find(id, context);
  }

  @Query(() => [Node], {
    nullable: 'items',
    description:
      'Many at once, at most 100, in the order of the ids: null in place of what is not there or not to be seen.',
  })
  @PublicAccess()
  async nodes(
    @Args('ids', { type: () => [ID], description: 'Their ids.' }) ids: string[],
    @Context() context: RequestContext,
  ): Promise<(object | null)[]> {
    if (ids.length > MOST_PAGE_SIZE) {
      throw new WaypostError('BAD_ARGUMENT', [
        `"ids" has ${ids.length} ids. Ask for at most ${MOST_PAGE_SIZE} at once.`,
      ]);
    }
    return Promise.all(ids.map((id) => this.found.find(id, context)));
  }
}
