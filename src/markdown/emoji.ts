export function replaceEmojiCodes(text: string): string {
  return text;
}
