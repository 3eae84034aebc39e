import { Controller, Get, Header, HttpCode, HttpStatus, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { DataSource } from 'typeorm';
import { WAYPOST_DATA_SOURCE } from '../database/database.module.js';
import { Replicas } from '../database/replicas.service.js';
import type { DatabaseHealth } from '../observability/backlog.service.js';
import { askDatabase, databaseMetrics, lateWith, problemsOf } from '../observability/backlog.service.js';
import { hidesDetails } from '../observability/hidden-details.js';
import { httpMetrics } from '../observability/http-counts.js';
import { renderMetrics } from '../observability/metric.js';
import { processMetrics } from '../observability/process-metrics.js';
import { replicaMetrics, replicasLeftOut } from '../observability/replica-health.js';
import { describeLinks, lateInLinks } from './engine-states.js';
import { linkMetrics } from './link-metrics.js';
import { RedirectsService } from './redirects.service.js';

/** What a standalone server tells whoever runs it. A host has its own. */
@Controller()
export class OperationsController {
  private asking: Promise<DatabaseHealth> | undefined;

  constructor(
    @Inject(RedirectsService) private readonly redirects: RedirectsService,
    @Inject(WAYPOST_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(Replicas) private readonly replicas: Replicas,
  ) {}

  @Get('health/live')
  @HttpCode(HttpStatus.OK)
  live(): { status: string } {
    return { status: 'live' };
  }

  /** 503 while something is behind, with the part that is. Redirects answer all the same. */
  @Get('health/ready')
  async ready(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    const state = this.redirects.state();
    const health = await this.health();
    const problems = [...problemsOf(health), ...(state?.problems ?? [])];
    if (problems.length > 0) response.status(HttpStatus.SERVICE_UNAVAILABLE);
    const status = problems.length === 0 ? 'ready' : 'not ready';
    if (hidesDetails(request)) return { status };
    return {
      status,
      problems,
      late: [
        ...lateWith(health),
        ...(state === undefined ? [] : lateInLinks(state)),
        ...replicasLeftOut(this.replicas.states),
      ],
      ...('backlog' in health && { backlog: health.backlog }),
      ...(this.replicas.areConfigured && { replicas: this.replicas.states }),
      ...(state !== undefined && describeLinks(state)),
    };
  }

  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  async metrics(): Promise<string> {
    const state = this.redirects.state();
    return renderMetrics([
      ...processMetrics(),
      ...httpMetrics(),
      ...databaseMetrics(await this.health()),
      ...replicaMetrics(this.replicas.states),
      ...(state === undefined ? [] : linkMetrics(state)),
    ]);
  }

  /** Whoever asks meanwhile has the same answer: these routes have no limit of rate, and cost the database one question at a time. */
  private health(): Promise<DatabaseHealth> {
    this.asking ??= askDatabase(this.dataSource).finally(() => (this.asking = undefined));
    return this.asking;
  }
}
