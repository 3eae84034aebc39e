import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import autocannon from 'autocannon';

export type BenchMode = 'bare' | 'unrecorded' | 'durable' | 'memory' | 'nats';

export interface BenchPartner {
  readonly key: string;
  readonly destinationUrl: string;
  readonly placementId: string;
}

const partnerCount = 1000;

export const benchPartners = (): BenchPartner[] =>
  Array.from({ length: partnerCount }, (_, index) => ({
    key: `partner_${index}`,
    destinationUrl: `https://shop${index}.example/offer?tag=owner-21&item=${index}`,
    placementId: `b${index.toString(16).padStart(11, '0')}`,
  }));

export const benchUserAgents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
  'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
  'Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36',
  'Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
];

/** What a browser sends along. */
const headersOf = (userAgent: string, page: number): Record<string, string> => ({
  'User-Agent': userAgent,
  Accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8',
  'Accept-Encoding': 'gzip, deflate, br, zstd',
  'Accept-Language': 'en-US,en;q=0.9',
  Referer: `https://blog.example.org/articles/${page}`,
  'Sec-Fetch-Dest': 'document',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Site': 'same-origin',
  'Upgrade-Insecure-Requests': '1',
});

export interface LoadResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  readonly failures: number;
}

export type Load = (port: number, connections: number, seconds: number) => Promise<LoadResult>;

/** wrk where it is installed: it leaves most of the machine to the server. Else autocannon, which takes about as much as the server does. */
export async function chooseLoad(directory: string): Promise<{ readonly name: string; readonly load: Load }> {
  const hasWrk = await promisify(execFile)('wrk', ['-v']).then(
    () => true,
    (error: { code?: unknown }) => error.code !== 'ENOENT',
  );
  if (!hasWrk) return { name: 'autocannon', load: loadWithAutocannon };
  const script = join(directory, 'load.lua');
  await writeFile(script, wrkScript());
  return { name: 'wrk', load: (port, connections, seconds) => loadWithWrk(script, port, connections, seconds) };
}

/** Each request has an address of its own, so that nearly every one is another visitor's. */
function wrkScript(): string {
  const requests = Array.from({ length: 20_000 }, (_, index) => {
    const partner = benchPartners()[(index * 7919) % partnerCount] as BenchPartner;
    const headers = Object.entries(headersOf(benchUserAgents[index % benchUserAgents.length] ?? '', index % 50))
      .map(([name, value]) => `${name}: ${value}\\r\\n`)
      .join('');
    return [partner, headers] as const;
  });
  const headerBlocks = [...new Set(requests.map(([, headers]) => headers))];
  return `
local blocks = {${headerBlocks.map((block) => JSON.stringify(block).replaceAll('\\\\', '\\')).join(',\n')}}
local requests = {}
for index = 0, 19999 do
  local partner = (index * 7919) % ${partnerCount}
  requests[index] = "GET /go/partner_" .. partner .. "/" .. string.format("b%011x", partner) .. " HTTP/1.1\\r\\nHost: 127.0.0.1\\r\\nConnection: keep-alive\\r\\n" .. blocks[index % #blocks + 1] .. "X-Forwarded-For: "
end
math.randomseed(os.time())
local number = math.random(0, 4294967295)
function request()
  number = number + 1
  local address = (number * 2654435761) % 4294967296
  return requests[number % 20000] .. (math.floor(address / 16777216) % 223 + 1) .. "." .. (math.floor(address / 65536) % 256) ..
    "." .. (math.floor(address / 256) % 256) .. "." .. (address % 256) .. "\\r\\n\\r\\n"
end
function done(summary, latency)
  local failures = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout + summary.errors.status
  io.write(string.format("RESULT %d %d %f %f %d\\n", summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), failures))
end
`;
}

async function loadWithWrk(script: string, port: number, connections: number, seconds: number): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)('wrk', [
    '-t1',
    `-c${connections}`,
    `-d${seconds}s`,
    '-s',
    script,
    `http://127.0.0.1:${port}/`,
  ]);
  const [requests = 0, durationUs = 1, p50Us = 0, p99Us = 0, failures = 0] = (/RESULT (.*)/.exec(stdout)?.[1] ?? '')
    .split(' ')
    .map(Number);
  return {
    requests,
    requestsPerSecond: requests / (durationUs / 1e6),
    p50Ms: p50Us / 1000,
    p99Ms: p99Us / 1000,
    failures,
  };
}

async function loadWithAutocannon(port: number, connections: number, seconds: number): Promise<LoadResult> {
  const partners = benchPartners();
  let number = Math.floor(Math.random() * 2 ** 32);
  const result = await autocannon({
    url: `http://127.0.0.1:${port}`,
    connections,
    duration: seconds,
    requests: Array.from({ length: 2000 }, (_, index) => ({
      setupRequest: (request: autocannon.Request) => {
        number = (number + 2_654_435_761) % 2 ** 32;
        const partner = partners[(index * 7919) % partnerCount] as BenchPartner;
        const address = [number >>> 24 || 1, (number >>> 16) & 255, (number >>> 8) & 255, number & 255].join('.');
        const headers = headersOf(benchUserAgents[index % benchUserAgents.length] ?? '', index % 50);
        return {
          ...request,
          path: `/go/${partner.key}/${partner.placementId}`,
          headers: { ...headers, 'X-Forwarded-For': address },
        };
      },
    })),
  });
  return {
    requests: result.requests.total,
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failures: result.errors + result.non2xx - result['3xx' as '1xx'],
  };
}
