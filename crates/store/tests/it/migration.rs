//! A store of an earlier schema, as it is in the field, becomes one of today.

use domain::audit::AuditEvent;
use domain::cpis::{PlanType, Standing as OnPds};
use domain::permission::{PermissionSource, PermissionToView, Relationship};
use domain::record::Marks;
use refinery_core::{Runner, Target};
use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};
use store::conformance::sample;
use store::{
    AuditFilter, Commit, CpisChanges, MailChanges, MailFilter, MessageFilter, NewDocument,
    OutboxEntry, OutboxFilter, PatientRecord, Precondition, SeenMessage, SqliteOptions,
    SqliteStore, Standing, Store, StoreError, audit,
};

use crate::{Folder, wait};

/// The migrations, as their files say.
fn runner() -> Runner {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite");
    Runner::new(&refinery_core::load_sql_migrations(folder).expect("read"))
}

/// More than two blocks of the audit, and none of them whole at both ends.
const RECORDS: u32 = 2_500;

/// The event of a record: a little out of order, of seven patients.
fn event(number: u32) -> AuditEvent {
    let mut event = sample::event(number ^ 5);
    event.patient = Some(sample::patient(number % 7));
    event
}

fn micros(seconds: i64) -> i64 {
    sample::time(seconds).as_microsecond()
}

/// A file of the first schema with something in every table that changes.
fn first_schema(folder: &Folder) -> Connection {
    let mut db = Connection::open(folder.store()).expect("made");
    runner()
        .set_target(Target::Version(1))
        .run(&mut db)
        .expect("the first schema");
    let transaction = db.transaction().expect("begun");
    let mut hash = audit::START;
    for number in 1..=RECORDS {
        let event = event(number);
        let text = audit::text(&event).expect("JSON");
        let previous = hash;
        hash = audit::hash(&previous, &text);
        let column = |value: &str| value.to_owned();
        transaction
            .execute(
                "INSERT INTO audit VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    number,
                    previous,
                    hash,
                    text,
                    event.at.as_microsecond(),
                    event
                        .patient
                        .as_ref()
                        .map(|patient| column(patient.as_str())),
                    event.user.as_ref().map(|user| column(user.as_str())),
                    event
                        .message
                        .as_ref()
                        .map(|message| column(message.as_str())),
                    event
                        .organisation
                        .as_ref()
                        .map(|code| column(code.as_str())),
                ],
            )
            .expect("an audit record");
    }
    let head = "UPDATE head SET audit_sequence = ?1, audit_hash = ?2";
    transaction
        .execute(head, (RECORDS, hash))
        .expect("the head");
    let holder = sample::professional(1);
    for (from, until) in [(0, Some(10)), (5, None), (20, Some(15)), (30, Some(40))] {
        transaction
            .execute(
                "INSERT INTO permission VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'query-scr', 'M1')",
                params![
                    sample::patient(1).as_str(),
                    holder.user.as_str(),
                    holder.role_profile.as_str(),
                    holder.organisation.as_str(),
                    micros(from),
                    until.map(micros),
                ],
            )
            .expect("a permission");
    }
    transaction
        .execute(
            "INSERT INTO relationship VALUES (?1, ?2, ?3, ?4, ?5, 'M2')",
            params![
                sample::patient(1).as_str(),
                holder.user.as_str(),
                holder.role_profile.as_str(),
                holder.organisation.as_str(),
                micros(3),
            ],
        )
        .expect("a relationship");
    let seen = sample::seen(1, 0, 100);
    transaction
        .execute(
            "INSERT INTO seen_message VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                seen.key.sender,
                seen.key.interaction,
                seen.key.message.as_str(),
                seen.digest,
                seen.answer,
                micros(0),
                micros(100),
            ],
        )
        .expect("a message");
    let entry = sample::outbox("a", 7);
    transaction
        .execute(
            "INSERT INTO outbox VALUES (0, 'a', 'alert', ?1, ?2, ?3, ?4, 0)",
            params![
                entry.payload,
                sample::patient(1).as_str(),
                micros(0),
                micros(7)
            ],
        )
        .expect("an entry");
    transaction.commit().expect("written");
    db
}

