import { relative } from 'node:path';
import type { Environment } from './environment.js';

const READY = 'Waypost is ready on';

export interface SampleSummary {
  readonly slug: string;
  readonly partnerKey: string;
  readonly placementId: string;
}

export interface ReadyFacts {
  readonly url: string;
  readonly environment: Environment;
  /** undefined: the token came from the environment or was made before. */
  readonly tokenFile: string | undefined;
  /** The sample article, where it is there. */
  readonly sample: SampleSummary | undefined;
  readonly workingDirectory: string;
}

/** As against what is told before that: that Postgres is waited for, say. */
export function isReadyText(text: string): boolean {
  return text.startsWith(READY);
}

/** What a person needs next, and nothing else. The ready line stands first, alone, for scripts. */
export function readyText(facts: ReadyFacts): string {
  const { url, environment, sample } = facts;
  const place = relative(facts.workingDirectory, environment.dataDirectory) || '.';
  const lines = [
    `${READY} ${url}`,
    '',
    `  GraphQL        ${url}/graphql${environment.production ? '' : '   (open it in a browser to explore)'}`,
  ];
  if (sample) {
    lines.push(
      '',
      '  An article, its tracked links and who earns (paste it):',
      '',
      `    curl -s ${url}/graphql -H 'content-type: application/json' -d \\`,
      `      '{"query":"{ article(slug: \\"${sample.slug}\\") { title html updatedAt placements { partnerKey href } } }"}'`,
      '',
      '  Follow a tracked link, and the click is counted:',
      '',
      `    curl -si -A 'Mozilla/5.0 (X11; Linux x86_64)' -H 'accept: text/html' ${url}/go/${sample.partnerKey}/${sample.placementId}`,
    );
  }
  if (facts.tokenFile !== undefined) {
    const file = relative(facts.workingDirectory, facts.tokenFile);
    lines.push('', `  First token    ${file}   (every scope; only you can read it)`);
    if (sample) {
      lines.push(
        '',
        '  Clicks by partner and by article:',
        '',
        `    curl -s ${url}/graphql -H "authorization: Bearer $(cat ${file})" -H 'content-type: application/json' -d \\`,
        `      '{"query":"{ clickReport(input: { groupBy: [PARTNER, ARTICLE] }) { rows { partnerKey article { slug } clicks } } }"}'`,
      );
    }
  }
  const database =
    environment.databaseUrl === undefined
      ? `${place}/   (embedded Postgres; backup: npm run -s waypost -- backup FILE)`
      : 'the database of DATABASE_URL';
  lines.push('', `  Data           ${database}`, '  Stop           Ctrl-C', '');
  return lines.join('\n');
}
