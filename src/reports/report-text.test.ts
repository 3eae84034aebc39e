import { describe, expect, it } from 'vitest';
import { toAlignedText, toCsv } from './report-text.js';

describe('a report', () => {
  it('as CSV quotes what needs it, and runs nothing in a spreadsheet', () => {
    const rows = [
      ['plain', 1],
      ['with, comma and "quotes"', 2],
      ['=HYPERLINK("x")', null],
    ];
    expect(toCsv({ columns: ['partner', 'clicks'], rows })).toBe(
      'partner,clicks\nplain,1\n"with, comma and ""quotes""",2\n"\'=HYPERLINK(""x"")",\n',
    );
  });

  it('on a terminal stands in columns, numbers to the right', () => {
    const rows = [
      ['training_partner', 1200, null],
      ['vpn', 7, 3],
    ];
    expect(toAlignedText({ columns: ['partner', 'clicks', 'visitors'], rows })).toBe(
      'partner           clicks  visitors\ntraining_partner    1200         -\nvpn                    7         3\n',
    );
  });
});
