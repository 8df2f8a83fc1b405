-- The rules at the top of V1 hold here as well.

-- Accesses get numbers, in the order in which they were recorded.
ALTER TABLE head ADD COLUMN accesses INTEGER NOT NULL DEFAULT 0;

-- Who looked, in the order of the report. The indexes hold all that the other reports choose by.
CREATE TABLE access (
    shard             INTEGER NOT NULL,
    organisation      TEXT    NOT NULL,
    at                INTEGER NOT NULL,
    number            INTEGER NOT NULL,
    nhs_number        TEXT    NOT NULL,
    user_id           TEXT    NOT NULL,
    role_profile      TEXT    NOT NULL,
    organisation_name TEXT    NOT NULL,
    user_name         TEXT    NOT NULL,
    emergency         TEXT,             -- the reason
    message           TEXT    NOT NULL,
    PRIMARY KEY (shard, organisation, at, number)
) WITHOUT ROWID;
CREATE INDEX access_by_patient ON access (shard, organisation, nhs_number, at, number, user_id);
CREATE INDEX access_by_user ON access (shard, organisation, user_id, at, number, nhs_number);

-- How many accesses there were in each hour, of those groups that are too many to count one by
-- one: of an organisation, its user, its patient, or both. A group that has no row is not tallied.
CREATE TABLE access_tally (
    shard        INTEGER NOT NULL,
    organisation TEXT    NOT NULL,
    nhs_number   TEXT    NOT NULL,  -- '': every patient
    user_id      TEXT    NOT NULL,  -- '': every user
    hour         INTEGER NOT NULL,  -- its first microsecond
    accesses     INTEGER NOT NULL,
    PRIMARY KEY (shard, organisation, nhs_number, user_id, hour)
) WITHOUT ROWID;

-- Privacy alerts that were received.
CREATE TABLE alert (
    shard        INTEGER NOT NULL,
    id           TEXT    NOT NULL,
    at           INTEGER NOT NULL,
    organisation TEXT    NOT NULL,
    received_at  INTEGER NOT NULL,
    message      TEXT    NOT NULL,
    content      TEXT    NOT NULL,  -- JSON
    PRIMARY KEY (shard, id)
);
CREATE INDEX alert_by_time ON alert (shard, at, id);
CREATE INDEX alert_by_organisation ON alert (shard, organisation, at, id);

-- Entries of the outbox may run out, and may be given up: then they wait for a person.
ALTER TABLE outbox ADD COLUMN expires INTEGER;
ALTER TABLE outbox ADD COLUMN last_error TEXT;
ALTER TABLE outbox ADD COLUMN dead INTEGER NOT NULL DEFAULT 0;
DROP INDEX outbox_by_next_try;
CREATE INDEX outbox_by_next_try ON outbox (shard, next_try, id) WHERE dead = 0;
CREATE INDEX outbox_dead ON outbox (shard, queued_at, id) WHERE dead = 1;

-- Permissions in order of their end, so that those that are over are passed by.
CREATE TABLE permission_by_end (
    nhs_number   TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    role_profile TEXT    NOT NULL,
    organisation TEXT    NOT NULL,
    valid_until  INTEGER NOT NULL,  -- 9223372036854775807: lasting
    valid_from   INTEGER NOT NULL,
    source       TEXT    NOT NULL,  -- create-ptv, query-scr
    message      TEXT    NOT NULL,
    PRIMARY KEY (nhs_number, user_id, role_profile, organisation, valid_until, valid_from)
) WITHOUT ROWID;
INSERT INTO permission_by_end (nhs_number, user_id, role_profile, organisation, valid_until,
    valid_from, source, message)
SELECT nhs_number, user_id, role_profile, organisation,
    coalesce(valid_until, 9223372036854775807), valid_from, source, message
FROM permission
WHERE valid_until IS NULL OR valid_until >= valid_from;  -- others never held
DROP TABLE permission;
ALTER TABLE permission_by_end RENAME TO permission;

-- Answered messages: one tree instead of three. Those that have expired are found by going round
-- the table, a few rows with every new one.
CREATE TABLE seen_message_by_key (
    shard       INTEGER NOT NULL,
    sender      TEXT    NOT NULL,
    interaction TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    expires     INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    digest      BLOB    NOT NULL,
    answer      BLOB    NOT NULL,
    PRIMARY KEY (shard, sender, interaction, message)
) WITHOUT ROWID;
INSERT INTO seen_message_by_key (shard, sender, interaction, message, expires, at, digest, answer)
SELECT shard, sender, interaction, message, expires, at, digest, answer FROM seen_message;
DROP TABLE seen_message;
ALTER TABLE seen_message_by_key RENAME TO seen_message;

-- The audit's indexes in blocks of 1,024 records: what is written at one time lies together, and a
-- search goes from block to block.
DROP INDEX audit_by_time;
DROP INDEX audit_by_patient;
DROP INDEX audit_by_user;
DROP INDEX audit_by_message;
DROP INDEX audit_by_organisation;
CREATE INDEX audit_by_patient
    ON audit (shard, sequence / 1024, nhs_number, at, sequence) WHERE nhs_number IS NOT NULL;
CREATE INDEX audit_by_user
    ON audit (shard, sequence / 1024, user_id, at, sequence) WHERE user_id IS NOT NULL;
CREATE INDEX audit_by_message
    ON audit (shard, sequence / 1024, message, at, sequence) WHERE message IS NOT NULL;
CREATE INDEX audit_by_organisation
    ON audit (shard, sequence / 1024, organisation, at, sequence) WHERE organisation IS NOT NULL;
CREATE TABLE audit_block (
    shard  INTEGER NOT NULL,
    block  INTEGER NOT NULL,  -- sequence / 1024
    oldest INTEGER NOT NULL,  -- times of its records
    newest INTEGER NOT NULL,
    PRIMARY KEY (shard, block)
) WITHOUT ROWID;
INSERT INTO audit_block (shard, block, oldest, newest)
SELECT shard, sequence / 1024, min(at), max(at) FROM audit GROUP BY shard, sequence / 1024;
