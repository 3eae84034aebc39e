import { cpus } from 'node:os';
import { readBenchOptions } from './bench-options.js';
import { describePerClick, readPostgresTimes, readThreadTimes, type ProcessorTimes } from './processor-time.js';
import type { BenchMode, LoadResult } from './redirect-load.js';
import { drained, openWorld, recorded, type BenchServer, type BenchWorld, type Recorded } from './redirect-world.js';

/**
 * How near the redirect comes to what Node can do, and what recording costs. Everything shares one machine: server, load, Postgres, drain. So only
 * ratios within one run mean something, and the modes take turns.
 *   npm run bench -- redirect [--quick] [--only compare,burst,sustained,memory] [--seconds 10] [--rounds 3]
 *     [--connections 8,64,256] [--modes bare,unrecorded,memory,durable,nats] [--burst 60] [--sustained 120] [--yield 60] [--clicks 5000000]
 * Seconds, but for rounds and clicks. `--yield`: how long the drain steps aside; the sustained run begins after that.
 */
const { text, number } = readBenchOptions({
  seconds: { usual: '10', quick: '3' },
  rounds: { usual: '3', quick: '1' },
  burst: { usual: '60', quick: '10' },
  sustained: { usual: '120', quick: '15' },
  yield: { usual: '60', quick: '5' },
  clicks: { usual: '5000000', quick: '200000' },
  connections: { usual: '8,64,256', quick: '64' },
  modes: { usual: 'bare,unrecorded,memory,durable,nats' },
  only: { usual: 'compare,burst,sustained,memory' },
});

interface Measured {
  readonly mode: BenchMode;
  readonly connections: number;
  readonly result: LoadResult;
  readonly logged: number;
  readonly counted: number;
}

const sections: Readonly<Record<string, (world: BenchWorld) => Promise<void>>> = {
  compare: compareModes,
  burst: measureBurst,
  sustained: measureSustained,
  memory: measureMemory,
};

const world = await openWorld();
try {
  console.log(`${cpus().length} processors, load from ${world.loadName}, Node ${process.version}`);
  if (world.natsIsMissing !== '') console.log(`Mode nats is ${world.natsIsMissing}`);
  for (const name of text('only').split(',')) await sections[name]?.(world);
} finally {
  await world.stop();
}

async function compareModes(world: BenchWorld): Promise<void> {
  const connectionCounts = text('connections').split(',').map(Number);
  const modes = (text('modes').split(',') as BenchMode[]).filter(
    (mode) => mode !== 'nats' || world.natsIsMissing === '',
  );
  const measured: Measured[] = [];
  for (let round = 0; round < number('rounds'); round++) {
    for (const connections of connectionCounts) {
      for (const mode of modes) measured.push(await measureMode(world, mode, connections));
    }
  }
  for (const connections of connectionCounts) printComparison(measured, modes, connections);
}

async function measureMode(world: BenchWorld, mode: BenchMode, connections: number): Promise<Measured> {
  const server = await world.startServer(mode);
  await world.load(server.port, connections, 1);
  const isRecorded = mode !== 'bare' && mode !== 'unrecorded';
  const before = isRecorded ? await recorded(world, server) : { logged: 0, counted: 0 };
  const result = await world.load(server.port, connections, number('seconds'));
  const after = isRecorded ? await recorded(world, server) : before;
  await server.stop();
  return {
    mode,
    connections,
    result,
    logged: after.logged - before.logged,
    counted: after.counted - before.counted,
  };
}

function printComparison(measured: readonly Measured[], modes: readonly BenchMode[], connections: number): void {
  const median = (mode: BenchMode, pick: (one: Measured) => number): number => {
    const values = measured.filter((one) => one.mode === mode && one.connections === connections).map(pick);
    return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
  };
  const rateOf = (mode: BenchMode): number => median(mode, ({ result }) => result.requestsPerSecond);
  console.log(`\n${connections} connections, median of ${number('rounds')}`);
  for (const mode of modes) {
    const failures = median(mode, ({ result }) => result.failures);
    const share = median(mode, ({ logged, counted }) => (counted / logged) * 100);
    console.log(
      [
        `  ${mode.padEnd(10)} ${rateOf(mode).toFixed(0).padStart(6)} requests/s`,
        `${(rateOf(mode) / rateOf('bare')).toFixed(2)} of bare`,
        `p50 ${median(mode, ({ result }) => result.p50Ms).toFixed(2)} ms`,
        `p99 ${median(mode, ({ result }) => result.p99Ms).toFixed(2)} ms`,
        ...(Number.isNaN(share) ? [] : [`${share.toFixed(1)} % counted`]),
        ...(failures > 0 ? [`${failures} failures`] : []),
      ].join('  '),
    );
  }
}

