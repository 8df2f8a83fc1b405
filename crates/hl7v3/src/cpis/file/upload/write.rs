//! Writing uploads, record by record.

use xml::Writer;

use super::{FILE, Heading, Record};
use crate::cpis::file::record;
use crate::cpis::part::NAMESPACES;

const END: &[u8] = b"</File>";

/// What comes before the records.
pub fn start(heading: &Heading) -> Vec<u8> {
    let mut w = Writer::with_capacity(1024);
    w.declaration();
    w.element(FILE, &NAMESPACES, |w| {
        w.empty("creationTime", &[("value", heading.created.as_str())]);
        w.empty("id", &[("extension", heading.file.as_str())]);
        let quantity = heading.quantity.to_string();
        w.empty("transmissionQuantity", &[("value", &quantity)]);
        w.element("communicationFunctionSnd", &[], |w| heading.from.write(w));
    });
    let mut bytes = w.finish();
    // Its end tag comes after the records.
    bytes.truncate(bytes.len().saturating_sub(END.len()));
    bytes.push(b'\n');
    bytes
}

/// One record; `None` when the schema cannot take it as it is ([`Record::is_repeatable`]).
pub fn record(record: &Record) -> Option<Vec<u8>> {
    if !record.is_repeatable(false) {
        return None;
    }
    let mut w = Writer::with_capacity(2048);
    w.element("record", &[], |w| {
        w.element("CP-ISRecord", &[], |w| {
            record::plans(w, &record.plans);
            record::subjects(w, &record.subjects);
        });
    });
    w.text("\n");
    Some(w.finish())
}

/// What comes after the records.
pub fn end() -> Vec<u8> {
    let mut bytes = END.to_vec();
    bytes.push(b'\n');
    bytes
}
