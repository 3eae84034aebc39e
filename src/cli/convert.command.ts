import { stat } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError, Option } from 'commander';
import type { AffVariant, ArgumentRole } from '../import-export/aff-variants.js';
import { ARGUMENT_ROLES } from '../import-export/aff-variants.js';
import type { ConvertedFile } from '../import-export/convert.service.js';
import { complain, counted, onOneLine, print, UsageError, WORK_HAS_ERRORS } from './output.js';
import { withServices } from './with-services.command.js';

interface ConvertFlags {
  readonly shortcode: readonly string[];
  readonly affArguments?: readonly ArgumentRole[];
  readonly affNames?: Readonly<Record<string, ArgumentRole>>;
  readonly write?: boolean;
  readonly json?: boolean;
}

export function addConvertCommand(program: Command): void {
  program
    .command('convert')
    .description("turn a site's own affiliate shortcodes into aff, in its files; says what it would do unless --write")
    .argument('<dir>', 'the content folder, or the root of the site')
    .addOption(new Option('--shortcode <names...>', 'shortcodes that are to become aff').default(['aff']))
    .addOption(
      new Option(
        '--aff-arguments <list>',
        'what their arguments are, such as text,partner or partner,-,text (default: guessed)',
      ).argParser(readRoles),
    )
    .addOption(
      new Option(
        '--aff-names <list>',
        'what their named arguments are, such as id=partner,label=text (default: guessed)',
      ).argParser(readNames),
    )
    .option('--write', 'change the files')
    .option('--json', 'print one JSON object per file')
    .action(convert);
}

async function convert(directory: string, flags: ConvertFlags): Promise<void> {
  const folder = resolve(directory);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory())
    throw new UsageError(`${directory} is no folder. Name the folder that holds the Markdown files.`);
  await withServices(async (services) => {
    const { ConvertService } = await import('../import-export/convert.service.js');
    const done: ConvertedFile[] = [];
    const summary = await services.get(ConvertService).convertFolder(folder, {
      shortcodes: flags.shortcode,
      positional: flags.affArguments,
      named: flags.affNames,
      write: flags.write,
      onVariants: (variants) => {
        for (const variant of flags.json ? [] : variants) print(onOneLine(variantText(variant)));
      },
      onFile: (file) => done.push(file),
    });
    for (const file of done) report(file, summary.contentFolder, flags.json ?? false);
    const would = flags.write ? '' : ' (nothing was written; --write does)';
    if (!flags.json)
      print(
        `${counted(summary.calls, 'call')} converted in ${counted(summary.files, 'file')}, ${counted(summary.problems, 'call')} left${would}`,
      );
    if (summary.problems > 0) process.exitCode = WORK_HAS_ERRORS;
  });
}

function variantText({ shortcode, slots, roles, calls, isNamed, isGuessed }: AffVariant): string {
  const parts = slots.map(
    (slot, index) => `${isNamed ? slot : `argument ${slot}`} is ${roles[index] === '-' ? 'dropped' : roles[index]}`,
  );
  const why = isGuessed ? `  (guessed; ${isNamed ? '--aff-names' : '--aff-arguments'} says otherwise)` : '';
  return `${shortcode}, ${counted(calls, 'call')}: ${parts.join(', ') || 'no arguments'}${why}`;
}

function report(result: ConvertedFile, contentFolder: string, asJson: boolean): void {
  if (asJson) return print(JSON.stringify(result));
  const file = relative(process.cwd(), resolve(contentFolder, result.file)) || result.file;
  for (const { line, column, before, after } of result.converted) {
    print(onOneLine(`${file}:${line}:${column}  ${before}  ->  ${after}`));
  }
  for (const { line, column, message } of result.problems)
    complain(onOneLine(`error     ${file}:${line}:${column}  ${message}`));
}

function readRole(text: string): ArgumentRole {
  const role = ARGUMENT_ROLES.find((one) => one === text.trim());
  if (role === undefined) throw new InvalidArgumentError(`"${text}" is none of ${ARGUMENT_ROLES.join(', ')}.`);
  return role;
}

function readRoles(text: string): ArgumentRole[] {
  const roles = text.split(',').map(readRole);
  if (!roles.includes('partner')) throw new InvalidArgumentError('One of the arguments is the partner.');
  return roles;
}

function readNames(text: string): Record<string, ArgumentRole> {
  const pairs = text.split(',').map((part) => {
    const [name = '', role = ''] = part.split('=');
    return [name.trim(), readRole(role)] as const;
  });
  return Object.fromEntries(pairs);
}
