import type { GraphQLNamedType } from 'graphql';
import { getNamedType, isInterfaceType, isObjectType } from 'graphql';
import { describe, expect, it } from 'vitest';
import { FOLLOWS_FEED, followsFeed } from '../../src/graphql/kept-fields.js';
import { committedSchema } from '../support/schema-paths.js';

const schema = committedSchema();

/** Reached from a field whose answers are kept, and never kept itself: each needs a scope, so that a stranger gets an error. */
const NOT_KEPT: Readonly<Record<string, 'all' | readonly string[]>> = {
  Article: ['revisions'],
  Placement: ['label', 'status', 'clicks'],
  ArticleRevisionConnection: 'all',
  ArticleRevisionEdge: 'all',
  ArticleRevision: 'all',
  // `node` finds them for those who may see them.
  AffiliatePartner: 'all',
  AffiliatePartnerTarget: 'all',
  ...{ ApiToken: 'all', Person: 'all', AuditEntry: 'all', Webhook: 'all', WebhookDelivery: 'all', IncomingFeed: 'all' },
};

/** Root fields that strangers may ask and whose answers are new each time, or that need a scope. */
const ROOTS_NOT_KEPT = [
  ...[
    'affiliatePartner',
    'affiliatePartners',
    'apiTokens',
    'articleRevisionDiff',
    'auditLog',
    'changes',
    'clickReport',
  ],
  ...['incomingFeeds', 'people', 'previewMarkdown', 'syncToken', 'webhook', 'webhookDeliveries', 'webhooks'],
];

function fieldsReached(): string[] {
  const reached = new Map<string, string[]>();
  const visit = (type: GraphQLNamedType): void => {
    if (reached.has(type.name) || !(isObjectType(type) || isInterfaceType(type))) return;
    const fields = Object.values(type.getFields());
    reached.set(
      type.name,
      fields.map(({ name }) => name),
    );
    if (isInterfaceType(type)) for (const possible of schema.getPossibleTypes(type)) visit(possible);
    for (const field of fields) visit(getNamedType(field.type));
  };
  const roots = schema.getQueryType()?.getFields() ?? {};
  for (const name of Object.keys(FOLLOWS_FEED['Query'] ?? {})) if (roots[name]) visit(getNamedType(roots[name].type));
  return [...reached].flatMap(([type, fields]) => fields.map((field) => `${type}.${field}`));
}

const notKept = (coordinate: string): boolean => {
  const [type = '', field = ''] = coordinate.split('.');
  const names = NOT_KEPT[type];
  return names === 'all' || (names?.includes(field) ?? false);
};

describe('answers that are kept', () => {
  it('have no field of which nobody says what makes it untrue (kept-fields.ts), or that it is never kept', () => {
    const undecided = fieldsReached().filter((one) => followsFeed([one]) === notKept(one));
    expect(undecided).toEqual([]);
  });

  it('have only fields that the schema has', () => {
    const listed = Object.entries(FOLLOWS_FEED).flatMap(([type, fields]) =>
      Object.keys(fields).map((field) => `${type}.${field}`),
    );
    const there = new Set([
      ...fieldsReached(),
      ...Object.keys(schema.getQueryType()?.getFields() ?? {}).map((one) => `Query.${one}`),
    ]);
    expect(listed.filter((one) => !there.has(one))).toEqual([]);
  });

  it('are decided on for every root field', () => {
    const roots = Object.keys(schema.getQueryType()?.getFields() ?? {});
    const decided = [...Object.keys(FOLLOWS_FEED['Query'] ?? {}), ...ROOTS_NOT_KEPT];
    expect(decided.sort()).toEqual(roots.sort());
  });
});
