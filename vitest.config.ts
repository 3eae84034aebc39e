import { defineConfig } from 'vitest/config';

// graphql ships CommonJS and ESM; without the alias Vitest loads both and every `instanceof` fails.
const alias = [{ find: /^graphql$/, replacement: 'graphql/index.js' }];

const project = (name: string, include: string[], more: object = {}) => ({
  resolve: { alias },
  test: { name, include, environment: 'node', ...more },
});

export default defineConfig({
  test: {
    reporters: ['default', './test/count-reporter.ts'],
    projects: [
      project('unit', ['src/**/*.test.ts', 'migrations/**/*.test.ts'], { testTimeout: 60_000 }),
      project('contract', ['test/contract/**/*.test.ts'], { testTimeout: 60_000 }),
      project('conformance', ['test/conformance/**/*.test.ts'], { testTimeout: 120_000 }),
      project('integration', ['test/integration/**/*.test.ts'], {
        globalSetup: ['test/start-postgres.ts', 'test/scan-overheard.ts'],
        setupFiles: ['test/overhear.ts'],
        // Property tests of connections and the filling of databases: a fifth of this on two quiet cores.
        testTimeout: 120_000,
        hookTimeout: 120_000,
      }),
      // Real processes that are killed; each file has a Postgres of its own.
      project('faults', ['test/faults/**/*.test.ts'], {
        globalSetup: ['test/scan-overheard.ts'],
        testTimeout: 240_000,
        hookTimeout: 120_000,
        fileParallelism: false,
      }),
      project('e2e', ['test/e2e/**/*.test.ts'], {
        globalSetup: ['test/start-postgres.ts', 'test/scan-overheard.ts'],
        setupFiles: ['test/overhear.ts'],
        testTimeout: 90_000,
        hookTimeout: 120_000,
      }),
    ],
  },
});
