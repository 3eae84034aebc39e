// npm run -s waypost -- <command>: builds what changed, then runs the command.
import { buildIfChanged } from './build-if-changed.mjs';

buildIfChanged();
await import('../dist/src/cli.js');
