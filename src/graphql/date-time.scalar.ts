import { GraphQLError, GraphQLScalarType, Kind } from 'graphql';

/** RFC 3339 with a mandatory zone: date, T, time, optional fraction, Z or offset. */
const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](?:[01]\d|2[0-3]):(\d\d):(\d\d)(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/;

/**
 * RFC 3339 in UTC with milliseconds: `2025-09-12T13:19:38.864Z`. Input may carry another offset and any fraction
 * (kept to the millisecond); a date without time or zone is refused, as is a day that does not exist.
 */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description:
    'A moment in RFC 3339, UTC, with milliseconds: `2025-09-12T13:19:38.864Z`. Input may carry another offset; it must have one.',
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc3339',
  serialize: (value) => {
    const date = value instanceof Date ? value : new Date(String(value));
    if (Number.isNaN(date.getTime())) throw new GraphQLError('A stored date is not valid.');
    return date.toISOString();
  },
  parseValue: parseDateTime,
  parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : undefined),
});

function parseDateTime(value: unknown): Date {
  if (typeof value === 'string') {
    const match = RFC_3339.exec(value);
    const date = new Date(value.toUpperCase());
    if (match && !Number.isNaN(date.getTime()) && dayExists(match)) return date;
  }
  throw new GraphQLError(
    `DateTime cannot represent ${JSON.stringify(value)}. Write RFC 3339 with a zone, such as "2025-09-12T13:19:38.864Z".`,
    { extensions: { code: 'BAD_USER_INPUT' } },
  );
}

/** `Date` turns 30 February into 1 March. */
function dayExists(match: RegExpExecArray): boolean {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
