import { describe, expect, it } from 'vitest';
import { describePostgresFailure } from './postgres-failure.js';

const failure = (code: string, message = 'x') => Object.assign(new Error(message), { code });
const URL = 'postgres://me:secret@db.example/waypost';

describe('a Postgres that cannot be connected to', () => {
  it.each([
    ['nobody listens', failure('ECONNREFUSED'), 'DATABASE_UNREACHABLE'],
    ['its name is not known yet', failure('EAI_AGAIN'), 'DATABASE_UNREACHABLE'],
    ['it is starting up', failure('57P03'), 'DATABASE_UNREACHABLE'],
    ['it is full', failure('53300'), 'DATABASE_UNREACHABLE'],
    ['the password is wrong', failure('28P01'), 'DATABASE_REFUSED'],
    ['the database is not there', failure('3D000'), 'DATABASE_REFUSED'],
  ])('is waited for unless it refuses: %s', (_reason, error, code) => {
    const described = describePostgresFailure(URL, error);
    expect(described.code).toBe(code);
    expect(described.message).toMatch(/^Postgres at db\.example:5432\/waypost .*\.$/);
    expect(described.message).not.toContain('secret');
  });
});
