import type { TestWaypost } from '../../src/testing/index.js';
import { startWaypost } from '../../src/testing/index.js';
import type { HttpOptions } from '../../src/http/http.options.js';
import type { WaypostOptions } from '../../src/waypost.options.js';
import { createTestDatabase } from './test-database.js';

export const ADMIN_TOKEN = 'test-admin-token-with-every-scope';
/** Links in tests have this origin, whatever the port. */
export const PUBLIC_URL = 'https://waypost.test';

export type TestApp = TestWaypost;

/** Standalone Waypost over HTTP, with a database of its own on the run's Postgres. */
export async function startTestApp(options: Partial<WaypostOptions> = {}, http?: HttpOptions): Promise<TestApp> {
  const database = await createTestDatabase();
  const waypost = await startWaypost({ databaseUrl: database.url, waypost: options, http });
  return {
    ...waypost,
    close: async () => {
      await waypost.close();
      await database.drop();
    },
  };
}