/** A minute at full load: the drain yields, and catches up afterwards. */
async function measureBurst(world: BenchWorld): Promise<void> {
  const bare = await measureBare(world);
  const server = await world.startServer('durable');
  await world.load(server.port, 64, 1);
  const before = await recorded(world, server);
  const result = await world.load(server.port, 64, number('burst'));
  const startedMs = Date.now();
  const waiting = (await server.report()).report.drain?.lagClicks ?? 0;
  await drained(server, 300_000);
  const tookMs = Date.now() - startedMs;
  console.log(`\nA burst of ${number('burst')} s at 64 connections`);
  printDurable(result, bare);
  console.log(
    `  ${waiting} clicks waited at its end; caught up in ${(tookMs / 1000).toFixed(1)} s, ${((waiting / tookMs) * 1000).toFixed(0)} clicks/s`,
  );
  await printCounted(world, server, before);
  await server.stop();
}

/** Long enough for the drain to stop yielding: it keeps pace from then on, and the age of the log stays where it is. */
async function measureSustained(world: BenchWorld): Promise<void> {
  const bare = await measureBare(world);
  const server = await world.startServer('durable', number('yield') * 1000);
  const before = await recorded(world, server);
  const warmupSeconds = Math.round(number('yield') * 1.25);
  await world.load(server.port, 64, warmupSeconds);
  const watch = watchServer(server);
  const timesBefore = await readTimes(world, server);
  const result = await world.load(server.port, 64, number('sustained'));
  const timesAfter = await readTimes(world, server);
  const { memoryMb, lags } = watch.stop();
  console.log(`\nSustained for ${number('sustained')} s at 64 connections, after ${warmupSeconds} s of the same`);
  printDurable(result, bare);
  console.log(`  ${describePerClick(timesBefore, timesAfter, result.requests)}, without the load`);
  console.log(`  lag each 5 s, in seconds: ${lags.map((lag) => (lag / 1000).toFixed(0)).join(' ')}`);
  console.log(`  memory each 5 s, in MB: ${memoryMb.map((one) => one.toFixed(0)).join(' ')}`);
  await printCounted(world, server, before);
  await server.stop();
}

async function readTimes(world: BenchWorld, server: BenchServer): Promise<ProcessorTimes> {
  return { ...readThreadTimes(server.processId), ...(await readPostgresTimes(world.client)) };
}

/** Memory of the redirecting process, its drain included, over many clicks. */
async function measureMemory(world: BenchWorld): Promise<void> {
  const server = await world.startServer('durable', number('yield') * 1000);
  const before = await recorded(world, server);
  const watch = watchServer(server);
  let logged = 0;
  while (logged < number('clicks')) {
    await world.load(server.port, 64, 10);
    ({ logged } = (await server.report()).report.log);
  }
  await drained(server, 600_000);
  const { memoryMb } = watch.stop();
  console.log(`\nMemory over ${logged} clicks at 64 connections`);
  const quarters = [0, 1, 2, 3]
    .map((part) => memoryMb.slice((part * memoryMb.length) / 4, ((part + 1) * memoryMb.length) / 4))
    .filter((samples) => samples.length > 0);
  console.log(
    `  median MB of each quarter: ${quarters.map((samples) => middle(samples).toFixed(0)).join(' ')}; most ${Math.max(...memoryMb).toFixed(0)}`,
  );
  await printCounted(world, server, before);
  await server.stop();
}

function middle(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function watchServer(server: BenchServer) {
  const memoryMb: number[] = [];
  const lags: number[] = [];
  const look = async (): Promise<void> => {
    const { memoryMb: now, report } = await server.report();
    memoryMb.push(now);
    lags.push(report.drain?.lagMs ?? 0);
  };
  const timer = setInterval(() => void look(), 5000);
  return {
    stop: () => {
      clearInterval(timer);
      return { memoryMb, lags };
    },
  };
}

async function measureBare(world: BenchWorld): Promise<LoadResult> {
  const server = await world.startServer('bare');
  await world.load(server.port, 64, 1);
  const { main: before = 0 } = readThreadTimes(server.processId);
  const result = await world.load(server.port, 64, Math.max(5, number('seconds')));
  const { main: after = 0 } = readThreadTimes(server.processId);
  console.log(`\nBare: ${(((after - before) / result.requests) * 1000).toFixed(1)} µs of processor time a request`);
  await server.stop();
  return result;
}

function printDurable(result: LoadResult, bare: LoadResult): void {
  console.log(
    `  bare ${bare.requestsPerSecond.toFixed(0)} requests/s; durable ${result.requestsPerSecond.toFixed(0)} requests/s, ${(result.requestsPerSecond / bare.requestsPerSecond).toFixed(2)} of bare, p50 ${result.p50Ms.toFixed(2)} ms, p99 ${result.p99Ms.toFixed(2)} ms, ${result.failures} failures`,
  );
}

async function printCounted(world: BenchWorld, server: BenchServer, before: Recorded): Promise<void> {
  const after = await recorded(world, server);
  const { report } = await server.report();
  const logged = after.logged - before.logged;
  const counted = after.counted - before.counted;
  console.log(
    `  ${logged} clicks logged, ${counted} counted (${((counted / logged) * 100).toFixed(2)} %), filtered: ${JSON.stringify(report.drain?.filtered)}, late ${report.log.late}, lost ${report.log.lost}`,
  );
}
