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

-- The audit, in the order of its numbers and nothing else, so that a record is appended and no
-- page is written twice. (An engine that distributes rows would have one such table a shard.) What
-- records are searched by is in lists, written when a block of 1,024 records is whole: of each block
-- one by message (list 4 * block), patient (+ 1), user (+ 2) and organisation (+ 3). A list has four
-- bytes a record, most significant first: 22 bits of a hash (FNV-1a of 32 bits, the upper 10 folded
-- onto the rest) and 10 bits of its place in the block (sequence % 1024), in their order. Those of
-- blocks that are whole already are written when the store is opened.
CREATE TABLE audit_by_number (
    sequence INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    previous BLOB    NOT NULL,
    hash     BLOB    NOT NULL,  -- SHA-256(previous || text)
    text     TEXT    NOT NULL   -- the event as JSON
);
INSERT INTO audit_by_number (sequence, at, previous, hash, text)
SELECT sequence, at, previous, hash, text FROM audit WHERE shard = 0 ORDER BY sequence;
DROP TABLE audit;
ALTER TABLE audit_by_number RENAME TO audit;
CREATE TABLE audit_keys (
    list    INTEGER NOT NULL PRIMARY KEY,
    content BLOB    NOT NULL
);

-- The times of the block that is not whole yet; NULL while it is empty.
ALTER TABLE head ADD COLUMN block_oldest INTEGER;
ALTER TABLE head ADD COLUMN block_newest INTEGER;
UPDATE head SET (block_oldest, block_newest) =
    (SELECT oldest, newest FROM audit_block WHERE block = (audit_sequence + 1) / 1024);
DELETE FROM audit_block WHERE block >= (SELECT (audit_sequence + 1) / 1024 FROM head);

-- What one care professional has with one patient lies in one place: the permissions in the order of
-- their end, and before them the relationship.
CREATE TABLE standing (
    nhs_number   TEXT    NOT NULL,
    user_id      TEXT    NOT NULL,
    role_profile TEXT    NOT NULL,
    organisation TEXT    NOT NULL,
    valid_until  INTEGER NOT NULL,  -- 9223372036854775807: lasting; -9223372036854775808: a relationship
    valid_from   INTEGER NOT NULL,  -- of a relationship: since when
    source       TEXT    NOT NULL,  -- create-ptv, query-scr, relationship
    message      TEXT    NOT NULL,
    PRIMARY KEY (nhs_number, user_id, role_profile, organisation, valid_until, valid_from)
) WITHOUT ROWID;
INSERT INTO standing (nhs_number, user_id, role_profile, organisation, valid_until, valid_from,
    source, message)
SELECT nhs_number, user_id, role_profile, organisation, valid_until, valid_from, source, message
FROM permission
UNION ALL
SELECT nhs_number, user_id, role_profile, organisation, -9223372036854775808, since,
    'relationship', message
FROM relationship;
DROP TABLE permission;
DROP TABLE relationship;
