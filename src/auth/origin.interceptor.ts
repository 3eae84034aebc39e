import type { IncomingMessage } from 'node:http';
import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import type { Observable } from 'rxjs';
import { from, lastValueFrom } from 'rxjs';
import type { Origin } from '../kernel/origin.js';
import { causedBy } from '../kernel/origin.js';
import { requestIdOf } from '../kernel/request-id.js';
import type { Actor } from './actor.js';
import { ActorsService } from './actors.service.js';

/** Runs mutations as caused by whoever sent them, so that the audit log names them. */
@Injectable()
export class OriginInterceptor implements NestInterceptor {
  constructor(private readonly actors: ActorsService) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const graphql = GqlExecutionContext.create(context);
    const { parentType, schema, fieldName } = graphql.getInfo<GraphQLResolveInfo>();
    if (parentType !== schema.getMutationType()) return next.handle();
    const { req } = graphql.getContext<{ readonly req: IncomingMessage }>();
    const origin = originOf(req, await this.actors.getActor(req), fieldName);
    return from(causedBy(origin, () => lastValueFrom(next.handle())));
  }
}

function originOf(request: IncomingMessage, actor: Actor, action: string): Origin {
  const { id, name } = actor;
  const kind = actor.kind === 'anonymous' ? 'system' : actor.kind;
  return { kind, id, name, action, requestId: requestIdOf(request) };
}
