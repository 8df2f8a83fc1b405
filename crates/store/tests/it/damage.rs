//! Tampering and damage: it shows, and it is told without naming a patient.

use domain::cpis::{PlanType, Standing};
use rusqlite::Connection;
use store::audit::{Broken, Verified};
use store::conformance::sample;
use store::{
    Commit, CpisChanges, MailChanges, MailFilter, MessageFilter, NoticeFilter, PlanKey,
    SqliteOptions, SqliteStore, Store, StoreError,
};

use crate::{Folder, wait};

/// A store with a document, a message, one of each of CP-IS and twelve audit records, damaged by `sql`.
fn damaged(sql: &str) -> (Folder, Verified) {
    let folder = Folder::new();
    let store = open(&folder);
    wait(async {
        let documents = vec![sample::document(sample::patient(1), 1, 1)];
        store
            .commit(Commit {
                documents,
                messages: vec![sample::message(2, 1)],
                cpis: child_protection(),
                mail: MailChanges {
                    messages: vec![sample::mail(1, 1, 0)],
                    chunks: vec![sample::chunk("mail 1", 1)],
                    emptied: Vec::new(),
                },
                ..Commit::default()
            })
            .await
            .expect("written");
        for at in 0..12 {
            let audit = vec![sample::event(at)];
            store
                .commit(Commit {
                    audit,
                    ..Commit::default()
                })
                .await
                .expect("written");
        }
    });
    let verified = store.verify_audit(|_| ()).expect("whole");
    assert_eq!(verified.count, 12);
    store.close();
    let file = Connection::open(folder.store()).expect("an everyday tool opens it");
    file.execute_batch(sql).expect("the damage is done");
    (folder, verified)
}

fn child_protection() -> CpisChanges {
    let patient = sample::patient(1);
    CpisChanges {
        plans: vec![sample::plan(patient, 1, PlanType::Unborn, 1, 1)],
        accesses: vec![sample::cpis_access(patient, 1, 1, 1)],
        notices: vec![sample::notice(1, 1, 1)],
        inactive: vec![sample::inactive(1, patient, 2)],
        told: Vec::new(),
        uploads: vec![sample::upload(1, "1", 3)],
        people: vec![sample::person(patient, Standing::Superseded(patient))],
    }
}

fn open(folder: &Folder) -> SqliteStore {
    SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("open")
}

fn broken(sequence: u64, reason: &str) -> Result<Verified, Broken> {
    Err(Broken {
        sequence,
        reason: reason.to_owned(),
    })
}

#[test]
fn tampering_with_the_audit_shows() {
    let check = |sql: &str, expected: Result<Verified, Broken>| {
        let (folder, _) = damaged(sql);
        let store = SqliteStore::open_read_only(&folder.store()).expect("open");
        assert_eq!(store.verify_audit(|_| ()), expected, "{sql}");
    };
    check(
        "UPDATE audit SET text = replace(text, 'querySCR', 'queryABC') WHERE sequence = 5",
        broken(5, "its text is not what was hashed"),
    );
    check(
        "DELETE FROM audit WHERE sequence = 1",
        broken(1, "it is missing"),
    );
    check(
        "DELETE FROM audit WHERE sequence = 7",
        broken(7, "it is missing"),
    );
    check(
        "DELETE FROM audit WHERE sequence > 9",
        broken(10, "it is missing"),
    );
    check(
        "DELETE FROM audit WHERE sequence = 7;
         UPDATE audit SET sequence = sequence - 1 WHERE sequence > 7",
        broken(7, "it does not follow the record before"),
    );
    check(
        "UPDATE audit SET previous = zeroblob(32) WHERE sequence = 4",
        broken(4, "it does not follow the record before"),
    );
    check(
        "UPDATE audit SET hash = zeroblob(32) WHERE sequence = 12",
        broken(12, "its text is not what was hashed"),
    );
    check(
        "UPDATE audit SET at = at + 1 WHERE sequence = 3",
        broken(3, "what it is searched by is not what it says"),
    );
    let block = "its block is searched by other times than its records have";
    let lists = "its block is searched by what its records do not say";
    for sql in [
        "UPDATE head SET block_oldest = block_oldest + 1",
        "UPDATE head SET block_newest = block_newest - 1",
        "UPDATE head SET block_newest = NULL",
        "INSERT INTO audit_block SELECT 0, 7, block_oldest, block_newest FROM head",
    ] {
        check(sql, broken(12, block));
    }
    check(
        "INSERT INTO audit_keys VALUES (28, x'00000000')",
        broken(12, lists),
    );
    check(
        "INSERT INTO audit SELECT 0, at, previous, hash, text FROM audit WHERE sequence = 1",
        broken(1, "it is missing"),
    );
    check(
        "UPDATE head SET audit_sequence = 11",
        broken(12, "it was not written by the store"),
    );
    check(
        "UPDATE head SET audit_hash = zeroblob(32)",
        broken(12, "it is not the last record that the store wrote"),
    );
}

