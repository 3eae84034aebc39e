import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import type { StoredDiagnostic } from '../articles/diagnostic.js';
import { unknownPartner } from '../articles/diagnostic.js';

/** Something wrong with an article as it is stored. */
export interface Finding extends StoredDiagnostic {
  /** Of the article. */
  readonly path: string;
  readonly locale: string;
  /** The file it was imported from, below the content folder; null where it was none. */
  readonly file: string | null;
}

type Place = Pick<Finding, 'path' | 'locale' | 'file'>;

interface PlacedRow extends Place {
  readonly partnerKey: string;
  readonly line: number;
  readonly column: number;
}

interface DisclosedRow extends Place {
  /** Of the first affiliate link. */
  readonly line: number;
  readonly column: number;
  /** Of the first call of `disclosure`; null where there is none. */
  readonly disclosedLine: number | null;
  readonly disclosedColumn: number | null;
  /** Whether a partner that is linked has a disclosure, which frontends show. */
  readonly isDisclosed: boolean;
}

const PLACE = `article.path, article.locale, origin.name AS file`;
const ARTICLES = `waypost.articles article LEFT JOIN waypost.article_files origin ON origin.article_id = article.id`;

/** What an editor should mend before readers meet it: for a person, and for CI. */
@Injectable()
export class CheckService {
  constructor(private readonly dataSource: DataSource) {}

  /** Sorted by path, locale and place. */
  async findProblems(): Promise<Finding[]> {
    const stored = await this.dataSource.query<(Place & { diagnostics: StoredDiagnostic[] })[]>(
      `SELECT ${PLACE}, article.diagnostics FROM ${ARTICLES}
        WHERE article.status <> 'archived' AND article.diagnostics <> '[]'`,
    );
    const unknown = await this.dataSource.query<PlacedRow[]>(
      `SELECT ${PLACE}, placement.partner_key AS "partnerKey", placement.line, placement."column"
         FROM ${ARTICLES} JOIN waypost.placements placement ON placement.article_id = article.id
        WHERE placement.retired_at IS NULL AND article.status <> 'archived'
          AND NOT EXISTS (SELECT 1 FROM waypost.partners partner WHERE partner.key = placement.partner_key)`,
    );
    const findings = [
      ...stored.flatMap((row) => row.diagnostics.map((one) => ({ ...one, ...placeOf(row) }))),
      ...unknown.map((row) => ({ ...unknownPartner(row), ...placeOf(row) })),
      ...(await this.findUndisclosed()),
    ];
    return findings.sort(byPlace);
  }

  /** Readers are to know before they follow a link. Calls stand in the compiled body in the order of the text. */
  private async findUndisclosed(): Promise<Finding[]> {
    const rows = await this.dataSource.query<DisclosedRow[]>(
      `SELECT ${PLACE}, first.place[1] AS line, first.place[2] AS "column", (disclosure ->> 'line')::int AS "disclosedLine",
              (disclosure ->> 'column')::int AS "disclosedColumn", first.disclosed AS "isDisclosed"
         FROM ${ARTICLES}
         CROSS JOIN LATERAL jsonb_path_query_first(
           article.compiled, '$.body.calls[*] ? (@.name == "disclosure" || @.name == "shortcodes/disclosure")') AS disclosure
         JOIN LATERAL (
           SELECT min(ARRAY[placement.line, placement."column"]) AS place, coalesce(bool_or(partner.disclosure <> ''), false) AS disclosed
             FROM waypost.placements placement JOIN waypost.partners partner ON partner.key = placement.partner_key
            WHERE placement.article_id = article.id AND placement.retired_at IS NULL
         ) AS first ON first.place IS NOT NULL
        WHERE article.status <> 'archived'`,
    );
    return rows.flatMap(disclosureFinding);
  }
}

function placeOf({ path, locale, file }: Place): Place {
  return { path, locale, file };
}

function disclosureFinding(row: DisclosedRow): Finding[] {
  const { line, column, disclosedLine, disclosedColumn, isDisclosed } = row;
  const found = { line, column, ...placeOf(row) };
  if (disclosedLine !== null) {
    const isBefore = disclosedLine - line || (disclosedColumn ?? 0) - column;
    if (isBefore < 0) return [];
    const message = `The first affiliate link stands before the disclosure of line ${disclosedLine}. Move {{< disclosure >}} above it.`;
    return [{ ...found, severity: 'error', code: 'DISCLOSURE_AFTER_LINK', message }];
  }
  if (isDisclosed) return [];
  const message =
    'Nothing tells readers that this link is paid for. Write {{< disclosure >}} above it, and give the partner a disclosure.';
  return [{ ...found, severity: 'warning', code: 'DISCLOSURE_MISSING', message }];
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
