import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../../support/test-app.js';
import { startTestApp } from '../../support/test-app.js';

/** What the specification leaves open, and we do otherwise. Each has its reason; one that starts to pass has to leave the list. */
const OTHERWISE: Readonly<Record<string, string>> = {};

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp();
});

afterAll(() => waypost.close());

describe('GraphQL over HTTP', () => {
  const audits = serverAudits({ url: () => `${waypost.url}/graphql` });

  it.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_name, audit) => {
    const result = await audit.fn();
    const reason = result.status === 'ok' ? undefined : result.reason;
    expect([result.status, reason]).toEqual(OTHERWISE[audit.id] ? ['warn', expect.anything()] : ['ok', undefined]);
  });
});
