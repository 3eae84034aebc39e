import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('waypost/package.json') as { version: string };

/** Of this package, which names itself, wherever it lies. */
export const WAYPOST_VERSION = version;
