import { OutboundError } from './outbound-error.js';

/** Node's and OpenSSL's codes that say that the other side is not who it should be, or speaks no TLS. */
const CERTIFICATE = /CERT|ERR_TLS|ERR_SSL|UNABLE_TO_|DEPTH_ZERO|HOSTNAME_MISMATCH/;
/** Of Node's HTTP parser, zlib, and streams that end too early. */
const ANSWER = /^(?:HPE_|Z_|ERR_STREAM_PREMATURE_CLOSE|ERR__ERROR_FORMAT|ERR_BROTLI|ERR_PADDING|ERR__ERROR_)/;

/** Gives a code and a sentence to whatever Node threw while a request was on its way. The cause is kept. */
export function describeFailure(url: URL | undefined, error: unknown): OutboundError {
  if (error instanceof OutboundError) return error;
  const cause = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const { code = '', message = String(cause) } = (cause ?? {}) as { code?: string; message?: string };
  const host = url?.host ?? 'The server';
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new OutboundError('HEADERS_TOO_LARGE', `${host} sent too many headers.`, { cause: error });
  }
  if (ANSWER.test(code) || message === 'aborted') {
    return new OutboundError('ANSWER_INVALID', `${host} sent no whole answer (${code || message}).`, { cause: error });
  }
  if (CERTIFICATE.test(code)) {
    return new OutboundError('CERTIFICATE_INVALID', `${host} has no valid certificate (${code}).`, { cause: error });
  }
  if (code.startsWith('ERR_INVALID_') || code === 'ERR_UNESCAPED_CHARACTERS') throw error;
  return new OutboundError('CONNECTION_FAILED', `${host} cannot be reached (${code || message}).`, { cause: error });
}
