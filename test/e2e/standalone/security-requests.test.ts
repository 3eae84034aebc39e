import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../src/config/environment.js';
import type { RunningServer } from '../../../src/main.js';
import { startServer } from '../../../src/main.js';
import { PinoLog } from '../../../src/observability/pino-log.service.js';
import { sendRaw } from '../../support/raw-http.js';
import { anyValue, committedSchema } from '../../support/schema-paths.js';
import type { TestDatabase } from '../../support/test-database.js';
import { createTestDatabase } from '../../support/test-database.js';
import { ADDRESS, ADMIN_TOKEN, PASSWORD, postOf, REQUESTS } from './hostile-requests.js';

let database: TestDatabase;
let client: pg.Client;
let folder: string;
let server: RunningServer;
let port: number;
const log: string[] = [];
const answers: string[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'waypost-attacked-'));
  const environment = readEnvironment(
    {
      PORT: '0',
      DATABASE_URL: database.url,
      WAYPOST_DATA_DIR: folder,
      WAYPOST_ADMIN_TOKEN: ADMIN_TOKEN,
      WAYPOST_TRUSTED_PROXIES: 'loopback',
      WAYPOST_REQUESTS_PER_ADDRESS: '0',
      WAYPOST_REQUESTS_PER_TOKEN: '0',
      WAYPOST_LOG_REQUESTS: 'true',
    },
    folder,
  );
  const role = {
    databaseUrl: database.url,
    isFirst: true,
    state: () => undefined,
    onWriter: () => undefined,
    onState: () => undefined,
  };
  const pino = new PinoLog({ level: 'debug', isPretty: false, write: (line) => log.push(line) });
  server = await startServer(environment, (line) => log.push(line), { role, log: pino });
  port = Number(new URL(server.url).port);
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await graphql(`
    mutation {
      createAffiliatePartner(input: { key: "shop", name: "Shop", destinationUrl: "https://shop.example/?tag=me" }) {
        userErrors {
          code
        }
      }
    }
  `);
  await graphql(`
    mutation {
      createArticle(
        input: { slug: "a", title: "A", source: "{{< aff \\"shop\\" >}}", status: PUBLISHED, tags: ["T"] }
      ) {
        userErrors {
          code
        }
      }
    }
  `);
});

afterAll(async () => {
  await client?.end();
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
  await database?.drop();
});

async function graphql(query: string, variables: object = {}): Promise<string> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ADMIN_TOKEN}`, 'x-forwarded-for': ADDRESS },
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  answers.push(text);
  return text;
}

/** Everything that lasts, as one text. */
async function everything(): Promise<string> {
  const { rows: tables } = await client.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'waypost' AND table_type = 'BASE TABLE'
        AND table_name !~ '^click' AND table_name <> ALL('{sign_in_failures,link_changes}') ORDER BY 1`,
  );
  const hashes = tables.map(
    ({ name }) =>
      `SELECT '${name} ' || md5(coalesce(string_agg(row::text, '' ORDER BY row::text), '')) FROM waypost.${name} AS row`,
  );
  const { rows } = await client.query<{ text: string }>(
    `SELECT string_agg(one, E'\\n') AS text FROM (${hashes.join(' UNION ALL ')}) AS every (one)`,
  );
  return rows[0]?.text ?? '';
}

