import type { Client } from 'pg';

/** Tables that hold a row, or several, for each article, with the column that names it. */
const TABLES = {
  articles: 'id',
  article_texts: 'article_id',
  article_tags: 'article_id',
  placements: 'article_id',
  change_log: 'entity_id',
} as const;

/** Columns of which no two articles may share a value: what a copy has there, by the number of its round. */
const OWN: Readonly<Record<string, string>> = {
  'articles.path': `row.path || '-' || round`,
  'articles.slug': `row.slug || '-' || round`,
  // Copies are older, so that the newest stay the newest.
  'articles.published_at': `row.published_at - round * interval '1 day'`,
  'placements.id': `substr(md5(row.id || round), 1, 12)`,
  'change_log.path': `row.path || '-' || round`,
  'change_log.public_path': `row.public_path || '-' || round`,
  'change_log.slug': `row.slug || '-' || round`,
  'change_log.public_slug': `row.public_slug || '-' || round`,
  'change_log.seq': `nextval('waypost.change_seq')`,
  'change_log.public_seq': `nextval('waypost.public_change_seq')`,
};

/** Copies what is there until there are `times` as many articles, without the work that triggers would do for each. */
export async function growArticles(client: Client, times: number): Promise<void> {
  await client.query(`SET session_replication_role = replica`);
  for (const [table, key] of Object.entries(TABLES)) {
    const { rows } = await client.query<{ name: string }>(
      `SELECT column_name AS name FROM information_schema.columns
        WHERE table_schema = 'waypost' AND table_name = $1 AND is_generated = 'NEVER'`,
      [table],
    );
    const value = (name: string): string =>
      name === key ? `md5(row."${key}"::text || round)::uuid` : (OWN[`${table}.${name}`] ?? `row."${name}"`);
    const only = table === 'change_log' ? `WHERE row.entity_type = 'ARTICLE'` : '';
    await client.query(
      `INSERT INTO waypost.${table} (${rows.map(({ name }) => `"${name}"`).join(', ')})
       SELECT ${rows.map(({ name }) => value(name)).join(', ')}
         FROM waypost.${table} row CROSS JOIN generate_series(1, $1::integer) AS round ${only}`,
      [times - 1],
    );
  }
  await client.query(`SET session_replication_role = DEFAULT`);
  await client.query(`ANALYZE`);
}
