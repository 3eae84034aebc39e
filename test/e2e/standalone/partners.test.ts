import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TestApp } from '../../support/test-app.js';
import { PUBLIC_URL, startTestApp } from '../../support/test-app.js';

const CREATE = `mutation ($input: CreateAffiliatePartnerInput!) {
  createAffiliatePartner(input: $input) {
    affiliatePartner { key name network destinationUrl status revision } userErrors { code message field }
  }
}`;
const UPDATE = `mutation ($input: UpdateAffiliatePartnerInput!) {
  updateAffiliatePartner(input: $input) {
    affiliatePartner { key name network destinationUrl fallbackUrl status revision updatedAt } userErrors { code message field }
  }
}`;

let waypost: TestApp;

beforeAll(async () => {
  waypost = await startTestApp();
});

afterAll(() => waypost.close());

const create = async (input: object) => (await waypost.data(CREATE, { input })).createAffiliatePartner;
const update = async (input: object) => (await waypost.data(UPDATE, { input })).updateAffiliatePartner;

describe('an affiliate partner', () => {
  it('is made, and its network is guessed from the destination', async () => {
    const made = await create({
      key: 'awin_shop',
      name: 'Shop',
      destinationUrl: 'https://www.awin1.com/cread.php?awinmid=1&awinaffid=2',
    });
    expect(made).toEqual({
      affiliatePartner: {
        key: 'awin_shop',
        name: 'Shop',
        network: 'awin',
        destinationUrl: 'https://www.awin1.com/cread.php?awinmid=1&awinaffid=2',
        status: 'ACTIVE',
        revision: 1,
      },
      userErrors: [],
    });
  });

  it.each([
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['a user name', 'https://user:secret@example.com/'],
    ['an empty user name', 'https://@example.com/'],
    ['a line feed', 'https://example.com/\nSet-Cookie: a=b'],
    ['a NUL', 'https://example.com/\u0000'],
    ['a tracked link of its own', `${PUBLIC_URL}/go/awin_shop`],
    ['a tracked link in disguise', `${PUBLIC_URL}:443/x/../%67o/awin_shop`],
    ['no scheme', 'example.com/offer'],
    ['nothing', ''],
  ])('cannot lead to %s', async (_name, destinationUrl) => {
    const refused = await create({ key: 'bad', name: 'Bad', destinationUrl });
    expect(refused.affiliatePartner).toBeNull();
    expect(refused.userErrors).toHaveLength(1);
    expect(refused.userErrors[0].field).toBe('input.destinationUrl');
  });

  it.each([
    ['key', { key: 'With Space' }, 'KEY_INVALID'],
    ['name', { name: '' }, 'INVALID_IS_LENGTH'],
    ['network', { network: 'nosuch' }, 'NETWORK_UNKNOWN'],
    ['subIdTemplate', { subIdTemplate: 'sid=constant' }, 'SUB_ID_TEMPLATE_INVALID'],
    ['fallbackUrl', { fallbackUrl: 'ftp://x.example/' }, 'URL_INVALID'],
  ])('is refused for its %s, which the error names', async (field, wrong, code) => {
    const refused = await create({ key: 'refused', name: 'Refused', destinationUrl: 'https://x.example/', ...wrong });
    expect(refused).toEqual({
      affiliatePartner: null,
      userErrors: [{ code, message: expect.stringMatching(/\.$/), field: `input.${field}` }],
    });
  });

  it('names every broken rule at once', async () => {
    const refused = await create({ key: 'X', name: '', destinationUrl: 'https://x.example/' });
    expect(refused.userErrors.map((error: { field: string }) => error.field).sort()).toEqual([
      'input.key',
      'input.name',
    ]);
  });

  it('has a key of its own', async () => {
    const input = { key: 'once', name: 'Once', destinationUrl: 'https://once.example/' };
    const answers = await Promise.all([1, 2, 3].map(() => create(input)));
    expect(answers.filter((answer) => answer.affiliatePartner)).toHaveLength(1);
    expect(answers.flatMap((answer) => answer.userErrors.map((error: { code: string }) => error.code))).toEqual([
      'KEY_TAKEN',
      'KEY_TAKEN',
    ]);
  });

  it('changes where it leads, and counts the save', async () => {
    await create({ key: 'moves', name: 'Moves', destinationUrl: 'https://old.example/' });
    const changed = await update({ key: 'moves', expectedRevision: 1, destinationUrl: 'https://new.example/?ref=1' });
    expect(changed).toMatchObject({
      userErrors: [],
      affiliatePartner: { name: 'Moves', destinationUrl: 'https://new.example/?ref=1', revision: 2 },
    });
  });

  it('does not move by a save that changes nothing', async () => {
    await create({ key: 'still', name: 'Still', destinationUrl: 'https://still.example/' });
    const read = () => waypost.data(`{ affiliatePartner(key: "still") { revision updatedAt } }`);
    const before = await read();
    const { userErrors } = await update({ key: 'still', expectedRevision: 1, name: 'Still' });
    expect(userErrors).toEqual([]);
    expect(await read()).toEqual(before);
  });

  it('is not changed by somebody who read an older revision', async () => {
    await create({ key: 'raced', name: 'Raced', destinationUrl: 'https://raced.example/' });
    const answers = await Promise.all(['A', 'B'].map((name) => update({ key: 'raced', expectedRevision: 1, name })));
    expect(answers.filter((answer) => answer.affiliatePartner)).toHaveLength(1);
    expect(answers.flatMap((answer) => answer.userErrors)).toEqual([
      { code: 'REVISION_CONFLICT', message: expect.stringContaining('revision 2'), field: 'input.expectedRevision' },
    ]);
  });

  it('that does not exist cannot be changed', async () => {
    expect((await update({ key: 'nobody', expectedRevision: 1, name: 'X' })).userErrors).toEqual([
      { code: 'PARTNER_KEY_UNKNOWN', message: expect.stringContaining('"nobody"'), field: 'input.key' },
    ]);
  });

  it.each(['pauseAffiliatePartner', 'resumeAffiliatePartner'])('that does not exist is refused by %s', async (name) => {
    const { done } = await waypost.data(`mutation { done: ${name}(key: "nobody") { userErrors { code field } } }`);
    expect(done.userErrors).toEqual([{ code: 'PARTNER_KEY_UNKNOWN', field: 'key' }]);
  });

  it('clears what null clears, and keeps what cannot be empty', async () => {
    await create({ key: 'clears', name: 'C', destinationUrl: 'https://c.example/', fallbackUrl: 'https://f.example/' });
    expect(
      (await update({ key: 'clears', expectedRevision: 1, fallbackUrl: null })).affiliatePartner.fallbackUrl,
    ).toBeNull();
    expect((await update({ key: 'clears', expectedRevision: 2, destinationUrl: null })).userErrors).toEqual([
      { code: 'REQUIRED', message: expect.any(String), field: 'input.destinationUrl' },
    ]);
  });

  it('ends later than it begins, whichever of the two dates is changed', async () => {
    const [early, late] = ['2999-01-01T00:00:00Z', '2999-01-02T00:00:00Z'];
    const refusal = [{ code: 'SCHEDULE_EMPTY', message: expect.stringContaining('later'), field: 'input.expiresAt' }];
    const dated = { key: 'dated', name: 'D', destinationUrl: 'https://d.example/' };
    expect((await create({ ...dated, startsAt: late, expiresAt: early })).userErrors).toEqual(refusal);
    await create({ ...dated, startsAt: early, expiresAt: late });
    const change = (dates: object) => update({ key: 'dated', expectedRevision: 1, ...dates });
    expect((await change({ startsAt: late })).userErrors).toEqual(refusal);
    expect((await change({ expiresAt: early })).userErrors).toEqual(refusal);
    expect((await change({ startsAt: null })).userErrors).toEqual([]);
  });

  it.each([
    ['scheduled', { startsAt: '2999-01-01T00:00:00Z' }, 'SCHEDULED'],
    ['expired', { expiresAt: '2020-01-01T00:00:00Z' }, 'EXPIRED'],
  ])('is %s by its dates', async (key, dates, status) => {
    const made = await create({ key, name: key, destinationUrl: 'https://x.example/', ...dates });
    expect(made.affiliatePartner.status).toBe(status);
    const { affiliatePartners } = await waypost.data(
      `{ affiliatePartners(filter: { status: [${status}] }) { nodes { key } } }`,
    );
    expect(affiliatePartners.nodes).toEqual([{ key }]);
  });
});
