import { Args, Context, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { RequireScope } from '../auth/access.guard.js';
import { ActorsService } from '../auth/actors.service.js';
import type { CreatedApiToken } from '../auth/api-tokens.service.js';
import { ApiTokensService } from '../auth/api-tokens.service.js';
import { answer, checkInput } from '../graphql/check-input.dto.js';
import { noteSecret } from '../graphql/answer-notes.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { RefusedError } from '../kernel/errors.js';
import { isUuid } from '../kernel/uuid.js';
import { AccessListsService } from './access-lists.service.js';
import { CreateApiTokenInput, RotateApiTokenInput } from './api-token.input.js';
import { ApiToken, ApiTokenConnection, ApiTokenPayload, ApiTokenSecretPayload } from './api-token.type.js';

@Resolver(() => ApiToken)
export class ApiTokensResolver {
  constructor(
    private readonly tokens: ApiTokensService,
    private readonly lists: AccessListsService,
    private readonly actors: ActorsService,
  ) {}

  @Query(() => ApiTokenConnection, {
    description: 'API tokens, the newest first, those that ended too. Needs `admin`.',
  })
  @RequireScope('admin')
  apiTokens(@Args() page: PageArgs) {
    return this.lists.listTokens(readPage(page));
  }

  @Mutation(() => ApiTokenSecretPayload, {
    description:
      'Makes an API token; its secret is in the answer and cannot be had again. Refuses: `SCOPE_UNKNOWN`, `EXPIRY_PAST`. Needs `admin`.',
  })
  @RequireScope('admin')
  async createApiToken(
    @Args('input', { description: 'The new one.' }) input: CreateApiTokenInput,
    @Context() context: RequestContext,
  ): Promise<ApiTokenSecretPayload> {
    const actor = await this.actors.getActor(context.req);
    return answer(async () => {
      const { name, scopes, expiresAt, isTrusted } = await checkInput(CreateApiTokenInput, input);
      if (expiresAt) refusePast(expiresAt, new Date());
      const trust = actor.isTrusted && (isTrusted ?? true);
      const made = await this.tokens.createToken({ name, scopes, expiresAt: expiresAt ?? undefined, isTrusted: trust });
      return this.withSecret(made, context);
    });
  }

  @Mutation(() => ApiTokenPayload, {
    description: 'Ends a token at once, on every node. Refuses: `TOKEN_NOT_FOUND`. Needs `admin`.',
  })
  @RequireScope('admin')
  revokeApiToken(@Args('id', { type: () => ID, description: 'Which token.' }) id: string): Promise<ApiTokenPayload> {
    return answer(async () => {
      if (!isUuid(id) || !(await this.tokens.revokeToken(id))) throw unknownToken(id, 'id');
      return { apiToken: await this.tokens.findToken(id) };
    });
  }

  @Mutation(() => ApiTokenSecretPayload, {
    description:
      'Gives a token a new secret under the same id, name and scopes; it is in the answer and cannot be had again. Refuses: `TOKEN_NOT_FOUND`. Needs `admin`.',
  })
  @RequireScope('admin')
  rotateApiToken(
    @Args('input', { description: 'Which token, and how.' }) input: RotateApiTokenInput,
    @Context() context: RequestContext,
  ): Promise<ApiTokenSecretPayload> {
    return answer(async () => {
      const { id, overlapSeconds } = await checkInput(RotateApiTokenInput, input);
      const made = isUuid(id) ? await this.tokens.rotateToken(id, overlapSeconds ?? 0) : undefined;
      if (!made) throw unknownToken(id, 'input.id');
      return this.withSecret(made, context);
    });
  }

  private async withSecret({ id, token }: CreatedApiToken, { req }: RequestContext) {
    noteSecret(req, token);
    return { apiToken: await this.tokens.findToken(id), token };
  }
}

function refusePast(expiresAt: Date, now: Date): void {
  if (expiresAt > now) return;
  const message = `expiresAt is ${expiresAt.toISOString()}, which has passed. Write a moment ahead.`;
  throw new RefusedError([{ code: 'EXPIRY_PAST', message, field: 'input.expiresAt' }]);
}

function unknownToken(id: string, field: string): RefusedError {
  return new RefusedError([
    { code: 'TOKEN_NOT_FOUND', message: `No living token has the id "${id}". "apiTokens" lists them.`, field },
  ]);
}
