//! Alerts: written, validated, read back; and every check of Spine 2 as a mutation of a valid
//! one.

use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::{MessageId, OdsCode};
use hl7v3::alert::{self, AlertMessage, AlertParts};
use hl7v3::{Interaction, Invalid};

use crate::support::*;

const ALERT_ID: &str = "5E7D1C3A-9B2F-4E60-8D17-2A4C6E8F0B31";

pub(crate) fn alert() -> PrivacyAlert {
    let author = author();
    PrivacyAlert {
        id: MessageId::parse(ALERT_ID).expect("an id"),
        kind: AlertType::Access,
        reason: AlertReason::Emergency,
        at: "2024-07-01T12:00:00Z".parse().expect("a time"),
        patient: patient(),
        user: author.user.into(),
        user_name: "Dr A BARSTOW & Co".to_owned(),
        role_profile: Some(author.role_profile),
        job_role: author.job_role,
        organisation: OdsCode::parse("RKE").expect("a code"),
        organisation_name: "Whittington <Health>".to_owned(),
        system: "ward system".to_owned(),
        asid: asid("276827251543"),
        words: Some("found unconscious".to_owned()),
        notification: Some("Alert: Permission to view override".to_owned()),
    }
}

pub(crate) fn written(alert: &PrivacyAlert) -> String {
    text(&alert::write(
        &AlertParts {
            id: REQUEST_ID,
            now: "2024-07-01T12:00:05Z".parse().expect("a time"),
            receiver: &asid("655159266510"),
            sender: &asid("276827251543"),
            author: &author(),
        },
        alert,
    ))
}

fn read(message: &str) -> Result<AlertMessage, Invalid> {
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    alert::read(doc.root())
}

#[test]
fn an_alert_reads_back_and_validates() {
    let bare = PrivacyAlert {
        words: None,
        notification: None,
        ..alert()
    };
    let mut alerts = vec![alert(), bare];
    for kind in AlertType::ALL {
        let reasons = AlertReason::ALL.into_iter();
        let pairs = reasons.filter(|reason| reason.goes_with(kind));
        alerts.extend(pairs.map(|reason| PrivacyAlert {
            kind,
            reason,
            ..alert()
        }));
    }
    assert_eq!(alerts.len(), 11);
    for alert in alerts {
        let message = written(&alert);
        validate(message.as_bytes(), Interaction::Alert);
        let read = read(&message).expect("valid");
        assert_eq!(read.alert, alert);
        assert_eq!(read.transmission.id.as_str(), REQUEST_ID);
        assert_eq!(read.transmission.receiver, asid("655159266510"));
        assert_eq!(read.author, author().user);
        assert_eq!(read.system, asid("276827251543"));
        assert_eq!(
            message,
            written(&alert),
            "the same however often it is written"
        );
    }
}

