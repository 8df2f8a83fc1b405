//! Writing acknowledgements: two passes over the records of the upload, never more than a piece in
//! memory.

use domain::cpis::RecordOutcome;
use xml::Writer;

use super::{
    FAULT_CODES, FILE_RESPONSE, Heading, INVALID, Place, RECORD_CODES, Record, UNREADABLE, VALID,
};
use crate::cpis::file::record;
use crate::cpis::part::NAMESPACES;

const END: &[u8] = b"</FileResponse>";
const DETAILS: &[u8] = b"<acknowledgementRecord>\n";
const DETAILS_END: &[u8] = b"</acknowledgementRecord>\n";

/// The first pass: what became of each record.
#[derive(Debug)]
pub struct Details {
    heading: Heading,
    out: Vec<u8>,
    /// Whether there has been a record.
    begun: bool,
    /// How many messages there will be so far.
    messages: u64,
}

/// The second pass: the records again.
#[derive(Debug)]
pub struct Messages {
    stored: u64,
    out: Vec<u8>,
}

impl Details {
    /// Begins an acknowledgement.
    pub fn start(heading: Heading) -> Self {
        let mut w = Writer::with_capacity(1024);
        w.declaration();
        w.element(FILE_RESPONSE, &NAMESPACES, |w| write_heading(w, &heading));
        let mut out = w.finish();
        // Its end tag comes after the records.
        out.truncate(out.len().saturating_sub(END.len()));
        out.push(b'\n');
        Self {
            heading,
            out,
            begun: false,
            messages: 0,
        }
    }

    /// What became of the record of this number in the upload, from 1. Every record has to come, in
    /// their order, and again for [`Messages`]: the places that details name are counted here.
    pub fn record(&mut self, number: u64, outcome: RecordOutcome, record: &Record) {
        if !self.begun {
            self.begun = true;
            self.out.extend_from_slice(DETAILS);
        }
        let stored = outcome == RecordOutcome::STORED;
        let place = match record.is_repeatable(stored) {
            true => {
                self.messages += 1;
                Place::Message {
                    number: self.messages,
                    stored,
                }
            }
            false => Place::Upload(number),
        };
        let mut w = Writer::with_capacity(512);
        write_detail(&mut w, outcome, place);
        w.text("\n");
        self.out.extend_from_slice(&w.finish());
    }

    /// The bytes since the last call, so that they need not be kept.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// All details are there: the messages follow. Bytes that were not taken go before them.
    pub fn messages(mut self) -> Messages {
        if self.begun {
            self.out.extend_from_slice(DETAILS_END);
        }
        let mut w = Writer::with_capacity(1024);
        w.element("communicationFunctionRcv", &[], |w| {
            self.heading.to.write(w)
        });
        write_count(&mut w, "failedReturnedCP-ISRecords", self.heading.refused);
        w.text("\n");
        self.out.extend_from_slice(&w.finish());
        Messages {
            stored: self.heading.stored,
            out: self.out,
        }
    }
}

impl Messages {
    /// Repeats a record, if it can be repeated in the form of the schema.
    pub fn record(&mut self, outcome: RecordOutcome, record: &Record) {
        let stored = outcome == RecordOutcome::STORED;
        if !record.is_repeatable(stored) {
            return;
        }
        let mut w = Writer::with_capacity(2048);
        write_message(&mut w, stored, record);
        w.text("\n");
        self.out.extend_from_slice(&w.finish());
    }

    /// The bytes since the last call, so that they need not be kept.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// The end, after the bytes that were not taken.
    pub fn end(mut self) -> Vec<u8> {
        let mut w = Writer::with_capacity(128);
        write_count(&mut w, "successfulReturnedCP-ISRecords", self.stored);
        self.out.extend_from_slice(&w.finish());
        self.out.extend_from_slice(END);
        self.out.push(b'\n');
        self.out
    }
}

fn write_heading(w: &mut Writer, heading: &Heading) {
    w.empty("creationTime", &[("value", heading.created.as_str())]);
    let file = heading.file.as_deref().unwrap_or(UNREADABLE);
    w.empty("id", &[("extension", file)]);
    let quantity = heading.quantity.map(|quantity| quantity.to_string());
    let quantity = quantity.as_deref().unwrap_or(UNREADABLE);
    w.empty("transmissionQuantity", &[("value", quantity)]);
    w.element("acknowledgementFile", &[], |w| {
        for code in &heading.codes {
            let coded = [("code", code.code()), ("displayName", code.display_name())];
            w.element("acknowledgementFileDetail", &[], |w| {
                w.empty("code", &coded)
            });
        }
    });
}

/// Why CPR07 stands in a `translation`, which says the same in the codes of another system: ours.
/// The published vocabulary of reasons could not be had.
fn write_detail(w: &mut Writer, outcome: RecordOutcome, place: Place) {
    let code = outcome.code();
    let coded = [
        ("code", code.code()),
        ("codeSystem", RECORD_CODES),
        ("displayName", code.display_name()),
    ];
    w.element("acknowledgementRecordDetail", &[], |w| {
        match outcome {
            RecordOutcome::Code(_) => w.empty("code", &coded),
            RecordOutcome::Fault(fault) => w.element("code", &coded, |w| {
                let (code, text) = (fault.code(), fault.display_name());
                let coded = [
                    ("code", code),
                    ("codeSystem", FAULT_CODES),
                    ("displayName", text),
                ];
                w.empty("translation", &coded);
            }),
        }
        w.text_element("location", &[], &place.to_string());
    });
}

fn write_count(w: &mut Writer, name: &str, count: u64) {
    w.element(name, &[], |w| {
        w.empty("value", &[("value", &count.to_string())]);
    });
}

fn write_message(w: &mut Writer, stored: bool, record: &Record) {
    let name = if stored { VALID } else { INVALID };
    w.element("message", &[], |w| {
        w.element("cP-ISLAAcknowledgementResponse", &[], |w| {
            w.element("pertinentInformation1", &[], |w| {
                w.element(name, &[], |w| {
                    if !stored {
                        record::plans(w, &record.plans);
                    }
                    record::subjects(w, &record.subjects);
                });
            });
        });
    });
}
