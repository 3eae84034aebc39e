const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Asked before Postgres is, which refuses a whole statement for a text that is no UUID. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}
