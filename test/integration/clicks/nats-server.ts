import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Why tests with NATS are skipped here; empty where they run. */
export const natsIsMissing = ((): string => {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' });
    return '';
  } catch {
    return 'skipped: nats-server is not installed (Debian: apt-get install nats-server)';
  }
})();

export interface NatsNode {
  readonly url: string;
  kill(): Promise<void>;
  start(): Promise<void>;
}

export interface NatsCluster {
  readonly nodes: readonly NatsNode[];
  readonly url: string;
  stop(): Promise<void>;
}

/** One node, or three that form a cluster. */
export async function startNats(count: 1 | 3): Promise<NatsCluster> {
  const directory = await mkdtemp(join(tmpdir(), 'waypost-nats-'));
  const ports = await freePorts(count * 2);
  const routes = ports.slice(count).map((port) => `nats://127.0.0.1:${port}`);
  const nodes = Array.from({ length: count }, (_, index) => {
    const clientPort = ports[index] as number;
    const store = ['-js', '-sd', join(directory, `node${index}`), '-a', '127.0.0.1', '-p', String(clientPort)];
    const cluster =
      count === 1
        ? []
        : [
            '-n',
            `node${index}`,
            '--cluster_name',
            'waypost',
            '--cluster',
            routes[index] ?? '',
            '--routes',
            routes.join(','),
          ];
    return createNode(clientPort, [...store, ...cluster]);
  });
  await Promise.all(nodes.map((node) => node.start()));
  return {
    nodes,
    url: nodes.map((node) => node.url).join(','),
    stop: async () => {
      await Promise.all(nodes.map((node) => node.kill()));
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function createNode(port: number, words: readonly string[]): NatsNode {
  let child: ChildProcess | undefined;
  return {
    url: `nats://127.0.0.1:${port}`,
    start: async () => {
      child = spawn('nats-server', words, { stdio: 'ignore' });
      const deadlineMs = Date.now() + 60_000;
      while (!(await answers(port))) {
        if (Date.now() > deadlineMs) throw new Error(`nats-server does not listen on port ${port}.`);
        await delay(50);
      }
    },
    kill: async () => {
      const dying = child;
      child = undefined;
      if (dying === undefined || dying.exitCode !== null) return;
      dying.kill('SIGKILL');
      await once(dying, 'exit');
    },
  };
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
