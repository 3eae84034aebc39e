import { readFileSync } from 'node:fs';
import type { GraphQLField, GraphQLInputType, GraphQLObjectType, GraphQLSchema } from 'graphql';
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql';

/** What the server serves, from the committed file, which a contract test keeps true. */
export function committedSchema(): GraphQLSchema {
  return buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));
}

type Field = GraphQLField<unknown, unknown>;

/** The way from a root to a type, such as `articles`, `nodes`, `placements`. */
export interface SchemaPath {
  readonly steps: readonly Field[];
  /** Type conditions before the selection of a step, where it answers an interface. */
  readonly conditions: ReadonlyMap<Field, GraphQLObjectType>;
  readonly type: GraphQLObjectType;
}

/** Every way from the queries to every type, in which no type comes twice. */
export function pathsOfQueries(schema: GraphQLSchema): SchemaPath[] {
  const query = schema.getQueryType();
  if (!query) return [];
  const walk = (path: SchemaPath, seen: ReadonlySet<string>): SchemaPath[] =>
    Object.values(path.type.getFields()).flatMap((field) =>
      typesOf(schema, field).flatMap((type) => {
        if (seen.has(type.name)) return [];
        const isCondition = isInterfaceType(getNamedType(field.type));
        const conditions = isCondition ? new Map([...path.conditions, [field, type]]) : path.conditions;
        const next = { steps: [...path.steps, field], conditions, type };
        return [next, ...walk(next, new Set([...seen, type.name]))];
      }),
    );
  return walk({ steps: [], conditions: new Map(), type: query }, new Set([query.name]));
}

function typesOf(schema: GraphQLSchema, field: Field): readonly GraphQLObjectType[] {
  const type = getNamedType(field.type);
  if (isObjectType(type)) return [type];
  return isInterfaceType(type) ? schema.getPossibleTypes(type) : [];
}

/** Fields without fields of their own, and without arguments that must be given. */
function leavesOf(type: GraphQLObjectType, isLeftOut: (field: Field) => boolean): string[] {
  return Object.values(type.getFields())
    .filter((field) => isLeafType(getNamedType(field.type)) && !field.args.some(isRequiredArgument))
    .filter((field) => !isLeftOut(field))
    .map((field) => field.name);
}

/**
 * Everything below a type as one selection: each way in which no type comes twice, and what stands at once below one that
 * does. Without the fields that `isLeftOut`.
 */
export function wholeSelection(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  argumentsOf: Arguments,
  isLeftOut: (field: Field) => boolean,
  seen: ReadonlySet<string> = new Set([type.name]),
): string {
  const below = (one: GraphQLObjectType): string =>
    seen.has(one.name)
      ? leavesOf(one, isLeftOut).join(' ')
      : wholeSelection(schema, one, argumentsOf, isLeftOut, new Set([...seen, one.name]));
  const branches = Object.values(type.getFields()).flatMap((field) => {
    const types = isLeftOut(field) ? [] : typesOf(schema, field);
    const inner = isInterfaceType(getNamedType(field.type))
      ? types.map((one) => `... on ${one.name} { ${below(one)} }`)
      : types.map(below);
    return inner.some((text) => text !== '') ? [`${callOf(field, argumentsOf)} { ${inner.join(' ')} }`] : [];
  });
  return [...leavesOf(type, isLeftOut), ...branches].join(' ');
}

/** Arguments of a field as GraphQL text, such as `slug: "a"`; undefined: any value of each that must be given. */
export type Arguments = (field: Field) => string | undefined;

/** A query that follows the path and selects this at its end. */
export function documentOf({ steps, conditions }: SchemaPath, selection: string, argumentsOf: Arguments): string {
  const inner = steps.reduceRight((text, field) => {
    const condition = conditions.get(field);
    return `${callOf(field, argumentsOf)} { ${condition ? `... on ${condition.name} { ${text} }` : text} }`;
  }, selection);
  return `{ ${inner} }`;
}

export function callOf(field: Field, argumentsOf: Arguments = () => undefined): string {
  const given =
    argumentsOf(field) ??
    field.args
      .filter(isRequiredArgument)
      .map((one) => `${one.name}: ${anyValue(one.type)}`)
      .join(', ');
  return given === '' ? field.name : `${field.name}(${given})`;
}

/** Some value of a type, so that only the missing token can be the reason of a refusal. With this text for every text. */
export function anyValue(type: GraphQLInputType, text = '"x"'): string {
  if (isNonNullType(type)) return anyValue(type.ofType, text);
  if (isListType(type)) return text === '"x"' ? '[]' : `[${anyValue(type.ofType, text)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? '';
  if (isInputObjectType(type)) {
    const wanted = Object.values(type.getFields()).filter(
      (field) => isRequiredInputField(field) || (text !== '"x"' && getNamedType(field.type).name !== type.name),
    );
    return `{ ${wanted.map((field) => `${field.name}: ${anyValue(field.type, text)}`).join(', ')} }`;
  }
  return SCALARS[type.name] ?? text;
}

const SCALARS: Readonly<Record<string, string>> = {
  Int: '1',
  Float: '1',
  Boolean: 'true',
  DateTime: '"2026-01-01T00:00:00Z"',
  JSON: '{}',
};
