//! Access to Service Notification: `CP-ISAccessToServiceNotification` (REPC_MT000004GB01). It tells
//! an authority who looked at what it uploaded, in the form of the queries they asked.

use domain::cpis::{Access, Author, Authority, LocalId};
use domain::{CheckDigit, Hl7Timestamp, NhsNumber};
use xml::{Element, Writer, XmlError};

use super::notice::{
    need, read_file, read_id, read_numbers, read_recipient, read_time, write_beginning, write_file,
    write_numbers, write_recipient,
};
use crate::cpis::author;
use crate::cpis::part::{NAMESPACES, parts};
use crate::cpis::query::write_access;

/// The name of the document element.
pub const ACCESS_NOTIFICATION: &str = "CP-ISAccessToServiceNotification";

/// Who looked at an authority's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessNotification {
    /// Its id: a UUID, upper case.
    pub id: String,
    /// When it was made.
    pub at: Hl7Timestamp,
    /// The authority.
    pub recipient: Authority,
    /// What was looked at.
    pub accesses: Vec<RecordAccess>,
}

/// Who looked at what came with one upload file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordAccess {
    /// The queries: at least one.
    pub queries: Vec<NotedQuery>,
    /// The number of the upload.
    pub file: String,
}

/// A query that found something.
#[derive(Clone, PartialEq, Eq)]
pub struct NotedQuery {
    /// Its id: a UUID, upper case.
    pub id: String,
    /// When it was asked.
    pub at: Hl7Timestamp,
    /// Who asked.
    pub author: Author,
    /// About whom.
    pub patient: NhsNumber,
    /// The authority's own number for them.
    pub local_id: Option<LocalId>,
}

impl NotedQuery {
    /// An access, and the authority's own number for the person.
    pub fn of(access: &Access, local_id: Option<&LocalId>) -> Self {
        Self {
            id: access.query.clone(),
            at: Hl7Timestamp::from_instant(access.at),
            author: access.author.clone(),
            patient: access.patient,
            local_id: local_id.cloned(),
        }
    }
}

impl std::fmt::Debug for NotedQuery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NotedQuery")
            .field("id", &self.id)
            .field("at", &self.at)
            .field("author", &self.author)
            .field("patient", &self.patient)
            .finish_non_exhaustive()
    }
}

/// Writes it as an element.
pub fn write(w: &mut Writer, notification: &AccessNotification) {
    w.element(ACCESS_NOTIFICATION, &NAMESPACES, |w| {
        write_beginning(w, &notification.at, &notification.id);
        let count = notification.accesses.len().to_string();
        w.element("pertinentInformation", &[], |w| {
            w.element("pertinentTotalReturnedRecords", &[], |w| {
                w.empty("value", &[("value", &count)]);
            });
        });
        for access in &notification.accesses {
            w.element("pertinentInformation1", &[], |w| {
                w.element("pertinentCP-ISRecordAccess", &[], |w| {
                    write_record_access(w, access);
                });
            });
        }
        write_recipient(w, &notification.recipient);
    });
}

fn write_record_access(w: &mut Writer, access: &RecordAccess) {
    for query in &access.queries {
        w.element("pertinentInformation2", &[], |w| {
            w.element("pertinentCP-ISNHSQuery", &[], |w| {
                write_access(w, &query.at, &query.id, &query.author);
                w.element("queryByParameter", &[], |w| {
                    w.element("person.id", &[], |w| {
                        write_numbers(w, "value", query.patient, query.local_id.as_ref());
                    });
                });
            });
        });
    }
    write_file(w, "reference", "referredToLAUploadFile", &access.file);
}

/// Writes it as a document.
pub fn document(notification: &AccessNotification) -> Vec<u8> {
    let mut w = Writer::with_capacity(1024 + 2048 * notification.accesses.len());
    w.declaration();
    write(&mut w, notification);
    w.text("\n");
    w.finish()
}

/// Reads the element. The count it gives is not looked at: what is there counts.
pub fn read(notice: Element<'_, '_>, check: CheckDigit) -> Result<AccessNotification, XmlError> {
    if notice.name() != ACCESS_NOTIFICATION {
        return Err(notice.error(format!("the element is not {ACCESS_NOTIFICATION}")));
    }
    let accesses = parts(notice, "pertinentInformation1")
        .flat_map(|information| parts(information, "pertinentCP-ISRecordAccess"))
        .map(|access| read_record_access(access, check));
    Ok(AccessNotification {
        id: read_id(notice)?,
        at: read_time(notice)?,
        recipient: read_recipient(notice)?,
        accesses: accesses.collect::<Result<_, _>>()?,
    })
}

fn read_record_access(
    access: Element<'_, '_>,
    check: CheckDigit,
) -> Result<RecordAccess, XmlError> {
    let queries = parts(access, "pertinentInformation2")
        .flat_map(|information| parts(information, "pertinentCP-ISNHSQuery"))
        .map(|query| read_query(query, check));
    let file = need(access, &["reference", "referredToLAUploadFile", "value"])?;
    Ok(RecordAccess {
        queries: queries.collect::<Result<_, _>>()?,
        file: read_file(file)?,
    })
}

fn read_query(query: Element<'_, '_>, check: CheckDigit) -> Result<NotedQuery, XmlError> {
    let author = need(query, &["author"])?;
    let person = need(query, &["queryByParameter", "person.id"])?;
    let (patient, local_id) = read_numbers(person, "value", check)?;
    Ok(NotedQuery {
        id: read_id(query)?,
        at: read_time(query)?,
        author: author::read(author).map_err(|faults| {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            author.error(faults.join(", "))
        })?,
        patient,
        local_id,
    })
}
