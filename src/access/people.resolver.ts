import { Args, Context, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { RequestContext } from '../auth/access.guard.js';
import { RequireScope } from '../auth/access.guard.js';
import { PeopleService, unknownPerson } from '../auth/people.service.js';
import { SessionsService } from '../auth/sessions.service.js';
import { noteSecret } from '../graphql/answer-notes.js';
import { answer, checkInput } from '../graphql/check-input.dto.js';
import { PageArgs, readPage } from '../graphql/connection.type.js';
import { AccessListsService } from './access-lists.service.js';
import { CreatePersonInput, PersonInput, UpdatePersonInput } from './person.input.js';
import { Person, PersonConnection, PersonPayload, SignInLinkPayload } from './person.type.js';
import { signInPath } from './sign-in-page.js';

@Resolver(() => Person)
export class PeopleResolver {
  constructor(
    private readonly people: PeopleService,
    private readonly sessions: SessionsService,
    private readonly lists: AccessListsService,
  ) {}

  @Query(() => PersonConnection, { name: 'people', description: 'Who may sign in, the newest first. Needs `admin`.' })
  @RequireScope('admin')
  listPeople(@Args() page: PageArgs) {
    return this.lists.listPeople(readPage(page));
  }

  @Mutation(() => PersonPayload, {
    description: 'Adds somebody, who signs in by a link first. Refuses: `LOGIN_TAKEN`. Needs `admin`.',
  })
  @RequireScope('admin')
  createPerson(@Args('input', { description: 'The new one.' }) input: CreatePersonInput): Promise<PersonPayload> {
    return answer(async () => ({
      person: await this.people.createPerson(await checkInput(CreatePersonInput, input)),
    }));
  }

  @Mutation(() => PersonPayload, {
    description:
      'Changes name or role of somebody, or keeps them out. Refuses: `PERSON_NOT_FOUND`, `LAST_ADMINISTRATOR`. Needs `admin`.',
  })
  @RequireScope('admin')
  updatePerson(@Args('input', { description: 'Who, and what.' }) input: UpdatePersonInput): Promise<PersonPayload> {
    return answer(async () => {
      const { id, name, role, isDisabled } = await checkInput(UpdatePersonInput, input);
      const changes = { name: name ?? undefined, role: role ?? undefined, isDisabled: isDisabled ?? undefined };
      return { person: await this.people.updatePerson(id, changes) };
    });
  }

  @Mutation(() => SignInLinkPayload, {
    description:
      'Makes a link by which somebody signs in, once, within 15 minutes. Refuses: `PERSON_NOT_FOUND`. Needs `admin`.',
  })
  @RequireScope('admin')
  createSignInLink(
    @Args('input', { description: 'For whom.' }) input: PersonInput,
    @Context() { req }: RequestContext,
  ): Promise<SignInLinkPayload> {
    return answer(async () => {
      const { id } = await checkInput(PersonInput, input);
      const link = signInPath(await this.people.makeSignInLink(id));
      noteSecret(req, link);
      return { link };
    });
  }

  @Mutation(() => PersonPayload, {
    description: 'Ends every session of somebody, on every node. Refuses: `PERSON_NOT_FOUND`. Needs `admin`.',
  })
  @RequireScope('admin')
  signOutEverywhere(@Args('input', { description: 'Whom.' }) input: PersonInput): Promise<PersonPayload> {
    return answer(async () => {
      const { id } = await checkInput(PersonInput, input);
      const person = await this.people.findPerson(id);
      if (!person) throw unknownPerson(id);
      await this.sessions.closeAllOf(id);
      return { person };
    });
  }
}
