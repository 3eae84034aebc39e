import { readFile } from 'node:fs/promises';
import type { INestApplicationContext } from '@nestjs/common';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import { FeedError } from '../feeds/feed-error.js';
import type { ItemResult } from '../feeds/feed-articles.service.js';
import type { FeedRun } from '../feeds/feed-runner.service.js';
import type { FeedTemplate } from '../feeds/feed-template.js';
import type { FeedEntity } from '../feeds/feed.entity.js';
import { OutboundError } from '../outbound/outbound-error.js';

/** What a command of Waypost is given by the program it is a part of. */
export interface CommandSurroundings {
  readonly withServices: (work: (services: INestApplicationContext) => Promise<void>) => Promise<void>;
  readonly print: (line: string) => void;
  readonly complain: (line: string) => void;
  /** The work has errors: exit status 1. */
  readonly fail: () => void;
}

interface RunFlags {
  readonly dryRun?: boolean;
  readonly now?: boolean;
  readonly json?: boolean;
}

/** `waypost feeds add|list|run|remove` */
export function addFeedCommands(program: Command, surroundings: CommandSurroundings): void {
  const feeds = program.command('feeds').description('RSS, Atom and JSON feeds that become draft articles');
  feeds
    .command('add')
    .description('follow a feed; one that is there already gets the new template')
    .argument('<url>', 'the address of the feed')
    .option('--template <file>', 'a model article: its tags, path, first paragraph and aff calls are used')
    .addOption(
      new Option('--every <minutes>', 'how often a server reads it by itself; 0: never')
        .default(60)
        .argParser(readMinutes),
    )
    .action((url: string, flags: { template?: string; every: number }) => addFeed(url, flags, surroundings));
  feeds
    .command('list')
    .description('show all feeds, and what is wrong with them')
    .option('--json', 'print one JSON object per feed')
    .action((flags: { json?: boolean }) => listFeeds(flags, surroundings));
  feeds
    .command('run')
    .description('read feeds now; each new item becomes a draft article')
    .argument('[url]', 'only this one')
    .option('--dry-run', 'say what would happen and write nothing')
    .option('--now', 'also feeds that failed and wait for their next attempt')
    .option('--json', 'print one JSON object per feed')
    .action((url: string | undefined, flags: RunFlags) => runFeeds(url, flags, surroundings));
  feeds
    .command('remove')
    .description('follow a feed no longer; its articles stay')
    .argument('<url>', 'its address or id, as feeds list shows it')
    .action((url: string) => removeFeed(url, surroundings));
}

async function addFeed(
  url: string,
  flags: { template?: string; every: number },
  { withServices, print, complain, fail }: CommandSurroundings,
): Promise<void> {
  try {
    const template = await templateOf(flags.template);
    await withServices(async (services) => {
      const { FeedsService } = await import('../feeds/feeds.service.js');
      const { lastRunAt } = await services.get(FeedsService).addFeed(url, template, flags.every);
      print(
        lastRunAt === null
          ? 'Added. "waypost feeds run" reads it now.'
          : 'It was followed already, and has the new template.',
      );
    });
  } catch (error) {
    if (!(error instanceof FeedError || error instanceof OutboundError)) throw error;
    complain(`${error.code}  ${error.message}`);
    fail();
  }
}

async function templateOf(file: string | undefined): Promise<FeedTemplate> {
  const { DEFAULT_TEMPLATE, readTemplate } = await import('../feeds/feed-template.js');
  if (file === undefined) return DEFAULT_TEMPLATE;
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new FeedError('TEMPLATE_INVALID', `${file} cannot be read: ${String(error)}`, { cause: error });
  });
  return readTemplate(text, file);
}

