//! What the conformance tests cannot see: transactions that are undone, hashes that are the same, other
//! processes, and how the rows lie.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::*;
use crate::SqliteOptions;
use crate::conformance::sample;
use crate::sqlite::connection::open_writer;

/// One process that has the file open.
struct Process {
    db: Connection,
    marks: Marks,
}

struct World {
    folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    fn process(&self, mask: u64) -> Process {
        let db = open_writer(&self.path(), &SqliteOptions::default()).expect("open");
        let marks = Marks::with_index(&db, Index::of_bits(mask)).expect("loaded");
        Process { db, marks }
    }
}

fn refused(key: &SeenKey) -> Result<(), StoreError> {
    Err(StoreError::Precondition(Precondition::MessageUnseen(
        key.clone(),
    )))
}

impl Process {
    fn run(&self, sql: &str) {
        self.db.execute_batch(sql).expect(sql);
    }

    fn begin(&mut self) -> Head {
        self.run("BEGIN IMMEDIATE");
        let head = Head::read(&self.db).expect("the head");
        self.marks.begin(&self.db, head.seen).expect("begun");
        head
    }

    fn commit(&mut self, head: Head) {
        head.write(&self.db).expect("the head");
        self.run("COMMIT");
        self.marks.publish(head.seen);
    }

    /// A transaction of its own.
    fn remember(&mut self, new: &[SeenMessage]) -> Result<(), StoreError> {
        let mut head = self.begin();
        let result = self.marks.remember(&self.db, new, &mut head);
        if result.is_ok() {
            self.marks.sweep(&self.db, new.iter()).expect("swept");
        }
        self.commit(head);
        result
    }

    /// What somebody finds who looks beforehand.
    fn seen(&self, path: PathBuf, key: &SeenKey) -> Option<SeenMessage> {
        let reader = Reader::open(&path, 0).expect("open");
        let candidates = self.marks.index.candidates(key);
        reader.seen(key, &candidates).expect("read")
    }

    fn count(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.db.query_row(&sql, [], |row| row.get(0)).expect(table)
    }
}

#[test]
fn they_are_there_after_opening_again_long_answers_too() {
    let world = World::new();
    let answer = |length: usize| vec![7; length];
    let marks: BTreeMap<u32, SeenMessage> = (0_u32..)
        .zip([0, 1, 255, 256, 257, 5_000, 100_000])
        .map(|(number, length)| {
            let seen = SeenMessage {
                answer: answer(length),
                ..sample::seen(number, 0, 100)
            };
            (number, seen)
        })
        .collect();
    let mut process = world.process(u64::MAX);
    for seen in marks.values() {
        assert_eq!(process.remember(std::slice::from_ref(seen)), Ok(()));
    }
    drop(process);
    let mut process = world.process(u64::MAX);
    for (number, seen) in &marks {
        let found = process.seen(world.path(), &seen.key);
        assert_eq!(found.as_ref(), Some(seen), "{number}");
        let again = sample::seen(*number, 99, 200);
        assert_eq!(process.remember(&[again]), refused(&seen.key));
        let late = sample::seen(*number, 100, 200);
        assert_eq!(process.remember(std::slice::from_ref(&late)), Ok(()));
        assert_eq!(process.seen(world.path(), &seen.key), Some(late));
    }
    assert_eq!(
        (process.count("seen_mark"), process.count("seen_answer")),
        (7, 0)
    );
    let reader = Reader::open(&world.path(), 0).expect("open");
    let expected = Ok(Some(sample::seen(3, 100, 200)));
    assert_eq!(reader.seen_anywhere(&sample::seen_key(3)), expected);
    assert_eq!(reader.seen_anywhere(&sample::seen_key(9)), Ok(None));
}

#[test]
fn what_is_undone_was_never_seen() {
    let world = World::new();
    let mut process = world.process(u64::MAX);
    assert_eq!(process.remember(&[sample::seen(9, 0, 10)]), Ok(()));
    let mut head = process.begin();
    let new = [sample::seen(1, 20, 100), sample::seen(9, 20, 100)];
    let result = process.marks.remember(&process.db, &new, &mut head);
    assert_eq!(result, Ok(()));
    // It counts in its own transaction.
    let again = [sample::seen(1, 21, 100)];
    let result = process.marks.remember(&process.db, &again, &mut head);
    assert_eq!(result, refused(&sample::seen_key(1)));
    process.run("ROLLBACK");
    assert!(
        process
            .marks
            .index
            .candidates(&sample::seen_key(1))
            .is_empty()
    );
    let before = Some(sample::seen(9, 0, 10));
    assert_eq!(process.seen(world.path(), &sample::seen_key(9)), before);
    // Back to a savepoint: what stands before it stays, and the number is used by another.
    let mut head = process.begin();
    let first = [sample::seen(2, 20, 100)];
    let result = process.marks.remember(&process.db, &first, &mut head);
    assert_eq!(result, Ok(()));
    let (place, before) = (process.marks.place(), head);
    process.run("SAVEPOINT one");
    let result = process.marks.remember(&process.db, &new, &mut head);
    assert_eq!(result, Ok(()));
    process.run("ROLLBACK TO one; RELEASE one");
    process.marks.go_back(place);
    head = before;
    let third = [sample::seen(3, 20, 100)];
    let result = process.marks.remember(&process.db, &third, &mut head);
    assert_eq!(result, Ok(()));
    process.commit(head);
    for (number, expected) in [
        (1, None),
        (2, Some(sample::seen(2, 20, 100))),
        (3, Some(sample::seen(3, 20, 100))),
        (9, Some(sample::seen(9, 0, 10))),
    ] {
        let found = process.seen(world.path(), &sample::seen_key(number));
        assert_eq!(found, expected, "{number}");
    }
}

