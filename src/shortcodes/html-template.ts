/**
 * Go's html/template escaping, which is what Hugo's shortcodes print their parameters with.
 */

const textEscapes: Readonly<Record<string, string>> = {
  '\0': '\uFFFD',
  '"': '&#34;',
  '&': '&amp;',
  "'": '&#39;',
  '+': '&#43;',
  '<': '&lt;',
  '>': '&gt;',
};

/** For text between tags and for quoted attribute values. */
export function escapeTemplateText(text: string): string {
  return text.replace(/[\0"&'+<>]/g, (character) => textEscapes[character] ?? character);
}

/**
 * For a URL in a quoted attribute. Keeps URL syntax and valid percent codes, encodes the rest in lower-case hexadecimal;
 * it does not judge the URL: `//host`, `javascript:` and `../` pass, so validate what goes in.
 */
export function escapeTemplateUrl(url: string): string {
  const encoded = url.replace(/%(?![0-9a-fA-F]{2})|[^a-zA-Z0-9\-._~!#$&*+,/:;=?@[\]%]+/g, percentEncode);
  return escapeTemplateText(encoded);
}

function percentEncode(text: string): string {
  let encoded = '';
  for (const byte of new TextEncoder().encode(text)) encoded += `%${byte.toString(16).padStart(2, '0')}`;
  return encoded;
}
