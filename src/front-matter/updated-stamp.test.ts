import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { timesAsLong } from '../../test/support/processor-time.js';
import { findUpdatedStamp, formatStampDate, StampDateError } from './updated-stamp.js';

describe('findUpdatedStamp', () => {
  it.each([
    ['*Updated: 2025-09-12*', 'Updated', '2025-09-12', 'YYYY-MM-DD'],
    ['_Last updated: 2025-09-12_', 'Last updated', '2025-09-12', 'YYYY-MM-DD'],
    ['**Last modified: September 12, 2025**', 'Last modified', '2025-09-12', 'MMMM D, YYYY'],
    ['***Modified 2025/09/12***', 'Modified', '2025-09-12', 'YYYY/MM/DD'],
    ['Reviewed: 12 September 2025', 'Reviewed', '2025-09-12', 'D MMMM YYYY'],
    ['Last reviewed on Sep 12, 2025.', 'Last reviewed', '2025-09-12', 'MMM D, YYYY'],
    ['Updated - Sept. 5, 2025', 'Updated', '2025-09-05', 'MMMt. D, YYYY'],
    ['Updated — 12.09.2025', 'Updated', '2025-09-12', 'DD.MM.YYYY'],
    ['Update: 2.9.2025', 'Update', '2025-09-02', 'D.M.YYYY'],
    ['Updated: 2025.09.12', 'Updated', '2025-09-12', 'YYYY.MM.DD'],
    ['**Updated:** 2025-9-2', 'Updated', '2025-09-02', 'YYYY-M-D'],
    ['*Updated*: May 3rd, 2025', 'Updated', '2025-05-03', 'MMMM Do, YYYY'],
    ['_Last edited 21st of March 2025_', 'Last edited', '2025-03-21', 'Do of MMMM YYYY'],
    ['Revised: Friday, September 12, 2025', 'Revised', '2025-09-12', 'dddd, MMMM D, YYYY'],
    ['Updated: Fri, 12 Sep 2025', 'Updated', '2025-09-12', 'ddd, D MMM YYYY'],
    ['updated: 05-Sep-2025', 'updated', '2025-09-05', 'DD-MMM-YYYY'],
    ['PAGE LAST UPDATED: 2025-09-12', 'PAGE LAST UPDATED', '2025-09-12', 'YYYY-MM-DD'],
    ['*Last reviewed and updated: 2025-09-12.*', 'Last reviewed and updated', '2025-09-12', 'YYYY-MM-DD'],
    [
      '*This article was last updated on September 12, 2025.*',
      'This article was last updated',
      '2025-09-12',
      'MMMM D, YYYY',
    ],
    ['This page has been reviewed on 12 Sept 2025', 'This page has been reviewed', '2025-09-12', 'D MMMt YYYY'],
    ['_Last revision: 2025-09-12_', 'Last revision', '2025-09-12', 'YYYY-MM-DD'],
    ['Last update: 12 September, 2025', 'Last update', '2025-09-12', 'D MMMM, YYYY'],
    ['*(Updated: 2025-09-12)*', 'Updated', '2025-09-12', 'YYYY-MM-DD'],
    ['(*Last updated 2025-09-12*)', 'Last updated', '2025-09-12', 'YYYY-MM-DD'],
    ['*Updated: 09/25/2025*', 'Updated', '2025-09-25', 'MM/DD/YYYY'],
    ['*Updated: 9/25/2025*', 'Updated', '2025-09-25', 'M/D/YYYY'],
    ['*Updated: 25/09/2025*', 'Updated', '2025-09-25', 'DD/MM/YYYY'],
    ['*Updated: 31-12-2025*', 'Updated', '2025-12-31', 'DD-MM-YYYY'],
    ['UPDATED: SEPTEMBER 12, 2025', 'UPDATED', '2025-09-12', '↑MMMM D, YYYY'],
    ['UPDATED: FRI, 12TH SEPT. 2025', 'UPDATED', '2025-09-12', '↑ddd, ↑Do ↑MMMt. YYYY'],
    ['updated: friday, 12 september 2025', 'updated', '2025-09-12', '↓dddd, D ↓MMMM YYYY'],
    ['   *Updated: 2024-02-29*  ', 'Updated', '2024-02-29', 'YYYY-MM-DD'],
  ])('reads %s', (line, word, date, form) => {
    const body = `Text.\n\n${line}\n\n`;
    const stamp = findUpdatedStamp(body);
    expect(stamp).toMatchObject({ word, date, form });
    expect(body.slice(stamp?.start, stamp?.end)).toBe(line.trim());
    expect(formatStampDate(date, form)).toBe(body.slice(stamp?.dateStart, stamp?.dateEnd));
  });

  it.each([
    ['a date that could be two', '*Updated: 03/04/2025*'],
    ['another date that could be two', '*Updated: 03-04-2025*'],
    ['a date with slashes that is none', '*Updated: 13/25/2025*'],
    ['a bracket that does not close', '*(Updated: 2025-09-12*'],
    ['a bracket that does not open', '*Updated: 2025-09-12)*'],
    ['a month in a case that nobody uses', 'Updated: 12 sEPTEMBER 2025'],
    ['prose about something else', 'This plugin was last updated on 2025-09-12'],
    ['a day that does not exist', '*Updated: 2025-02-30*'],
    ['a month that does not exist', '*Updated: 2025-13-01*'],
    ['a date with a time', '*Updated: 2025-09-12 10:00*'],
    ['a month alone', '*Updated: September 2025*'],
    ['a line that is not the last', '*Updated: 2025-09-12*\n\nMore.'],
    ['prose', 'It was last updated on 2025-09-12'],
    ['prose behind the date', 'Updated: 2025-09-12 with new prices'],
    ['another word', '*Published: 2025-09-12*'],
    ['emphasis that does not close', '*Updated: 2025-09-12'],
    ['emphasis that closes otherwise', '*Updated: 2025-09-12_'],
    ['a code block', '    *Updated: 2025-09-12*'],
    ['a quote', '> Updated: 2025-09-12'],
    ['a list item', '- Updated: 2025-09-12'],
    ['nothing', ''],
    ['blank lines', '\n \n'],
  ])('passes over %s', (_fact, body) => {
    expect(findUpdatedStamp(body)).toBeUndefined();
  });

  it('finds the stamp of a body without a line break at its end, after CRLF and after CR', () => {
    for (const body of ['*Updated: 2025-09-12*', 'x\r\n\r\n*Updated: 2025-09-12*\r\n', 'x\r*Updated: 2025-09-12*']) {
      expect(findUpdatedStamp(body)?.date).toBe('2025-09-12');
    }
  });

  it('never throws, and gives a date that prints as it was written', () => {
    const piece = fc.constantFrom(
      'Updated',
      'Last updated',
      ':',
      ' ',
      '*',
      '_',
      '**',
      '2025-09-12',
      'Sep',
      'September',
      'SEPT',
      'september',
      '12',
      '.',
      ',',
      '2025',
      'th',
      'TH',
      '\n',
      '/',
      'Fri',
      'of',
      'on',
      '(',
      ')',
      '-',
      'é',
    );
    const body = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join('')),
    );
    fc.assert(
      fc.property(body, (text) => {
        const stamp = findUpdatedStamp(text);
        if (stamp === undefined) return;
        expect(stamp.start <= stamp.dateStart && stamp.dateStart < stamp.dateEnd && stamp.dateEnd <= stamp.end).toBe(
          true,
        );
        // A wrong weekday or ordinal is read, and printed right.
        const written = text.slice(stamp.dateStart, stamp.dateEnd);
        expect(withoutWords(formatStampDate(stamp.date, stamp.form))).toBe(withoutWords(written));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['words', (size: number) => `${'Updated '.repeat(size / 8)}2025-09-12`],
    ['spaces', (size: number) => `*Updated:${' '.repeat(size)}x`],
    ['signs of emphasis', (size: number) => '*_'.repeat(size / 2)],
    ['lines', (size: number) => '\n'.repeat(size)],
  ])('takes time in proportion to the body: %s', (_name, make) => {
    // Eight times the text takes eight times as long; where it is quadratic, sixty-four times.
    expect(timesAsLong(findUpdatedStamp, make(125_000), make(1_000_000))).toBeLessThan(40);
  });
});

function withoutWords(date: string): string {
  return date.replace(/^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat)[a-z]*/i, '').replace(/(?<=\d)(?:st|nd|rd|th)/i, '');
}

