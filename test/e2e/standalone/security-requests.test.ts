import { createHash } from 'node:crypto';
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

const ADMIN_TOKEN = 'a-token-that-must-not-be-seen-anywhere';
const PASSWORD = 'a-password-that-must-not-be-seen-anywhere';
/** Of whoever sends all this. */
const ADDRESS = '203.0.113.77';

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
  server = await startServer(environment, (line) => log.push(line), role, pino);
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

const body = (text: string, type = 'application/json', more = ''): string =>
  `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\n${more}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const line = (start: string, headers = ''): string =>
  `${start} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: ${ADDRESS}\r\n${headers}\r\n`;
const MUTATION = 'mutation { pauseAffiliatePartner(key: "shop") { userErrors { code } } }';
const HASH = createHash('sha256').update(MUTATION).digest('hex');
const inUrl = encodeURIComponent(MUTATION);
const authorized = `Authorization: Bearer ${ADMIN_TOKEN}\r\n`;

/** What attackers send, by the chapter of OWASP's list that it belongs to. */
const REQUESTS: readonly (readonly [name: string, bytes: string])[] = [
  // Paths that lead out of what is served.
  ...[
    '/../../../../etc/passwd',
    '/..%2f..%2f..%2fetc%2fpasswd',
    '/%2e%2e/%2e%2e/%2e%2e/etc/passwd',
    '/..%5c..%5cwindows%5cwin.ini',
    '/%252e%252e%252fetc%252fpasswd',
    '/go/../../../etc/passwd',
    '/go/..%2f..%2fpackage.json',
    '/admin/../../package.json',
    '/admin/%2e%2e%2f%2e%2e%2fpackage.json',
    '/admin/....//....//package.json',
    '/graphql/page/..%2f..%2f..%2fpackage.json',
    '/sign-in/../.env',
    '/.env',
    '/.git/config',
    '/%00',
    '/go/%00/x',
    '/go/%ff%fe',
    '/go/__proto__/constructor',
    '//evil.example/%2f..',
    '/\\evil.example',
  ].map((path) => [`a path out: ${path}`, line(`GET ${path}`)] as const),
  // Lines where a value should be.
  ['CRLF in a key', line('GET /go/x%0d%0aSet-Cookie:%20evil=1')],
  ['CRLF in a query that might be passed on', line('GET /go/shop?utm_source=%0d%0aSet-Cookie:%20evil=1')],
  ['CRLF in the id of the request', line('GET /robots.txt', 'X-Request-Id: a%0d%0aSet-Cookie: evil=1\r\n')],
  ['a bare LF in a header', line('GET /robots.txt', 'X-Request-Id: a\nSet-Cookie: evil=1\r\n')],
  ['a folded header', line('GET /robots.txt', 'X-Request-Id: a\r\n Set-Cookie: evil=1\r\n')],
  // Two readings of one request.
  [
    'two lengths',
    'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n{}GET /metrics HTTP/1.1\r\n\r\n',
  ],
  [
    'a length and chunks',
    `POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${line('GET /evil')}`,
  ],
  [
    'chunks named twice',
    'POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n',
  ],
  ['chunks with a space', 'POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n'],
  [
    'a chunk without end',
    'POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n',
  ],
  ['two hosts', 'GET /robots.txt HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n'],
  ['no host', 'GET /robots.txt HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['another host in the address', line('GET http://evil.example/robots.txt')],
  ['headers without end', line('GET /robots.txt', `X-Long: ${'a'.repeat(40_000)}\r\n`)],
  [
    'a thousand headers',
    line('GET /robots.txt', Array.from({ length: 3000 }, (_, index) => `X-${index}: 1\r\n`).join('')),
  ],
  ['no HTTP', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003'],
  ['TRACE', line('TRACE /graphql', authorized)],
  ['CONNECT', line('CONNECT evil.example:443')],
  ['a method of its own', line('GRAPHQL /graphql')],
  ['PUT', line('PUT /graphql')],
  ['another method inside', line('GET /session', 'X-HTTP-Method-Override: DELETE\r\n')],
  ['another address inside', line('GET /robots.txt', 'X-Original-URL: /metrics\r\nX-Rewrite-URL: /metrics\r\n')],
  // Bodies.
  [
    '50 MB',
    'POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 52428800\r\n\r\n{"query":"',
  ],
  [
    '50 MB to sign in',
    'POST /session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 52428800\r\n\r\n{"login":"',
  ],
  ['1 MB to sign in', body(`{"login":"${'a'.repeat(1_000_000)}","password":"x"}`).replace('/graphql', '/session')],
  ['deep JSON', body(`{"query":"{ __typename }","variables":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`)],
  [
    'a deep query',
    body(
      JSON.stringify({ query: `{ ${'tags { nodes { articles { nodes { '.repeat(50)} id ${'} } } }'.repeat(50)} }` }),
    ),
  ],
  [
    'a thousand aliases',
    body(
      JSON.stringify({
        query: `{ ${Array.from({ length: 1000 }, (_, index) => `a${index}: articles(first: 100) { nodes { html } }`).join(' ')} }`,
      }),
    ),
  ],
  [
    'fragments in a circle',
    body(JSON.stringify({ query: '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }' })),
  ],
  [
    'a prototype',
    body('{"query":"{ __typename }","variables":{"__proto__":{"isTrusted":true},"constructor":{"prototype":{"x":1}}}}'),
  ],
  ['no UTF-8', body('{"query":"\u00ff\u00fe"}')],
  ['no JSON', body('{"query":')],
  ['nothing', body('')],
  ['a list', body(`[${'{"query":"{ __typename }"},'.repeat(200)}{}]`)],
  ['a compressed body', body('\u001f\u008b\u0008', 'application/json', 'Content-Encoding: gzip\r\n')],
  ['a character set', body('{"query":"{ __typename }"}', 'application/json; charset=utf-7')],
  ['XML with an entity', body('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', 'application/xml')],
  // What another site can make a browser send.
  ['a mutation by GET', line(`GET /graphql?query=${inUrl}`, authorized)],
  [
    'a mutation by GET that claims to be none',
    line(`GET /graphql?query=${inUrl}&operationName=Query`, `${authorized}Apollo-Require-Preflight: true\r\n`),
  ],
  // Who may not execute it can have it remembered.
  [
    'a mutation that is registered',
    body(JSON.stringify({ query: MUTATION, extensions: { persistedQuery: { version: 1, sha256Hash: HASH } } })),
  ],
  [
    'a mutation by GET by its hash',
    line(
      `GET /graphql?extensions=${encodeURIComponent(`{"persistedQuery":{"version":1,"sha256Hash":"${HASH}"}}`)}`,
      authorized,
    ),
  ],
  ['a mutation as text', body(JSON.stringify({ query: MUTATION }), 'text/plain', authorized)],
  ['a mutation as a form', body(`query=${inUrl}`, 'application/x-www-form-urlencoded', authorized)],
  [
    'a mutation as a file',
    body(
      `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: MUTATION })}\r\n--b--\r\n`,
      'multipart/form-data; boundary=b',
      authorized,
    ),
  ],
  ['a mutation without a type', body(JSON.stringify({ query: MUTATION }), '', authorized)],
  [
    'a mutation with a cookie alone',
    body(JSON.stringify({ query: MUTATION }), 'application/json', `Cookie: waypost_session=${'a'.repeat(43)}\r\n`),
  ],
  [
    'a sign-in as a form',
    body('login=owner&password=x', 'application/x-www-form-urlencoded', 'Origin: https://evil.example\r\n').replace(
      '/graphql',
      '/session',
    ),
  ],
  [
    'a sign-in from another site',
    body(`{"login":"owner","password":"${PASSWORD}"}`, 'application/json', 'Sec-Fetch-Site: cross-site\r\n').replace(
      '/graphql',
      '/session',
    ),
  ],
  ['a sign-out from another site', line('DELETE /session', 'Origin: https://evil.example\r\n')],
  // Who one claims to be.
  [
    'Basic',
    line(
      'GET /graphql?query=%7B__typename%7D',
      `Authorization: Basic ${Buffer.from(`a:${PASSWORD}`).toString('base64')}\r\n`,
    ),
  ],
  [
    'a signed claim of nobody',
    body(
      JSON.stringify({ query: MUTATION }),
      'application/json',
      'Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzY29wZSI6ImFkbWluIn0.\r\n',
    ),
  ],
  ['a token in the address', line(`GET /graphql?query=${inUrl}&access_token=${ADMIN_TOKEN}`)],
  ['a long token', line('GET /graphql?query=%7B__typename%7D', `Authorization: Bearer ${'a'.repeat(8000)}\r\n`)],
  [
    'an operator for a password',
    body('{"login":{"$ne":null},"password":{"$ne":null}}').replace('/graphql', '/session'),
  ],
  [
    'a password that is long',
    body(`{"login":"owner","password":"${'a'.repeat(50_000)}"}`).replace('/graphql', '/session'),
  ],
  ['a link that is guessed', body(`{"token":"${'a'.repeat(43)}"}`).replace('/graphql', '/session/link')],
  ['a postback that is guessed', line('GET /postback/guessed?clickid=1&amount=1000000')],
];

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
      body(
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
