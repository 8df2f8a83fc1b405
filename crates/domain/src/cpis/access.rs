//! Who looked: the access history that each answer carries.
//!
//! Only accesses from unscheduled care count (a silent read leaves no trace in the history). When
//! the same author looks again within a day, the first of those accesses stands for all. An answer
//! shows the 25 most recent and always the one of whoever asks (DMS; CP-IS HL7 V3 API page).

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Author;
use crate::{Asid, MessageId, NhsNumber};

/// How many accesses an answer shows.
pub const SHOWN: usize = 25;

/// For how long an access stands for later ones of the same author.
pub const SAME_ACCESS: SignedDuration = SignedDuration::from_hours(24);

/// An access from unscheduled care that counts.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Whose record.
    pub patient: NhsNumber,
    /// The id of the query (`cP-ISNHSQuery/id`): a UUID, upper case.
    pub query: String,
    /// When the query came.
    pub at: Timestamp,
    /// Who asked.
    pub author: Author,
    /// Through which system.
    pub asid: Asid,
    /// The message that asked.
    pub message: MessageId,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access")
            .field("patient", &self.patient)
            .field("query", &self.query)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

/// Whether an access at this time counts, after the last one of the same author that did.
pub fn is_new(last: Option<&Access>, at: Timestamp) -> bool {
    last.is_none_or(|last| at.duration_since(last.at) >= SAME_ACCESS)
}

/// The accesses that an answer shows, the oldest first: the most recent, and that of whoever asks.
///
/// `newest_first` are those that count, at least [`SHOWN`] if there are so many; `own` is the one
/// that stands for the present query, `None` for a silent read. It may be among the others.
pub fn shown<'a>(newest_first: &'a [Access], own: Option<&'a Access>) -> Vec<&'a Access> {
    let mut shown: Vec<&Access> = newest_first.iter().take(SHOWN).collect();
    if let Some(own) = own
        && !shown.iter().any(|access| access.query == own.query)
    {
        shown.truncate(SHOWN - 1);
        shown.push(own);
    }
    shown.sort_by(|a, b| (a.at, &a.query).cmp(&(b.at, &b.query)));
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpis::{JobTitle, Organisation, Person, PersonName};

    fn access(number: usize, hour: i64) -> Access {
        Access {
            patient: NhsNumber::parse("9990000018").expect("a number"),
            query: format!("00000000-0000-0000-0000-{number:012}"),
            at: Timestamp::from_second(hour * 3600).expect("a time"),
            author: Author::Person(Person {
                role: JobTitle {
                    code: "R0050".to_owned(),
                    display_name: "Consultant".to_owned(),
                },
                user: format!("{number:012}"),
                role_profile: None,
                name: PersonName::default(),
                organisation: Organisation {
                    code: "RKE".to_owned(),
                    site: false,
                    name: "X".to_owned(),
                },
            }),
            asid: Asid::parse("200000000001").expect("an ASID"),
            message: MessageId::parse("M").expect("an id"),
        }
    }

    #[test]
    fn an_access_stands_for_a_day() {
        let first = access(1, 0);
        let after = |hours: i64, seconds: i64| {
            let at = Timestamp::from_second(hours * 3600 + seconds).expect("a time");
            is_new(Some(&first), at)
        };
        assert!(!after(0, 0));
        assert!(!after(23, 3599));
        assert!(after(24, 0));
        assert!(is_new(None, first.at));
    }

    #[test]
    fn whoever_asks_is_always_shown() {
        let all: Vec<Access> = (0..30).rev().map(|n| access(n, n as i64)).collect();
        let seen: Vec<i64> = shown(&all, None)
            .iter()
            .map(|a| a.at.as_second() / 3600)
            .collect();
        assert_eq!(seen, (5..30).collect::<Vec<_>>());
        let own = access(2, 2);
        let seen: Vec<i64> = shown(&all, Some(&own))
            .iter()
            .map(|a| a.at.as_second() / 3600)
            .collect();
        assert_eq!(seen, std::iter::once(2).chain(6..30).collect::<Vec<_>>());
        let own = access(29, 29);
        assert_eq!(shown(&all, Some(&own)).len(), SHOWN);
    }
}