async function listFeeds(flags: { json?: boolean }, { withServices, print }: CommandSurroundings): Promise<void> {
  await withServices(async (services) => {
    const { FeedsService } = await import('../feeds/feeds.service.js');
    for (const feed of await services.get(FeedsService).listFeeds()) {
      const { id, url, everyMinutes, lastSuccessAt, failures, errorCode, errorMessage, nextRunAt, template } = feed;
      if (flags.json) {
        const shown = { id, url, everyMinutes, lastSuccessAt, failures, errorCode, errorMessage, nextRunAt, template };
        print(JSON.stringify(shown));
        continue;
      }
      const state = errorCode === null ? 'well' : `failed ${timesOf(failures)}: ${errorCode}  ${errorMessage}`;
      print([id, url, lastSuccessAt?.toISOString() ?? 'never read', state].join('\t'));
    }
  });
}

async function runFeeds(url: string | undefined, flags: RunFlags, surroundings: CommandSurroundings): Promise<void> {
  const { withServices, print, complain, fail } = surroundings;
  await withServices(async (services) => {
    const { FeedsService } = await import('../feeds/feeds.service.js');
    const { FeedRunner } = await import('../feeds/feed-runner.service.js');
    const all = await services.get(FeedsService).listFeeds();
    const wanted = all.filter((feed) => url === undefined || feed.url === hrefOf(url) || feed.id === url);
    if (wanted.length === 0) {
      complain(
        url === undefined ? 'There is no feed. Add one: waypost feeds add URL' : `No feed has the address "${url}".`,
      );
      if (url !== undefined) fail();
    }
    for (const feed of wanted) {
      if (isWaiting(feed) && url === undefined && flags.now !== true) {
        complain(
          `${feed.url}  failed ${timesOf(feed.failures)} (${feed.errorCode}) and waits until ${feed.nextRunAt.toISOString()}; --now reads it`,
        );
        fail();
        continue;
      }
      const run = await services.get(FeedRunner).run(feed, { dryRun: flags.dryRun ?? false });
      if (flags.json) print(JSON.stringify(run));
      else report(run, flags, surroundings);
      if (run.error || run.items.some(({ outcome }) => outcome === 'failed')) fail();
    }
  });
}

function timesOf(failures: number): string {
  return failures === 1 ? 'once' : `${failures} times`;
}

function isWaiting({ failures, nextRunAt }: FeedEntity): boolean {
  return failures > 0 && nextRunAt > new Date();
}

function report(run: FeedRun, flags: RunFlags, { print, complain }: CommandSurroundings): void {
  const would = flags.dryRun ? ' (dry run: nothing was written)' : '';
  if (run.error) return complain(`failed    ${run.url}  ${run.error.code}  ${run.error.message}`);
  if (run.outcome === 'busy') return print(`busy      ${run.url}  another process reads it`);
  if (run.outcome === 'unchanged') return print(`unchanged ${run.url}`);
  for (const item of run.items) {
    if (item.error) complain(`failed    ${item.guid}  ${item.error.code}  ${item.error.message}`);
    else if (item.outcome !== 'unchanged') print(`${item.outcome.padEnd(9)} ${item.path ?? item.guid}  ${item.title}`);
  }
  const count = (outcome: ItemResult['outcome']): string =>
    `${run.items.filter((item) => item.outcome === outcome).length} ${outcome}`;
  const counts = (['created', 'updated', 'unchanged', 'kept', 'failed'] as const).map(count).join(', ');
  print(`${run.url}  ${counts}${run.isCut ? '; older items were not read' : ''}${would}`);
}

async function removeFeed(url: string, { withServices, print, complain, fail }: CommandSurroundings): Promise<void> {
  await withServices(async (services) => {
    const { FeedsService } = await import('../feeds/feeds.service.js');
    if (await services.get(FeedsService).removeFeed(url)) return print('Removed. Its articles stay.');
    complain(`No feed has the address or id "${url}". "waypost feeds list" shows them.`);
    fail();
  });
}

function hrefOf(url: string): string {
  return URL.canParse(url) ? new URL(url).href : url;
}

function readMinutes(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Write a whole number of minutes, 0 for never.');
  return Number(text);
}
