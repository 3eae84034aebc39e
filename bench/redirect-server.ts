import { createServer } from 'node:http';
import { AddressNetworks, parseTrustedProxies } from '../src/clicks/client-address.js';
import { noClicksCounted, type ClickLog } from '../src/clicks/click-log.js';
import { VisitorHasher } from '../src/clicks/visitor-hash.js';
import { compileDestination } from '../src/redirects/destination-url.js';
import { LinkDirectory } from '../src/redirects/link-directory.js';
import { PlacementIds } from '../src/redirects/placement-ids.js';
import { RedirectEngine } from '../src/redirects/redirect-engine.service.js';
import { createRedirectHandler } from '../src/redirects/redirect-handler.js';
import { benchPartners, type BenchMode } from './redirect-load.js';

/** One server of the comparison, in a process of its own. Told what to be by its arguments: mode, data directory, database URL, NATS URL or nothing, how long the drain yields. */
const [mode, dataDirectory = '', databaseUrl = '', natsUrl = '', maxYieldMs = '60000'] = process.argv.slice(2);

type Handler = Parameters<typeof createServer>[1] & object;
type Server = { readonly handler: Handler; readonly report: () => unknown; readonly stop: () => Promise<void> };

const nothing = async (): Promise<void> => undefined;

async function createBenchServer(kind: BenchMode): Promise<Server> {
  if (kind === 'bare') return { handler: bareHandler, report: () => ({}), stop: nothing };
  if (kind === 'unrecorded') return unrecordedServer();
  const engine = await RedirectEngine.open({
    databaseUrl,
    dataDirectory,
    ownOrigins: () => [],
    trustedProxies: parseTrustedProxies('loopback'),
    durability: kind === 'memory' ? 'memory' : 'durable',
    ...(natsUrl === '' ? {} : { natsUrl }),
    drainPace: { maxYieldMs: Number(maxYieldMs) },
    onProblem: (sentence) => console.error(sentence),
  });
  await engine.start();
  return {
    handler: (request, response) => {
      engine.handle(request, response);
    },
    report: () => engine.state(),
    stop: () => engine.stop(),
  };
}

/** The limit: what Node itself can do. */
const bareHandler: Handler = (_request, response) => {
  response.writeHead(302, ['Location', 'https://shop.example/offer?tag=owner-21', 'Content-Length', '0']);
  response.end();
};

function unrecordedServer(): Server {
  const log: ClickLog = {
    append: (_click, receipt) => receipt.settle('logged'),
    counters: noClicksCounted(),
    problem: undefined,
    close: nothing,
  };
  const directory = LinkDirectory.of(
    benchPartners().map(({ key, destinationUrl, placementId }) => ({
      key,
      isPaused: false,
      startsAtMs: -Infinity,
      endsAtMs: Infinity,
      destination: compileDestination({
        url: destinationUrl,
        network: 'custom',
        subIdTemplate: 'sid={placement}',
        passthrough: [],
      }),
      fallback: undefined,
      targets: [],
      placements: PlacementIds.of([placementId]),
    })),
  );
  const hasher = new VisitorHasher(new Uint8Array(16));
  const handle = createRedirectHandler({
    directory: () => directory,
    log,
    hashVisitor: (address, userAgent) => hasher.hash(address, userAgent),
    countryOf: () => '',
    deviceOf: () => 'desktop',
    trustedProxies: parseTrustedProxies('loopback'),
    ownAddresses: AddressNetworks.parse([]),
  });
  return {
    handler: (request, response) => {
      handle(request, response);
    },
    report: () => ({}),
    stop: nothing,
  };
}

const server = await createBenchServer(mode as BenchMode);
const http = createServer(server.handler);
http.listen(0, '127.0.0.1', () => process.send?.({ port: (http.address() as { port: number }).port }));
process.on('message', (message: { kind: string }) => {
  if (message.kind === 'report') {
    const { user, system } = process.cpuUsage();
    process.send?.({
      report: server.report(),
      memoryMb: process.memoryUsage().rss / 1e6,
      heapMb: process.memoryUsage().heapUsed / 1e6,
      cpuMs: (user + system) / 1000,
    });
  }
});
process.on('disconnect', () => process.exit(1));
process.on('SIGTERM', () => {
  http.close();
  http.closeAllConnections();
  void server.stop().then(() => process.exit(0));
});
