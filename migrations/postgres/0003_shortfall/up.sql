-- What followed when a post drew too few applicants.
ALTER TABLE post ADD COLUMN kept_under TEXT;
ALTER TABLE post ADD COLUMN transfer_until BIGINT;