/// Of blocks that are whole, the times and each list.
#[test]
fn so_does_tampering_with_what_it_is_searched_by() {
    let whole = Folder::new();
    let store = open(&whole);
    for from in [0, 700, 1_400] {
        let audit = (from..from + 700).map(sample::event).collect();
        let commit = Commit {
            audit,
            ..Commit::default()
        };
        wait(store.commit(commit)).expect("written");
    }
    store.close();
    let times = "its block is searched by other times than its records have";
    let lists = "its block is searched by what its records do not say";
    let mut cases = vec![
        ("UPDATE audit_block SET block = block".to_owned(), None),
        (
            "UPDATE audit_block SET oldest = oldest + 1 WHERE block = 1".to_owned(),
            Some((2_047, times)),
        ),
        (
            "UPDATE audit_block SET newest = newest - 1 WHERE block = 0".to_owned(),
            Some((1_023, times)),
        ),
        (
            "UPDATE audit_block SET block = 7 WHERE block = 1".to_owned(),
            Some((2_047, times)),
        ),
        (
            "INSERT INTO audit_block VALUES (0, 2, 1, 1)".to_owned(),
            Some((2_100, times)),
        ),
        (
            "INSERT INTO audit_keys VALUES (8, x'00')".to_owned(),
            Some((2_100, lists)),
        ),
    ];
    for (list, last) in [(0, 1_023), (1, 1_023), (2, 1_023), (3, 1_023), (5, 2_047)] {
        for change in [
            "UPDATE audit_keys SET content = substr(content, 5)",
            "UPDATE audit_keys SET content = substr(content, 5) || x'00000007'",
            "UPDATE audit_keys SET content = 'text'",
        ] {
            let sql = format!("{change} WHERE list = {list}");
            cases.push((sql, Some((last, lists))));
        }
    }
    for (sql, expected) in cases {
        let folder = Folder::new();
        std::fs::copy(whole.store(), folder.store()).expect("copied");
        let file = Connection::open(folder.store()).expect("open");
        file.execute_batch(&sql).expect("the damage is done");
        drop(file);
        let store = SqliteStore::open_read_only(&folder.store()).expect("open");
        let found = store.verify_audit(|_| ()).map(|verified| verified.count);
        let expected = match expected {
            None => Ok(2_100),
            Some((at, reason)) => broken(at, reason).map(|verified| verified.count),
        };
        assert_eq!(found, expected, "{sql}");
    }
}

#[test]
fn a_tail_cut_with_its_traces_shows_against_what_was_known() {
    let (folder, earlier) = damaged(
        "DELETE FROM audit WHERE sequence > 9;
         UPDATE head SET audit_sequence = 9,
             audit_hash = (SELECT hash FROM audit WHERE sequence = 9);
         UPDATE head SET block_newest = (SELECT max(at) FROM audit)",
    );
    let store = open(&folder);
    assert_eq!(
        store.verify_audit(|_| ()).map(|verified| verified.count),
        Ok(9)
    );
    let cut = broken(10, "it is missing: 12 records were there earlier");
    assert_eq!(store.verify_audit_since(earlier, |_| ()), cut);
    // Written on to the old length, it is still another chain.
    wait(async {
        for at in 0..5 {
            let audit = vec![sample::event(at)];
            store
                .commit(Commit {
                    audit,
                    ..Commit::default()
                })
                .await
                .expect("written");
        }
    });
    let other = broken(12, "its hash is not the one found earlier");
    assert_eq!(store.verify_audit_since(earlier, |_| ()), other);
}