#[test]
fn a_hash_is_not_a_key() {
    for mask in [0, 3] {
        let world = World::new();
        let mut process = world.process(mask);
        for number in 0..50 {
            let new = sample::seen(number, 0, 100 + i64::from(number));
            assert_eq!(process.seen(world.path(), &new.key), None);
            assert_eq!(process.remember(std::slice::from_ref(&new)), Ok(()));
            assert_eq!(
                process.remember(std::slice::from_ref(&new)),
                refused(&new.key)
            );
            assert_eq!(process.seen(world.path(), &new.key), Some(new));
        }
        // The first half expires and is dropped: the others of its hashes are still found.
        for number in 100..200 {
            let new = sample::seen(number, 124, 1_000);
            assert_eq!(process.remember(&[new]), Ok(()));
        }
        for process in [&process, &world.process(mask)] {
            for number in 0..50 {
                let found = process.seen(world.path(), &sample::seen_key(number));
                assert_eq!(found.is_some(), number > 24, "{number}");
            }
            let left = process.marks.index.candidates(&sample::seen_key(0)).len();
            assert!(left < 126, "{left}");
        }
    }
}

#[test]
fn another_process_counts_at_once_and_its_clean_up_is_noticed() {
    let world = World::new();
    let (mut one, mut other) = (world.process(u64::MAX), world.process(u64::MAX));
    for number in 0..200 {
        let new = sample::seen(number, i64::from(number), i64::from(number) + 20);
        assert_eq!(one.remember(std::slice::from_ref(&new)), Ok(()));
        assert_eq!(one.seen(world.path(), &new.key), Some(new.clone()));
        assert_eq!(
            other.remember(std::slice::from_ref(&new)),
            refused(&new.key)
        );
        // The refusal has made it known.
        assert_eq!(other.seen(world.path(), &new.key), Some(new));
    }
    // One has dropped most of them. The other forgets them as it goes round.
    assert!(one.count("seen_mark") < 100);
    for number in 200..400 {
        let new = sample::seen(number, i64::from(number), i64::from(number) + 20);
        assert_eq!(other.remember(&[new]), Ok(()));
    }
    for number in 0..200 {
        let candidates = other.marks.index.candidates(&sample::seen_key(number));
        assert_eq!(candidates, Vec::<i64>::new(), "{number}");
    }
    assert!(other.count("seen_mark") < 100);
    // Numbers are not used again, not even by one that has seen nothing of them.
    assert_eq!(one.begin().seen, 400);
}

/// Whoever has a number when its row is dropped, or replaced, finds nothing under it.
#[test]
fn a_number_may_be_gone_when_its_row_is_read() {
    let world = World::new();
    let mut process = world.process(u64::MAX);
    let first = SeenMessage {
        answer: vec![1; 1_000],
        ..sample::seen(1, 0, 10)
    };
    assert_eq!(process.remember(std::slice::from_ref(&first)), Ok(()));
    let candidates = process.marks.index.candidates(&first.key);
    let reader = Reader::open(&world.path(), 0).expect("open");
    assert_eq!(
        reader.seen(&first.key, &candidates),
        Ok(Some(first.clone()))
    );
    let next = sample::seen(1, 10, 30);
    assert_eq!(process.remember(std::slice::from_ref(&next)), Ok(()));
    assert_eq!(reader.seen(&first.key, &candidates), Ok(None));
    assert_eq!(process.seen(world.path(), &first.key), Some(next.clone()));
    let candidates = process.marks.index.candidates(&next.key);
    for number in 100..200 {
        let new = sample::seen(number, 50, 1_000);
        assert_eq!(process.remember(&[new]), Ok(()));
    }
    assert_eq!(reader.seen(&next.key, &candidates), Ok(None));
    assert!(process.marks.index.candidates(&next.key).is_empty());
    assert_eq!(process.count("seen_answer"), 0);
}

#[test]
fn one_that_stays_long_keeps_no_other() {
    let world = World::new();
    let mut process = world.process(u64::MAX);
    for number in 0..2_000 {
        let at = i64::from(number);
        let long = if number % 100 == 0 { 1_000_000 } else { 50 };
        let new = sample::seen(number, at, at + long);
        assert_eq!(process.remember(&[new]), Ok(()));
    }
    let there = process.count("seen_mark");
    assert!((70..200).contains(&there), "{there}");
    for number in (0..2_000).step_by(100) {
        let found = process.seen(world.path(), &sample::seen_key(number));
        assert!(found.is_some(), "{number}");
    }
}
