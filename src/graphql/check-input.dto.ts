import { plainToInstance } from 'class-transformer';
import type { ValidationError } from 'class-validator';
import { validate } from 'class-validator';
import type { UserProblem } from '../kernel/errors.js';
import { RefusedError, WaypostError } from '../kernel/errors.js';
import { unstorableTexts } from './unstorable-text.js';

/**
 * Applies the class-validator rules of an input class. Unlike a pipe it answers with paths (`input.destinationUrl`)
 * that become `userErrors` (`input.targets.0.key` inside a list), and it needs nothing global, so that it works in a host with pipes of its own.
 * Texts that the database cannot keep are refused everywhere.
 * @throws RefusedError with one problem per broken rule.
 */
export async function checkInput<T extends object>(type: new () => T, input: T): Promise<T> {
  const instance = plainToInstance(type, { ...input });
  const errors = await validate(instance, { forbidUnknownValues: false });
  const problems = [...errors.flatMap((error) => problemsOf(error, 'input')), ...unstorableTexts(input, 'input')];
  if (problems.length > 0) throw new RefusedError(problems);
  return instance;
}

/**
 * The same for the arguments of a query, which has no `userErrors`.
 * @throws WaypostError BAD_ARGUMENT that names the broken rules.
 */
export async function checkArgument<T extends object>(type: new () => T, input: T): Promise<T> {
  try {
    return await checkInput(type, input);
  } catch (error) {
    if (error instanceof RefusedError) throw new WaypostError('BAD_ARGUMENT', [error.message], { cause: error });
    throw error;
  }
}

function problemsOf(error: ValidationError, parent: string): UserProblem[] {
  const field = `${parent}.${error.property}`;
  const own = Object.entries(error.constraints ?? {}).map(([rule, message]) => ({
    code: errorCode(error.contexts?.[rule], rule),
    message: message.endsWith('.') ? message : `${message}.`,
    field,
  }));
  return [...own, ...(error.children ?? []).flatMap((child) => problemsOf(child, field))];
}

function errorCode(context: unknown, rule: string): string {
  const named = (context as { code?: string } | undefined)?.code;
  return named ?? `INVALID_${rule.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase()}`;
}

/** What a payload holds besides the thing itself. */
export interface Refusals {
  readonly userErrors: readonly UserProblem[];
}

/** Runs a mutation's work: a refusal becomes `userErrors`, anything else stays an error. */
export async function answer<T extends object>(work: () => Promise<T>): Promise<Partial<T> & Refusals> {
  try {
    return { ...(await work()), userErrors: [] };
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    return { ...error.current, userErrors: error.problems } as Partial<T> & Refusals;
  }
}
