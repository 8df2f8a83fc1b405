//! What became of a message's delivery: the marks on records of messages, in the words of the
//! message handlers.
//!
//! The store knows them because it is the one that can mark a record in one step, whoever else
//! marks it at the same time ([`crate::Outcome::Adds`]).

/// It has not been delivered yet.
pub const WAITING: &str = "waiting";
/// The other side has acknowledged it.
pub const ACKNOWLEDGED: &str = "acknowledged";
/// The other side has taken it, without acknowledgment.
pub const DELIVERED: &str = "delivered";
/// It was given up.
pub const DEAD: &str = "dead letter";

/// What separates what a message says from what became of it.
const SEPARATOR: &str = "; ";

/// An outcome with a text more: in the place of a mark of delivery, if the outcome ends in one, and
/// else after what the message itself says.
pub fn with_mark(outcome: &str, mark: &str) -> String {
    let is_mark = |text: &str| [WAITING, ACKNOWLEDGED, DELIVERED, DEAD].contains(&text);
    let said = match outcome.rsplit_once(SEPARATOR) {
        Some((said, last)) if is_mark(last) => said,
        _ if is_mark(outcome) => "",
        _ => outcome,
    };
    match said {
        "" => mark.to_owned(),
        said => format!("{said}{SEPARATOR}{mark}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_replaces_the_mark_before_and_nothing_else() {
        for (outcome, mark, expected) in [
            (WAITING, ACKNOWLEDGED, "acknowledged"),
            ("", ACKNOWLEDGED, "acknowledged"),
            (DEAD, ACKNOWLEDGED, "acknowledged"),
            ("AA", ACKNOWLEDGED, "AA; acknowledged"),
            ("AE 410 30142", DEAD, "AE 410 30142; dead letter"),
            (
                "AE 410 30142; dead letter",
                ACKNOWLEDGED,
                "AE 410 30142; acknowledged",
            ),
            ("AE 410; 30142", DELIVERED, "AE 410; 30142; delivered"),
        ] {
            assert_eq!(with_mark(outcome, mark), expected, "{outcome}");
        }
    }
}
