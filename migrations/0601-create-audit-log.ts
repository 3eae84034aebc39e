import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The audit log. Triggers write it, so that a change and its entry are one transaction whoever makes the change, also by
 * SQL. Who it is stands in the transaction's setting `waypost.origin`; without it, the user of the database.
 */
export class CreateAuditLog1764000000601 implements MigrationInterface {
  readonly name = 'CreateAuditLog1764000000601';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of [...TABLE, ...FUNCTIONS, ...APPEND_ONLY]) await runner.query(statement);
    for (const [table, ...parameters] of AUDITED) {
      await runner.query(`
        CREATE TRIGGER audit AFTER INSERT OR UPDATE OR DELETE ON waypost.${table}
        FOR EACH ROW EXECUTE FUNCTION waypost.audit_change(${parameters.map((one) => `'${one}'`).join(', ')})`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table] of AUDITED) await runner.query(`DROP TRIGGER audit ON waypost.${table}`);
    await runner.query(`DROP FUNCTION waypost.audit_change`);
    await runner.query(`DROP FUNCTION waypost.audit_summary`);
    await runner.query(`DROP FUNCTION waypost.audit_values`);
    await runner.query(`DROP FUNCTION waypost.prune_audit_log`);
    await runner.query(`DROP TABLE waypost.audit_log`);
    await runner.query(`DROP FUNCTION waypost.refuse_audit_change`);
  }
}

const TABLE = [
  `CREATE TABLE waypost.audit_log (
    id          uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
    at          timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    actor_kind  text           NOT NULL,
    actor_id    text,
    actor_name  text           NOT NULL,
    action      text           NOT NULL,
    request_id  text,
    operation   text           NOT NULL,
    entity_type text           NOT NULL,
    entity_id   text,
    entity_name text,
    before      jsonb,
    after       jsonb,
    CONSTRAINT audit_log_operation_known CHECK (operation IN ('CREATE', 'UPDATE', 'DELETE', 'SUMMARY'))
  )`,
  `CREATE INDEX audit_log_in_order ON waypost.audit_log (at DESC, id DESC)`,
  `CREATE INDEX audit_log_by_entity ON waypost.audit_log (entity_type, entity_id, at DESC)`,
];

/** Characters of a value that an entry keeps; of a longer one it says the length and the SHA-256. */
const LONGEST_VALUE = 4000;

