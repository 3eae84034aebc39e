import { describe, expect, it } from 'vitest';
import { readEnvironment } from './environment.js';
import { readyText } from './ready-text.js';

const environment = readEnvironment({}, '/site');
const sample = { slug: 'first', partnerKey: 'training_partner', placementId: '3f9a0c1be27d' };
const facts = {
  url: 'http://127.0.0.1:3000',
  environment,
  workingDirectory: '/site',
  tokenFile: '/site/.waypost/admin-token',
  sample,
};

describe('what the terminal shows', () => {
  it('begins with the ready line, alone, for scripts', () => {
    expect(readyText(facts).split('\n')[0]).toBe('Waypost is ready on http://127.0.0.1:3000');
  });

  it('names what a person needs next', () => {
    const text = readyText(facts);
    for (const needed of [
      'http://127.0.0.1:3000/graphql',
      'http://127.0.0.1:3000/go/training_partner/3f9a0c1be27d',
      'article(slug: \\"first\\")',
      '.waypost/admin-token',
      'clickReport',
      'Ctrl-C',
    ]) {
      expect(text).toContain(needed);
    }
  });

  it('shows nothing of a sample that is not there', () => {
    expect(readyText({ ...facts, sample: undefined })).not.toContain('/go/');
  });

  it('never shows a token itself', () => {
    expect(readyText(facts)).not.toContain('wpt_');
  });
});
