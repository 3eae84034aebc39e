import type { IncomingMessage } from 'node:http';
import type { CanActivate, ExceptionFilter, ExecutionContext } from '@nestjs/common';
import {
  applyDecorators,
  Catch,
  Injectable,
  SetMetadata,
  UseFilters,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { QueryFailedError } from 'typeorm';
import { expectedFailure } from '../database/postgres-failure.js';
import { WaypostError } from '../kernel/errors.js';
import { forgetValuesOf } from '../kernel/per-context.js';
import { mayUse, refusal } from './actor.js';
import { ActorsService } from './actors.service.js';
import { OriginInterceptor } from './origin.interceptor.js';
import type { Scope } from './scope.js';

/** Metadata of a door: the scope it needs, or 'public'. A resolver method without it refuses everybody. */
export const ACCESS = 'waypost:access';

/** What Waypost's resolvers need of the GraphQL context: Apollo's Express integration, and hosts, put `req` there. */
export interface RequestContext {
  readonly req: IncomingMessage;
}

@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly actors: ActorsService,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.get<Scope | 'public' | undefined>(ACCESS, context.getHandler());
    const graphql = GqlExecutionContext.create(context);
    const requestContext = graphql.getContext<RequestContext>();
    const { parentType, schema } = graphql.getInfo<GraphQLResolveInfo>();
    if (parentType === schema.getMutationType()) forgetValuesOf(requestContext);
    const actor = await this.actors.getActor(requestContext.req);
    if (access === 'public') return true;
    if (access === undefined) throw new WaypostError('FORBIDDEN', ['that nobody has', 'any']);
    if (!mayUse(actor, access)) throw refusal(actor, access);
    return true;
  }
}

/** An expected refusal is an answer, not a failure: without this filter Nest logs each with its stack. */
@Catch(WaypostError, QueryFailedError)
class ExpectedErrorFilter implements ExceptionFilter<Error> {
  catch(error: Error): Error {
    return error instanceof WaypostError ? error : (expectedFailure(error) ?? error);
  }
}

function door(access: Scope | 'public'): MethodDecorator {
  return applyDecorators(
    SetMetadata(ACCESS, access),
    UseGuards(AccessGuard),
    UseInterceptors(OriginInterceptor),
    UseFilters(ExpectedErrorFilter),
  );
}

/** Anybody may come in. An invalid token is refused all the same. */
export function PublicAccess(): MethodDecorator {
  return door('public');
}

/** Only actors with this scope may come in. */
export function RequireScope(scope: Scope): MethodDecorator {
  return door(scope);
}
