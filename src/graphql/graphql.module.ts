import type { ModuleMetadata } from '@nestjs/common';
import { FeedWatch } from './feed-watch.service.js';
import { GraphqlServer } from './graphql-server.middleware.js';
import { NodeResolver } from './node.resolver.js';
import { NodesService } from './nodes.service.js';

export const graphqlModule = {
  providers: [NodesService, NodeResolver],
  exports: [NodesService],
} satisfies ModuleMetadata;

/** A GraphQL endpoint of Waypost's own. Needs the change feed. */
export const graphqlServerModule = {
  providers: [FeedWatch, GraphqlServer],
  exports: [GraphqlServer],
} satisfies ModuleMetadata;
