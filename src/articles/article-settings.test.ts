import { describe, expect, it } from 'vitest';
import { articleSettings, changedSettings } from './article-settings.js';

const before = articleSettings({}, '1.0.0');

describe('settings that pages follow from', () => {
  it.each([
    ['nothing', articleSettings({ unsafeHtml: true, liveUpdatedStamp: true }, '1.0.0'), []],
    ['the version', articleSettings({}, '1.0.1'), ['version']],
    [
      'two of them',
      articleSettings({ unsafeHtml: false, unknownShortcodes: 'keep' }, '1.0.0'),
      ['unknownShortcodes', 'unsafeHtml'],
    ],
    ['the base of assets', articleSettings({ assetBaseUrl: '/assets' }, '1.0.0'), ['assetBaseUrl']],
    ['a new shortcode', articleSettings({ shortcodes: { note: { render: () => '' } } }, '1.0.0'), ['shortcodes.note']],
  ])('tell that %s changed', (_name, now, names) => {
    expect(changedSettings(before, now)).toEqual(names);
    expect(changedSettings(now, before)).toEqual(names);
  });

  it('know a base of assets with and without a slash at its end', () => {
    const [one, other] = ['/assets', '/assets/'].map((assetBaseUrl) => articleSettings({ assetBaseUrl }, '1.0.0'));
    expect(one).toEqual(other);
  });

  it('know a shortcode by the text of its function', () => {
    const one = articleSettings({ shortcodes: { note: { render: () => 'a' } } }, '1.0.0');
    const other = articleSettings({ shortcodes: { note: { render: () => 'b' } } }, '1.0.0');
    const paired = articleSettings({ shortcodes: { note: { inner: true, render: () => 'a' } } }, '1.0.0');
    expect(changedSettings(one, other)).toEqual(['shortcodes.note']);
    expect(changedSettings(one, paired)).toEqual(['shortcodes.note']);
  });
});
