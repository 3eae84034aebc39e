import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../../src/app.module.js';
import { GraphqlServer } from '../../src/graphql/graphql-server.middleware.js';
import type { WaypostOptions } from '../../src/waypost.options.js';
import { ADMIN_TOKEN, PUBLIC_URL } from './test-app.js';
import { createTestDatabase } from './test-database.js';

export interface ProductionApp {
  readonly url: string;
  readonly app: INestApplication;
  close(): Promise<void>;
}

/** Standalone Waypost as it runs in production, without tracked links. */
export async function startProductionApp(options: Partial<WaypostOptions> = {}): Promise<ProductionApp> {
  const database = await createTestDatabase();
  const app = await NestFactory.create(
    AppModule.forRoot({
      production: true,
      signIn: { isHttps: false, networkOf: () => '' },
      waypost: {
        database: { url: database.url },
        links: { publicUrl: PUBLIC_URL },
        auth: { adminToken: ADMIN_TOKEN },
        redirects: false,
        ...options,
      },
    }),
    { logger: ['error', 'fatal'], abortOnError: false },
  );
  app.use(app.get(GraphqlServer).ahead);
  await app.listen(0, '127.0.0.1');
  return {
    url: await app.getUrl(),
    app,
    close: async () => {
      await app.close();
      await database.drop();
    },
  };
}
