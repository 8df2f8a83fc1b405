-- The first schema. Rules that keep it portable to engines that distribute rows:
--   * clinical tables are keyed by nhs_number first, everything else by shard first (always 0 here);
--   * plain types, no sequences, no triggers, no foreign keys;
--   * times are microseconds since 1970-01-01T00:00:00Z.

-- What was written last: cheap counts, and the end of the audit chain.
CREATE TABLE head (
    shard           INTEGER NOT NULL PRIMARY KEY,
    audit_sequence  INTEGER NOT NULL,
    audit_hash      BLOB    NOT NULL,
    documents       INTEGER NOT NULL
);
INSERT INTO head (shard, audit_sequence, audit_hash, documents) VALUES (0, 0, zeroblob(32), 0);

-- zstd dictionaries. Never deleted: a lost dictionary is lost documents.
CREATE TABLE dictionary (
    id      INTEGER NOT NULL PRIMARY KEY,
    sha256  BLOB    NOT NULL,
    content BLOB    NOT NULL
);

-- What is known of a document; state, replaced_by and withdrawn_by change, nothing else.
CREATE TABLE document (
    nhs_number   TEXT    NOT NULL,
    document_id  TEXT    NOT NULL,
    state        INTEGER NOT NULL,  -- PSIS: 1 normal, 2 withdrawn, 3 replaced
    replaced_by  TEXT,
    withdrawn_by TEXT,
    subject      TEXT    NOT NULL,  -- the NHS number inside the document
    kind         TEXT    NOT NULL,  -- SNOMED CT code
    effective    TEXT    NOT NULL,  -- HL7 timestamp as written
    effective_at INTEGER NOT NULL,  -- its first instant
    author       TEXT    NOT NULL,  -- JSON
    replaces     TEXT,
    stored_at    INTEGER NOT NULL,
    size         INTEGER NOT NULL,  -- plain bytes
    sha256       BLOB    NOT NULL,  -- of the plain bytes
    PRIMARY KEY (nhs_number, document_id)
) WITHOUT ROWID;

-- The bytes. Written once.
CREATE TABLE document_content (
    nhs_number    TEXT    NOT NULL,
    document_id   TEXT    NOT NULL,
    dictionary_id INTEGER NOT NULL,
    inherited     TEXT    NOT NULL,  -- JSON: [[prefix, namespace], ...]
    content       BLOB    NOT NULL,  -- zstd frame
    PRIMARY KEY (nhs_number, document_id)
);

-- Who has a document of this id.
CREATE TABLE doc_ref (
    document_id TEXT NOT NULL,
    nhs_number  TEXT NOT NULL,
    PRIMARY KEY (document_id, nhs_number)
) WITHOUT ROWID;

CREATE TABLE consent (
    nhs_number          TEXT    NOT NULL,
    version             INTEGER NOT NULL,
    view_setting        TEXT    NOT NULL,  -- yes, no, ask
    store_setting       TEXT    NOT NULL,
    changed_at          INTEGER NOT NULL,
    message             TEXT    NOT NULL,
    author_user         TEXT,
    author_role_profile TEXT,
    author_organisation TEXT,
    PRIMARY KEY (nhs_number, version)
) WITHOUT ROWID;

CREATE TABLE permission (
    nhs_number   TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    role_profile TEXT    NOT NULL,
    organisation TEXT    NOT NULL,
    valid_from   INTEGER NOT NULL,
    valid_until  INTEGER,
    source       TEXT    NOT NULL,  -- create-ptv, query-scr
    message      TEXT    NOT NULL,
    PRIMARY KEY (nhs_number, user_id, role_profile, organisation, valid_from)
) WITHOUT ROWID;

CREATE TABLE relationship (
    nhs_number   TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    role_profile TEXT    NOT NULL,
    organisation TEXT    NOT NULL,
    since        INTEGER NOT NULL,
    message      TEXT    NOT NULL,
    PRIMARY KEY (nhs_number, user_id, role_profile, organisation)
) WITHOUT ROWID;

CREATE TABLE seen_message (
    shard       INTEGER NOT NULL,
    sender      TEXT    NOT NULL,
    interaction TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    digest      BLOB    NOT NULL,
    answer      BLOB    NOT NULL,
    at          INTEGER NOT NULL,
    expires     INTEGER NOT NULL,
    PRIMARY KEY (shard, sender, interaction, message)
);
CREATE INDEX seen_message_by_expiry
    ON seen_message (shard, expires, sender, interaction, message);

CREATE TABLE outbox (
    shard      INTEGER NOT NULL,
    id         TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    payload    BLOB    NOT NULL,
    nhs_number TEXT,
    queued_at  INTEGER NOT NULL,
    next_try   INTEGER NOT NULL,
    tries      INTEGER NOT NULL,
    PRIMARY KEY (shard, id)
);
CREATE INDEX outbox_by_next_try ON outbox (shard, next_try, id);

-- Append only. Everything after text repeats a part of it, for searching.
CREATE TABLE audit (
    shard        INTEGER NOT NULL,
    sequence     INTEGER NOT NULL,
    previous     BLOB    NOT NULL,
    hash         BLOB    NOT NULL,  -- SHA-256(previous || text)
    text         TEXT    NOT NULL,  -- the event as JSON
    at           INTEGER NOT NULL,
    nhs_number   TEXT,
    user_id      TEXT,
    message      TEXT,
    organisation TEXT,
    PRIMARY KEY (shard, sequence)
) WITHOUT ROWID;
CREATE INDEX audit_by_time ON audit (shard, at, sequence);
CREATE INDEX audit_by_patient
    ON audit (shard, nhs_number, at, sequence) WHERE nhs_number IS NOT NULL;
CREATE INDEX audit_by_user
    ON audit (shard, user_id, at, sequence) WHERE user_id IS NOT NULL;
CREATE INDEX audit_by_message
    ON audit (shard, message, at, sequence) WHERE message IS NOT NULL;
CREATE INDEX audit_by_organisation
    ON audit (shard, organisation, at, sequence) WHERE organisation IS NOT NULL;