#[test]
fn a_store_whose_audit_was_cut_is_not_written_to() {
    let (folder, _) = damaged("DELETE FROM audit WHERE sequence = 12");
    let error = SqliteStore::open(&folder.store(), SqliteOptions::default()).err();
    let expected = StoreError::Corrupt("the audit does not end where it was left".to_owned());
    assert_eq!(error, Some(expected));
}

#[test]
fn damaged_documents_are_errors_that_name_the_document() {
    let id = sample::document_id(1);
    let check = |sql: &str, reason: &str| {
        let (folder, _) = damaged(sql);
        let store = open(&folder);
        let read = wait(store.patient_record(sample::patient(1), Some(id.clone())));
        let expected = StoreError::Corrupt(format!("document {id}: {reason}"));
        assert_eq!(read.as_ref(), Err(&expected), "{sql}");
        assert!(!expected.to_string().contains(sample::patient(1).as_str()));
    };
    let digest = "its bytes are not those that were written (SHA-256)";
    check("UPDATE document SET sha256 = zeroblob(32)", digest);
    check(
        "UPDATE document SET size = size + 1",
        "it is not of the size that was written",
    );
    check(
        "UPDATE document SET size = 99999999",
        "it says that it is larger than any document may be",
    );
    check(
        "UPDATE document_content SET content = x'28b52ffd'",
        "it cannot be decompressed",
    );
    check(
        "UPDATE document_content SET inherited = '[[1]]'",
        "its namespaces cannot be read",
    );
    check("DELETE FROM document_content", "its content is not there");
    check(
        "UPDATE document SET kind = 'x'",
        "a value in column kind cannot be read",
    );
    check(
        "UPDATE document SET subject = '9990000019'",
        "a value in column subject cannot be read",
    );
    check(
        "UPDATE document SET marks = 4",
        "a value in column marks cannot be read",
    );
    check(
        "UPDATE document SET author_element = NULL",
        "a value in column author_element cannot be read",
    );
    check(
        "UPDATE document SET author_inherited = x'00'",
        "a value in column author_inherited cannot be read",
    );
    let (folder, _) = damaged("UPDATE document_content SET dictionary_id = 9");
    let read = wait(open(&folder).patient_record(sample::patient(1), Some(id.clone())));
    assert_eq!(
        read,
        Err(StoreError::Corrupt(
            "compression dictionary 9 is lost".to_owned()
        ))
    );
}

#[test]
fn so_are_damaged_authors_and_messages() {
    let author = |sql: &str, reason: &str| {
        let (folder, _) = damaged(sql);
        let read = wait(open(&folder).patient_record(sample::patient(1), None));
        let text = format!(
            "the author of document {}: {reason}",
            sample::document_id(1)
        );
        assert_eq!(read, Err(StoreError::Corrupt(text)), "{sql}");
    };
    let message = |sql: &str, reason: &str| {
        let (folder, _) = damaged(sql);
        let all = MessageFilter {
            limit: 9,
            ..MessageFilter::default()
        };
        let read = wait(open(&folder).messages(all));
        let text = format!("message {}: {reason}", sample::message_id(2));
        assert_eq!(read, Err(StoreError::Corrupt(text)), "{sql}");
    };
    author(
        "UPDATE document SET author_inherited = '[[1]]'",
        "its namespaces cannot be read",
    );
    author(
        "UPDATE document SET author_size = author_size + 1",
        "it is not of the size that was written",
    );
    // The last byte is of the check sum: everything else is as it was written.
    author(
        "UPDATE document SET author_element = \
         CAST(substr(author_element, 1, length(author_element) - 1) || x'00' AS BLOB)",
        "it cannot be decompressed",
    );
    message(
        "UPDATE message SET sha256 = zeroblob(32)",
        "its bytes are not those that were written (SHA-256)",
    );
    message(
        "UPDATE message SET size = size - 1",
        "it cannot be decompressed",
    );
    let form = "its body is not of the form it was written in";
    message("UPDATE message SET body = NULL", form);
    message("UPDATE message SET size = -1", form);
    let (folder, _) = damaged("UPDATE message SET direction = 3");
    let all = MessageFilter {
        limit: 9,
        ..MessageFilter::default()
    };
    let text = "a value in column direction cannot be read".to_owned();
    let expected = Err(StoreError::Corrupt(text));
    assert_eq!(wait(open(&folder).messages(all)), expected);
}

