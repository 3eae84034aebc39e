/** How tracked links are made. */
export interface LinksOptions {
  /**
   * Origin of tracked links in rendered HTML, such as `https://example.org`; no trailing slash. A function where it is
   * known only once the server listens.
   */
  readonly publicUrl: string | (() => string);
}

export const LINKS_OPTIONS = Symbol('waypost links options');

/** The origin of tracked links at this moment. */
export function linkOrigin(options: LinksOptions): string {
  return typeof options.publicUrl === 'string' ? options.publicUrl : options.publicUrl();
}
