import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { WaypostError } from '../kernel/errors.js';
import type { Actor } from './actor.js';
import { ANONYMOUS, mayUse, refusal } from './actor.js';
import type { Scope } from './scope.js';
import { ApiTokensService } from './api-tokens.service.js';
import type { AuthOptions } from './auth.options.js';
import { AUTH_OPTIONS } from './auth.tokens.js';
import { mentionsWaypostToken, readBearer } from './token-text.js';

@Injectable()
export class ActorsService {
  /** One look-up a request, however many fields ask. */
  private readonly actors = new WeakMap<IncomingMessage, Promise<Actor>>();

  constructor(
    private readonly tokens: ApiTokensService,
    @Inject(AUTH_OPTIONS) private readonly options: AuthOptions,
  ) {}

  /** @throws WaypostError UNAUTHENTICATED when a token was sent and is not valid: a typo never turns into an anonymous answer. */
  getActor(request: IncomingMessage): Promise<Actor> {
    let actor = this.actors.get(request);
    if (!actor) {
      actor = this.findActor(request);
      this.actors.set(request, actor);
    }
    return actor;
  }

  /** For fields that need a scope their type does not. @throws WaypostError UNAUTHENTICATED or FORBIDDEN. */
  async require(request: IncomingMessage, scope: Scope): Promise<void> {
    const actor = await this.getActor(request);
    if (!mayUse(actor, scope)) throw refusal(actor, scope);
  }

  private async findActor(request: IncomingMessage): Promise<Actor> {
    const host = await this.options.authorize?.(request);
    if (host) return { kind: 'host', name: host.name, scopes: new Set(host.scopes), isTrusted: host.isTrusted ?? true };
    const header = request.headers.authorization;
    if (header === undefined) return ANONYMOUS;
    // A host's own tokens are the host's business: where it reads requests itself, only ours are looked up here.
    if (this.options.authorize && !mentionsWaypostToken(header)) return ANONYMOUS;
    const bearer = readBearer(header);
    if ('problem' in bearer) throw new WaypostError('UNAUTHENTICATED', [bearer.problem]);
    const reading = await this.tokens.readToken(bearer.token);
    if ('problem' in reading) throw new WaypostError('UNAUTHENTICATED', [reading.problem]);
    return reading.actor;
  }
}
