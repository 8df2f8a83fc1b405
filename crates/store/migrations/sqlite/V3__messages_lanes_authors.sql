-- The rules at the top of V1 hold here as well.

-- What lists and versions need of a document beside its header. All of it is NULL or 0 for
-- documents that were filed before.
ALTER TABLE document ADD COLUMN marks INTEGER NOT NULL DEFAULT 0;  -- 1 dissent, 2 nothing significant
ALTER TABLE document ADD COLUMN author_inherited TEXT;             -- JSON, as of the content
ALTER TABLE document ADD COLUMN author_dictionary_id INTEGER;
ALTER TABLE document ADD COLUMN author_size INTEGER;               -- plain bytes
ALTER TABLE document ADD COLUMN author_element BLOB;               -- zstd frame

-- Each role sends its own messages. Those that were queued before are the smsp's.
ALTER TABLE outbox ADD COLUMN lane TEXT NOT NULL DEFAULT 'smsp';
DROP INDEX outbox_by_next_try;
CREATE INDEX outbox_by_lane ON outbox (shard, lane, next_try, id) WHERE dead = 0;

-- Legitimate relationships. An id is one relationship, whoever the patient is.
CREATE TABLE legitimate_relationship (
    nhs_number TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    since      INTEGER NOT NULL,
    kind       TEXT    NOT NULL,
    subject    TEXT    NOT NULL,  -- JSON
    reason     TEXT,
    words      TEXT,
    message    TEXT    NOT NULL,
    PRIMARY KEY (nhs_number, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX legitimate_relationship_by_id ON legitimate_relationship (id);

-- Messages that came and went. A request and its answer share a place in each index but the first.
CREATE TABLE message (
    shard         INTEGER NOT NULL,
    message       TEXT    NOT NULL,
    owner         TEXT    NOT NULL,
    direction     INTEGER NOT NULL,  -- 1 in, 2 out
    at            INTEGER NOT NULL,
    conversation  TEXT,
    ref_to        TEXT,
    service       TEXT    NOT NULL,
    interaction   TEXT    NOT NULL,
    sender        TEXT    NOT NULL,
    recipient     TEXT    NOT NULL,
    nhs_number    TEXT,
    document_id   TEXT,
    outcome       TEXT    NOT NULL,
    dictionary_id INTEGER,           -- this and the rest: NULL without a body
    size          INTEGER,           -- plain bytes
    sha256        BLOB,              -- of the plain bytes
    body          BLOB               -- zstd frame
);
CREATE UNIQUE INDEX message_by_id ON message (shard, message, owner, direction);
CREATE INDEX message_by_time ON message (shard, at);
CREATE INDEX message_by_ref_to ON message (shard, ref_to, at) WHERE ref_to IS NOT NULL;
CREATE INDEX message_by_conversation
    ON message (shard, conversation, at) WHERE conversation IS NOT NULL;
CREATE INDEX message_by_patient ON message (shard, nhs_number, at) WHERE nhs_number IS NOT NULL;