fn found(store: &SqliteStore, filter: AuditFilter) -> Vec<u64> {
    let found = wait(store.audit_search(filter)).expect("read");
    found.iter().map(|record| record.sequence).collect()
}

/// What a search must find, from the events themselves.
fn expected(limit: usize, wanted: impl Fn(&AuditEvent) -> bool) -> Vec<u64> {
    let all = (1..=RECORDS).map(|number| (event(number), u64::from(number)));
    let mut wanted: Vec<_> = all.filter(|(event, _)| wanted(event)).collect();
    wanted.sort_by_key(|(event, number)| std::cmp::Reverse((event.at, *number)));
    wanted.truncate(limit);
    wanted.into_iter().map(|(_, number)| number).collect()
}

#[test]
fn everything_is_there_afterwards() {
    let folder = Folder::new();
    drop(first_schema(&folder));
    let refused = SqliteStore::open_read_only(&folder.store()).err();
    let reason = "the store's schema: an earlier minispine wrote it; `up`, `serve` or `import` bring it up to date";
    assert_eq!(refused, Some(StoreError::Failed(reason.to_owned())));
    let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("migrated");
    let verified = store.verify_audit(|_| ()).expect("whole");
    assert_eq!(verified.count, u64::from(RECORDS));
    let (patient, holder) = (sample::patient(1), sample::professional(1));
    let permission = |from, until: Option<i64>| PermissionToView {
        until: until.map(sample::time),
        source: PermissionSource::QueryScr,
        message: domain::MessageId::parse("M1").expect("valid"),
        ..sample::permission(patient, holder.clone(), from)
    };
    let standing = wait(store.standing(patient, holder.clone(), sample::time(-9)));
    let Standing {
        permissions,
        relationship,
    } = standing.expect("read");
    let since_then = Relationship {
        message: domain::MessageId::parse("M2").expect("valid"),
        ..sample::relationship(patient, holder.clone(), 3)
    };
    assert_eq!(relationship, Some(since_then));
    let all = [
        permission(0, Some(10)),
        permission(5, None),
        permission(30, Some(40)),
    ];
    assert_eq!(permissions, all);
    let seen = sample::seen(1, 0, 100);
    assert_eq!(wait(store.seen(seen.key.clone())), Ok(Some(seen)));
    assert_eq!(
        wait(store.outbox(OutboxFilter {
            limit: 9,
            ..OutboxFilter::default()
        })),
        Ok(vec![sample::outbox("a", 7)])
    );
    assert_eq!(wait(store.dead_letters(9)), Ok(vec![]));
}

#[test]
fn the_audit_is_searched_and_goes_on() {
    let folder = Folder::new();
    drop(first_schema(&folder));
    let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("migrated");
    let patient = Some(sample::patient(3));
    let user = event(4).user;
    let (from, to) = (sample::time(900), sample::time(1_100));
    for limit in [0, 1, 50, 5_000] {
        let all = AuditFilter {
            limit,
            ..AuditFilter::default()
        };
        assert_eq!(found(&store, all.clone()), expected(limit, |_| true));
        let filter = AuditFilter {
            patient,
            ..all.clone()
        };
        assert_eq!(
            found(&store, filter),
            expected(limit, |event| event.patient == patient)
        );
        let filter = AuditFilter {
            user: user.clone(),
            patient,
            from: Some(from),
            to: Some(to),
            ..all.clone()
        };
        let wanted = |event: &AuditEvent| {
            event.patient == patient && event.user == user && (from..=to).contains(&event.at)
        };
        assert_eq!(found(&store, filter), expected(limit, wanted));
        let filter = AuditFilter {
            from: Some(from),
            to: Some(to),
            ..all
        };
        let wanted = |event: &AuditEvent| (from..=to).contains(&event.at);
        assert_eq!(found(&store, filter), expected(limit, wanted));
    }
    let next = Commit {
        audit: (0..600).map(event).collect(),
        accesses: vec![sample::access(sample::patient(1), 1, 0)],
        alerts: vec![sample::alert(1, 0)],
        ..Commit::default()
    };
    let receipt = wait(store.commit(next)).expect("written");
    assert_eq!(receipt.last_audit, Some(u64::from(RECORDS) + 600));
    assert_eq!(
        store.verify_audit(|_| ()).expect("whole").count,
        u64::from(RECORDS) + 600
    );
    let again = SeenMessage {
        at: sample::time(50),
        ..sample::seen(1, 50, 60)
    };
    let unseen = Precondition::MessageUnseen(again.key.clone());
    let seen = vec![again];
    let refused = wait(store.commit(Commit {
        seen,
        ..Commit::default()
    }));
    assert_eq!(refused, Err(StoreError::Precondition(unseen)));
}

