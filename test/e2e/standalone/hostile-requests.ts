import { createHash } from 'node:crypto';

export const ADMIN_TOKEN = 'a-token-that-must-not-be-seen-anywhere';
export const PASSWORD = 'a-password-that-must-not-be-seen-anywhere';
/** Of whoever sends all this. */
export const ADDRESS = '203.0.113.77';

/** A POST of this text as the body of a GraphQL request. `more`: further headers. */
export const postOf = (text: string, type = 'application/json', more = ''): string =>
  `POST /graphql HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: ${type}\r\n${more}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
const line = (start: string, headers = ''): string =>
  `${start} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: ${ADDRESS}\r\n${headers}\r\n`;
const MUTATION = 'mutation { pauseAffiliatePartner(key: "shop") { userErrors { code } } }';
const HASH = createHash('sha256').update(MUTATION).digest('hex');
const inUrl = encodeURIComponent(MUTATION);
const authorized = `Authorization: Bearer ${ADMIN_TOKEN}\r\n`;

/** What attackers send, by the chapter of OWASP's list that it belongs to. */
export const REQUESTS: readonly (readonly [name: string, bytes: string])[] = [
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
  ['1 MB to sign in', postOf(`{"login":"${'a'.repeat(1_000_000)}","password":"x"}`).replace('/graphql', '/session')],
  ['deep JSON', postOf(`{"query":"{ __typename }","variables":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`)],
  [
    'a deep query',
    postOf(
      JSON.stringify({ query: `{ ${'tags { nodes { articles { nodes { '.repeat(50)} id ${'} } } }'.repeat(50)} }` }),
    ),
  ],
  [
    'a thousand aliases',
    postOf(
      JSON.stringify({
        query: `{ ${Array.from({ length: 1000 }, (_, index) => `a${index}: articles(first: 100) { nodes { html } }`).join(' ')} }`,
      }),
    ),
  ],
  [
    'fragments in a circle',
    postOf(JSON.stringify({ query: '{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }' })),
  ],
  [
    'a prototype',
    postOf(
      '{"query":"{ __typename }","variables":{"__proto__":{"isTrusted":true},"constructor":{"prototype":{"x":1}}}}',
    ),
  ],
  ['no UTF-8', postOf('{"query":"\u00ff\u00fe"}')],
  ['no JSON', postOf('{"query":')],
  ['nothing', postOf('')],
  ['a list', postOf(`[${'{"query":"{ __typename }"},'.repeat(200)}{}]`)],
  ['a compressed body', postOf('\u001f\u008b\u0008', 'application/json', 'Content-Encoding: gzip\r\n')],
  ['a character set', postOf('{"query":"{ __typename }"}', 'application/json; charset=utf-7')],
  ['XML with an entity', postOf('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', 'application/xml')],
  // What another site can make a browser send.
  ['a mutation by GET', line(`GET /graphql?query=${inUrl}`, authorized)],
  [
    'a mutation by GET that claims to be none',
    line(`GET /graphql?query=${inUrl}&operationName=Query`, `${authorized}Apollo-Require-Preflight: true\r\n`),
  ],
  // Who may not execute it can have it remembered.
  [
    'a mutation that is registered',
    postOf(JSON.stringify({ query: MUTATION, extensions: { persistedQuery: { version: 1, sha256Hash: HASH } } })),
  ],
  [
    'a mutation by GET by its hash',
    line(
      `GET /graphql?extensions=${encodeURIComponent(`{"persistedQuery":{"version":1,"sha256Hash":"${HASH}"}}`)}`,
      authorized,
    ),
  ],
  ['a mutation as text', postOf(JSON.stringify({ query: MUTATION }), 'text/plain', authorized)],
  ['a mutation as a form', postOf(`query=${inUrl}`, 'application/x-www-form-urlencoded', authorized)],
  [
    'a mutation as a file',
    postOf(
      `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: MUTATION })}\r\n--b--\r\n`,
      'multipart/form-data; boundary=b',
      authorized,
    ),
  ],
  ['a mutation without a type', postOf(JSON.stringify({ query: MUTATION }), '', authorized)],
  [
    'a mutation with a cookie alone',
    postOf(JSON.stringify({ query: MUTATION }), 'application/json', `Cookie: waypost_session=${'a'.repeat(43)}\r\n`),
  ],
  [
    'a sign-in as a form',
    postOf('login=owner&password=x', 'application/x-www-form-urlencoded', 'Origin: https://evil.example\r\n').replace(
      '/graphql',
      '/session',
    ),
  ],
  [
    'a sign-in from another site',
    postOf(`{"login":"owner","password":"${PASSWORD}"}`, 'application/json', 'Sec-Fetch-Site: cross-site\r\n').replace(
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
    postOf(
      JSON.stringify({ query: MUTATION }),
      'application/json',
      'Authorization: Bearer eyJhbGciOiJub25lIn0.eyJzY29wZSI6ImFkbWluIn0.\r\n',
    ),
  ],
  ['a token in the address', line(`GET /graphql?query=${inUrl}&access_token=${ADMIN_TOKEN}`)],
  ['a long token', line('GET /graphql?query=%7B__typename%7D', `Authorization: Bearer ${'a'.repeat(8000)}\r\n`)],
  [
    'an operator for a password',
    postOf('{"login":{"$ne":null},"password":{"$ne":null}}').replace('/graphql', '/session'),
  ],
  [
    'a password that is long',
    postOf(`{"login":"owner","password":"${'a'.repeat(50_000)}"}`).replace('/graphql', '/session'),
  ],
  ['a link that is guessed', postOf(`{"token":"${'a'.repeat(43)}"}`).replace('/graphql', '/session/link')],
  ['a postback that is guessed', line('GET /postback/guessed?clickid=1&amount=1000000')],
];
