import { characterOf, namedCharacter } from './text-value.js';

const escapes = /\\([!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~])/g;
const numericReference = /&#(?:[xX]([0-9a-fA-F]+)|([0-9]{1,7}));/g;
const namedReference = /&([A-Za-z0-9]+);/g;

/** What the destination of a link stands for. Not `textValue`: here Goldmark resolves in three passes. */
export function destinationValue(source: string): string {
  if (!/[\\&]/.test(source)) return source;
  return source
    .replace(escapes, '$1')
    .replace(numericReference, (_whole, hex?: string, decimal?: string) =>
      characterOf(hex === undefined ? parseGoInteger(decimal!) : parseInt(hex, 16)),
    )
    .replace(namedReference, (whole: string, name: string) => namedCharacter(name) ?? whole);
}

/** As Goldmark reads `&#065;` in a destination: a leading 0 means octal, and what is not octal then is no number. */
function parseGoInteger(digits: string): number {
  if (!digits.startsWith('0')) return parseInt(digits, 10);
  return /^[0-7]+$/.test(digits) ? parseInt(digits, 8) : 0;
}

/** A `%` with a hexadecimal digit and any character behind it counts as encoded already. */
const notUrl = /%[0-9a-fA-F][^]|[^!#$&'()*+,\-./0-9:;=?@A-Z_a-z~]/gu;

/** Percent-encodes what may not stand in a URL. */
export function encodeUrl(url: string): string {
  return url.replace(notUrl, (part) => (part.length > 2 && part.startsWith('%') ? part : encodeCharacter(part)));
}

function encodeCharacter(char: string): string {
  const code = char.charCodeAt(0);
  return code < 0x80 ? `%${code.toString(16).toUpperCase().padStart(2, '0')}` : encodeURIComponent(char);
}

/** A URL that would run code or read local data, except images in a `data:` URL. */
export function isDangerousUrl(destination: string): boolean {
  if (destination.startsWith('data:image/')) return !/^data:image\/(?:png|gif|jpeg|webp|svg\+xml);/.test(destination);
  return /^(?:javascript|vbscript|file|data):/.test(destination);
}
