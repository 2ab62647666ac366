-- Attempts that were logged before headers were hidden show those that a user had added, and cookies of answers. A
-- request has six headers of ours; each other one is a user's. Their values are struck out of the answers, too.
DO $$
DECLARE
    logged record;
    secrets text[];
    secret text;
    sent jsonb;
    got jsonb;
    said text;
BEGIN
    FOR logged IN
        SELECT a.tableoid AS part, a.ctid AS place, a.request, a.response, a.answer
        FROM webhook_attempts AS a
        WHERE EXISTS (
                SELECT FROM jsonb_each_text(a.request) AS header
                WHERE header.value <> '(hidden)' AND lower(header.key) NOT IN (
                    'accept-encoding', 'content-type', 'user-agent', 'webhook-id', 'webhook-timestamp'
                )
            )
            OR EXISTS (
                SELECT FROM jsonb_each_text(a.response) AS header
                WHERE header.value <> '(hidden)'
                  AND lower(header.key) IN ('proxy-authenticate', 'set-cookie', 'www-authenticate')
            )
    LOOP
        SELECT coalesce(array_agg(form ORDER BY length(form) DESC), '{}') INTO secrets
        FROM jsonb_each_text(logged.request) AS header,
            unnest(ARRAY[header.value, substr(header.value, strpos(header.value, ' ') + 1)]) AS part,
            unnest(ARRAY[part, substr(to_json(part)::text, 2, length(to_json(part)::text) - 2)]) AS form
        WHERE header.value <> '(hidden)' AND length(form) >= 4 AND lower(header.key) NOT IN (
            'accept-encoding', 'content-type', 'user-agent', 'webhook-id', 'webhook-timestamp'
        );
        SELECT coalesce(jsonb_object_agg(header.key, CASE
            WHEN lower(header.key) IN (
                'accept-encoding', 'content-type', 'user-agent', 'webhook-id', 'webhook-timestamp'
            ) THEN header.value
            ELSE '(hidden)'
        END), '{}') INTO sent
        FROM jsonb_each_text(logged.request) AS header;
        got := logged.response;
        said := logged.answer;
        FOREACH secret IN ARRAY secrets LOOP
            said := replace(said, secret, '(hidden)');
            SELECT coalesce(jsonb_object_agg(header.key, replace(header.value, secret, '(hidden)')), '{}') INTO got
            FROM jsonb_each_text(got) AS header;
        END LOOP;
        SELECT coalesce(jsonb_object_agg(header.key, CASE
            WHEN lower(header.key) IN ('proxy-authenticate', 'set-cookie', 'www-authenticate') THEN '(hidden)'
            ELSE header.value
        END), '{}') INTO got
        FROM jsonb_each_text(got) AS header;
        UPDATE webhook_attempts AS a SET request = sent, response = got, answer = said
        WHERE a.tableoid = logged.part AND a.ctid = logged.place;
    END LOOP;
END
$$;
