import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import type { GraphQLArgument, GraphQLObjectType, GraphQLOutputType } from 'graphql';
import {
  buildSchema,
  getIntrospectionQuery,
  getNamedType,
  getOperationAST,
  isInputObjectType,
  isObjectType,
  parse,
  validate,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import type { QueryMeasures } from './measure-query.service.js';
import { measureQuery } from './measure-query.service.js';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

function measure(text: string, variables: Record<string, unknown> = {}): QueryMeasures {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('There is no operation.');
  return measureQuery(schema, document, operation, variables);
}

describe('what a query is measured by', () => {
  it.each([
    ['{ syncToken }', { depth: 1, aliases: 0, cost: 1 }],
    ['{ articles(first: 50) { nodes { title slug } } }', { depth: 3, cost: 1 + 1 + 50 * 2, pageSize: 50 }],
    ['{ articles(last: 50) { edges { node { title } } } }', { depth: 4, cost: 1 + 1 + 50 * 2, pageSize: 50 }],
    ['{ articles { nodes { title } totalCount } }', { cost: 1 + 1 + 20 + 1, pageSize: 0 }],
    // A smaller page than the usual one is no cheaper than none that is named.
    ['{ articles(first: 1) { nodes { title } } }', { cost: 1 + 1 + 20 }],
    ['{ articles(first: 0) { nodes { title } } }', { cost: 1 + 1 + 20 }],
    ['{ articles(first: -5) { nodes { title } } }', { cost: 1 + 1 + 20 }],
    ['{ tags { nodes { articles(first: 30) { nodes { title } } } } }', { cost: 1 + 1 + 20 * (1 + 1 + 30) }],
    ['{ articles { nodes { tags { name } } } }', { cost: 1 + 1 + 20 * (1 + 10) }],
    ['{ changes(since: "") { nodes { id } } }', { cost: 1 + 1 + 100, pageSize: 0 }],
    ['{ articles(first: 1) { nodes { related { title } } } }', { cost: 1 + 1 + 20 * (1 + 20), pageSize: 1 }],
    [
      '{ articles(first: 1) { nodes { related(first: 40) { tags { name } } } } }',
      { cost: 2 + 20 * (1 + 40 * (1 + 10)) },
    ],
    ['{ clickReport(input: {}) { rows { clicks } hasMore } }', { cost: 1 + 1 + 100 + 1, pageSize: 0 }],
    ['{ clickReport(input: { first: 500 }) { rows { clicks } } }', { cost: 1 + 1 + 500, pageSize: 0 }],
    [
      'query ($i: ClickReportInput = { first: 300 }) { clickReport(input: $i) { rows { clicks } } }',
      { cost: 1 + 1 + 300 },
    ],
    [
      'query ($n: Int = 300) { clickReport(input: { first: $n }) { rows { article { title } } } }',
      { cost: 2 + 300 * 2 },
    ],
    ['{ nodes(ids: ["a", "b"]) { id } }', { cost: 1 + 10 }],
    [`{ nodes(ids: ${JSON.stringify(Array.from({ length: 60 }, String))}) { id } }`, { cost: 1 + 60 }],
    ['{ a: syncToken b: syncToken }', { aliases: 2 }],
    ['query ($n: Int = 40) { articles(first: $n) { nodes { title } } }', { cost: 1 + 1 + 40 }],
    [
      '{ ...A ...A } fragment A on Query { a: syncToken }',
      { aliases: 2, cost: 2, fields: new Set(['Query.syncToken']) },
    ],
  ])('of %s', (text, expected) => {
    expect(measure(text)).toMatchObject(expected);
  });

  it('knows pages whose size is a variable', () => {
    const text = 'query ($n: Int) { articles(first: $n) { nodes { title } } }';
    expect(measure(text, { n: 70 }).cost).toBe(1 + 1 + 70);
    expect(measure(text).cost).toBe(1 + 1 + 20);
  });

  it.each([
    [{ ids: Array.from({ length: 30 }, String) }, 1 + 30],
    [{ ids: 'one' }, 1 + 10],
    [{}, 1 + 10],
  ])('knows the number of ids in a variable: %j', (variables, cost) => {
    expect(measure('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', variables).cost).toBe(cost);
  });

  it('lets through what reads the whole schema', () => {
    const introspection = measure(getIntrospectionQuery());
    expect(introspection.depth).toBe(1);
    expect(introspection.cost).toBeLessThan(500);
  });

  it('counts fragments that spread each other in twos, in no time', () => {
    const levels = Array.from({ length: 200 }, (_none, index) => {
      return `fragment F${index} on Query { ...F${index + 1} ...F${index + 1} }`;
    });
    const { cost, aliases } = measure(`{ ...F0 } ${levels.join(' ')} fragment F200 on Query { a: syncToken }`);
    expect(aliases).toBe(2 ** 200);
    expect(cost).toBe(2 ** 200);
  });

  it('ends for fragments in a circle', () => {
    expect(measure('{ ...A } fragment A on Query { syncToken ...A }').cost).toBe(1);
  });
});

type Named = Pick<GraphQLArgument, 'name' | 'type'>;

/** Every field, with a fragment that asks for it and what stands below. */
const FIELDS = Object.values(schema.getTypeMap())
  .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
  .flatMap((type) =>
    Object.values((type as GraphQLObjectType).getFields()).map((field) => ({
      field,
      path: `${type.name}.${field.name}`,
      above: (args: string) => `{ ... on ${type.name} { ${field.name}${args} ${wholeSelection(field.type)} } }`,
    })),
  );

/** Down to the first list that has leaves. */
function wholeSelection(type: GraphQLOutputType, depth = 3): string {
  const named = getNamedType(type);
  if (!isObjectType(named)) return '';
  const below = Object.values(named.getFields()).filter(
    ({ type: inner, args }) => args.length === 0 && isObjectType(getNamedType(inner)) && depth > 1,
  );
  return `{ __typename ${below.map(({ name, type: inner }) => `${name} ${wholeSelection(inner, depth - 1)}`).join(' ')} }`;
}

/** Ways to write an argument with an input of this name in it; what else is required is left out: it is not validated. */
function waysTo(name: string, { name: own, type }: Named, above: readonly string[] = []): ((size: number) => string)[] {
  if (own === name) return [(size) => `${name}: ${size}`];
  const named = getNamedType(type);
  if (!isInputObjectType(named) || above.includes(named.name)) return [];
  return Object.values(named.getFields())
    .flatMap((field) => waysTo(name, field, [...above, named.name]))
    .map((way) => (size: number) => `${own}: { ${way(size)} }`);
}

/** Any selection below a type, as text. */
function selection(type: GraphQLOutputType, depth: number): fc.Arbitrary<string> {
  const named = getNamedType(type);
  if (!isObjectType(named)) return fc.constant('');
  const fields = Object.values(named.getFields()).filter(
    (field) => depth > 1 || !isObjectType(getNamedType(field.type)),
  );
  if (fields.length === 0) return fc.constant('{ __typename }');
  const field = fc.constantFrom(...fields).chain((one) => {
    const paged = one.args.some(({ name }) => name === 'first');
    const page = paged ? fc.constantFrom('', '(first: 0)', '(first: 3)', '(last: 60)', '(first: -9)') : fc.constant('');
    const directive = fc.constantFrom('', ' @skip(if: true)', ' @include(if: false)');
    return fc
      .tuple(page, directive, selection(one.type, depth - 1))
      .map(([args, skipped, below]) => `${one.name}${args}${skipped} ${below}`);
  });
  return fc.array(field, { minLength: 1, maxLength: 4 }).map((lines) => `{ ${lines.join('\n')} }`);
}

/** A field that takes `first`, with nothing said of it. */
const SIZED = new RegExp(
  `\\b(${Object.values(schema.getTypeMap())
    .flatMap((type) => (isObjectType(type) ? Object.values(type.getFields()) : []))
    .filter(({ args }) => args.some(({ name }) => name === 'first'))
    .map(({ name }) => name)
    .join('|')}) (?!@)`,
  'g',
);
const query = selection(schema.getQueryType() as GraphQLOutputType, 5);
const costOf = (text: string): number => measure(text).cost;

/** `text` with one of its places changed, whichever. */
function changed(text: string, pattern: RegExp, replacement: string, seed: number): string {
  const places = [...text.matchAll(pattern)];
  const place = places[seed % Math.max(1, places.length)];
  return place ? text.slice(0, place.index) + text.slice(place.index).replace(pattern, replacement) : text;
}

describe('the cost of a query', () => {
  it('is never lowered by one more field', () => {
    fc.assert(
      fc.property(query, fc.nat(), (text, seed) => {
        expect(costOf(changed(text, /\{/g, '{ __typename ', seed))).toBeGreaterThan(costOf(text));
        const twice = changed(text, /\{ (\w+) /g, '{ x: $1 __typename $1 ', seed);
        expect(costOf(twice)).toBeGreaterThanOrEqual(costOf(text));
      }),
    );
  });

  it('is never lowered by a directive', () => {
    fc.assert(
      fc.property(query, fc.constantFrom('@skip(if: true)', '@include(if: false)'), (text, directive) => {
        expect(costOf(text.replaceAll('{', `${directive} {`).replace(`${directive} `, ''))).toBe(costOf(text));
      }),
    );
  });

  it('is never lowered by a field with whatever stands below it, wherever it stands', () => {
    const article = selection(schema.getType('Article') as GraphQLOutputType, 3);
    const around = fc.constantFrom(
      (inner: string) => `{ articles(first: 30) { nodes ${inner} } }`,
      (inner: string) => `{ tags { nodes { articles(last: 7) { edges { node ${inner} } } } } }`,
      (inner: string) => `{ article(slug: "a") { related(first: 3) ${inner} } }`,
      (inner: string) => `{ nodes(ids: ["a"]) { ... on Article ${inner} } }`,
    );
    fc.assert(
      fc.property(around, article, article, (put, one, other) => {
        const both = costOf(put(`{ ...on Article ${one} ...on Article ${other} }`));
        expect(both).toBeGreaterThan(costOf(put(one)));
        expect(both).toBeGreaterThan(costOf(put(other)));
      }),
    );
  });

  it('is never lowered by an argument, be it a variable or not', () => {
    const size = fc.oneof(fc.integer(), fc.constantFrom(null, undefined, 'x', Infinity));
    fc.assert(
      fc.property(query, size, fc.constantFrom('first', 'last'), fc.nat(), (text, number, name, seed) => {
        const bare = text.replaceAll(/\((?:first|last): -?\d+\)/g, '');
        const sized = (value: string) => changed(bare, SIZED, `$1(${name}: ${value}) `, seed);
        if (Number.isInteger(number)) expect(costOf(sized(String(number)))).toBeGreaterThanOrEqual(costOf(bare));
        const variable = measure(`query ($n: Int) ${sized('$n')}`, { n: number });
        expect(variable.cost).toBeGreaterThanOrEqual(costOf(bare));
      }),
    );
  });

  it('rises with every `first` of the schema, however deep in an input it stands, and is never lowered by one', () => {
    const sized = FIELDS.flatMap(({ field, path, above }) =>
      field.args.flatMap((argument) => waysTo('first', argument).map((way) => ({ path, above, way }))),
    );
    expect(sized.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['Query.articles', 'Article.related', 'Query.clickReport']),
    );
    for (const { path, above, way } of sized) {
      const asked = (size: number): number => costOf(above(`(${way(size)})`));
      expect([path, asked(5000) - asked(500)]).toEqual([path, expect.toSatisfy((more) => more >= 4500)]);
      const least = costOf(above(''));
      fc.assert(fc.property(fc.integer(), (size) => asked(size) >= least));
    }
  });

  it('is never lowered by asking for the schema, and the same by any other name', () => {
    fc.assert(
      fc.property(query, (text) => {
        const schemaToo = text.replace(
          '{',
          '{ __schema { types { name fields { name } } } __type(name: "A") { kind } ',
        );
        expect(costOf(schemaToo)).toBeGreaterThan(costOf(text));
        expect(costOf(text.replaceAll(/([{\n]\s*)(\w+)/g, '$1other: $2'))).toBe(costOf(text));
      }),
    );
  });

  it('is the same through fragments', () => {
    fc.assert(
      fc.property(query, (text) => {
        expect(costOf(`{ ...All ... { __typename } } fragment All on Query ${text}`)).toBe(costOf(text) + 1);
        expect(costOf(`{ ... on Query @skip(if: true) ${text} ... @include(if: false) ${text} }`)).toBe(
          2 * costOf(text),
        );
      }),
    );
  });

  it('is asked of documents that GraphQL knows', () => {
    expect(validate(schema, parse('{ articles(first: 3) @skip(if: true) { nodes { tags { name } } } }'))).toEqual([]);
  });
});
