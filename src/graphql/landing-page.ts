import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** A file of the landing page. */
export interface LandingFile {
  readonly contentType: string;
  readonly body: Buffer;
}

const SAMPLE = `# Ctrl-Enter asks. The schema stands behind the book on the left.
{
  articles(first: 5) {
    nodes {
      path
      title
      contentUpdatedAt
      tags {
        name
      }
      placements {
        partnerKey
        href
      }
    }
  }
}
`;

/** Files of packages, by the name under which they are served. The packages need not be installed. */
const PACKAGED: Readonly<Record<string, readonly [packageName: string, path: string, contentType: string]>> = {
  'react.js': ['react', 'umd/react.production.min.js', 'text/javascript'],
  'react-dom.js': ['react-dom', 'umd/react-dom.production.min.js', 'text/javascript'],
  'graphiql.js': ['graphiql', 'graphiql.min.js', 'text/javascript'],
  'graphiql.css': ['graphiql', 'graphiql.min.css', 'text/css'],
};

const BEGIN = `const query = ${JSON.stringify(SAMPLE)};
const fetcher = (body, { headers } = {}) =>
  fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
    body: JSON.stringify(body),
  }).then((response) => response.json());
const page = React.createElement(GraphiQL, { fetcher, defaultQuery: query, shouldPersistHeaders: false });
ReactDOM.createRoot(document.getElementById('page')).render(page);
`;

const HTML = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Waypost GraphQL</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/graphql/page/graphiql.css">
    <link rel="stylesheet" href="/graphql/page/page.css">
  </head>
  <body>
    <div id="page"><p>GraphiQL is loading. If this stays, the packages graphiql, react and react-dom are not installed:
      <code>npm install graphiql@4 react@18 react-dom@18</code></p></div>
    <script src="/graphql/page/react.js"></script>
    <script src="/graphql/page/react-dom.js"></script>
    <script src="/graphql/page/graphiql.js"></script>
    <script src="/graphql/page/begin.js"></script>
  </body>
</html>
`;

const CSS = `html, body, #page { height: 100%; margin: 0; }\n#page > p { padding: 2rem; font: 1rem system-ui; }\n`;

/** Nothing is loaded from elsewhere, and nothing but these files runs. CodeMirror measures with styles of its own. */
export const LANDING_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const OWN: Readonly<Record<string, LandingFile>> = {
  '': { contentType: 'text/html', body: Buffer.from(HTML) },
  'begin.js': { contentType: 'text/javascript', body: Buffer.from(BEGIN) },
  'page.css': { contentType: 'text/css', body: Buffer.from(CSS) },
};

/**
 * GraphiQL, wholly from this machine: it works offline.
 * `name`: the part of its path after `/graphql/page/`; empty for the page itself. undefined where there is no such file.
 */
export async function findLandingFile(name: string): Promise<LandingFile | undefined> {
  const packaged = Object.hasOwn(PACKAGED, name) ? PACKAGED[name] : undefined;
  if (!packaged) return Object.hasOwn(OWN, name) ? OWN[name] : undefined;
  const [packageName, path, contentType] = packaged;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
    return { contentType, body: await readFile(join(dirname(manifest), path)) };
  } catch {
    return undefined;
  }
}
