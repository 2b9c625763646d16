-- Has a statement that nobody waits for refuse what may not be.
CREATE FUNCTION require_that(holds boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF holds IS NOT TRUE THEN
    RAISE EXCEPTION 'what was found is not so any more' USING ERRCODE = 'MU001';
  END IF;
END $$;
