import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { ApolloDriver } from '@nestjs/apollo';
import { GraphQLModule } from '@nestjs/graphql';
import type { SignInSettings } from './access/sign-in.controller.js';
import { SIGN_IN_SETTINGS, SignInController } from './access/sign-in.controller.js';
import { formatGraphqlError } from './graphql/format-error.service.js';
import { RobotsController } from './observability/robots.controller.js';
import { OperationsController } from './redirects/operations.controller.js';
import { WaypostModule } from './waypost.module.js';
import type { WaypostOptions } from './waypost.options.js';

export interface AppOptions {
  readonly waypost: WaypostOptions;
  /** Hides the landing page of the GraphQL endpoint. */
  readonly production: boolean;
  readonly signIn: SignInSettings;
}

/** Waypost standing alone: one more host of the plugin, with a GraphQL endpoint of its own. */
@Module({})
export class AppModule {
  static forRoot(options: AppOptions): DynamicModule {
    return {
      module: AppModule,
      providers: [{ provide: SIGN_IN_SETTINGS, useValue: options.signIn }],
      controllers: [RobotsController, OperationsController, SignInController],
      imports: [
        WaypostModule.forRoot(options.waypost),
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
          sortSchema: true,
          path: '/graphql',
          introspection: true,
          playground: false,
          graphiql: !options.production,
          csrfPrevention: true,
          // A stack trace never leaves the process, in no environment.
          includeStacktraceInErrorResponses: false,
          formatError: formatGraphqlError,
        }),
      ],
    };
  }
}
