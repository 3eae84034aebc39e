import { describe, expect, it } from 'vitest';
import { WaypostError } from '../kernel/errors.js';
import { PinoLog } from './pino-log.service.js';

function logged(work: (log: PinoLog) => void, level: 'info' | 'warn' = 'info'): Record<string, unknown>[] {
  const lines: string[] = [];
  work(new PinoLog({ level, isPretty: false, write: (line) => lines.push(line) }));
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('the log', () => {
  it('is one JSON object a line, with level, time and context', () => {
    const [line] = logged((log) => log.warn('Something.', 'HTTP'));
    expect(line).toMatchObject({ level: 'warn', msg: 'Something.', context: 'HTTP' });
    expect(line?.['time']).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('keeps the stack of what nobody foresaw apart from the sentence', () => {
    const [line] = logged((log) => log.error('Unexpected error', 'Error: x\n at y', 'HTTP'));
    expect(line).toMatchObject({ level: 'error', msg: 'Unexpected error', stack: 'Error: x\n at y', context: 'HTTP' });
  });

  it('leaves out what is below its level, and how the framework puts itself together', () => {
    expect(logged((log) => log.log('Routes.', 'RouterExplorer'))).toEqual([]);
    expect(logged((log) => log.log('Started.', 'HTTP'), 'warn')).toEqual([]);
  });

  it('leaves a foreseen failure of a start to whoever started it', () => {
    expect(logged((log) => log.error(new WaypostError('DATABASE_GONE'), 'ExceptionHandler'))).toEqual([]);
    expect(logged((log) => log.error(new Error('x'), 'ExceptionHandler'))).toHaveLength(1);
  });

  it('takes secrets out of sentences, stacks and errors', () => {
    const secret = 'wpt_0123456789abcdefghij';
    const lines = logged((log) => {
      log.warn(`Got ${secret}`);
      log.error('x', `Error: ${secret}`, 'HTTP');
      log.error(new Error(secret));
      log.log({ password: secret });
    });
    expect(lines).toHaveLength(4);
    expect(JSON.stringify(lines)).not.toContain(secret);
  });
});
