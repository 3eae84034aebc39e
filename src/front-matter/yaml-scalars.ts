/**
 * What a plain YAML scalar means: the YAML 1.1 of go-yaml 2, which Hugo used up to 0.151. `yes`, `no`, `on`, `off`, `y` and `n`
 * are booleans, `010` is eight, `1:30` is a string. Hugo 0.152 reads YAML 1.2, in which those words are strings.
 */

type YamlScalarKind = 'null' | 'bool' | 'int' | 'float' | 'str';

export interface YamlScalar {
  readonly kind: YamlScalarKind;
  readonly value: null | boolean | bigint | number | string;
}

const TRUE = { kind: 'bool', value: true } as const;
const FALSE = { kind: 'bool', value: false } as const;
const NULL = { kind: 'null', value: null } as const;
const NOT_A_NUMBER = { kind: 'float', value: Number.NaN } as const;
const INFINITE = { kind: 'float', value: Number.POSITIVE_INFINITY } as const;
const MINUS_INFINITE = { kind: 'float', value: Number.NEGATIVE_INFINITY } as const;

/** Lower case, upper case and capitalized; `.nan` alone has its own spelling. */
const WORDS = new Map<string, YamlScalar>([
  ...spellings(TRUE, ['y', 'yes', 'true', 'on']),
  ...spellings(FALSE, ['n', 'no', 'false', 'off']),
  ...spellings(NULL, ['', '~', 'null']),
  ...spellings(INFINITE, ['.inf', '+.inf']),
  ...spellings(MINUS_INFINITE, ['-.inf']),
  ['.nan', NOT_A_NUMBER],
  ['.NaN', NOT_A_NUMBER],
  ['.NAN', NOT_A_NUMBER],
]);

function spellings(scalar: YamlScalar, words: readonly string[]): [string, YamlScalar][] {
  return words.flatMap((word) => {
    const capitalized = word.replace(/[a-z]/, (letter) => letter.toUpperCase());
    return [word, capitalized, word.toUpperCase()].map((spelled): [string, YamlScalar] => [spelled, scalar]);
  });
}

/** Booleans of YAML 1.1 that are strings in YAML 1.2. */
export function isYaml11Boolean(text: string): boolean {
  return WORDS.get(text)?.kind === 'bool' && !/^(?:true|false)$/i.test(text);
}

export function resolveYamlScalar(text: string): YamlScalar {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  if (/^\.\d/.test(text)) return resolveFloat(text) ?? { kind: 'str', value: text };
  if (!/^[+\-\d]/.test(text)) return { kind: 'str', value: text };
  const plain = text.replaceAll('_', '');
  return resolveInteger(plain) ?? resolveFloat(plain) ?? { kind: 'str', value: text };
}

const INTEGER = /^([+-]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9]\d*))$/;
const LARGEST_UNSIGNED = 2n ** 64n - 1n;

/** What `strconv.ParseInt(text, 0, 64)` and, without a sign, `ParseUint` take. */
function resolveInteger(text: string): YamlScalar | undefined {
  const found = INTEGER.exec(text);
  if (found === null) return undefined;
  const [, sign, hex, binary, octal, decimal] = found;
  const size =
    hex !== undefined
      ? BigInt(`0x${hex}`)
      : binary !== undefined
        ? BigInt(`0b${binary}`)
        : octal !== undefined
          ? BigInt(`0o${octal}`)
          : BigInt(decimal ?? 0);
  const value = sign === '-' ? -size : size;
  const isHeld = value === BigInt.asIntN(64, value) || (sign === '' && value <= LARGEST_UNSIGNED);
  return isHeld ? { kind: 'int', value } : undefined;
}

function resolveFloat(text: string): YamlScalar | undefined {
  if (!/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return undefined;
  const value = Number(text);
  // A float out of range stays a string.
  return Number.isFinite(value) ? { kind: 'float', value } : undefined;
}
