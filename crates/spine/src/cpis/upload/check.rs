//! The first reading of an upload: whether it is one, to its last byte.
//!
//! Nothing is stored of a file that is cut off, broken, short of records or from somebody else, so
//! all of it is read before anything is.

use std::collections::HashMap;

use domain::cpis::Authority;
use domain::{CheckDigit, OdsCode};
use hl7v3::cpis::file::upload::{Head, Item};
use hl7v3::cpis::file::{Organisation, Party};
use store::{MailMessage, StoreError};
use xml::{XmlError, XmlErrorKind};

use super::feed::{Feed, Next};
use crate::mail::Post;

/// The longest number of a file, bytes.
const LONGEST_NUMBER: usize = 64;

/// A file that can be taken.
#[derive(Debug)]
pub(super) struct Sound {
    pub(super) head: Head,
    /// Its number.
    pub(super) file: String,
    /// Whose it is.
    pub(super) authority: OdsCode,
    /// How many records it has.
    pub(super) records: u64,
}

/// Why a file cannot be taken, and what is known of it all the same.
#[derive(Debug)]
pub(super) struct Corrupt {
    /// For the sender and the audit: which rule, and where. Never empty, nothing of the content.
    pub(super) why: String,
    /// Its number, if it could be read.
    pub(super) file: Option<String>,
    /// How many records it has, if it could be read to its end.
    pub(super) records: Option<u64>,
    /// Whom to answer.
    pub(super) to: Party,
}

/// What is known of a message before its file is read.
pub(super) struct Sender {
    /// The organisation that has the mailbox it is from, if any still has it.
    pub(super) organisation: Option<OdsCode>,
    /// It as an earlier file said, as far as one was read since the start; else by its code alone,
    /// and without telephones.
    pub(super) fallback: Party,
}

/// Reads what comes before the records.
pub(super) async fn head(
    feed: &mut Feed<'_>,
    sender: &Sender,
) -> Result<Result<Sound, Box<Corrupt>>, StoreError> {
    Ok(match feed.next().await? {
        Next::Item(Item::Head(head)) => sound(*head, sender),
        Next::Broken(error) => Err(sender.unreadable(rule(&error))),
        Next::Item(_) | Next::Over => Err(sender.unreadable("the file has no head".to_owned())),
    })
}

/// Reads the rest, and checks that it is whole. Gives the digest of all of it.
pub(super) async fn body(
    mut feed: Feed<'_>,
    mut sound: Sound,
    sender: &Sender,
) -> Result<Result<(Sound, [u8; 32]), Box<Corrupt>>, StoreError> {
    let mut records = 0;
    loop {
        match feed.next().await? {
            Next::Item(Item::Record { number, .. }) => records = number,
            Next::Item(_) => {}
            Next::Over => break,
            Next::Broken(error) => {
                return Ok(Err(sound.corrupt(rule(&error), None, sender)));
            }
        }
    }
    let declared = sound.records;
    sound.records = records;
    if records == 0 || declared != records {
        let why = format!("transmissionQuantity is {declared}, there are {records} records");
        return Ok(Err(sound.corrupt(why, Some(records), sender)));
    }
    if sender.organisation.as_ref() != Some(&sound.authority) {
        let why = "the organisation is not that of the sender's mailbox".to_owned();
        return Ok(Err(sound.corrupt(why, Some(records), sender)));
    }
    Ok(Ok((sound, feed.digest())))
}

/// A feed of a message.
pub(super) fn feed<'a>(post: &'a Post, message: &'a MailMessage, check: CheckDigit) -> Feed<'a> {
    Feed::new(post.open(message), check)
}

fn sound(head: Head, sender: &Sender) -> Result<Sound, Box<Corrupt>> {
    let file = head.file.clone().filter(|file| is_number(file));
    let authority = head.organisation.code.good().cloned();
    let (Some(file), Some(authority), Some(declared)) =
        (file.clone(), authority, head.quantity.good().copied())
    else {
        return Err(Box::new(Corrupt {
            why: wanting(&head),
            file,
            records: None,
            to: sender.party(&head.organisation),
        }));
    };
    Ok(Sound {
        head,
        file,
        authority,
        records: declared,
    })
}