const INTERNALS =
  /node_modules|\bat [^\n]*\(?(?:file:|\/)[^\n]*:\d+:\d+|\.[jt]s:\d+:\d+|postgres(?:ql)?:\/\/|root:x:0|syntax error at or near|relation "|"private":/;

/** Of what leaves the process. */
function expectNothingLeaked(text: string): void {
  expect(text).not.toMatch(INTERNALS);
  expect(text).not.toContain(ADMIN_TOKEN);
  expect(text).not.toContain(PASSWORD);
}

describe('what attackers send', () => {
  it(`is answered, changes nothing and leaks nothing: ${REQUESTS.length} requests`, { timeout: 240_000 }, async () => {
    const before = await everything();
    for (const [name, bytes] of REQUESTS) {
      const answer = await sendRaw(port, Buffer.from(bytes, 'latin1'));
      answers.push(answer);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'closed';
      expect([name, status]).toEqual([name, expect.stringMatching(/^(?:[234]\d\d|closed)$/)]);
      expect([name, /^set-cookie: *evil/im.test(answer)]).toEqual([name, false]);
      expect([name, /^HTTP\/1\.1/m.test(answer.slice(8))]).toEqual([name, false]);
      expectNothingLeaked(answer);
    }
    expect(await everything()).toBe(before);
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });

  it('does not believe a Host about where links lead', async () => {
    const answer = await sendRaw(
      port,
      postOf(
        '{"query":"{ articles { nodes { html } } }"}',
        'application/json',
        'X-Forwarded-Host: evil.example\r\n',
      ).replace('Host: x', 'Host: evil.example'),
    );
    expect(answer).toContain('/go/shop/');
    expect(answer).not.toContain('evil.example');
  });
});

const INJECTIONS = [
  `' OR '1'='1`,
  `'; DROP TABLE waypost.articles; --`,
  `\\'; SELECT pg_sleep(60); --`,
  '$1',
  `{{constructor.constructor('return process')()}}`,
  '${process.env}',
  '<script>alert(1)</script>',
  '../../../../etc/passwd',
  '%00%0d%0a',
  '\u0000',
  '\ud800',
  '__proto__',
  'a'.repeat(20_000),
];

const schema = committedSchema();

describe('an injection', () => {
  const fields = [
    ...Object.values(schema.getQueryType()?.getFields() ?? {}).map((field) => ['query', field] as const),
    // What makes something takes any text: it is kept as it came.
    ...Object.values(schema.getMutationType()?.getFields() ?? {})
      .filter(({ name }) => !name.startsWith('create'))
      .map((field) => ['mutation', field] as const),
  ].filter(([, { args }]) => args.length > 0);

  it.each(fields.map(([kind, field]) => [`${kind} ${field.name}`, kind, field] as const))(
    'in any text of %s is a text',
    { timeout: 120_000 },
    async (_name, kind, field) => {
      const before = await everything();
      const ask = async (text: string): Promise<void> => {
        const given = field.args
          .map((one) => `${one.name}: ${anyValue(one.type, JSON.stringify(text))}`)
          .filter((one) => !/^(?:first|last|before):/.test(one));
        const selection = /^\[?(?:ID|String)\b/.test(String(field.type)) ? '' : '{ __typename }';
        const answer = await graphql(`${kind} { ${field.name}(${given.join(', ')}) ${selection} }`);
        expect(answer).not.toContain('INTERNAL');
        expectNothingLeaked(answer);
      };
      await Promise.all(INJECTIONS.map(ask));
      expect(await everything()).toBe(before);
    },
  );

  it('in what is made is kept as it came', async () => {
    for (const [index, text] of INJECTIONS.slice(0, 8).entries()) {
      const answer = await graphql(
        `mutation ($name: String!) { createAffiliatePartner(input: { key: "kept_${index}", name: $name, destinationUrl: "https://kept.example/" }) { affiliatePartner { name } } }`,
        { name: text },
      );
      expect(JSON.parse(answer)).toEqual({ data: { createAffiliatePartner: { affiliatePartner: { name: text } } } });
    }
  });
});

describe('after all this', () => {
  it('no log line and no answer holds a token, a password, an address or a stack', () => {
    expect(log.length).toBeGreaterThan(REQUESTS.length / 2);
    for (const line of [...log, ...answers]) {
      expectNothingLeaked(line);
      expect(line).not.toContain(ADDRESS);
    }
    expect(log.join('\n')).not.toMatch(/utm_source|guessed/);
  });
});
