/** Of few rounds the least: what else runs on the machine only ever adds. */
const ROUNDS = 3;
/** Below this the compiler of the engine and the garbage collector are most of it. */
const LEAST_MS = 2;

/** How many times the processor time of `run(small)` that of `run(large)` is. Waiting for a processor does not count. */
export function timesAsLong(run: (text: string) => unknown, small: string, large: string): number {
  run(small);
  return processorMs(run, large) / Math.max(processorMs(run, small), LEAST_MS);
}

function processorMs(run: (text: string) => unknown, text: string): number {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const before = process.cpuUsage();
    run(text);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  });
  return Math.min(...rounds);
}
