-- The log of acts is only added to, as the log of changes is; the two are read together, in the order of time.

CREATE INDEX actions_at ON actions (occurred_at, id);
-- Finds what an import did to products, by kind: that is one entry of the list.
CREATE INDEX change_sets_kind ON change_sets (import_id, kind, at, number) WHERE import_id IS NOT NULL;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON actions
FOR EACH ROW EXECUTE FUNCTION refuse_change_of_log();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON actions
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_log();

-- Deletes the acts before this time; returns their number. Only the owner of the table may do so: nobody else can
-- switch its trigger off.
CREATE FUNCTION forget_actions(before timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    forgotten bigint;
BEGIN
    ALTER TABLE actions DISABLE TRIGGER append_only;
    DELETE FROM actions WHERE occurred_at < before;
    GET DIAGNOSTICS forgotten = ROW_COUNT;
    ALTER TABLE actions ENABLE TRIGGER append_only;
    RETURN forgotten;
END
$$;