/// It happens as a whole or not at all: here it fails in the middle, because a table is in its way.
#[test]
fn one_that_fails_leaves_the_store_as_it_was() {
    let folder = Folder::new();
    let db = first_schema(&folder);
    db.execute_batch("CREATE TABLE alert (x)")
        .expect("in the way");
    drop(db);
    let failed = SqliteStore::open(&folder.store(), SqliteOptions::default()).err();
    assert!(matches!(failed, Some(StoreError::Failed(_))), "{failed:?}");
    let db = Connection::open(folder.store()).expect("open");
    let version: i64 = db
        .query_row(
            "SELECT max(version) FROM refinery_schema_history",
            [],
            |row| row.get(0),
        )
        .expect("a version");
    assert_eq!(version, 1);
    assert!(db.prepare("SELECT dead FROM outbox").is_err());
    assert!(db.prepare("SELECT * FROM access").is_err());
    db.execute_batch("DROP TABLE alert")
        .expect("out of the way");
    drop(db);
    let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("migrated");
    assert_eq!(
        store.verify_audit(|_| ()).expect("whole").count,
        u64::from(RECORDS)
    );
}

/// A file of the second schema, with a document and messages to send, as its program wrote them.
fn second_schema(folder: &Folder) -> NewDocument {
    let mut db = Connection::open(folder.store()).expect("made");
    runner()
        .set_target(Target::Version(2))
        .run(&mut db)
        .expect("the second schema");
    let mut new = sample::document(sample::patient(1), 1, 1);
    new.header.author.element = None;
    new.header.marks = Marks::default();
    let NewDocument { header, bytes, .. } = &new;
    let dictionary = include_bytes!("../../dictionary/1.zdict");
    let frame = zstd::bulk::Compressor::with_dictionary(3, dictionary)
        .and_then(|mut compressor| compressor.compress(&bytes.bytes))
        .expect("compressed");
    let json = |text: serde_json::Result<String>| text.expect("JSON");
    let (patient, id) = (new.filed_under.as_str(), header.id.as_str());
    let sha256: [u8; 32] = Sha256::digest(&bytes.bytes).into();
    db.execute(
        "INSERT INTO document VALUES (?1, ?2, 1, NULL, NULL, ?1, ?3, ?4, ?5, ?6, NULL, ?7, ?8, ?9)",
        params![
            patient,
            id,
            header.kind.code(),
            header.effective.as_str(),
            header.effective.first_instant().as_microsecond(),
            json(serde_json::to_string(&header.author)),
            new.stored_at.as_microsecond(),
            bytes.bytes.len() as i64,
            sha256,
        ],
    )
    .expect("a document");
    db.execute(
        "INSERT INTO document_content VALUES (?1, ?2, 1, ?3, ?4)",
        params![
            patient,
            id,
            json(serde_json::to_string(&bytes.inherited)),
            frame
        ],
    )
    .expect("its content");
    db.execute("INSERT INTO doc_ref VALUES (?1, ?2)", [id, patient])
        .expect("its reference");
    db.execute("UPDATE head SET documents = 1", [])
        .expect("the head");
    for (id, next_try, dead) in [("a", 30, false), ("b", 20, false), ("c", 10, true)] {
        db.execute(
            "INSERT INTO outbox VALUES (0, ?1, 'alert', ?2, ?3, ?4, ?5, 0, NULL, NULL, ?6)",
            params![
                id,
                sample::outbox(id, next_try).payload,
                patient,
                micros(0),
                micros(next_try),
                dead
            ],
        )
        .expect("an entry");
    }
    new
}

