import { Injectable } from '@nestjs/common';
import { readDocument } from '../front-matter/read-document.js';
import { PartnersService } from '../partners/partners.service.js';
import { ArticleRenderer } from './article-renderer.service.js';
import type { PlacementFacts } from './article-view.js';
import type { StoredDiagnostic } from './diagnostic.js';
import { storedDiagnostic, unknownPartner } from './diagnostic.js';
import { normalPath } from './draft-changes.js';
import { assignPlacementIds } from './placement-ids.js';

export interface PreviewResult {
  readonly html: string;
  readonly placements: PlacementFacts[];
  readonly diagnostics: StoredDiagnostic[];
}

/** Renders a source as it would be as an article. Nothing is saved. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly partners: PartnersService,
    private readonly renderer: ArticleRenderer,
  ) {}

  async preview(file: string, path: string): Promise<PreviewResult> {
    const document = readDocument(file);
    const source = { source: document.body, sourceLine: document.bodyLine, isTrusted: true };
    const { affCalls, stored, diagnostics } = this.renderer.compile(source);
    const partners = await this.partners.findPartners([...new Set(affCalls.map((call) => call.partnerKey))]);
    const byKey = new Map(partners.map((partner) => [partner.key, partner]));
    const normalized = normalPath(path);
    const ids = assignPlacementIds(normalized, affCalls, [], () => false);
    const placements = affCalls.map((call, index) => ({
      ...call,
      id: ids[index]?.id ?? '',
      label: call.label ?? null,
      partner: byKey.get(call.partnerKey),
    }));
    const html = this.renderer.renderPreview(
      { ...source, path: normalized, compiled: stored, contentUpdatedAt: new Date() },
      placements,
    );
    const found = [
      ...document.diagnostics.map(storedDiagnostic),
      ...diagnostics,
      ...placements.filter((placement) => !placement.partner).map(unknownPartner),
    ];
    return {
      html,
      placements: placements.map((placement) => this.renderer.facts(placement)),
      diagnostics: found.sort((a, b) => a.line - b.line || a.column - b.column),
    };
  }
}
