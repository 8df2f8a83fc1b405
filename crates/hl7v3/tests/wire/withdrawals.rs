//! Withdrawals: written, validated, read back; and every check of Spine 2.

use proptest::prelude::*;

use hl7v3::withdrawal::{Withdrawal, read, reason_name, write};
use hl7v3::{Interaction, Invalid, bare};

use crate::support::*;

fn withdrawal() -> Withdrawal {
    Withdrawal {
        id: document(OTHER_ID),
        effective: time("20240701130000"),
        patient: patient(),
        user: author().user,
        role_profile: author().role_profile,
        reason: "03".to_owned(),
        words: Some("the dose was < 5 & wrong".to_owned()),
        target: Some(document(DOCUMENT_ID)),
    }
}

fn written(interaction: Interaction, withdrawal: &Withdrawal) -> String {
    with_outgoing(|out| text(&write(interaction, out, &author(), withdrawal)))
}

/// The withdrawal above, as it is sent.
pub(crate) fn message() -> String {
    written(Interaction::WithdrawSummary, &withdrawal())
}

fn read_message(message: &str) -> Result<Withdrawal, Invalid> {
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    read(&bare::read(doc.root()).expect("a sound wrapper"))
}

#[test]
fn a_withdrawal_validates_and_reads_back() {
    for interaction in [
        Interaction::WithdrawInitialSummary,
        Interaction::WithdrawSummary,
    ] {
        for (reason, words) in [("01", None), ("02", Some("words".to_owned()))] {
            let withdrawal = Withdrawal {
                reason: reason.to_owned(),
                words,
                ..withdrawal()
            };
            let message = written(interaction, &withdrawal);
            validate(message.as_bytes(), interaction);
            assert_eq!(read_message(&message), Ok(withdrawal));
        }
    }
    let without = Withdrawal {
        target: None,
        ..withdrawal()
    };
    let message = written(Interaction::WithdrawSummary, &without);
    assert_eq!(read_message(&message), Ok(without));
    assert_eq!(reason_name("04"), None);
}

#[test]
fn every_check_is_made() {
    let message = message();
    let author = "A single agentPersonSDS must be provided as the event author";
    let reason = "A single justifyingReason code of codeSystem \
                  2.16.840.1.113883.2.1.3.2.4.17.143 should be provided in \
                  hl7:MessageWithdrawal/hl7:reason/hl7:justifyingReason/hl7:code";
    let own = "<author typeCode=\"AUT\" contextControlCode=\"OP\">";
    let target = "<messageRef classCode=\"COMPOSITION\" moodCode=\"EVN\">";
    for (from, to, expected) in [
        (
            "MessageWithdrawal",
            "Hello",
            "hl7:MessageWithdrawal root not found",
        ),
        (
            "<id root=\"6F7C0A52-5B55-4B0E-9D3B-7B7A2C0F4E11\"/>",
            "<id root=\"1\"/>",
            "A single hl7:MessageWithdrawal/hl7:id/@root must be provided",
        ),
        (
            "<code code=\"01\"",
            "<code code=\"\"",
            "A single hl7:MessageWithdrawal/hl7:code/@code must be provided",
        ),
        (
            "effectiveTime",
            "time",
            "A single hl7:MessageWithdrawal/hl7:effectiveTime/@value must be provided",
        ),
        (
            "extension=\"9990000018\"",
            "extension=\"9990000019\"",
            "A single nhsNumber should be provided in \
             hl7:MessageWithdrawal/hl7:recordTarget/hl7:patient/hl7:id/@extension",
        ),
        (own, "<author/><author typeCode=\"AUT\">", author),
        (
            own,
            "<author typeCode=\"AUT\"><a><agentPersonSDS/></a>",
            author,
        ),
        (
            "17.143\" displayName=\"Sent with incorrect information\"",
            "17.144\"",
            reason,
        ),
        ("code=\"03\"", "code=\"04\"", reason),
        ("justifyingReason", "because", reason),
        (
            target,
            "<messageRef/><messageRef>",
            "zero or one replacementOf targets may be provided",
        ),
        (
            "03EEFE2E-796C-11E3-B681-00059A3C7800",
            "1",
            "zero or one replacementOf targets may be provided",
        ),
    ] {
        let invalid = read_message(&mutate(&message, from, to)).expect_err(expected);
        assert_eq!(
            invalid.to_string(),
            format!("ErrorBase1733.INVALID_DOCUMENT_DATA|{expected}")
        );
        assert_eq!(invalid.nhs_number, expected.contains("nhsNumber"));
    }
    let agent = "contextControlCode=\"OP\"><AgentPersonSDS classCode=\"AGNT\"><id root=\"1.2.826.0.1285.0.2.0.67\"";
    let other = "contextControlCode=\"OP\"><AgentPersonSDS classCode=\"AGNT\"><id root=\"1\"";
    let invalid = read_message(&mutate(&message, agent, other)).expect_err("no role profile");
    assert!(invalid.detail.contains("roleProfileID"), "{invalid}");
    let (before, after) = message
        .rsplit_once("1.2.826.0.1285.0.2.0.65")
        .expect("a user");
    let invalid = read_message(&format!("{before}1{after}")).expect_err("no user");
    assert!(invalid.detail.contains("personSDS ID"), "{invalid}");
}

#[test]
fn what_was_said_is_not_shown_when_debugged() {
    let shown = format!("{:?}", withdrawal());
    assert!(!shown.contains("dose") && shown.contains("03"), "{shown}");
}

proptest! {
    #[test]
    fn any_withdrawal_reads_back(
        id in any::<u128>(),
        target in proptest::option::of(any::<u128>()),
        reason in 1..=3u8,
        words in proptest::option::of("[!-~é€]{1,20}( [!-~é€]{1,20}){0,3}"),
    ) {
        let uuid = |number: u128| {
            let digits = format!("{number:032X}");
            let (a, b, c) = (&digits[..8], &digits[8..12], &digits[12..16]);
            document(&format!("{a}-{b}-{c}-{}-{}", &digits[16..20], &digits[20..]))
        };
        let withdrawal = Withdrawal {
            id: uuid(id),
            target: target.map(uuid),
            reason: format!("0{reason}"),
            words,
            ..withdrawal()
        };
        let message = written(Interaction::WithdrawSummary, &withdrawal);
        prop_assert_eq!(read_message(&message), Ok(withdrawal));
    }
}
