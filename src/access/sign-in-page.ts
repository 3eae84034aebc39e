import { createHash } from 'node:crypto';

/** The secret stands in the fragment: browsers send it to no server, so that it is in no log. */
export function signInPath(secret: string): string {
  return `/sign-in#${secret}`;
}

const SCRIPT = `
const say = (text) => { document.querySelector('p').textContent = text; };
const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
const redeem = async () => {
  const answer = await fetch('/session/link', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ token }),
  });
  const body = await answer.json();
  if (!answer.ok) return say(body.errors[0].message);
  say('You are signed in as ' + body.person.name + '.');
  const admin = await fetch('/admin', { method: 'HEAD' });
  if (admin.ok) location.replace('/admin');
};
document.querySelector('button').addEventListener('click', (event) => {
  event.target.remove();
  redeem().catch(() => say('The server cannot be reached. Open the link again.'));
});
if (!/^[A-Za-z0-9_-]{43}$/.test(token)) { document.querySelector('button').remove(); say('This address needs a link. Make one on the server with: waypost sign-in'); }
`;
const STYLE = `body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}button{font:inherit;padding:.4rem 1rem}`;

/** A button, because programs that look into messages open links, and would use this one up. */
export const SIGN_IN_PAGE = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="robots" content="noindex,nofollow"><title>Sign in to Waypost</title>
<style>${STYLE}</style></head>
<body><h1>Waypost</h1><p role="status">This link signs you in once.</p><button>Sign in</button>
<script>${SCRIPT}</script></body></html>
`;

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Its own script, its own style and its own server: nothing else. */
export const SIGN_IN_POLICY = [
  `default-src 'none'`,
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  `connect-src 'self'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');
