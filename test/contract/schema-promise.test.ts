import { readFileSync } from 'node:fs';
import { rules } from '@graphql-eslint/eslint-plugin';
import graphqlEslint from '@graphql-eslint/eslint-plugin';
import { ESLint } from 'eslint';
import { buildSchema, DangerousChangeType, findBreakingChanges, findDangerousChanges } from 'graphql';
import { describe, expect, it } from 'vitest';

const SCHEMA = new URL('../../schema.graphql', import.meta.url);
/** The schema as it was last promised: of the last release. A release copies `schema.graphql` here. */
const PROMISED = new URL('promised-schema.graphql', import.meta.url);

describe('the schema', () => {
  it('breaks nothing of what was promised: deprecate, do not remove', () => {
    const [promised, current] = [PROMISED, SCHEMA].map((file) => buildSchema(readFileSync(file, 'utf8')));
    if (!promised || !current) throw new Error('There are two schemas to compare.');
    const changes = [
      ...findBreakingChanges(promised, current),
      // What a query means that was written before, and is valid still.
      ...findDangerousChanges(promised, current).filter(
        ({ type }) => type === DangerousChangeType.ARG_DEFAULT_VALUE_CHANGE,
      ),
    ];
    expect(changes.map(({ description }) => description)).toEqual([]);
  });

  it("keeps to Relay's rules, and gives a reason for each deprecation", async () => {
    const text = readFileSync(SCHEMA, 'utf8');
    const eslint = new ESLint({
      overrideConfigFile: true,
      overrideConfig: {
        files: ['**/*.graphql'],
        languageOptions: { parser: graphqlEslint.parser, parserOptions: { graphQLConfig: { schema: text } } },
        // Its types are of another version of ESLint's.
        plugins: { '@graphql-eslint': { rules } as unknown as ESLint.Plugin },
        rules: {
          '@graphql-eslint/relay-arguments': ['error', { includeBoth: true }],
          '@graphql-eslint/relay-connection-types': 'error',
          // What has no id of its own, such as a revision, is no Node; and there are lists without pages.
          '@graphql-eslint/relay-edge-types': [
            'error',
            { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
          ],
          '@graphql-eslint/relay-page-info': 'error',
          '@graphql-eslint/require-deprecation-reason': 'error',
          '@graphql-eslint/no-typename-prefix': 'error',
          '@graphql-eslint/no-unreachable-types': 'error',
          '@graphql-eslint/unique-enum-value-names': 'error',
          '@graphql-eslint/description-style': 'error',
        },
      },
    });
    const [result] = await eslint.lintText(text, { filePath: 'schema.graphql' });
    expect(result?.messages.map(({ line, ruleId, message }) => `${line} ${ruleId}: ${message}`)).toEqual([]);
  });
});