/// Each part has an id of its own.
#[test]
fn no_id_is_used_twice() {
    let message = written(&alert());
    let doc = xml::Document::parse(message.as_bytes()).expect("well formed");
    let mut ids: Vec<&str> = doc
        .root()
        .descendants()
        .filter(|element| element.name() == "id" && element.attribute("extension").is_none())
        .filter_map(|id| id.attribute("root"))
        .collect();
    assert_eq!(ids.len(), 5, "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 5, "{ids:?}");
}

/// A name that is not known is said to be so: the Spine refuses an alert without it, and an alert
/// must not be lost for want of a name.
#[test]
fn a_name_that_is_not_known_does_not_stop_an_alert() {
    let nameless = PrivacyAlert {
        user_name: String::new(),
        organisation_name: " ".to_owned(),
        system: String::new(),
        words: Some(" ".to_owned()),
        ..alert()
    };
    let message = written(&nameless);
    validate(message.as_bytes(), Interaction::Alert);
    let read = read(&message).expect("valid").alert;
    assert_eq!(read.user_name, "not known");
    assert_eq!(read.organisation_name, "not known");
    assert_eq!(read.system, "not known");
    assert_eq!(read.words, None);
}

/// Whoever looked at a record chose the words. They must not be able to keep the alert from
/// arriving by their number.
#[test]
fn no_words_are_too_long_for_an_alert() {
    let long = |text: &str| text.repeat(1_000_000);
    let talkative = PrivacyAlert {
        user_name: long("é"),
        organisation_name: long("&"),
        system: long("<"),
        words: Some(long(">&\"é")),
        notification: Some(long("é&")),
        ..alert()
    };
    let message = written(&talkative);
    assert!(message.len() < 200_000, "{}", message.len());
    let shortened = read(&message).expect("valid").alert;
    assert_eq!(shortened.user_name, "é".repeat(alert::LONGEST_NAME));
    assert_eq!(shortened.system, "<".repeat(alert::LONGEST_NAME));
    let words = shortened.words.expect("words");
    assert_eq!(words, ">&\"é".repeat(alert::LONGEST_TEXT / 4));
    // Nor does anybody else's writer have to keep to that.
    let words = "found unconscious";
    let message = mutate(&written(&alert()), words, &long("x"));
    let read = read(&message).expect("valid").alert;
    assert_eq!(read.words, Some("x".repeat(alert::LONGEST_TEXT)));
}

/// An alert is known by its id, however that is written.
#[test]
fn the_id_of_an_alert_is_in_upper_case() {
    let message = written(&alert());
    let lower = mutate(&message, ALERT_ID, &ALERT_ID.to_ascii_lowercase());
    assert_eq!(read(&lower), read(&message));
}

/// The schema has room for a workstation beside the system.
#[test]
fn a_second_authoring_system_is_no_fault() {
    let message = written(&alert());
    let from = message.find("<author1").expect("a system");
    let to = message.find("</author1>").expect("its end") + "</author1>".len();
    let system = &message[from..to];
    let workstation = system.replace("276827251543", "7");
    let two = mutate(&message, system, &format!("{system}{workstation}"));
    validate(two.as_bytes(), Interaction::Alert);
    assert_eq!(read(&two), read(&message));
    let three = mutate(&two, system, &format!("{system}{workstation}"));
    let refused = read(&three).expect_err("three");
    assert_eq!(
        refused.fault,
        "ErrorBaseTms.ALERT_INVALID_INPUT[checkRoot:agentSystemSDS]"
    );
}

/// Each check by its place.
#[test]
fn every_place_is_refused_by_its_name() {
    let valid = written(&alert());
    let between = |start: &str, end: &str| {
        let from = valid.find(start).unwrap_or_else(|| panic!("no {start}"));
        let to = from + valid[from..].find(end).expect("its end") + end.len();
        valid[from..to].to_owned()
    };
    let twice = |part: &str| format!("{part}{part}");
    let event = between("<AlertEvent", "</AlertEvent>");
    let reason = between("<justifyingReasonCoded", "</justifyingReasonCoded>");
    let words = between("<justifyingReasonText", "</justifyingReasonText>");
    let notification = between("<notificationMessage", "</notificationMessage>");
    let target = between("<patient", "</patient>");
    let author = between("<authorSDS", "</authorSDS>");
    let device = between("<assignedDeviceSDS", "</assignedDeviceSDS>");
    let organisation = between(
        "<representedOrganizationSDS",
        "</representedOrganizationSDS>",
    );
    let person = between("<assignedPerson", "</assignedPerson>");
    let agent = between("<AgentPersonSDS", "</AgentPersonSDS>");
    let system = between("<AgentSystemSDS", "</AgentSystemSDS>");
    let kind = format!("<code code=\"2\" codeSystem=\"{}\"", alert::TYPE_SYSTEM);
    let coded = format!("<code code=\"5\" codeSystem=\"{}\"", alert::REASON_SYSTEM);
    let user = "<id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"100180579988\"/>";
    let profile = "<id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"100180580981\"/>";
    let own = format!("<id root=\"{ALERT_ID}\"/>");
    let without = |part: &str, what: &str| mutate(part, what, "");
    let id_of = |part: &str| {
        let from = part.find("<id root").expect("an id");
        let to = from + part[from..].find("/>").expect("its end") + 2;
        part[from..to].to_owned()
    };
    let without_id = |part: &str| without(part, &id_of(part));
    let rows: Vec<(String, String, &str)> = vec![
        (agent.clone(), String::new(), "checkRoot:agentPersonSDS"),
        (agent.clone(), twice(&agent), "checkRoot:agentPersonSDS"),
        (system.clone(), String::new(), "checkRoot:agentSystemSDS"),
        (event.clone(), String::new(), "checkRoot:alertEvent"),
        (event.clone(), twice(&event), "checkRoot:alertEvent"),
        (agent.clone(), without(&agent, user), "checkAgentPerson:id"),
        (profile.to_owned(), String::new(), "checkAgentPerson:id"),
        (system.clone(), without_id(&system), "checkAgentSystem:id"),
        (own.clone(), String::new(), "checkAlertEvent:id"),
        (
            own.clone(),
            own.replace(ALERT_ID, "7"),
            "checkAlertEvent:id",
        ),
        (
            kind.clone(),
            kind.replace("\"2\"", "\"\""),
            "checkAlertEvent:code:code",
        ),
        (
            kind.clone(),
            kind.replace("\"2\"", "\"3\""),
            "checkAlertEvent:code:code",
        ),
        (
            kind.clone(),
            kind.replace(alert::TYPE_SYSTEM, ""),
            "checkAlertEvent:code:codeSystem",
        ),
        (
            "<effectiveTime value=\"20240701130000\"".to_owned(),
            "<effectiveTime value=\"\"".to_owned(),
            "checkAlertEvent:effectiveTime",
        ),
        (
            reason.clone(),
            String::new(),
            "checkAlertEvent:justifyingReasonCoded",
        ),
        (
            reason.clone(),
            twice(&reason),
            "checkAlertEvent:justifyingReasonCoded",
        ),
        (
            words.clone(),
            twice(&words),
            "checkAlertEvent:justifyingReasonText",
        ),
        (
            notification.clone(),
            twice(&notification),
            "checkAlertEvent:notificationMessage",
        ),
        (target.clone(), String::new(), "checkAlertEvent:patient"),
        (target.clone(), twice(&target), "checkAlertEvent:patient"),
        (author.clone(), String::new(), "checkAlertEvent:authorSDS"),
        (
            device.clone(),
            String::new(),
            "checkAlertEvent:assignedDeviceSDS",
        ),
        (
            coded.clone(),
            coded.replace("\"5\"", "\"\""),
            "checkJustifyingReasonCoded:code:code",
        ),
        (
            coded.clone(),
            coded.replace("\"5\"", "\"7\""),
            "checkJustifyingReasonCoded:code:code",
        ),
        // A pair of type and reason that is forbidden.
        (
            coded.clone(),
            coded.replace("\"5\"", "\"4\""),
            "checkJustifyingReasonCoded:code:code",
        ),
        (
            coded.clone(),
            coded.replace(alert::REASON_SYSTEM, " "),
            "checkJustifyingReasonCoded:code:codeSystem",
        ),
        (
            reason.clone(),
            without_id(&reason),
            "checkJustifyingReasonCoded:id",
        ),
        (
            words.clone(),
            without_id(&words),
            "checkJustifyingReasonText:id",
        ),
        (
            "found unconscious".to_owned(),
            String::new(),
            "checkJustifyingReasonText:text",
        ),
        (
            notification.clone(),
            without_id(&notification),
            "checkNotificationMessage:id",
        ),
        (
            "Alert: Permission to view override".to_owned(),
            " ".to_owned(),
            "checkNotificationMessage:text",
        ),
        (
            target.clone(),
            target.replace("9990000018", "999000001"),
            "checkPatient:nhsNumber",
        ),
        (
            target.clone(),
            target.replace("9990000018", "9990000000"),
            "checkPatient:nhsNumber",
        ),
        (
            target.clone(),
            target.replace("2.1.4.1", "2.1.4.2"),
            "checkPatient:nhsNumber",
        ),
        (
            organisation.clone(),
            without_id(&organisation),
            "checkAuthorSDS:representedOrganizationSDS:id:root",
        ),
        (
            organisation.clone(),
            organisation.replace("1.2.826.0.1285.0.1.10", "1.2.3"),
            "checkAuthorSDS:representedOrganizationSDS:id:root",
        ),
        (
            organisation.clone(),
            organisation.replace("\"RKE\"", "\"\""),
            "checkAuthorSDS:representedOrganizationSDS:id:extension",
        ),
        (
            organisation.clone(),
            organisation.replace("Whittington &lt;Health&gt;", ""),
            "checkAuthorSDS:representedOrganizationSDS:name",
        ),
        (
            person.clone(),
            person.replace("S0080:G0450:R5080", ""),
            "checkAuthorSDS:assignedPerson:desc",
        ),
        (
            person.clone(),
            without_id(&person),
            "checkAuthorSDS:assignedPerson:id:root",
        ),
        (
            person.clone(),
            person.replace("\"100180579988\"", "\"\""),
            "checkAuthorSDS:assignedPerson:id:extension",
        ),
        (
            person.clone(),
            person.replace("Dr A BARSTOW &amp; Co", ""),
            "checkAuthorSDS:assignedPerson:name",
        ),
        (
            device.clone(),
            device.replace("ward system", ""),
            "checkAssignedDeviceSDS:name",
        ),
    ];
    for (from, to, place) in rows {
        let found = read(&mutate(&valid, &from, &to)).expect_err(place);
        let fault = format!("ErrorBaseTms.ALERT_INVALID_INPUT[{place}]");
        assert_eq!(found.fault, fault, "{found}");
        assert_eq!(found.nhs_number, place.starts_with("checkPatient"));
        let issues = found.issues();
        let told = if found.nhs_number { "35160" } else { "400" };
        assert_eq!(
            (issues[0].code.as_ref(), issues[1].code.as_ref()),
            ("400", told)
        );
        assert!(!found.to_string().contains("9990000018"), "{found}");
    }
}

#[test]
fn the_wrapper_is_checked_too() {
    let valid = written(&alert());
    let id = format!("<COMT_IN000001UK01 xmlns=\"urn:hl7-org:v3\"><id root=\"{REQUEST_ID}\"/>");
    for (from, to, fault) in [
        (
            id.as_str(),
            "<COMT_IN000001UK01 xmlns=\"urn:hl7-org:v3\">",
            "INVALID_ID",
        ),
        (
            "<creationTime value=\"20240701130005\"/>",
            "<creationTime/>",
            "INVALID_CREATION_TIME",
        ),
        (
            "<versionCode code=\"V3NPfIT3.0\"/>",
            "",
            "INVALID_VERSION_CODE",
        ),
        (
            "communicationFunctionRcv",
            "communicationFunctionRsp",
            "INCONSISTENT_COMM_FUNC_RCV",
        ),
        (
            "communicationFunctionSnd",
            "communicationFunctionRsp",
            "INCONSISTENT_COMM_FUNC_SND",
        ),
        ("ControlActEvent", "ControlActOther", "INVALID_CONTROL_ACT"),
        (
            "extension=\"COMT_IN000001UK01\"",
            "extension=\"COMT_IN000002UK01\"",
            "INCONSISTENT_HL7_INTERACTION_ID",
        ),
        (
            "COMT_IN000001UK01 xmlns",
            "COMT_IN000002UK01 xmlns",
            "INCONSISTENT_HL7_INTERACTION_ID",
        ),
    ] {
        let spoilt = mutate(&valid, from, to);
        let spoilt = spoilt.replace(
            "</COMT_IN000001UK01>",
            match to.starts_with("COMT_IN000002") {
                true => "</COMT_IN000002UK01>",
                false => "</COMT_IN000001UK01>",
            },
        );
        let found = read(&spoilt).expect_err(fault);
        assert_eq!(found.fault, format!("ErrorBase1732.{fault}"));
    }
}

/// The role may stand at the control act alone, and the system's id too.
#[test]
fn what_is_not_asked_for_may_be_missing() {
    let valid = written(&alert());
    let start = valid.find("<authorSDS").expect("an author");
    let (before, event) = valid.split_at(start);
    let profile = "<id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"100180580981\"/>";
    let device = "<id root=\"1.2.826.0.1285.0.2.0.107\" extension=\"276827251543\"/>";
    let event = mutate(&mutate(event, profile, ""), device, "");
    let event = mutate(&event, "<desc>S0080:G0450:R5080<", "<desc>Consultant<");
    let found = read(&format!("{before}{event}")).expect("valid").alert;
    assert_eq!(found, alert());
    let prefixed = valid.replace("</", "\u{1}").replace("<?xml", "\u{2}");
    let prefixed = prefixed.replace('<', "<z:").replace('\u{1}', "</z:");
    let prefixed = prefixed
        .replace('\u{2}', "<?xml")
        .replacen("xmlns=", "xmlns:z=", 1);
    assert_eq!(read(&prefixed).expect("valid").alert, alert());
}