#[test]
fn so_are_damaged_chunks() {
    let check = |sql: &str, reason: &str| {
        let (folder, _) = damaged(sql);
        let read = wait(open(&folder).mail_chunk("mail 1".to_owned(), 1));
        let text = format!("mailbox message mail 1, chunk 1: {reason}");
        assert_eq!(read, Err(StoreError::Corrupt(text)), "{sql}");
    };
    check(
        "UPDATE mail_chunk SET sha256 = zeroblob(32)",
        "its bytes are not those that were written (SHA-256)",
    );
    check(
        "UPDATE mail_chunk SET content = \
         CAST(substr(content, 1, length(content) - 1) || x'00' AS BLOB)",
        "it cannot be decompressed",
    );
    let size = "it is not of the size that was written";
    check("UPDATE mail_chunk SET size = size + 1", size);
    let huge = "it says that it is larger than any document may be";
    check("UPDATE mail_chunk SET size = -1", huge);
    let form = "it is not of the form it was written in";
    check("UPDATE mail_chunk SET sha256 = x'00'", form);
    check("UPDATE mail_chunk SET size = 'x'", form);
    check("UPDATE mail_chunk SET content = 'text'", "it is no bytes");
}

/// Told by column, never by what stands there.
#[test]
fn so_is_what_is_damaged_of_child_protection() {
    let patient = sample::patient(1);
    let all = || NoticeFilter {
        limit: 9,
        ..NoticeFilter::default()
    };
    for (table, columns) in [
        (
            "cpis_plan",
            "starts ends birth_date created_at updated_at inactive",
        ),
        ("cpis_access", "author asid message"),
        ("cpis_notice", "author asid created_at told_at"),
        ("cpis_inactive", "replaced_by created_at told_at"),
        ("cpis_upload", "digest declared received_at outcomes"),
        (
            "person",
            "given birth_date sensitive standing superseded_by",
        ),
        ("mail_message", "state chunks size created_at"),
    ] {
        for column in columns.split(' ') {
            let (folder, _) = damaged(&format!("UPDATE {table} SET {column} = x'00FF'"));
            let store = open(&folder);
            let key = PlanKey::from(&child_protection().plans[0]);
            let mail = MailFilter {
                limit: 9,
                ..MailFilter::default()
            };
            let read = wait(async {
                match table {
                    "cpis_plan" if column == "starts" => {
                        store.cpis_record(patient, None).await.map(|_| ())
                    }
                    "cpis_plan" => store.cpis_batch(vec![key]).await.map(|_| ()),
                    "cpis_access" => store.cpis_record(patient, None).await.map(|_| ()),
                    "cpis_notice" => store.cpis_notices(all()).await.map(|_| ()),
                    "cpis_inactive" => store.cpis_inactive(all()).await.map(|_| ()),
                    "cpis_upload" => {
                        let upload = store.cpis_upload(sample::authority(1), "1".to_owned());
                        upload.await.map(|_| ())
                    }
                    "person" => store.person(patient).await.map(|_| ()),
                    _ => store.mail(mail).await.map(|_| ()),
                }
            });
            let text = format!("a value in column {column} cannot be read");
            assert_eq!(read, Err(StoreError::Corrupt(text)), "{table}");
        }
    }
}

