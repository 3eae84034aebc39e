import type { IncomingMessage } from 'node:http';
import { Body, Controller, Delete, Get, Header, HttpCode, HttpStatus, Inject, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { ActorsService } from '../auth/actors.service.js';
import { PeopleService } from '../auth/people.service.js';
import type { Session } from '../auth/sessions.service.js';
import { SESSION_SECONDS, SessionsService } from '../auth/sessions.service.js';
import { csrfTokenOf, readSessionCookie, sessionCookie } from '../auth/session-secret.js';
import { SignInService } from '../auth/sign-in.service.js';
import type { ErrorCode } from '../kernel/errors.js';
import { WaypostError } from '../kernel/errors.js';
import { causedBy } from '../kernel/origin.js';
import { requestIdOf } from '../kernel/request-id.js';
import { SIGN_IN_PAGE, SIGN_IN_POLICY } from './sign-in-page.js';

/** What the server knows of where it stands, for cookies and limits. */
export interface SignInSettings {
  readonly isHttps: boolean;
  /** The network of whoever sent a request, by which failures are counted. */
  readonly networkOf: (request: IncomingMessage) => string;
}

export const SIGN_IN_SETTINGS = Symbol('waypost sign-in settings');

const SHORTEST_PASSWORD = 12;
const LONGEST_PASSWORD = 1024;

/** What a page needs to know of whoever is signed in. */
interface SessionAnswer {
  readonly person: { readonly id: string; readonly login: string; readonly name: string; readonly role: string };
  /** To be sent in `X-Waypost-CSRF` with every request, to GraphQL too. */
  readonly csrfToken: string;
}

/** Sessions of the web UI, for the standalone server: a host has people of its own. */
@Controller()
export class SignInController {
  constructor(
    @Inject(SignInService) private readonly signIns: SignInService,
    @Inject(SessionsService) private readonly sessions: SessionsService,
    @Inject(PeopleService) private readonly people: PeopleService,
    @Inject(ActorsService) private readonly actors: ActorsService,
    @Inject(SIGN_IN_SETTINGS) private readonly settings: SignInSettings,
  ) {}

  @Get('sign-in')
  @Header('Content-Type', 'text/html; charset=utf-8')
  @Header('Content-Security-Policy', SIGN_IN_POLICY)
  @Header('Cache-Control', 'no-store')
  page(): string {
    return SIGN_IN_PAGE;
  }

  @Post('session')
  @HttpCode(HttpStatus.OK)
  @Header('Cache-Control', 'no-store')
  async signIn(@Body() body: unknown, @Req() request: Request, @Res({ passthrough: true }) response: Response) {
    refuseOtherSites(request);
    const { login, password } = textsOf(body, ['login', 'password']);
    const { secret } = await this.slowly(response, () =>
      this.signIns.signIn(login, password, this.settings.networkOf(request), requestIdOf(request)),
    );
    return this.welcome(secret, response);
  }

  @Post('session/link')
  @HttpCode(HttpStatus.OK)
  @Header('Cache-Control', 'no-store')
  async redeem(@Body() body: unknown, @Req() request: Request, @Res({ passthrough: true }) response: Response) {
    refuseOtherSites(request);
    const { token } = textsOf(body, ['token']);
    const { secret } = await this.slowly(response, () =>
      this.signIns.redeemLink(token, this.settings.networkOf(request), requestIdOf(request)),
    );
    return this.welcome(secret, response);
  }

  /** Of the cookie alone: this is where a page gets the CSRF token, which no page of another site can read. */
  @Get('session')
  @Header('Cache-Control', 'no-store')
  async session(@Req() request: Request): Promise<SessionAnswer> {
    refuseOtherSites(request);
    const secret = readSessionCookie(request.headers.cookie);
    const session = secret === undefined ? undefined : await this.sessions.find(secret);
    if (!session || secret === undefined) throw new WaypostError('SESSION_ENDED');
    return answerOf(session, secret);
  }

  @Delete('session')
  @HttpCode(HttpStatus.NO_CONTENT)
  async signOut(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<void> {
    const session = await this.sessionOf(request);
    await this.as(session, 'signOut', request, () => this.sessions.close(session.id));
    response.setHeader('Set-Cookie', sessionCookie(undefined, this.settings.isHttps, 0));
  }

  /** Ends every other session of theirs. Whoever came by a link has none to know. */
  @Post('session/password')
  @HttpCode(HttpStatus.NO_CONTENT)
  async changePassword(
    @Body() body: unknown,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<void> {
    const session = await this.sessionOf(request);
    const names = session.isByLink ? (['newPassword'] as const) : (['newPassword', 'currentPassword'] as const);
    const texts: { newPassword: string; currentPassword?: string } = textsOf(body, names);
    const { newPassword, currentPassword } = texts;
    if (newPassword.length < SHORTEST_PASSWORD || newPassword.length > LONGEST_PASSWORD) {
      throw new WaypostError('BAD_ARGUMENT', [
        `A password has ${SHORTEST_PASSWORD} to ${LONGEST_PASSWORD} characters.`,
      ]);
    }
    if (currentPassword !== undefined) {
      const network = this.settings.networkOf(request);
      await this.slowly(response, () => this.signIns.knowPassword(session.login, currentPassword, network));
    }
    await this.as(session, 'changePassword', request, () =>
      this.people.setPassword(session.personId, newPassword, session.id),
    );
  }

  private async sessionOf(request: Request): Promise<Session> {
    const session = await this.actors.findSession(request);
    if (!session) throw new WaypostError(readSessionCookie(request.headers.cookie) ? 'CSRF_REFUSED' : 'SESSION_ENDED');
    return session;
  }

  private as<T>({ personId, name }: Session, action: string, request: Request, work: () => T): T {
    return causedBy({ kind: 'person', id: personId, name, action, requestId: requestIdOf(request) }, work);
  }

  private async welcome(secret: string, response: Response): Promise<SessionAnswer> {
    const session = await this.sessions.find(secret);
    if (!session) throw new WaypostError('SESSION_ENDED');
    response.setHeader('Set-Cookie', sessionCookie(secret, this.settings.isHttps, SESSION_SECONDS));
    return answerOf(session, secret);
  }

  private async slowly<T>(response: Response, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const slowed: ErrorCode = 'SIGN_IN_SLOWED';
      if (error instanceof WaypostError && error.code === slowed) {
        response.setHeader('Retry-After', /\d+/.exec(error.message)?.[0] ?? '1');
      }
      throw error;
    }
  }
}

function answerOf({ personId, login, name, role }: Session, secret: string): SessionAnswer {
  return { person: { id: personId, login, name, role }, csrfToken: csrfTokenOf(secret) };
}

/**
 * Somebody's page must not sign its visitors in, nor out. Old browsers that do not say where a request comes from are held
 * by the type of the body, which no form can send.
 */
function refuseOtherSites({ headers }: Request): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw new WaypostError('CSRF_REFUSED');
  const origin = headers.origin;
  if (origin === undefined || site !== undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== headers.host) throw new WaypostError('CSRF_REFUSED');
}

function textsOf<Name extends string>(body: unknown, names: readonly Name[]): Record<Name, string> {
  const values = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const entries = names.map((name) => {
    const value = values[name];
    if (typeof value === 'string') return [name, value] as const;
    throw new WaypostError('BAD_ARGUMENT', [
      `Send a JSON object with ${names.map((one) => `"${one}"`).join(' and ')}.`,
    ]);
  });
  return Object.fromEntries(entries) as Record<Name, string>;
}
