//! A file of many records: read and answered without ever being in memory.

use domain::cpis::{FileCode, RecordCode, RecordOutcome};
use hl7v3::cpis::file::response::{self, Details};
use hl7v3::cpis::file::upload::{self, Item, Reader, Record};

use super::world::*;
use crate::support::*;

const RECORDS: u64 = 2_000;
const CHUNK: usize = 16 << 10;

/// A file as it is made: no more of it than a chunk is ever there.
struct Maker {
    record: Vec<u8>,
    made: u64,
    ready: Vec<u8>,
}

impl Maker {
    fn new(record: &Record) -> Self {
        Self {
            record: upload::record(record).expect("valid"),
            made: 0,
            ready: upload::start(&heading(RECORDS)),
        }
    }

    fn chunk(&mut self) -> Option<Vec<u8>> {
        while self.ready.len() < CHUNK && self.made <= RECORDS {
            match self.made < RECORDS {
                true => self.ready.extend_from_slice(&self.record),
                false => self.ready.extend(upload::end()),
            }
            self.made += 1;
        }
        let rest = self.ready.split_off(self.ready.len().min(CHUNK));
        let chunk = std::mem::replace(&mut self.ready, rest);
        (!chunk.is_empty()).then_some(chunk)
    }
}

/// Goes over the file, record by record.
fn each_record(mut with: impl FnMut(u64, &Record)) {
    let mut maker = Maker::new(&full_record());
    let mut reader = Reader::new(CHECK);
    let mut complete = false;
    loop {
        let chunk = maker.chunk();
        match &chunk {
            Some(chunk) => reader.push(chunk),
            None => reader.finish(),
        }
        while let Some(item) = reader.read().expect("read") {
            match item {
                Item::Head(head) => assert!(head.missing().is_empty()),
                Item::Record { number, record, .. } => with(number, &record),
                Item::End => complete = true,
            }
        }
        if chunk.is_none() {
            break;
        }
    }
    assert!(complete);
}

#[test]
fn many_records_go_through() {
    let outcome = |number: u64| match number % 2 {
        0 => RecordOutcome::STORED,
        _ => RecordOutcome::Code(RecordCode::NotVerified),
    };
    let heading = response::Heading {
        created: time("20240701120000+0100"),
        file: Some("42".to_owned()),
        quantity: Some(RECORDS),
        codes: vec![FileCode::Partial],
        to: heading(0).from,
        stored: RECORDS / 2,
        refused: RECORDS / 2,
    };
    let mut answer = response::Reader::new(CHECK);
    let mut found = (0, 0, 0);
    let mut pass_on = |bytes: Vec<u8>| {
        assert!(bytes.len() < CHUNK, "no more than a few records at a time");
        answer.push(&bytes);
        while let Some(item) = answer.read().expect("read") {
            match item {
                response::Item::Detail(_) => found.0 += 1,
                response::Item::Message { .. } => found.1 += 1,
                response::Item::Summary(_) => found.2 += 1,
            }
        }
    };
    let expected = full_record();
    let mut details = Details::start(heading);
    let mut last = 0;
    each_record(|number, record| {
        assert_eq!((number, record), (last + 1, &expected));
        last = number;
        details.record(number, outcome(number), record);
        pass_on(details.take());
    });
    assert_eq!(last, RECORDS);
    let mut messages = details.messages();
    each_record(|number, record| {
        messages.record(outcome(number), record);
        pass_on(messages.take());
    });
    pass_on(messages.end());
    answer.finish();
    let summary = answer.read().expect("complete");
    assert!(matches!(summary, Some(response::Item::Summary(_))));
    assert_eq!(found, (RECORDS, RECORDS, 0));
}
