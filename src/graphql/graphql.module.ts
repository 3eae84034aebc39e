import type { ModuleMetadata } from '@nestjs/common';
import { NodeResolver } from './node.resolver.js';
import { NodesService } from './nodes.service.js';

export const graphqlModule = {
  providers: [NodesService, NodeResolver],
  exports: [NodesService],
} satisfies ModuleMetadata;
