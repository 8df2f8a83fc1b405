-- The rules at the top of V1 hold here as well.

-- The last number of an answered message; 0 if there was none. Numbers are never used again.
ALTER TABLE head ADD COLUMN seen INTEGER NOT NULL DEFAULT 0;

-- Answered messages, in the order in which they were answered and nothing else, so that one is
-- appended beside its neighbours and they are dropped together. Which number a key has is known in
-- memory. (An engine that distributes rows would have one such table a shard.)
CREATE TABLE seen_mark (
    number      INTEGER NOT NULL PRIMARY KEY,
    expires     INTEGER NOT NULL,
    sender      TEXT    NOT NULL,
    interaction TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    at          INTEGER NOT NULL,
    digest      BLOB    NOT NULL,
    answer      BLOB               -- NULL: it is in seen_answer
);

-- Answers of more than 256 bytes, so that all keys are read quickly when the store is opened.
CREATE TABLE seen_answer (
    number INTEGER NOT NULL PRIMARY KEY,
    answer BLOB    NOT NULL
);

INSERT INTO seen_mark (number, expires, sender, interaction, message, at, digest, answer)
SELECT row_number() OVER (ORDER BY at, expires, sender, interaction, message), expires, sender,
    interaction, message, at, digest, answer
FROM seen_message WHERE shard = 0 ORDER BY 1;
INSERT INTO seen_answer (number, answer)
SELECT number, answer FROM seen_mark WHERE length(answer) > 256 ORDER BY number;
UPDATE seen_mark SET answer = NULL WHERE length(answer) > 256;
UPDATE head SET seen = (SELECT coalesce(max(number), 0) FROM seen_mark);
DROP TABLE seen_message;