#[test]
fn what_the_second_schema_had_is_there_afterwards() {
    let folder = Folder::new();
    let old = second_schema(&folder);
    let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("migrated");
    let patient = old.filed_under;
    let read = |number| {
        let id = Some(sample::document_id(number));
        wait(store.patient_record(patient, id)).expect("read")
    };
    let record = read(1);
    assert_eq!(record.document, Some(old.bytes));
    let headers: Vec<_> = record.documents.into_iter().map(|one| one.header).collect();
    assert_eq!(headers, [old.header]);
    // Every message that waited is the smsp's.
    let due = |lane: Option<&str>| {
        let filter = OutboxFilter {
            lane: lane.map(str::to_owned),
            due: Some(sample::time(30)),
            limit: 9,
            ..OutboxFilter::default()
        };
        wait(store.outbox(filter))
    };
    let waiting = vec![sample::outbox("b", 20), sample::outbox("a", 30)];
    assert_eq!(due(Some("smsp")), Ok(waiting.clone()));
    assert_eq!(due(None), Ok(waiting));
    assert_eq!(due(Some("spine")), Ok(vec![]));
    let dead = OutboxEntry {
        dead: true,
        ..sample::outbox("c", 10)
    };
    assert_eq!(wait(store.dead_letters(9)), Ok(vec![dead]));
    // What is new is kept beside it.
    let next = Commit {
        documents: vec![sample::document(patient, 2, 2)],
        messages: vec![sample::message(1, 1)],
        legitimate: vec![sample::legitimate(patient, 1, 1)],
        ..Commit::default()
    };
    wait(store.commit(next)).expect("written");
    let header = |record: &PatientRecord| record.documents[0].header.clone();
    assert_eq!(header(&read(2)), sample::document(patient, 2, 2).header);
    let all = MessageFilter {
        limit: 9,
        ..MessageFilter::default()
    };
    assert_eq!(wait(store.messages(all)), Ok(vec![sample::message(1, 1)]));
    assert_eq!(
        wait(store.legitimate_relationships(patient)),
        Ok(vec![sample::legitimate(patient, 1, 1)])
    );
    assert_eq!(wait(store.counts()).map(|counts| counts.documents), Ok(2));
}

/// A file of the third schema, with a message and an audit record, as its program wrote them.
fn third_schema(folder: &Folder) {
    let mut db = Connection::open(folder.store()).expect("made");
    runner()
        .set_target(Target::Version(3))
        .run(&mut db)
        .expect("the third schema");
    let message = sample::message(1, 1);
    db.execute(
        "INSERT INTO message (shard, message, owner, direction, at, conversation, service, \
         interaction, sender, recipient, nhs_number, document_id, outcome) \
         VALUES (0, ?1, ?2, 1, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            message.message.as_str(),
            message.owner,
            micros(1),
            message.conversation,
            message.service,
            message.interaction,
            message.from,
            message.to,
            sample::patient(1).as_str(),
            message.document.as_ref().map(|id| id.as_str()),
            message.outcome,
        ],
    )
    .expect("a message");
    let text = audit::text(&sample::event(1)).expect("JSON");
    let hash = audit::hash(&audit::START, &text);
    db.execute(
        "INSERT INTO audit (sequence, at, previous, hash, text) VALUES (1, ?1, ?2, ?3, ?4)",
        params![micros(1), audit::START, hash, text],
    )
    .expect("an audit record");
    db.execute(
        "UPDATE head SET audit_sequence = 1, audit_hash = ?1, accesses = 7, block_oldest = ?2, \
         block_newest = ?2",
        params![hash, micros(1)],
    )
    .expect("the head");
}

