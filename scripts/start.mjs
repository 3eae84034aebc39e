// npm start: builds what changed, then serves in this same process, so that Ctrl-C reaches it directly.
import { buildIfChanged } from './build-if-changed.mjs';

buildIfChanged();

// npm ends with a signal that reaches it alone, and hands none on: what it started ends with it.
const npm = process.env['npm_lifecycle_event'] === undefined ? undefined : process.ppid;
setInterval(() => {
  if (npm !== undefined && process.ppid !== npm) process.kill(process.pid, 'SIGTERM');
}, 500).unref();

process.argv.splice(2, 0, 'serve');
await import('../dist/src/cli.js');