describe('formatStampDate', () => {
  it.each([
    ['2026-01-02', 'DD.MM.YYYY', '02.01.2026'],
    ['2026-01-02', 'D.M.YYYY', '2.1.2026'],
    ['2026-01-02', 'MMMM Do, YYYY', 'January 2nd, 2026'],
    ['2026-01-11', 'Do MMMM YYYY', '11th January 2026'],
    ['2026-01-23', 'Do MMMM YYYY', '23rd January 2026'],
    ['2026-10-02', 'MMMt. D, YYYY', 'Oct. 2, 2026'],
    ['2026-01-02', 'dddd, MMMM D, YYYY', 'Friday, January 2, 2026'],
    ['2026-01-02', 'ddd D MMM YYYY', 'Fri 2 Jan 2026'],
    ['2026-01-02', '↑dddd, ↑MMMM ↑Do, YYYY', 'FRIDAY, JANUARY 2ND, 2026'],
    ['2026-01-02', '↓ddd D ↓MMMt YYYY', 'fri 2 jan 2026'],
  ])('prints %s as %s', (date, form, printed) => {
    expect(formatStampDate(date, form)).toBe(printed);
  });

  it.each(['2025-02-30', '2025-1-1', 'today', ''])('refuses %j', (date) => {
    expect(() => formatStampDate(date, 'YYYY-MM-DD')).toThrow(StampDateError);
  });
});
