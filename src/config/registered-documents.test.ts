import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { DocumentsError, readRegisteredDocuments } from './registered-documents.js';

const folder = mkdtempSync(join(tmpdir(), 'waypost-documents-'));
const file = join(folder, 'documents.json');

afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string): string[] {
  writeFileSync(file, text);
  return readRegisteredDocuments(file);
}

describe('registered documents', () => {
  it.each([
    ['a list', ['{ a }', '{ b }']],
    ['an object by hash', { '1': '{ a }', '2': '{ b }' }],
    [
      "Apollo's manifest",
      { format: 'apollo-persisted-query-manifest', operations: [{ body: '{ a }' }, { id: '2', body: '{ b }' }] },
    ],
  ])('stand in %s', (_name, content) => {
    expect(read(JSON.stringify(content))).toEqual(['{ a }', '{ b }']);
  });

  it.each(['[]', '{}', 'null', '1', '[1]', '[""]', '{"operations":[{}]}', '{"operations":[null]}', '["{ a }", {}]'])(
    'are refused where some are none: %s',
    (text) => {
      expect(() => read(text)).toThrow(/has no documents\. Write a JSON list/);
    },
  );

  it('say what is wrong with their file', () => {
    expect(() => read('{')).toThrow(/is no JSON/);
    expect(() => readRegisteredDocuments(join(folder, 'nowhere.json'))).toThrow(DocumentsError);
  });
});