#[test]
fn dictionaries_are_kept_and_kept_right() {
    // One that the database lost is put back at opening, one that differs is refused.
    let (folder, _) = damaged("DELETE FROM dictionary");
    let store = open(&folder);
    let record = wait(store.patient_record(sample::patient(1), Some(sample::document_id(1))));
    assert_eq!(
        record.map(|record| record.document),
        Ok(Some(sample::bytes(1)))
    );
    let (folder, _) = damaged("UPDATE dictionary SET sha256 = zeroblob(32)");
    let error = SqliteStore::open(&folder.store(), SqliteOptions::default()).err();
    let expected = StoreError::Corrupt("the compression dictionary is another one".to_owned());
    assert_eq!(error, Some(expected));
    // Those of other versions of the program serve the documents written with them.
    let (folder, _) = damaged(
        "INSERT INTO dictionary SELECT 2, sha256, content FROM dictionary;
         UPDATE document_content SET dictionary_id = 2",
    );
    let read = wait(open(&folder).patient_record(sample::patient(1), Some(sample::document_id(1))));
    assert_eq!(
        read.map(|record| record.document),
        Ok(Some(sample::bytes(1)))
    );
}

#[test]
fn a_file_that_is_no_store_is_refused() {
    let folder = Folder::new();
    std::fs::write(folder.store(), vec![b'x'; 8192]).expect("written");
    let error = SqliteStore::open(&folder.store(), SqliteOptions::default()).err();
    assert_eq!(
        error,
        Some(StoreError::Corrupt(
            "the database file is damaged".to_owned()
        ))
    );
}

#[test]
fn a_schema_that_was_changed_or_is_newer_is_refused() {
    for sql in [
        "UPDATE refinery_schema_history SET checksum = '1' WHERE version = 1",
        NEWER,
    ] {
        let (folder, _) = damaged(sql);
        let error = SqliteStore::open(&folder.store(), SqliteOptions::default()).err();
        let Some(StoreError::Failed(reason)) = error else {
            panic!("{error:?}")
        };
        assert!(reason.starts_with("the store's schema: "), "{reason}");
        assert_eq!(
            sql == NEWER,
            reason.contains("a newer minispine wrote it"),
            "{reason}"
        );
    }
}

/// What a later program would have done to a file.
const NEWER: &str = "INSERT INTO refinery_schema_history SELECT 99, 'later', applied_on, '5' \
                     FROM refinery_schema_history WHERE version = 1";

#[test]
fn a_reader_says_what_is_wrong_with_the_schema() {
    let (folder, _) = damaged(NEWER);
    let error = SqliteStore::open_read_only(&folder.store()).err();
    assert!(
        format!("{error:?}").contains("a newer minispine wrote it"),
        "{error:?}"
    );
    let (folder, _) = damaged("DELETE FROM refinery_schema_history WHERE version > 3");
    let error = SqliteStore::open_read_only(&folder.store()).err();
    assert!(
        format!("{error:?}").contains("an earlier minispine wrote it"),
        "{error:?}"
    );
    let folder = Folder::new();
    std::fs::write(folder.store(), b"").expect("written");
    let error = SqliteStore::open_read_only(&folder.store()).err();
    assert!(format!("{error:?}").contains("no store"), "{error:?}");
}

#[test]
fn the_database_of_another_program_gets_none_of_our_tables() {
    let folder = Folder::new();
    let db = rusqlite::Connection::open(folder.store()).expect("made");
    db.execute_batch("CREATE TABLE customer (x)")
        .expect("a table");
    drop(db);
    let error = SqliteStore::open(&folder.store(), SqliteOptions::default()).err();
    assert!(
        format!("{error:?}").contains("no store of ours"),
        "{error:?}"
    );
    let db = rusqlite::Connection::open(folder.store()).expect("open");
    let tables: i64 = db
        .query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))
        .expect("a count");
    assert_eq!(tables, 1);
}
