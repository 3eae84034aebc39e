import type { DynamicModule, MiddlewareConsumer, NestModule, OnApplicationBootstrap } from '@nestjs/common';
import { Inject, Module } from '@nestjs/common';
import type { ApolloDriverConfig } from '@nestjs/apollo';
import { ApolloDriver } from '@nestjs/apollo';
import { ModuleRef } from '@nestjs/core';
import { GraphQLModule } from '@nestjs/graphql';
import type { SignInSettings } from './access/sign-in.controller.js';
import { SIGN_IN_SETTINGS, SignInController } from './access/sign-in.controller.js';
import { GraphqlServer } from './graphql/graphql-server.middleware.js';
import { graphqlRequestRules } from './graphql/request-rules.service.js';
import { answerReadyFirst } from './graphql/ready-values.service.js';
import { describeRoots } from './graphql/root-types.service.js';
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

const PRODUCTION = Symbol('waypost production');

/** Waypost standing alone: one more host of the plugin, with a GraphQL endpoint of its own. */
@Module({})
export class AppModule implements NestModule, OnApplicationBootstrap {
  constructor(
    private readonly server: GraphqlServer,
    private readonly modules: ModuleRef,
    @Inject(PRODUCTION) private readonly production: boolean,
  ) {}

  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(this.server.handle).forRoutes('graphql', 'graphql/page/*name');
  }

  onApplicationBootstrap(): void {
    const graphql = this.modules.get<GraphQLModule<ApolloDriver>>(GraphQLModule, { strict: false });
    this.server.serve(graphql.graphQlAdapter.instance, { showsPage: !this.production });
  }

  static forRoot(options: AppOptions): DynamicModule {
    return {
      module: AppModule,
      providers: [
        { provide: PRODUCTION, useValue: options.production },
        { provide: SIGN_IN_SETTINGS, useValue: options.signIn },
      ],
      controllers: [RobotsController, OperationsController, SignInController],
      imports: [
        WaypostModule.forRoot(options.waypost),
        GraphQLModule.forRoot<ApolloDriverConfig>({
          driver: ApolloDriver,
          autoSchemaFile: true,
          sortSchema: true,
          transformSchema: (schema) => answerReadyFirst(describeRoots(schema)),
          path: '/graphql',
          graphiql: false,
          // `GraphqlServer` takes JSON only, and sees to GET.
          csrfPrevention: false,
          ...graphqlRequestRules({ ...options.waypost.graphql, production: options.production }),
        }),
      ],
    };
  }
}