/// Which values a file cannot do without are not there, by their places below `File`.
fn wanting(head: &Head) -> String {
    let id = match &head.file {
        None => Some("id/@extension is missing".to_owned()),
        Some(file) if is_number(file) => None,
        Some(_) => Some(format!(
            "id/@extension must be a number of 1 to {LONGEST_NUMBER} characters and not -1"
        )),
    };
    let is = |place: &str, is_missing| match is_missing {
        true => format!("{place} is missing"),
        false => format!("{place} is wrong"),
    };
    let quantity = &head.quantity;
    let code = &head.organisation.code;
    let quantity = (quantity.good().is_none())
        .then(|| is("transmissionQuantity/@value", quantity.is_missing()));
    let place = "communicationFunctionSnd/organisation/id/@extension";
    let code = (code.good().is_none()).then(|| is(place, code.is_missing()));
    let all: Vec<String> = [id, quantity, code].into_iter().flatten().collect();
    all.join(", ")
}

/// Which rule of XML is broken, and where. What an error says otherwise may repeat names of
/// elements, which may be anything.
fn rule(error: &XmlError) -> String {
    let rule = match error.kind {
        XmlErrorKind::Forbidden => "there is a DOCTYPE or an entity, which are not taken",
        XmlErrorKind::Malformed => "the file is cut off, or no well-formed XML",
        // These are said in fixed words.
        XmlErrorKind::Encoding | XmlErrorKind::Limit | XmlErrorKind::Content => &error.message,
    };
    let location = &error.location;
    format!(
        "{rule} (line {}, column {})",
        location.line, location.column
    )
}

/// Whether a text may be the number of a file: `-1` stands for none in answers.
fn is_number(file: &str) -> bool {
    let plain = (1..=LONGEST_NUMBER).contains(&file.len()) && !file.chars().any(char::is_control);
    plain && file != "-1"
}

impl Sound {
    fn corrupt(&self, why: String, records: Option<u64>, sender: &Sender) -> Box<Corrupt> {
        Box::new(Corrupt {
            why,
            file: Some(self.file.clone()),
            records,
            to: sender.party(&self.head.organisation),
        })
    }
}

impl Sender {
    /// Whoever has the mailbox that a message is from. `known` is what earlier files said.
    pub(super) fn of(
        post: &Post,
        message: &MailMessage,
        known: &HashMap<OdsCode, Party>,
    ) -> Result<Self, StoreError> {
        let mailbox = crate::mail::MailboxId::parse(&message.from).ok();
        let organisation = mailbox.and_then(|id| post.mailboxes().organisation(&id));
        // A mailbox that nobody has any more has to be called something.
        let otherwise = || OdsCode::parse(&message.from).or_else(|_| OdsCode::parse("X"));
        let code = organisation.clone().map_or_else(otherwise, Ok);
        let code = code.map_err(|error| StoreError::Failed(error.to_string()))?;
        let fallback = known.get(&code).cloned().unwrap_or_else(|| {
            let name = code.as_str().to_owned();
            Party::of(&Authority { code, name }, None)
        });
        Ok(Self {
            organisation,
            fallback,
        })
    }

    /// Whom to answer: the organisation as it calls itself, if it is the one that has the mailbox.
    pub(super) fn party(&self, says: &Organisation) -> Party {
        match says.code.good() == self.organisation.as_ref() {
            true => says.party(&self.fallback.authority),
            false => self.fallback.clone(),
        }
    }

    fn unreadable(&self, why: String) -> Box<Corrupt> {
        Box::new(Corrupt {
            why,
            file: None,
            records: None,
            to: self.fallback.clone(),
        })
    }
}
