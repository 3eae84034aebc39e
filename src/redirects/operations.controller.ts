import { Controller, Get, Header, HttpCode, HttpStatus, Inject, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { DataSource } from 'typeorm';
import { WAYPOST_DATA_SOURCE } from '../database/database.module.js';
import { hidesDetails } from '../observability/hidden-details.js';
import { metricsText } from './metrics-text.js';
import { RedirectsService } from './redirects.service.js';

const databaseTimeoutMs = 2000;

/** What a standalone server tells whoever runs it. A host has its own. */
@Controller()
export class OperationsController {
  constructor(
    @Inject(RedirectsService) private readonly redirects: RedirectsService,
    @Inject(WAYPOST_DATA_SOURCE) private readonly dataSource: DataSource,
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
    const database = await this.databaseProblem();
    const problems = [...(database === undefined ? [] : [database]), ...(state?.problems ?? [])];
    if (problems.length > 0) response.status(HttpStatus.SERVICE_UNAVAILABLE);
    const status = problems.length === 0 ? 'ready' : 'not ready';
    if (hidesDetails(request)) return { status };
    return {
      status,
      problems,
      links: state === undefined ? undefined : { partners: state.links.partners, ageSeconds: state.links.ageMs / 1000 },
      drain:
        state?.drain === undefined
          ? undefined
          : { lagClicks: state.drain.lagClicks, lagSeconds: state.drain.lagMs / 1000, setAside: state.drain.setAside },
      clickLog: state === undefined ? undefined : { bytes: state.logBytes, late: state.log.late, lost: state.log.lost },
    };
  }

  @Get('metrics')
  @Header('Content-Type', 'text/plain; version=0.0.4; charset=utf-8')
  metrics(): string {
    const state = this.redirects.state();
    return state === undefined ? '' : metricsText(state);
  }

  private async databaseProblem(): Promise<string | undefined> {
    const late = new Promise<string>((resolve) => {
      setTimeout(() => resolve('Postgres does not answer.'), databaseTimeoutMs).unref();
    });
    const answer = this.dataSource.query('SELECT 1').then(
      () => undefined,
      () => 'Postgres cannot be reached.',
    );
    return Promise.race([answer, late]);
  }
}
