import type { ServerResponse } from 'node:http';
import type { ClickLogOutcome, ClickReceipt } from '../clicks/click-log.js';

/** On every answer under `/go/`. Never a cookie. Names and values in turn, the form that `writeHead` takes without another object. */
const commonHeaders = [
  'Cache-Control',
  'private, no-store',
  'Referrer-Policy',
  'strict-origin-when-cross-origin',
  'X-Robots-Tag',
  'noindex, nofollow',
];

/** The answer that waits until the click is kept. */
export class PendingAnswer implements ClickReceipt {
  constructor(
    private readonly response: ServerResponse,
    /** Undefined: the partner is not available, and a 410 page is sent. */
    private readonly location: string | undefined,
    private readonly clickIdHeader: string | undefined,
    private readonly clickId: string | undefined,
  ) {}

  settle(outcome: ClickLogOutcome): void {
    const isTold = outcome === 'logged' && this.clickIdHeader !== undefined && this.clickId !== undefined;
    const more = isTold ? [this.clickIdHeader, this.clickId] : noHeaders;
    if (this.location === undefined) sendPage(this.response, 410, gonePage, more);
    else sendRedirect(this.response, this.location, more);
  }
}

const noHeaders: string[] = [];

export function sendRedirect(response: ServerResponse, location: string, more: readonly string[] = noHeaders): void {
  response.writeHead(302, ['Location', location, ...commonHeaders, ...more, 'Content-Length', '0']);
  response.end();
}

export function sendPage(
  response: ServerResponse,
  status: number,
  page: string,
  more: readonly string[] = noHeaders,
): void {
  response.writeHead(status, [
    ...commonHeaders,
    ...more,
    'Content-Type',
    'text/html; charset=utf-8',
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'",
    'Content-Length',
    String(Buffer.byteLength(page)),
  ]);
  // Node leaves the body of an answer to HEAD out by itself.
  response.end(page);
}

const page = (title: string, text: string): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex,nofollow"><title>${title}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}</style></head>
<body><h1>${title}</h1><p>${text}</p></body></html>
`;

export const unknownPage = page('Link not found', 'This link leads nowhere. It may have been mistyped.');
const gonePage = page('Offer not available', 'The offer behind this link is not available at the moment.');
export const methodPage = page('Method not allowed', 'A link can be followed with GET, and asked about with HEAD.');
