/** What can be subscribed to. The names stand in payloads, and are documented in docs/webhooks.md. */
export const WEBHOOK_EVENTS = [
  'cache.purge',
  'content.changed',
  'article.upserted',
  'article.deleted',
  'tag.upserted',
  'tag.deleted',
] as const;

export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

export function isWebhookEvent(text: string): text is WebhookEvent {
  return (WEBHOOK_EVENTS as readonly string[]).includes(text);
}

/** The latest change of one article or tag, as anonymous callers see it. */
export interface PublicChange {
  /** Place in the feed. */
  readonly seq: bigint;
  readonly at: Date;
  readonly kind: 'article' | 'tag';
  readonly operation: 'upserted' | 'deleted';
  readonly id: string;
  /** Goes into the payload as `data`, beside `id` and `cacheTags`. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Tags that readers see on the article, or saw on it before one of the changes not yet told. */
  readonly tagIds: readonly string[];
  /** Where readers find the article, and found it before one of the changes not yet told. */
  readonly paths: readonly string[];
}

/** A message to be sent. */
export interface PlannedDelivery {
  readonly event: WebhookEvent;
  /** What it tells the state of: a later one about the same takes its place. null: each counts. */
  readonly subject: string | null;
  readonly seq: bigint;
  readonly payload: string;
  /** Milliseconds to wait for more of the same kind. */
  readonly delayMs: number;
}

/** Most tags or paths of one purge: what CDNs take in one call. */
const MOST_PURGED = 100;
/** A build started for the first of many changes would be started again at once. */
export const GATHER_CHANGES_MS = 5000;
const CONTENT = 'content';

/** Names of everything cached that shows an article or tag: `article:<id>`, `tag:<id>`, `list:article`, `list:tag`. */
export function cacheTagsOf({ kind, id, tagIds }: PublicChange): string[] {
  return [`${kind}:${id}`, ...tagIds.map((tag) => `tag:${tag}`), `list:${kind}`];
}

/** What the earlier messages told that these changes tell anew. */
export function subjectsOf(changes: readonly PublicChange[]): string[] {
  return [...changes.map(subjectOf), ...(changes.length > 0 ? [CONTENT] : [])];
}

/** The messages that tell a subscriber of these changes; purges come first. At most one change of each article and tag. */
export function planDeliveries(
  changes: readonly PublicChange[],
  events: readonly WebhookEvent[],
): readonly PlannedDelivery[] {
  const last = changes.at(-1);
  if (!last) return [];
  const all = [
    ...(events.includes('cache.purge') ? planPurges(changes, last) : []),
    ...changes.map(planChange),
    planContentChange(last),
  ];
  return all.filter(({ event }) => events.includes(event));
}

function planChange(change: PublicChange): PlannedDelivery {
  const event = `${change.kind}.${change.operation}` as const;
  const data = { id: change.id, ...change.details, cacheTags: cacheTagsOf(change) };
  return {
    event,
    subject: subjectOf(change),
    seq: change.seq,
    payload: payloadOf(event, change.at, data),
    delayMs: 0,
  };
}

/** Never superseded: a later purge does not name what an earlier one did. */
function planPurges(changes: readonly PublicChange[], last: PublicChange): PlannedDelivery[] {
  const tags = chunks([...new Set(changes.flatMap(cacheTagsOf))]);
  const paths = chunks([...new Set(changes.flatMap((change) => change.paths))]);
  return Array.from({ length: Math.max(tags.length, paths.length) }, (_none, index) => {
    const data = { tags: tags[index] ?? [], paths: paths[index] ?? [] };
    return {
      event: 'cache.purge',
      subject: null,
      seq: last.seq,
      payload: payloadOf('cache.purge', last.at, data),
      delayMs: 0,
    };
  });
}

function planContentChange({ seq, at }: PublicChange): PlannedDelivery {
  const payload = payloadOf('content.changed', at, { changedAt: at });
  return { event: 'content.changed', subject: CONTENT, seq, payload, delayMs: GATHER_CHANGES_MS };
}

function subjectOf({ kind, id }: PublicChange): string {
  return `${kind}:${id}`;
}

/** The form that Standard Webhooks recommends: `type`, `timestamp`, `data`. */
function payloadOf(type: WebhookEvent, timestamp: Date, data: object): string {
  return JSON.stringify({ type, timestamp, data });
}

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / MOST_PURGED) }, (_none, index) =>
    items.slice(index * MOST_PURGED, (index + 1) * MOST_PURGED),
  );
}
