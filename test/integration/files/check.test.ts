import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CheckService } from '../../../src/import-export/check.service.js';
import { PartnersService } from '../../../src/partners/partners.service.js';
import type { FilesWorld } from './files-world.js';
import { openFilesWorld } from './files-world.js';

let world: FilesWorld;

beforeAll(async () => {
  world = await openFilesWorld();
});
afterEach(() => world.clear());
afterAll(() => world.close());

const partner = (key: string, disclosure?: string) =>
  world.services
    .get(PartnersService)
    .createPartner({ key, name: key, destinationUrl: `https://${key}.example/`, disclosure });

async function check(): Promise<string[]> {
  const findings = await world.services.get(CheckService).findProblems();
  return findings.map(
    ({ severity, file, path, line, column, code }) => `${severity} ${file ?? path}:${line}:${column} ${code}`,
  );
}

describe('a check', () => {
  it('finds unknown partners and broken shortcodes at their place in the file', async () => {
    await partner('known', 'We earn.');
    const calls = '{{< aff "known" "x" >}}\nText {{< aff "nobody" "x" >}}\n{{< aff ';
    await world.write('posts/A.md', `+++\ntitle = "A"\n+++\n${calls}`);
    await world.import();
    expect(await check()).toEqual([
      'error posts/A.md:5:6 PARTNER_KEY_UNKNOWN',
      'error posts/A.md:6:1 shortcode-not-terminated',
    ]);
  });

  it.each([
    ['above the first link', '{{< disclosure >}}\n\n{{< aff "told" "x" >}}\n', []],
    ['on its line, before it', '{{< disclosure >}} {{< aff "told" "x" >}}\n', []],
    [
      'below the first link',
      '{{< aff "told" "x" >}}\n\n{{% disclosure %}}\n',
      ['error a.md:3:1 DISCLOSURE_AFTER_LINK'],
    ],
    [
      'between two links',
      'x {{< aff "told" "x" >}} {{< disclosure >}} {{< aff "told" "y" >}}',
      ['error a.md:3:3 DISCLOSURE_AFTER_LINK'],
    ],
    ['only as an example', '{{< aff "told" "x" >}} {{</* disclosure */>}}', []],
    ['nowhere, while the frontend shows it', '{{< aff "told" "x" >}}', []],
    ['nowhere at all', 'x\n{{< aff "untold" "x" >}}', ['warning a.md:4:1 DISCLOSURE_MISSING']],
    ['there, and no link', 'x {{< disclosure >}}', []],
  ])('of a disclosure %s', async (_name, text, findings) => {
    await partner('told', 'We earn.');
    await partner('untold');
    await world.write('a.md', `+++\n+++\n${text}`);
    await world.import();
    expect(await check()).toEqual(findings);
  });
});
