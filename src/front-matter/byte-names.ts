/** Hugo's parsers name a byte where a person would name a character: of `é` the first byte, `Ã`. */
export function byteCharacter(text: string, at: number): string {
  return String.fromCharCode(firstUtf8Byte(text.charCodeAt(at)));
}

export function describeByte(text: string, at: number): string {
  const byte = firstUtf8Byte(text.charCodeAt(at));
  const name = `U+${byte.toString(16).toUpperCase().padStart(4, '0')}`;
  return byte < 0x20 || byte === 0x7f ? name : `${name} '${String.fromCharCode(byte)}'`;
}

function firstUtf8Byte(code: number): number {
  if (code < 0x80) return code;
  if (code < 0x800) return 0xc0 | (code >> 6);
  if (code < 0xd800 || code > 0xdbff) return 0xe0 | (code >> 12);
  // A high surrogate holds the top bits of a four-byte character.
  return 0xf0 | ((((code & 0x3ff) << 10) + 0x10000) >> 18);
}
