import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { StoredDiagnostic } from '../articles/diagnostic.js';
import { unknownPartner } from '../articles/diagnostic.js';

/** Something wrong with an article as it is stored. */
export interface Finding extends StoredDiagnostic {
  /** Of the article. */
  readonly path: string;
  readonly locale: string;
}

interface PlacedRow {
  readonly path: string;
  readonly locale: string;
  readonly partnerKey: string;
  readonly line: number;
  readonly column: number;
}

/** What an editor should mend before readers meet it: for a person, and for CI. */
@Injectable()
export class CheckService {
  constructor(private readonly dataSource: DataSource) {}

  /** Sorted by path, locale and place. */
  async findProblems(): Promise<Finding[]> {
    const stored = await this.dataSource.query<{ path: string; locale: string; diagnostics: StoredDiagnostic[] }[]>(
      `SELECT path, locale, diagnostics FROM waypost.articles
        WHERE status <> 'archived' AND diagnostics <> '[]' ORDER BY path, locale`,
    );
    const unknown = await this.dataSource.query<PlacedRow[]>(
      `SELECT article.path, article.locale, placement.partner_key AS "partnerKey", placement.line, placement."column"
         FROM waypost.placements placement JOIN waypost.articles article ON article.id = placement.article_id
        WHERE placement.retired_at IS NULL AND article.status <> 'archived'
          AND NOT EXISTS (SELECT 1 FROM waypost.partners partner WHERE partner.key = placement.partner_key)`,
    );
    const findings = [
      ...stored.flatMap(({ path, locale, diagnostics }) => diagnostics.map((one) => ({ ...one, path, locale }))),
      ...unknown.map((row) => ({ ...unknownPartner(row), path: row.path, locale: row.locale })),
    ];
    return findings.sort(byPlace);
  }
}

function byPlace(left: Finding, right: Finding): number {
  return (
    compare(left.path, right.path) ||
    compare(left.locale, right.locale) ||
    left.line - right.line ||
    left.column - right.column
  );
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
