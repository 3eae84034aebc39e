import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ArgumentsHost, ExceptionFilter } from '@nestjs/common';
import { Catch, HttpException, Logger } from '@nestjs/common';
import { expectedFailure } from '../database/postgres-failure.js';
import type { ErrorCode } from '../kernel/errors.js';
import { WaypostError } from '../kernel/errors.js';
import { requestIdOf } from '../kernel/request-id.js';
import { sendError } from './http-answers.js';

/** What Express and Nest refuse by themselves, in Waypost's words: theirs may quote the request or name files. */
const REFUSALS: Readonly<Record<number, ErrorCode>> = {
  400: 'REQUEST_MALFORMED',
  404: 'ROUTE_UNKNOWN',
  405: 'METHOD_UNKNOWN',
  413: 'REQUEST_TOO_LARGE',
  415: 'REQUEST_TYPE_UNKNOWN',
};

/** Every error of a route leaves with a code and a sentence; what is not foreseen leaves its details in the log. */
@Catch()
export class HttpErrorFilter implements ExceptionFilter {
  private readonly logger = new Logger('HTTP');

  catch(error: unknown, host: ArgumentsHost): unknown {
    // GraphQL answers its errors itself.
    if (host.getType<string>() !== 'http') return error;
    const http = host.switchToHttp();
    return this.answer(error, http.getRequest<IncomingMessage>(), http.getResponse<ServerResponse>());
  }

  answer(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    if (response.headersSent) response.end();
    else sendError(response, this.describe(error, requestIdOf(request) ?? 'unknown'));
  }

  private describe(error: unknown, requestId: string): WaypostError {
    if (error instanceof WaypostError) return error;
    const expected = expectedFailure(error);
    if (expected) return expected;
    const status = error instanceof HttpException ? error.getStatus() : (error as { status?: unknown }).status;
    const code = typeof status === 'number' ? REFUSALS[status] : undefined;
    if (code) return new WaypostError(code);
    this.logger.error(`Unexpected error of request ${requestId}`, error instanceof Error ? error.stack : String(error));
    return new WaypostError('INTERNAL', [requestId]);
  }
}