#[test]
fn what_the_third_schema_had_is_there_afterwards() {
    let folder = Folder::new();
    third_schema(&folder);
    let refused = SqliteStore::open_read_only(&folder.store()).err();
    let reason = "the store's schema: an earlier minispine wrote it; `up`, `serve` or `import` bring it up to date";
    assert_eq!(refused, Some(StoreError::Failed(reason.to_owned())));
    let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("migrated");
    let all = MessageFilter {
        limit: 9,
        ..MessageFilter::default()
    };
    assert_eq!(wait(store.messages(all)), Ok(vec![sample::message(1, 1)]));
    let counts = wait(store.counts()).expect("counts");
    assert_eq!(
        (
            counts.audit,
            counts.plans,
            counts.cpis_accesses,
            counts.mail
        ),
        (1, 0, 0, 0)
    );
    // What is new is kept beside it.
    let patient = sample::patient(1);
    let plan = sample::plan(patient, 1, PlanType::ChildProtection, 1, 1);
    let access = sample::cpis_access(patient, 1, 1, 1);
    let next = Commit {
        cpis: CpisChanges {
            plans: vec![plan.clone()],
            accesses: vec![access.clone()],
            people: vec![sample::person(patient, OnPds::Current)],
            ..CpisChanges::default()
        },
        mail: MailChanges {
            messages: vec![sample::mail(1, 1, 1)],
            ..MailChanges::default()
        },
        audit: vec![sample::event(2)],
        ..Commit::default()
    };
    wait(store.commit(next)).expect("written");
    let record = wait(store.cpis_record(patient, None)).expect("read");
    assert_eq!((record.plans, record.accesses), (vec![plan], vec![access]));
    let all = MailFilter {
        limit: 9,
        ..MailFilter::default()
    };
    assert_eq!(wait(store.mail(all)), Ok(vec![sample::mail(1, 1, 1)]));
    assert_eq!(
        store.verify_audit(|_| ()).map(|verified| verified.count),
        Ok(2)
    );
    store.close();
    // And it is as it was left when it is opened again.
    let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("open");
    let counts = wait(store.counts()).expect("counts");
    assert_eq!(
        (
            counts.audit,
            counts.plans,
            counts.cpis_accesses,
            counts.mail
        ),
        (2, 1, 1, 1)
    );
}

/// A file of the fourth schema with answered messages, as its program wrote them.
fn fourth_schema(folder: &Folder, answered: &[SeenMessage]) {
    let mut db = Connection::open(folder.store()).expect("made");
    runner()
        .set_target(Target::Version(4))
        .run(&mut db)
        .expect("the fourth schema");
    for seen in answered {
        db.execute(
            "INSERT INTO seen_message (shard, sender, interaction, message, expires, at, digest, \
             answer) VALUES (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                seen.key.sender,
                seen.key.interaction,
                seen.key.message.as_str(),
                seen.expires.as_microsecond(),
                seen.at.as_microsecond(),
                seen.digest,
                seen.answer,
            ],
        )
        .expect("a message");
    }
}

#[test]
fn what_was_answered_under_the_fourth_schema_is_known_afterwards() {
    let folder = Folder::new();
    let of = |(number, length): (u32, usize)| SeenMessage {
        answer: vec![0xFF; length],
        ..sample::seen(number, i64::from(number * 7 % 5), 100)
    };
    let lengths = [0, 1, 256, 257, 4_000, 40_000];
    let answered: Vec<_> = (0..).zip(lengths).map(of).collect();
    fourth_schema(&folder, &answered);
    let store = SqliteStore::open(&folder.store(), SqliteOptions::default()).expect("migrated");
    for mark in answered {
        assert_eq!(wait(store.seen(mark.key.clone())), Ok(Some(mark.clone())));
        let unseen = Precondition::MessageUnseen(mark.key.clone());
        let again = Commit {
            seen: vec![mark],
            ..Commit::default()
        };
        let refused = wait(store.commit(again));
        assert_eq!(refused, Err(StoreError::Precondition(unseen)));
    }
    let next = Commit {
        seen: vec![sample::seen(99, 5, 100)],
        ..Commit::default()
    };
    wait(store.commit(next)).expect("written");
}
