import { Controller, Get, Header } from '@nestjs/common';

/** For the standalone server: a host has a robots.txt of its own. */
@Controller()
export class RobotsController {
  /** Tracked links are no pages, and a crawler that follows them counts for nothing. */
  @Get('robots.txt')
  @Header('Content-Type', 'text/plain; charset=utf-8')
  robots(): string {
    return 'User-agent: *\nDisallow: /go/\n';
  }
}
