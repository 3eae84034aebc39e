import type { IncomingMessage, ServerResponse } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { startLocalServer } from '../../support/local-server.js';

export interface Message {
  readonly id: string;
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export type Mood = 'receives' | 'fails' | 'hangs' | 'redirects' | 'is gone';

/** A server that follows a site by webhook alone. */
export interface Receiver {
  readonly url: string;
  /** Set once its webhook is made: every message is then verified by the library of Standard Webhooks. */
  secret: string;
  mood: Mood;
  /** Refuses messages for which this holds, in any mood. */
  refuses: (message: Message) => boolean;
  /** Those that were accepted, oldest first. */
  readonly messages: readonly Message[];
  /** How often anything was asked of it. */
  readonly attempts: number;
  /** What it believes to be public: `data` of articles and tags by id. */
  readonly mirror: ReadonlyMap<string, Message['data']>;
  close(): Promise<void>;
  /** On the same port, after `close`. */
  reopen(): Promise<void>;
}

/** `trap`: where it redirects to. */
export async function startReceiver(
  trap = 'http://10.0.0.1/',
  onMessage?: (message: Message) => void,
): Promise<Receiver> {
  const messages: Message[] = [];
  const mirror = new Map<string, Message['data']>();
  const receiver = {
    secret: '',
    mood: 'receives' as Mood,
    refuses: (_message: Message) => false,
    messages,
    mirror,
    attempts: 0,
  };
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    receiver.attempts += 1;
    const body = Buffer.concat(await request.toArray()).toString();
    if (receiver.mood === 'hangs') return;
    if (receiver.mood === 'redirects') return void response.writeHead(307, { location: trap }).end();
    if (receiver.mood === 'fails') return void response.writeHead(500).end('no');
    if (receiver.mood === 'is gone') return void response.writeHead(410).end();
    const { type, data } = new Webhook(receiver.secret).verify(
      body,
      request.headers as Record<string, string>,
    ) as Message;
    const message = { id: String(request.headers['webhook-id']), type, data };
    if (receiver.refuses(message)) return void response.writeHead(422).end();
    messages.push(message);
    onMessage?.(message);
    const id = data['id'] as string;
    if (type.endsWith('.upserted')) mirror.set(id, data);
    if (type.endsWith('.deleted')) mirror.delete(id);
    response.end();
  };
  let server = await startLocalServer(answer);
  const { port, url } = server;
  return Object.assign(receiver, {
    url,
    close: () => server.close(),
    reopen: async () => {
      server = await startLocalServer(answer, port);
    },
  });
}
