import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GraphQLField, GraphQLInputObjectType } from 'graphql';
import {
  getNamedType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { committedSchema } from '../support/schema-paths.js';

const schema = committedSchema();
type Field = GraphQLField<unknown, unknown>;

const mutations = Object.values(schema.getMutationType()?.getFields() ?? {}).map(
  (field) => [field.name, field] as const,
);

const fieldsOf = ({ type }: Field): Field[] => {
  const named = getNamedType(type);
  return isObjectType(named) ? Object.values(named.getFields()) : [];
};

function inputOf({ args }: Field): GraphQLInputObjectType | undefined {
  const types = args.map(({ type }) => getNamedType(type));
  return types.find(isInputObjectType);
}

/** Whether what the mutation answers counts its saves. */
const hasRevisions = (field: Field): boolean =>
  fieldsOf(field).some((below) => fieldsOf(below).some(({ name }) => name === 'revision'));

/** They take one thing by its key or id, and what they set does not depend on what was read. */
const SET_ONE_THING = [
  ...['pauseAffiliatePartner', 'resumeAffiliatePartner', 'enableWebhook', 'disableWebhook', 'rotateWebhookSecret'],
  ...['createAffiliatePartner', 'createArticle', 'createWebhook'],
];

describe('every mutation', () => {
  it.each(mutations)('%s answers a payload: things that may be null, and why there are none', (_name, field) => {
    expect(String(field.type)).toMatch(/Payload!$/);
    const { userErrors, ...things } = Object.fromEntries(fieldsOf(field).map((one) => [one.name, one]));
    expect(String(userErrors?.type)).toBe('[UserError!]!');
    expect(Object.keys(things).length).toBeGreaterThan(0);
    expect(Object.values(things).filter(({ type }) => isNonNullType(type))).toEqual([]);
  });

  it.each(mutations.filter(([, field]) => hasRevisions(field)))(
    '%s of what has revisions must be told the one that was read',
    (name, field) => {
      const expected = inputOf(field)?.getFields()['expectedRevision'];
      expect(expected !== undefined && isRequiredInputField(expected)).toBe(!SET_ONE_THING.includes(name));
    },
  );

  it('names the scope that it needs', () => {
    const silent = mutations.filter(([, { description }]) => !/ Needs `[a-z:]+`\.$/.test(description ?? ''));
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('takes one input, or the id or key of one thing', () => {
    const others = mutations.filter(([, { args }]) => {
      const required = args.filter(isRequiredArgument).map(({ name }) => name);
      return !/^(?:input|id|key|deliveryId)$/.test(required.join(' '));
    });
    expect(others.map(([name]) => name)).toEqual([]);
  });
});

/** Codes in the same folders that refuse no input of a mutation: of a command, and of messages that could not be sent. */
const NO_REFUSALS = ['REDIRECTED', 'SECRET_UNREADABLE', 'UNEXPECTED', 'TOKEN_AMBIGUOUS'];
const FOLDERS = ['access', 'articles', 'auth', 'feeds', 'partners', 'tags', 'webhooks'];

function codesInSources(): string[] {
  const root = fileURLToPath(new URL('../../src/', import.meta.url));
  const files = FOLDERS.flatMap((folder) => readdirSync(join(root, folder)).map((name) => join(root, folder, name)));
  return files
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/(?:\bcode: |\brefused\()'([A-Z_]+)'/g)])
    .map(([, code]) => code ?? '');
}

describe('the codes of refusals', () => {
  const told = (description: string | null | undefined): string[] =>
    (/ Refuses: ([^.]+)\./.exec(description ?? '')?.[1] ?? '').split(', ').map((code) => code.replaceAll('`', ''));

  it.each(mutations)('stand in the description of %s', (_name, { description }) => {
    expect(told(description).filter((code) => !/^[A-Z_]+$/.test(code))).toEqual([]);
  });

  it('are all told', () => {
    const all = new Set(mutations.flatMap(([, { description }]) => told(description)));
    expect([...new Set(codesInSources())].filter((code) => !all.has(code) && !NO_REFUSALS.includes(code))).toEqual([]);
  });
});

const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));

describe('descriptions', () => {
  it('say what happens where something is left out', () => {
    const silent: string[] = [];
    for (const type of types) {
      if (!isInputObjectType(type) || /Filter$|^Update/.test(type.name)) continue;
      for (const field of Object.values(type.getFields())) {
        const says = /\b(?:[Dd]efault|null|None|left out|must be given|Default all)\b|`SCHEDULED` is/.test(
          field.description ?? '',
        );
        if (!isRequiredInputField(field) && field.defaultValue === undefined && !says)
          silent.push(`${type.name}.${field.name}`);
      }
    }
    expect(silent).toEqual([]);
  });

  it('say what null means, wherever a field of a thing may be null', () => {
    const silent = types.flatMap((type) =>
      (isObjectType(type) || isInterfaceType(type)) &&
      !/^(?:Query|Mutation)$|Payload$/.test(type.name) &&
      !(type.description ?? '').endsWith(' are set.')
        ? Object.values(type.getFields())
            .filter(({ type: output, description }) => !isNonNullType(output) && !SAYS_NULL.test(description ?? ''))
            .map((field) => `${type.name}.${field.name}`)
        : [],
    );
    expect(silent).toEqual([]);
  });
});

/** A sentence about when there is none. */
const SAYS_NULL = /null|empty|none|[Ww]here there is/i;
