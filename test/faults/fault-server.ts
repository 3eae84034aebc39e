import { createServer } from 'node:http';
import { join } from 'node:path';
import { parseTrustedProxies } from '../../src/clicks/client-address.js';
import { RedirectEngine } from '../../src/redirects/redirect-engine.service.js';
import { limitFolder } from './small-disk.js';

/** A Waypost that serves links and nothing else, in a process that a test can kill. Arguments: data directory, database URL, NATS URL or nothing, bytes that the disk of the click log has or nothing. */
const [dataDirectory = '', databaseUrl = '', natsUrl = '', logDiskBytes = ''] = process.argv.slice(2);
if (logDiskBytes !== '') limitFolder(join(dataDirectory, 'clicks'), Number(logDiskBytes));

const realNow = Date.now;
let clockShiftMs = 0;
Date.now = () => realNow() + clockShiftMs;

const engine = await RedirectEngine.open({
  databaseUrl,
  dataDirectory,
  ownOrigins: () => [],
  trustedProxies: parseTrustedProxies('loopback'),
  clickIdHeader: 'X-Click-Id',
  ...(natsUrl === '' ? {} : { natsUrl }),
  onProblem: (sentence) => process.send?.({ kind: 'problem', sentence }),
});
const server = createServer((request, response) => {
  if (!engine.handle(request, response)) response.writeHead(404).end();
});
// Links that an earlier run has kept are served without the database.
const started = engine.start();
if (!engine.hasKeptLinks) await started;
server.listen(0, '127.0.0.1', () =>
  process.send?.({ kind: 'listening', port: (server.address() as { port: number }).port }),
);

process.on('message', (message: { kind: string; shiftMs?: number }) => {
  if (message.kind === 'clock') clockShiftMs = message.shiftMs ?? 0;
  else if (message.kind === 'state') process.send?.({ kind: 'state', state: engine.state() });
});
process.on('disconnect', () => process.exit(1));
process.on('SIGTERM', () => {
  server.close();
  server.closeIdleConnections();
  void engine.stop().then(() => process.exit(0));
});