const FUNCTIONS = [
  // The columns of a row but those named; what is long is told by its hash.
  `CREATE FUNCTION waypost.audit_values(row_values jsonb, hidden text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
     SELECT coalesce(jsonb_object_agg(key, CASE WHEN length(value::text) <= ${LONGEST_VALUE} THEN value
              ELSE jsonb_build_object('characters', length(value::text),
                                      'sha256', encode(sha256(convert_to(value::text, 'UTF8')), 'hex')) END), '{}')
       FROM jsonb_each(row_values - hidden)
   $$`,
  // Arguments: the kind of thing, the columns that name it, then columns that are not told: secrets, and what is
  // derived from others. An UPDATE of such columns alone makes no entry.
  `CREATE FUNCTION waypost.audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
   DECLARE
     origin jsonb := coalesce(nullif(current_setting('waypost.origin', true), ''), '{}')::jsonb;
     old_values jsonb := '{}';
     new_values jsonb := '{}';
     whole jsonb;
   BEGIN
     IF (origin ->> 'isSummarised')::boolean THEN RETURN NULL; END IF;
     IF TG_OP <> 'INSERT' THEN
       whole := to_jsonb(OLD);
       old_values := waypost.audit_values(whole, TG_ARGV[2:TG_NARGS]);
     END IF;
     IF TG_OP <> 'DELETE' THEN
       whole := to_jsonb(NEW);
       new_values := waypost.audit_values(whole, TG_ARGV[2:TG_NARGS]);
     END IF;
     IF TG_OP = 'UPDATE' THEN
       SELECT coalesce(jsonb_object_agg(key, value), '{}') INTO old_values
         FROM jsonb_each(old_values) WHERE value IS DISTINCT FROM new_values -> key;
       SELECT coalesce(jsonb_object_agg(key, new_values -> key), '{}') INTO new_values FROM jsonb_each(old_values);
       IF new_values = '{}' THEN RETURN NULL; END IF;
     END IF;
     INSERT INTO waypost.audit_log (actor_kind, actor_id, actor_name, action, request_id, operation, entity_type,
                                    entity_id, entity_name, before, after)
     VALUES (coalesce(origin ->> 'kind', 'database'), origin ->> 'id', coalesce(origin ->> 'name', session_user),
             coalesce(origin ->> 'action', 'SQL'), origin ->> 'requestId',
             CASE TG_OP WHEN 'INSERT' THEN 'CREATE' ELSE TG_OP END, TG_ARGV[0], whole ->> 'id',
             (SELECT string_agg(whole ->> part, '/') FROM unnest(string_to_array(TG_ARGV[1], ',')) AS part),
             nullif(old_values, '{}'), nullif(new_values, '{}'));
     RETURN NULL;
   END $$`,
  // One entry for work on many rows, with its counts.
  `CREATE FUNCTION waypost.audit_summary(kind text, name text, counts jsonb) RETURNS void LANGUAGE sql AS $$
     INSERT INTO waypost.audit_log (actor_kind, actor_id, actor_name, action, request_id, operation, entity_type,
                                    entity_name, after)
     SELECT origin ->> 'kind', origin ->> 'id', origin ->> 'name', origin ->> 'action', origin ->> 'requestId',
            'SUMMARY', kind, name, counts
       FROM (SELECT current_setting('waypost.origin')::jsonb AS origin) AS told
   $$`,
];

const APPEND_ONLY = [
  `CREATE FUNCTION waypost.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF TG_OP = 'DELETE' AND current_setting('waypost.prunes_audit_log', true) = 'yes' THEN RETURN NULL; END IF;
     RAISE EXCEPTION 'The audit log is append-only. What is older than its retention goes by waypost.prune_audit_log().';
   END $$`,
  `CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON waypost.audit_log
     FOR EACH STATEMENT EXECUTE FUNCTION waypost.refuse_audit_change()`,
  // The one way out, and it leaves an entry.
  `CREATE FUNCTION waypost.prune_audit_log(older_than interval) RETURNS bigint LANGUAGE plpgsql AS $$
   DECLARE
     pruned bigint;
   BEGIN
     IF older_than < interval '90 days' THEN RAISE EXCEPTION 'The audit log is kept for 90 days at least.'; END IF;
     PERFORM set_config('waypost.prunes_audit_log', 'yes', true);
     DELETE FROM waypost.audit_log WHERE at < now() - older_than;
     GET DIAGNOSTICS pruned = ROW_COUNT;
     PERFORM set_config('waypost.prunes_audit_log', '', true);
     INSERT INTO waypost.audit_log (actor_kind, actor_name, action, operation, entity_type, after)
     VALUES ('database', session_user, 'prune_audit_log', 'SUMMARY', 'auditLog',
             jsonb_build_object('olderThan', older_than::text, 'deleted', pruned));
     RETURN pruned;
   END $$`,
];

/** Table, kind of thing, columns that name it, columns that are not told. */
const AUDITED = [
  ['partners', 'partner', 'key', 'updated_at'],
  ['partner_targets', 'partnerTarget', 'partner_key,key'],
  ['tags', 'tag', 'slug', 'updated_at'],
  [
    'articles',
    'article',
    'path',
    'updated_at',
    'file',
    'file_hash',
    'compiled',
    'diagnostics',
    'content_hash',
    'content_updated_at',
    'content_change_cause_kind',
    'content_change_cause_key',
  ],
  ['article_tags', 'articleTag', 'article_id,tag_id'],
  ['api_tokens', 'apiToken', 'name', 'hash', 'previous_hash', 'last_used_at'],
] as const;
