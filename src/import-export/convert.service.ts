import { Injectable } from '@nestjs/common';
import { readDocument } from '../front-matter/read-document.js';
import { replaceBody } from '../front-matter/patch-front-matter.js';
import { PartnersService } from '../partners/partners.service.js';
import { findTags } from './aff-calls.js';
import type { AffVariant, ChosenRoles } from './aff-variants.js';
import { AffVariants } from './aff-variants.js';
import type { CallProblem, ConvertedCall } from './convert-aff-calls.js';
import { convertAffCalls } from './convert-aff-calls.js';
import { findFiles } from './find-files.js';
import { findSite } from './find-site.js';
import { readBatches } from './read-batches.js';
import { TreeWriter } from './write-tree.js';

export interface ConvertOptions extends ChosenRoles {
  /** Names of the shortcodes that are to become `aff`. Default `aff` alone. */
  readonly shortcodes?: readonly string[];
  /** Whether the files are changed. Default false: it is only said what would be. */
  readonly write?: boolean;
  /** Called once, before the first file, with what every variant of a call is taken for. */
  readonly onVariants?: (variants: readonly AffVariant[]) => void;
  readonly onFile?: (file: ConvertedFile) => void;
}

export interface ConvertedFile {
  /** Below the content folder. */
  readonly file: string;
  readonly converted: readonly ConvertedCall[];
  readonly problems: readonly CallProblem[];
}

export interface ConvertSummary {
  readonly contentFolder: string;
  /** Files with a call that is converted. */
  readonly files: number;
  readonly calls: number;
  readonly problems: number;
}

const LIMITS = { files: 100, bytes: 4 * 1024 * 1024, bytesOfFile: 2 * 1024 * 1024 };

@Injectable()
export class ConvertService {
  constructor(private readonly partners: PartnersService) {}

  /** Turns the calls of a site's own shortcodes into Waypost's `aff`, in the files of a folder. */
  async convertFolder(folder: string, options: ConvertOptions = {}): Promise<ConvertSummary> {
    const site = await findSite(folder);
    const { files } = await findFiles(site.contentFolder, site.ignored);
    const shortcodes = new Set(options.shortcodes ?? ['aff']);
    const variants = new AffVariants();
    for await (const batch of readBatches(files, LIMITS)) {
      for (const { bytes } of batch) {
        const body = bytes && bodyOf(bytes)?.body;
        for (const tag of body === undefined ? [] : findTags(body, shortcodes)) if (!tag.isClosing) variants.add(tag);
      }
    }
    const known = await this.partners.findPartners(variants.possibleKeys);
    const decided = variants.decide(options, new Set(known.map(({ key }) => key)));
    options.onVariants?.(decided);
    const tree = new TreeWriter(site.contentFolder);
    const summary = { contentFolder: site.contentFolder, files: 0, calls: 0, problems: 0 };
    for await (const batch of readBatches(files, LIMITS)) {
      for (const { name, bytes } of batch) {
        if (!bytes) continue;
        const done = await convertFile(tree, name, bytes, decided, options.write ?? false);
        if (!done) continue;
        summary.files += Number(done.converted.length > 0);
        summary.calls += done.converted.length;
        summary.problems += done.problems.length;
        options.onFile?.(done);
      }
    }
    return summary;
  }
}

/** @returns undefined where the file has no such call. */
async function convertFile(
  tree: TreeWriter,
  name: string,
  bytes: Buffer,
  variants: readonly AffVariant[],
  write: boolean,
): Promise<ConvertedFile | undefined> {
  const found = bodyOf(bytes);
  if (!found) return undefined;
  const { body, converted, problems } = convertAffCalls(found.body, variants, found.document.bodyLine);
  if (converted.length === 0 && problems.length === 0) return undefined;
  if (write && body !== found.body) await tree.write(name, Buffer.from(replaceBody(bytes, found.document, body)));
  return { file: name, converted, problems };
}

/** undefined: the file is not UTF-8, and stays as it is. */
function bodyOf(bytes: Buffer): { body: string; document: ReturnType<typeof readDocument> } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const document = readDocument(text);
    return { body: document.body, document };
  } catch {
    return undefined;
  }
}
