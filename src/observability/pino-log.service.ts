import type { LoggerService } from '@nestjs/common';
import { pino } from 'pino';
import type { DestinationStream, Logger } from 'pino';
import pretty from 'pino-pretty';
import { WaypostError } from '../kernel/errors.js';
import type { LogOptions } from './log.options.js';
import { scrub } from './scrub.js';

const STDERR = 2;
/** What the framework says while it puts the server together. */
const BUILDING = new Set([
  'InstanceLoader',
  'NestFactory',
  'NestApplication',
  'RoutesResolver',
  'RouterExplorer',
  'GraphQLModule',
]);

type Level = 'debug' | 'info' | 'warn' | 'error' | 'fatal';

/** The log of the standalone server. Nothing secret is given to it; what others put into their words is taken out. */
export class PinoLog implements LoggerService {
  private readonly pino: Logger;

  constructor(options: LogOptions) {
    this.pino = pino(
      {
        level: options.level,
        base: { pid: process.pid },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (level) => ({ level }) },
      },
      streamOf(options),
    );
  }

  log(message: unknown, ...more: unknown[]): void {
    this.write(BUILDING.has(String(more.at(-1))) ? 'debug' : 'info', message, more.at(-1));
  }

  debug(message: unknown, ...more: unknown[]): void {
    this.write('debug', message, more.at(-1));
  }

  verbose(message: unknown, ...more: unknown[]): void {
    this.write('debug', message, more.at(-1));
  }

  warn(message: unknown, ...more: unknown[]): void {
    this.write('warn', message, more.at(-1));
  }

  /** Nest gives the stack before the context. */
  error(message: unknown, ...more: unknown[]): void {
    // A start that fails for a foreseen reason is told by whoever started it, in one sentence.
    if (message instanceof WaypostError && more.at(-1) === 'ExceptionHandler') return;
    this.write('error', message, more.at(-1), more.length > 1 ? more[0] : undefined);
  }

  fatal(message: unknown, ...more: unknown[]): void {
    this.write('fatal', message, more.at(-1), more.length > 1 ? more[0] : undefined);
  }

  private write(level: Level, message: unknown, context: unknown, stack?: unknown): void {
    const facts: Record<string, string> = {};
    if (typeof context === 'string') facts['context'] = context;
    if (typeof stack === 'string') facts['stack'] = scrub(stack);
    if (message instanceof Error) facts['stack'] = scrub(message.stack ?? '');
    this.pino[level](facts, scrub(textOf(message)));
  }
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.message;
  return typeof message === 'string' ? message : JSON.stringify(message);
}

function streamOf({ isPretty, write }: LogOptions): DestinationStream {
  if (write) return { write };
  if (!isPretty) return pino.destination({ fd: STDERR, sync: true });
  return pretty({ colorize: true, destination: STDERR, sync: true, ignore: 'pid', translateTime: 'SYS:HH:MM:ss' });
}
