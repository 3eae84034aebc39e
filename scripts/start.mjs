// npm start: builds what changed, then serves in this same process, so that Ctrl-C reaches it directly.
import { buildIfChanged } from './build-if-changed.mjs';

buildIfChanged();
process.argv.splice(2, 0, 'serve');
await import('../dist/src/cli.js');
