-- The rules at the top of V1 hold here as well. (Who is to be told what is no clinical table, no more
-- than the outbox is.)

-- Cheap counts of what is new.
ALTER TABLE head ADD COLUMN plans INTEGER NOT NULL DEFAULT 0;
ALTER TABLE head ADD COLUMN cpis_accesses INTEGER NOT NULL DEFAULT 0;
ALTER TABLE head ADD COLUMN mail INTEGER NOT NULL DEFAULT 0;

-- Plans of Child Protection - Information Sharing (CP-IS). What a local authority uploads together lies
-- together, in the order in which it came: it comes again like that, and then its pages are written
-- once a batch, not once a plan. (With the rows in the order of the key an upload that comes again
-- cost twice as much.) A patient's plans are a handful, each found through the key.
CREATE TABLE cpis_plan (
    nhs_number        TEXT    NOT NULL,
    authority         TEXT    NOT NULL,  -- ODS code
    kind              TEXT    NOT NULL,  -- CPP, LAC, UCP
    starts            TEXT    NOT NULL,  -- UK local time: YYYYMMDDhhmm
    ends              TEXT,              -- as starts
    withdrawn         TEXT,              -- as starts
    authority_name    TEXT    NOT NULL,
    office            TEXT,              -- tel:...
    emergency         TEXT    NOT NULL,  -- tel:...
    given             TEXT    NOT NULL,
    family            TEXT    NOT NULL,
    birth_date        TEXT    NOT NULL,  -- YYYY-MM-DD
    local_id          TEXT,
    local_id_assigner TEXT,
    file              TEXT    NOT NULL,  -- the upload's number
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER NOT NULL,
    inactive          INTEGER NOT NULL,  -- 1: the NHS number has gone out of use
    PRIMARY KEY (nhs_number, authority, kind, starts)
);

-- Accesses that count, a patient's in their order. A query is one access, whoever the patient is.
CREATE TABLE cpis_access (
    nhs_number TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    query      TEXT    NOT NULL,
    author_key TEXT    NOT NULL,  -- what makes two authors the same
    author     TEXT    NOT NULL,  -- JSON
    asid       TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    PRIMARY KEY (nhs_number, at, query)
) WITHOUT ROWID;
CREATE UNIQUE INDEX cpis_access_by_query ON cpis_access (query);
CREATE INDEX cpis_access_by_author ON cpis_access (nhs_number, author_key, at, query);

-- How many accesses a patient has in cpis_access, for who has any.
CREATE TABLE cpis_patient (
    nhs_number TEXT    NOT NULL,
    accesses   INTEGER NOT NULL,
    PRIMARY KEY (nhs_number)
) WITHOUT ROWID;

-- Accesses that a local authority is told of, whole: what is told is what was written then. They are
-- appended, and those not told yet are found by an index that has nothing else. (It names told_at, so
-- that no row is read to see that it is NULL.)
CREATE TABLE cpis_notice (
    shard      INTEGER NOT NULL,
    authority  TEXT    NOT NULL,
    query      TEXT    NOT NULL,
    nhs_number TEXT    NOT NULL,
    at         INTEGER NOT NULL,  -- of the access, as is the rest up to message
    author     TEXT    NOT NULL,  -- JSON
    asid       TEXT    NOT NULL,
    message    TEXT    NOT NULL,
    file       TEXT    NOT NULL,  -- the upload's number
    created_at INTEGER NOT NULL,
    told_at    INTEGER
);
CREATE UNIQUE INDEX cpis_notice_by_query ON cpis_notice (shard, authority, query);
CREATE INDEX cpis_notice_pending
    ON cpis_notice (shard, authority, created_at, query, at, told_at) WHERE told_at IS NULL;
CREATE INDEX cpis_notice_by_time ON cpis_notice (shard, authority, at, created_at, query);

-- NHS numbers that went out of use, likewise.
CREATE TABLE cpis_inactive (
    shard       INTEGER NOT NULL,
    authority   TEXT    NOT NULL,
    nhs_number  TEXT    NOT NULL,
    replaced_by TEXT,
    file        TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    told_at     INTEGER
);
CREATE UNIQUE INDEX cpis_inactive_by_number ON cpis_inactive (shard, authority, nhs_number);
CREATE INDEX cpis_inactive_pending
    ON cpis_inactive (shard, authority, created_at, nhs_number, told_at) WHERE told_at IS NULL;
CREATE INDEX cpis_inactive_by_time ON cpis_inactive (shard, authority, created_at, nhs_number);

-- Upload files, and what became of each of their records so far.
CREATE TABLE cpis_upload (
    shard       INTEGER NOT NULL,
    authority   TEXT    NOT NULL,
    file        TEXT    NOT NULL,  -- its number, as written
    message     TEXT    NOT NULL,
    digest      BLOB    NOT NULL,  -- SHA-256
    declared    INTEGER NOT NULL,
    result      TEXT,              -- CPF02
    received_at INTEGER NOT NULL,
    answered_at INTEGER,
    outcomes    BLOB    NOT NULL,  -- one byte a record
    PRIMARY KEY (shard, authority, file)
);

-- People as PDS has them.
CREATE TABLE person (
    nhs_number    TEXT    NOT NULL,
    given         TEXT    NOT NULL,  -- JSON: [name, ...]
    family        TEXT    NOT NULL,
    birth_date    TEXT    NOT NULL,  -- YYYY-MM-DD
    sensitive     INTEGER NOT NULL,
    standing      TEXT    NOT NULL,  -- current, superseded, invalid
    superseded_by TEXT,
    PRIMARY KEY (nhs_number)
) WITHOUT ROWID;

-- Files on their way from mailbox to mailbox.
CREATE TABLE mail_message (
    shard      INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    sender     TEXT    NOT NULL,
    recipient  TEXT    NOT NULL,
    workflow   TEXT    NOT NULL,
    local_id   TEXT,
    file_name  TEXT,
    subject    TEXT,
    state      INTEGER NOT NULL,  -- 1 uploading, 2 accepted, 3 acknowledged, 4 failed
    chunks     INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX mail_message_by_id ON mail_message (shard, id);
CREATE INDEX mail_message_by_recipient ON mail_message (shard, recipient, state, created_at, id);
CREATE INDEX mail_message_by_local_id ON mail_message (shard, local_id) WHERE local_id IS NOT NULL;
CREATE INDEX mail_message_by_time ON mail_message (shard, created_at, id);

-- Their bytes, in parts. Dropped when nobody needs them any more.
CREATE TABLE mail_chunk (
    shard         INTEGER NOT NULL,
    message       TEXT    NOT NULL,
    number        INTEGER NOT NULL,
    dictionary_id INTEGER NOT NULL,
    size          INTEGER NOT NULL,  -- plain bytes
    sha256        BLOB    NOT NULL,  -- of the plain bytes
    content       BLOB    NOT NULL,  -- zstd frame
    PRIMARY KEY (shard, message, number)
);
