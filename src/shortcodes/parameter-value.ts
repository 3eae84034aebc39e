import type { ParameterValue } from './definition.js';

const integerPattern = /^[-+]?[0-9]+$/;
const decimalPattern = /^[-+]?[0-9]*\.[0-9]+$/;

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

/** Gives an unquoted parameter its type: `true`, `false`, whole numbers and decimals; everything else is text. */
export function typedValue(text: string): ParameterValue {
  if (text === 'true') return true;
  if (text === 'false') return false;
  if (integerPattern.test(text)) return integerValue(text);
  if (decimalPattern.test(text)) return decimalValue(text);
  return text;
}

/** Hugo's integers have 64 bits. Past a double's exact range the digits are kept as Go would print them. */
function integerValue(text: string): ParameterValue {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return withoutSignOfZero(value);
  const exact = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return exact >= minInt64 && exact <= maxInt64 ? exact.toString() : text;
}

function decimalValue(text: string): ParameterValue {
  const value = Number(text);
  return Number.isFinite(value) ? withoutSignOfZero(value) : text;
}

/** JSON has no -0, and a stored call must show what it showed when it was read. (Hugo prints -0.0 as -0.) */
function withoutSignOfZero(value: number): number {
  return value === 0 ? 0 : value;
}

/**
 * A value as Hugo prints it in a template: a number in Go's `%v` form (`1.50` is `1.5`, `0.00001` is `1e-05`).
 * Not kept: that `1000000.0` was no integer, which Go prints as `1e+06`.
 */
export function printValue(value: ParameterValue): string {
  return typeof value === 'number' ? printNumber(value) : String(value);
}

/** JavaScript and Go agree on the digits. Go writes exponents from 1e6 and below 1e-4, with two digits at least. */
function printNumber(value: number): string {
  if (Number.isInteger(value)) return value.toString();
  const magnitude = Math.abs(value);
  if (magnitude >= 1e-4 && magnitude < 1e6) return value.toString();
  return value.toExponential().replace(/e([-+])([0-9])$/, 'e$10$2');
}
