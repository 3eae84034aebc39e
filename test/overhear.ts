import { channel } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import type { LoggerService, LogLevel } from '@nestjs/common';
import { ConsoleLogger, Logger } from '@nestjs/common';
import { PinoLog } from '../src/observability/pino-log.service.js';
import { overhear } from './support/overheard.js';

/**
 * Stands before every test file that starts servers: notes everything that they log, at every level, and every error that
 * they answer, for `scan-overheard.ts`.
 */

const log = new PinoLog({ level: 'debug', isPretty: false, write: (line) => overhear('log', line) });

/** What a test wants to see of a log, and beside it all of it. */
class Tee implements LoggerService {
  constructor(private readonly shown: LoggerService | undefined) {}
  log = (...words: [unknown]): void => this.say('log', words);
  debug = (...words: [unknown]): void => this.say('debug', words);
  verbose = (...words: [unknown]): void => this.say('verbose', words);
  warn = (...words: [unknown]): void => this.say('warn', words);
  error = (...words: [unknown]): void => this.say('error', words);
  fatal = (...words: [unknown]): void => this.say('fatal', words);

  private say(level: 'log' | 'debug' | 'verbose' | 'warn' | 'error' | 'fatal', words: [unknown]): void {
    log[level](...words);
    this.shown?.[level]?.(...words);
  }
}

function shownOf(logger: LoggerService | LogLevel[] | boolean): LoggerService | undefined {
  if (Array.isArray(logger)) return new ConsoleLogger({ logLevels: logger });
  return typeof logger === 'object' ? logger : undefined;
}

const override = Logger.overrideLogger.bind(Logger);
Logger.overrideLogger = (logger) => override(new Tee(shownOf(logger)));

/** Every server of the process, whoever made it. */
channel('http.server.request.start').subscribe((message) => {
  const { response } = message as { response: ServerResponse };
  const chunks: Buffer[] = [];
  const keep = (chunk: unknown): void => {
    if (typeof chunk === 'string' || chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk as string));
  };
  const write = response.write.bind(response) as (...words: unknown[]) => boolean;
  const end = response.end.bind(response) as (...words: unknown[]) => ServerResponse;
  response.write = ((...words: unknown[]) => {
    keep(words[0]);
    return write(...words);
  }) as ServerResponse['write'];
  response.end = ((...words: unknown[]) => {
    keep(words[0]);
    const error = errorIn(response.statusCode, Buffer.concat(chunks).toString());
    if (error !== undefined) overhear('answer', error);
    return end(...words);
  }) as ServerResponse['end'];
});

/** Of a GraphQL answer the errors alone: its data may be what was asked for. */
function errorIn(status: number, body: string): string | undefined {
  if (status < 400 && !/"(?:userErrors|errors)":\[\{/.test(body)) return undefined;
  if (!body.startsWith('{')) return body;
  const errors: unknown[] = [];
  JSON.parse(body, (key, value: unknown) => {
    if (key === 'errors' || key === 'userErrors') errors.push(value);
    return value;
  });
  return errors.length > 0 ? JSON.stringify(errors) : body;
}
