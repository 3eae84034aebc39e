import { readFileSync } from 'node:fs';

export class DocumentsError extends Error {
  override readonly name = 'DocumentsError';
}

const FORMATS =
  'Write a JSON list of documents, an object of documents by their hash, or a manifest of Apollo (`operations` with `body`).';

/**
 * The documents of a file of JSON: a list of them, an object with one behind each name, as Relay's compiler writes it, or
 * Apollo's manifest of persisted queries.
 * @throws DocumentsError that says what is wrong with the file.
 */
export function readRegisteredDocuments(path: string): string[] {
  const documents = documentsIn(readJson(path));
  const isWhole = documents.length > 0 && documents.every((one) => typeof one === 'string' && one.trim() !== '');
  if (!isWhole) throw new DocumentsError(`"${path}" has no documents. ${FORMATS}`);
  return documents as string[];
}

function documentsIn(content: unknown): unknown[] {
  if (Array.isArray(content)) return content;
  if (typeof content !== 'object' || content === null) return [];
  const { operations } = content as { operations?: unknown };
  if (!Array.isArray(operations)) return Object.values(content);
  return operations.map((one: unknown) => (one as { body?: unknown } | null)?.body);
}

function readJson(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const isRead = error instanceof SyntaxError;
    throw new DocumentsError(isRead ? `"${path}" is no JSON. ${FORMATS}` : `"${path}" cannot be read.`, {
      cause: error,
    });
  }
}
