import { readFile, writeFile } from 'node:fs/promises';
import { GraphQLSchemaBuilderModule, GraphQLSchemaFactory } from '@nestjs/graphql';
import { Test } from '@nestjs/testing';
import type { GraphQLSchema } from 'graphql';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { ACCESS } from '../../src/auth/access.guard.js';
import { describeRoots } from '../../src/graphql/root-types.service.js';
import { waypostResolvers } from '../../src/waypost.module.js';

const COMMITTED = new URL('../../schema.graphql', import.meta.url);

let schema: GraphQLSchema;

beforeAll(async () => {
  const module = await Test.createTestingModule({ imports: [GraphQLSchemaBuilderModule] }).compile();
  const built = await module.get(GraphQLSchemaFactory).create(waypostResolvers as (new () => unknown)[]);
  schema = lexicographicSortSchema(describeRoots(built));
});

describe('the schema', () => {
  it('is the one in schema.graphql (npm run schema writes it)', async () => {
    const printed = `${printSchema(schema)}\n`;
    if (process.env['UPDATE_SCHEMA'] === 'true') await writeFile(COMMITTED, printed);
    expect(printed).toBe(await readFile(COMMITTED, 'utf8'));
  });

  it('describes every type, field, argument and value', () => {
    const missing: string[] = [];
    const check = (name: string, described: { description?: string | null }): void => {
      if (!described.description) missing.push(name);
    };
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) {
        continue;
      }
      check(type.name, type);
    }
    for (const type of Object.values(schema.getTypeMap())) {
      if (type.name.startsWith('__')) continue;
      if (isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)) {
        for (const field of Object.values(type.getFields())) {
          check(`${type.name}.${field.name}`, field);
          if ('args' in field) for (const one of field.args) check(`${type.name}.${field.name}(${one.name})`, one);
        }
      }
      if (isEnumType(type)) {
        for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
      }
    }
    expect(missing).toEqual([]);
  });

  it('has a door at every query and mutation', () => {
    const open: string[] = [];
    for (const resolver of waypostResolvers as (new () => object)[]) {
      for (const name of Object.getOwnPropertyNames(resolver.prototype)) {
        const method = (resolver.prototype as Record<string, unknown>)[name];
        if (typeof method !== 'function') continue;
        const isRoot = ['Query', 'Mutation'].includes(String(Reflect.getMetadata('graphql:resolver_type', method)));
        if (isRoot && Reflect.getMetadata(ACCESS, method) === undefined) open.push(`${resolver.name}.${name}`);
      }
    }
    expect(open).toEqual([]);
  });
});
