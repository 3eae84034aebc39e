import {
  AckPolicy,
  DiscardPolicy,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type JetStreamManager,
  type StreamConfig,
} from '@nats-io/jetstream';
import { connect, nanos, type NatsConnection } from '@nats-io/transport-node';

export const clickStream = 'WAYPOST_CLICKS';
export const clickSubject = 'waypost.clicks';
export const clickConsumer = 'waypost_drain';
/** The broker drops a message that comes again within this time: a publisher whose answer was lost repeats itself. */
const duplicateWindowMs = 120_000;
/** A drain that has not confirmed by then is taken for dead. */
const ackWaitMs = 60_000;
const maxUnconfirmedMessages = 10_000;
export const wantedReplicas = 3;

/** Never gives up: a broker that is away comes back. */
export function connectNats(urls: string, name: string): Promise<NatsConnection> {
  const addresses = urls.split(',').map((url) => new URL(url.trim()));
  const user = decodeURIComponent(addresses[0]?.username ?? '');
  const pass = decodeURIComponent(addresses[0]?.password ?? '');
  return connect({
    servers: addresses.map((url) => `${url.protocol}//${url.host}`),
    name: `waypost ${name}`,
    ...(pass !== '' ? { user, pass } : user !== '' ? { token: user } : {}),
    maxReconnectAttempts: -1,
    waitOnFirstConnect: true,
    reconnectTimeWait: 250,
    reconnectJitter: 100,
    pingInterval: 5000,
    maxPingOut: 2,
  });
}

/**
 * Makes the stream and its consumer, with three replicas where the cluster has three nodes. Any number of Waypost nodes may do it at once.
 * @returns how many replicas the stream has.
 */
export async function ensureClickStream(connection: NatsConnection): Promise<number> {
  const manager = await jetstreamManager(connection);
  const replicas = await ensureStream(manager);
  await manager.consumers.add(clickStream, {
    durable_name: clickConsumer,
    ack_policy: AckPolicy.Explicit,
    ack_wait: nanos(ackWaitMs),
    max_ack_pending: maxUnconfirmedMessages,
    max_deliver: -1,
  });
  return replicas;
}

async function ensureStream(manager: JetStreamManager): Promise<number> {
  const known = await manager.streams.info(clickStream).catch((error: unknown) => {
    if (error instanceof Error && error.name === 'StreamNotFoundError') return undefined;
    throw error;
  });
  const has = known?.config.num_replicas ?? 0;
  if (has >= wantedReplicas) return has;
  // One node refuses three replicas, and so does a cluster of two; nothing else tells how many there are.
  for (const replicas of [wantedReplicas, 1]) {
    if (replicas <= has) return has;
    try {
      const config = streamConfig(replicas);
      if (known === undefined) await manager.streams.add(config);
      else await manager.streams.update(clickStream, config);
      return replicas;
    } catch (error) {
      if (replicas === 1) throw error;
    }
  }
  return has;
}

/** A work queue: what is confirmed is deleted. When it is full it refuses, and never drops what it has taken. */
const streamConfig = (replicas: number): Partial<StreamConfig> & { name: string } => ({
  name: clickStream,
  subjects: [clickSubject],
  storage: StorageType.File,
  retention: RetentionPolicy.Workqueue,
  discard: DiscardPolicy.New,
  num_replicas: replicas,
  duplicate_window: nanos(duplicateWindowMs),
});
