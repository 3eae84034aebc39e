import { readdirSync, readFileSync } from 'node:fs';
import pg from 'pg';

/**
 * Processor time by part, from Linux's /proc: on a machine that others use too, time per click says more than clicks per second. Milliseconds since each part
 * began; empty elsewhere than on Linux, and where Postgres runs on another machine.
 */
export type ProcessorTimes = Readonly<Record<string, number>>;

/** /proc counts in ticks of a hundredth of a second on every Linux that Node runs on. */
const msPerTick = 10;

interface Task {
  readonly parent: number;
  readonly ms: number;
  /** Of children that have ended and were waited for. */
  readonly childrenMs: number;
}

/** Fields 4 and 14 to 17 of proc(5)'s stat; field 2, a name in brackets, may hold spaces. */
function readTask(path: string): Task | undefined {
  try {
    const text = readFileSync(`${path}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, childrenUser = 0, childrenSystem = 0] = fields.slice(11, 15);
    return {
      parent: fields[1] ?? 0,
      ms: (user + system) * msPerTick,
      childrenMs: (childrenUser + childrenSystem) * msPerTick,
    };
  } catch {
    // It has ended meanwhile, or there is no /proc.
    return undefined;
  }
}

/** The main thread of a Node process, and its other threads by how much they did: the drain comes first. */
export function readThreadTimes(processId: number): ProcessorTimes {
  const main = readTask(`/proc/${processId}/task/${processId}`);
  if (main === undefined) return {};
  const others = readdirSync(`/proc/${processId}/task`)
    .filter((id) => id !== String(processId))
    .map((id) => readTask(`/proc/${processId}/task/${id}`)?.ms ?? 0)
    .sort((one, other) => other - one);
  const [busiest = 0, ...rest] = others;
  return { main: main.ms, drain: busiest, 'other threads': rest.reduce((sum, ms) => sum + ms, 0) };
}

/** The backend of the drain, and all other processes of the server. */
export async function readPostgresTimes(client: pg.Client): Promise<ProcessorTimes> {
  const { rows } = await client.query<{ id: number; is_drain: boolean }>(
    `SELECT pid AS id, application_name = 'waypost drain' AS is_drain FROM pg_stat_activity
     WHERE application_name = 'waypost drain' OR pid = pg_backend_pid()`,
  );
  const own = rows.find((row) => !row.is_drain);
  const postmaster = own === undefined ? undefined : readTask(`/proc/${own.id}`)?.parent;
  const server = postmaster === undefined ? undefined : readTask(`/proc/${postmaster}`);
  if (server === undefined) return {};
  const drains = new Set(rows.filter((row) => row.is_drain).map((row) => row.id));
  let drainMs = 0;
  let otherMs = server.ms + server.childrenMs;
  for (const id of readdirSync('/proc').map(Number)) {
    const task = Number.isNaN(id) ? undefined : readTask(`/proc/${id}`);
    if (task === undefined || task.parent !== postmaster) continue;
    if (drains.has(id)) drainMs += task.ms;
    else otherMs += task.ms;
  }
  return { 'Postgres for the drain': drainMs, 'rest of Postgres': otherMs };
}

/** Microseconds per click and part. */
export function describePerClick(before: ProcessorTimes, after: ProcessorTimes, clicks: number): string {
  const parts = Object.entries(after).map(
    ([part, ms]) => [part, ((ms - (before[part] ?? 0)) / clicks) * 1000] as const,
  );
  const total = parts.reduce((sum, [, us]) => sum + us, 0);
  return `processor time per click, µs: ${parts.map(([part, us]) => `${part} ${us.toFixed(1)}`).join(', ')}; ${total.toFixed(1)} in all`;
}
