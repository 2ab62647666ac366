-- The application may have another role than the owner of the tables. It makes and drops the days of deliveries with the
-- owner's rights.
DO $$
DECLARE
    signature text;
BEGIN
    FOREACH signature IN ARRAY ARRAY['webhooks_make_day(date)', 'webhooks_drop_days(date)'] LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SECURITY DEFINER SET search_path = %I, pg_temp', signature, current_schema()
        );
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', signature);
    END LOOP;
END
$$;
