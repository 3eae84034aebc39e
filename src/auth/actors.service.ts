import type { IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { WaypostError } from '../kernel/errors.js';
import type { Actor } from './actor.js';
import { ANONYMOUS, mayUse, refusal } from './actor.js';
import type { Scope } from './scope.js';
import { ApiTokensService } from './api-tokens.service.js';
import type { AuthOptions, HostActor } from './auth.options.js';
import { AUTH_OPTIONS } from './auth.tokens.js';
import { isCsrfTokenOf, readSessionCookie } from './session-secret.js';
import type { Session } from './sessions.service.js';
import { actorOf, SessionsService } from './sessions.service.js';
import { mentionsWaypostToken, readBearer } from './token-text.js';

/** Beside the cookie of a session: what only a page of ours can know. */
const CSRF_HEADER = 'x-waypost-csrf';

@Injectable()
export class ActorsService {
  /** One look-up a request, however many fields ask. */
  private readonly actors = new WeakMap<IncomingMessage, Promise<Actor>>();

  constructor(
    private readonly tokens: ApiTokensService,
    private readonly sessions: SessionsService,
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

  /**
   * The session of a request that a page of ours made. A cookie alone is nobody: browsers send it along unasked.
   * @throws WaypostError SESSION_ENDED or CSRF_REFUSED.
   */
  async findSession(request: IncomingMessage): Promise<Session | undefined> {
    const csrfToken = request.headers[CSRF_HEADER];
    const secret = readSessionCookie(request.headers.cookie);
    if (csrfToken === undefined || secret === undefined) return undefined;
    if (typeof csrfToken !== 'string' || !isCsrfTokenOf(secret, csrfToken)) throw new WaypostError('CSRF_REFUSED');
    const session = await this.sessions.find(secret);
    if (!session) throw new WaypostError('SESSION_ENDED');
    return session;
  }

  private async findPerson(request: IncomingMessage): Promise<Actor | undefined> {
    const session = await this.findSession(request);
    return session && actorOf(session);
  }

  private async findActor(request: IncomingMessage): Promise<Actor> {
    const host = await this.options.authorize?.(request);
    if (host) return hostActor(host);
    const header = request.headers.authorization;
    if (header === undefined) return (await this.findPerson(request)) ?? ANONYMOUS;
    // A host's own tokens are the host's business: where it reads requests itself, only ours are looked up here.
    if (this.options.authorize && !mentionsWaypostToken(header)) return ANONYMOUS;
    const bearer = readBearer(header);
    if ('problem' in bearer) throw new WaypostError('UNAUTHENTICATED', [bearer.problem]);
    const reading = await this.tokens.readToken(bearer.token);
    if ('problem' in reading) throw new WaypostError('UNAUTHENTICATED', [reading.problem]);
    return reading.actor;
  }
}

function hostActor({ id, name, scopes, isTrusted }: HostActor): Actor {
  return { kind: 'host', id, name, scopes: new Set(scopes), isTrusted: isTrusted ?? true };
}
