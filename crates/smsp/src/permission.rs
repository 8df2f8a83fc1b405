//! For how long a permission to view holds that a request records: `pTVDuration` of querySCR and
//! `effectiveTime` of createPTV.

use domain::Hl7Timestamp;
use domain::permission::PermissionToView;
use domain::time::uk_local_digits;
use itk::scr::Interval;
use jiff::{SignedDuration, Timestamp};

use crate::config::DefaultPermission;

/// From when until when; `until` is absent for a lasting permission. Both ends count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Term {
    pub(crate) from: Timestamp,
    pub(crate) until: Option<Timestamp>,
}

impl Term {
    /// The term of a permission that is to permit a view now. A caller whose clock is a little
    /// ahead means now.
    pub(crate) fn for_now(self, now: Timestamp, skew: SignedDuration) -> Result<Self, TermError> {
        if self.from > now && self.from.duration_since(now) > skew {
            return Err(TermError::NotYet);
        }
        Ok(Self {
            from: self.from.min(now),
            ..self
        })
    }

    /// Whether a permission that is recorded holds for the whole term, to the microsecond: finer
    /// than that the store does not keep it.
    pub(crate) fn is_covered_by(&self, recorded: &PermissionToView) -> bool {
        let lasts = match (recorded.until, self.until) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(recorded), Some(until)) => recorded.as_microsecond() >= until.as_microsecond(),
        };
        lasts && recorded.from <= self.from
    }
}

/// What is wrong with a duration; answered with SMSP-0001.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TermError {
    #[error("the permission ends before it starts")]
    Reversed,
    #[error("the permission has ended already")]
    Over,
    #[error("the permission starts in the future, so it does not permit this view")]
    NotYet,
}

/// The term of a permission. Without low it starts now, without high it lasts, without either the
/// default applies.
pub(crate) fn term(
    duration: Option<&Interval>,
    now: Timestamp,
    default: DefaultPermission,
) -> Result<Term, TermError> {
    let (low, high) = duration.map_or((None, None), |d| (d.low.as_ref(), d.high.as_ref()));
    if low.is_none() && high.is_none() {
        return Ok(Term {
            from: now,
            until: Some(default_end(now, default)),
        });
    }
    let from = low.map_or(now, Hl7Timestamp::first_instant);
    let until = high.map(Hl7Timestamp::last_instant);
    if low.is_some() && until.is_some_and(|until| until < from) {
        return Err(TermError::Reversed);
    }
    if until.is_some_and(|until| until < now) {
        return Err(TermError::Over);
    }
    Ok(Term { from, until })
}

fn default_end(now: Timestamp, default: DefaultPermission) -> Timestamp {
    match default {
        DefaultPermission::For(duration) => now.saturating_add(duration).unwrap_or(Timestamp::MAX),
        DefaultPermission::UntilEndOfDay => {
            let digits = uk_local_digits(now);
            let day = digits
                .get(..8)
                .and_then(|day| Hl7Timestamp::parse(day).ok());
            day.map_or(now, |day| day.last_instant())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a timestamp")
    }

    fn check(
        duration: Option<(Option<&str>, Option<&str>)>,
        default: DefaultPermission,
    ) -> Result<(String, Option<String>), TermError> {
        let parse = |text: &str| Hl7Timestamp::parse(text).expect("a timestamp");
        let duration = duration.map(|(low, high)| Interval {
            low: low.map(parse),
            high: high.map(parse),
        });
        // Ten in the evening in Britain, in summer time.
        let now = at("2026-07-01T21:00:00Z");
        let term = term(duration.as_ref(), now, default)?;
        let lasting = (
            term.from.to_string(),
            term.until.map(|until| until.to_string()),
        );
        let for_now = term.for_now(now, SignedDuration::from_secs(5))?;
        assert!(for_now.from <= now && for_now.until == term.until);
        Ok((for_now.from.to_string(), lasting.1))
    }

    #[test]
    fn a_permission_for_later_is_one() {
        let parse = |text: &str| Some(Hl7Timestamp::parse(text).expect("a timestamp"));
        let now = at("2026-07-01T21:00:00Z");
        let next_week = Interval {
            low: parse("20260708"),
            high: parse("20260709"),
        };
        let term = term(Some(&next_week), now, DefaultPermission::UntilEndOfDay);
        let expected = Term {
            from: at("2026-07-07T23:00:00Z"),
            until: Some(at("2026-07-09T22:59:59.999999999Z")),
        };
        assert_eq!(term, Ok(expected));
        let skew = SignedDuration::from_secs(5);
        assert_eq!(expected.for_now(now, skew), Err(TermError::NotYet));
    }

    #[test]
    fn terms() {
        use DefaultPermission::{For, UntilEndOfDay};
        let now = || "2026-07-01T21:00:00Z".to_owned();
        let end_of_day = || Some("2026-07-01T22:59:59.999999999Z".to_owned());
        let hour = For(SignedDuration::from_hours(1));
        for (duration, default, expected) in [
            (None, UntilEndOfDay, Ok((now(), end_of_day()))),
            (Some((None, None)), UntilEndOfDay, Ok((now(), end_of_day()))),
            (
                None,
                hour,
                Ok((now(), Some("2026-07-01T22:00:00Z".to_owned()))),
            ),
            (
                Some((Some("20260701"), Some("20260701"))),
                hour,
                Ok(("2026-06-30T23:00:00Z".to_owned(), end_of_day())),
            ),
            (
                Some((Some("20260701"), None)),
                hour,
                Ok(("2026-06-30T23:00:00Z".to_owned(), None)),
            ),
            (
                Some((None, Some("20260701"))),
                hour,
                Ok((now(), end_of_day())),
            ),
            (
                Some((Some("20260701220004"), None)),
                hour,
                Ok((now(), None)),
            ),
            (
                Some((Some("20260701220006"), None)),
                hour,
                Err(TermError::NotYet),
            ),
            (
                Some((Some("20260702"), Some("20260703"))),
                hour,
                Err(TermError::NotYet),
            ),
            (
                Some((Some("20260629"), Some("20260630"))),
                hour,
                Err(TermError::Over),
            ),
            (Some((None, Some("20260630"))), hour, Err(TermError::Over)),
            (
                Some((Some("20260702"), Some("20260701"))),
                hour,
                Err(TermError::Reversed),
            ),
        ] {
            assert_eq!(check(duration, default), expected, "{duration:?}");
        }
    }
}
