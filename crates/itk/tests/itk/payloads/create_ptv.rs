//! createPTV.

use domain::{Hl7Timestamp, RoleProfileId, SdsUserId};
use itk::scr::Interval;
use itk::scr::create_ptv::{Request, Subject};

use super::Expected::{Content, Fine, Schema};
use super::{Kind, prefixed, written};
use crate::support::{PAYLOAD, cut, edit, patient};

pub(super) const KIND: Kind<Request> = Kind {
    schema: Some("REPC_MT150008GB01"),
    read: Request::read,
};

const USER: &str = "<id root=\"1.2.826.0.1285.0.2.0.65\" extension=\"112233445566\"/>";
const ROLE: &str = "<id root=\"1.2.826.0.1285.0.2.0.67\" extension=\"212233445566\"/>";

pub(super) fn request() -> Request {
    Request {
        id: PAYLOAD.into(),
        effective: Some(Interval {
            low: Hl7Timestamp::parse("20260301").ok(),
            high: Hl7Timestamp::parse("20260308").ok(),
        }),
        patient: patient(),
        subjects: vec![Subject {
            user: SdsUserId::parse("112233445566").expect("a user"),
            role_profile: RoleProfileId::parse("212233445566").expect("a role profile"),
        }],
    }
}

fn payload() -> String {
    written(|w| request().write(w))
}

/// The valid payload with other ids in its `sDSSubject`.
fn with_ids(ids: &str) -> String {
    edit(&payload(), &format!("{USER}{ROLE}"), ids)
}

#[test]
fn what_is_written_reads_back() {
    assert_eq!(KIND.read(&payload()), Ok(request()));
    let lasting = Request {
        effective: None,
        ..request()
    };
    let text = written(|w| lasting.write(w));
    assert_eq!(KIND.read(&text), Ok(lasting));
    let swapped = with_ids(&format!("{ROLE}{USER}"));
    assert_eq!(KIND.read(&swapped), Ok(request()));
    let extras = " assigningAuthorityName=\"SDS\" displayable=\"true\" updateMode=\"added\"/>";
    let (user, role) = (USER.replace("/>", extras), ROLE.replace("/>", extras));
    let fancy = with_ids(&format!("{user}<!-- and -->{role}"));
    assert_eq!(KIND.read(&fancy), Ok(request()));
    KIND.check("extras", &fancy, Fine);
}

#[test]
fn the_structure() {
    let valid = payload();
    let with = |from: &str, to: &str| edit(&valid, from, to);
    let id = format!("<id root=\"{PAYLOAD}\"/>");
    let time = "<effectiveTime><low value=\"20260301\"/><high value=\"20260308\"/></effectiveTime>";
    let subject = format!(
        "<subject><patient><id extension=\"{}\"/></patient></subject>",
        patient().as_str()
    );
    let subject1 = format!("<subject1><sDSSubject>{USER}{ROLE}</sDSSubject></subject1>");
    for (name, text, expected) in [
        ("as written", valid.clone(), Fine),
        ("prefixed", prefixed(&valid), Fine),
        ("no effectiveTime", with(time, ""), Fine),
        ("fifty", with(&subject1, &subject1.repeat(50)), Fine),
        (
            "fifty-one",
            with(&subject1, &subject1.repeat(51)),
            Schema("subject1 is given more than 50 times"),
        ),
        (
            "effectiveTime after id",
            edit(&with(time, ""), &id, &format!("{id}{time}")),
            Schema("subject is expected before effectiveTime"),
        ),
        (
            "two effectiveTimes",
            with(time, &time.repeat(2)),
            Schema("id is expected before effectiveTime"),
        ),
        ("no id", with(&id, ""), Schema("id is expected")),
        (
            "classCode",
            with(" xmlns", " classCode=\"ACTN\" xmlns"),
            Schema("classCode"),
        ),
        (
            "moodCode",
            with(" xmlns", " moodCode=\"RQO\" xmlns"),
            Schema("moodCode"),
        ),
        (
            "code",
            with(time, &format!("<code code=\"11\"/>{time}")),
            Schema("id is expected before code"),
        ),
        (
            "typeCode",
            with("<subject>", "<subject typeCode=\"SBJ\">"),
            Schema("typeCode"),
        ),
        (
            "classCode of the patient",
            with("<patient>", "<patient classCode=\"PAT\">"),
            Schema("classCode"),
        ),
        (
            "classCode of the user",
            with("<sDSSubject>", "<sDSSubject classCode=\"ASSIGNED\">"),
            Schema("classCode"),
        ),
        (
            "infrastructure attributes",
            with(
                "<sDSSubject>",
                "<sDSSubject nullFlavor=\"NI\" updateMode=\"removed\">",
            ),
            Fine,
        ),
        (
            "no patient",
            with(&subject, ""),
            Schema("subject is expected before subject1"),
        ),
        (
            "two patients",
            with(&subject, &subject.repeat(2)),
            Schema("subject1 is expected before subject"),
        ),
        (
            "root of the NHS number",
            with(
                "<patient><id ",
                "<patient><id root=\"2.16.840.1.113883.2.1.4.1\" ",
            ),
            Schema("root"),
        ),
        (
            "no number",
            cut(
                &valid,
                "<patient>",
                "</patient>",
                "<patient><id/></patient>",
            ),
            Schema("extension is missing"),
        ),
        ("nobody", with(&subject1, ""), Schema("subject1 is missing")),
        (
            "an empty subject1",
            with(&subject1, "<subject1/>"),
            Schema("sDSSubject is missing"),
        ),
        (
            "two in one subject1",
            with("</subject1>", "<sDSSubject/></subject1>"),
            Schema("repeated"),
        ),
        (
            "users first",
            edit(
                &with(&subject1, ""),
                &subject,
                &format!("{subject1}{subject}"),
            ),
            Schema("subject is expected before subject1"),
        ),
        (
            "a patient after the users",
            with(
                "</CreatePTVRequest>",
                &format!("{subject}</CreatePTVRequest>"),
            ),
            Schema("element subject is unknown, repeated"),
        ),
        ("one id", with_ids(USER), Schema("id is missing")),
        (
            "three ids",
            with_ids(&format!("{USER}{ROLE}{ROLE}")),
            Schema("repeated"),
        ),
        (
            "text",
            with("<sDSSubject>", "<sDSSubject>x"),
            Schema("no text"),
        ),
    ] {
        KIND.check(name, &text, expected);
    }
}

#[test]
fn the_ids_of_a_user() {
    let (root, extension) = ("1.2.826.0.1285.0.2.0.65", "112233445566");
    let must = "subject1 must name a user id and a role profile id";
    let user = |from: &str, to: &str| with_ids(&format!("{}{ROLE}", edit(USER, from, to)));
    for (name, text, expected) in [
        ("two users", with_ids(&USER.repeat(2)), Content(must)),
        ("two roles", with_ids(&ROLE.repeat(2)), Content(must)),
        (
            "an organisation",
            user(root, "1.2.826.0.1285.0.1.10"),
            Content(must),
        ),
        (
            "a UUID for root",
            user(root, &PAYLOAD.to_lowercase()),
            Content(must),
        ),
        ("a name for root", user(root, "SDS-User"), Content(must)),
        (
            "no root",
            user(&format!("root=\"{root}\""), ""),
            Content(must),
        ),
        ("an empty root", user(root, ""), Schema("OID or a UUID")),
        (
            "a root with a leading zero",
            user(root, "1.02.3"),
            Schema("OID or a UUID"),
        ),
        ("a root of none", user(root, "3.1"), Schema("OID or a UUID")),
        (
            "a root with blanks",
            user(root, &format!(" {root}")),
            Schema("OID or a UUID"),
        ),
        (
            "no extension",
            user(&format!("extension=\"{extension}\""), ""),
            Content("subject1 has no value"),
        ),
        (
            "an empty extension",
            user(extension, ""),
            Schema("extension is empty"),
        ),
        (
            "a null",
            user("<id ", "<id nullFlavor=\"UNK\" "),
            Content("subject1 has no value"),
        ),
        (
            "an unknown nullFlavor",
            user("<id ", "<id nullFlavor=\"PERHAPS\" "),
            Schema("nullFlavor"),
        ),
        (
            "eleven digits",
            user(extension, "11223344556"),
            Content("subject1: an SDS user id must be 12 digits"),
        ),
        (
            "letters",
            with_ids(&format!("{USER}{}", ROLE.replace("212233445566", "DOCTOR"))),
            Content("subject1: an SDS role profile id must be 12 digits"),
        ),
        (
            "a number for displayable",
            user("<id ", "<id displayable=\"1\" "),
            Schema("displayable"),
        ),
        (
            "an attribute of another kind",
            user("<id ", "<id type=\"x\" "),
            Schema("attribute type"),
        ),
        (
            "a child",
            with_ids(&format!("{}{ROLE}", USER.replace("/>", "><x/></id>"))),
            Schema("element x"),
        ),
    ] {
        KIND.check(name, &text, expected);
    }
}

#[test]
fn the_patient_and_the_time() {
    let valid = payload();
    let number = patient();
    let wrong = valid.replace(number.as_str(), "9990000010");
    let time = |inside: &str| {
        let to = format!("<effectiveTime>{inside}</effectiveTime>");
        cut(&valid, "<effectiveTime>", "</effectiveTime>", &to)
    };
    let must = "effectiveTime must be given as low and high";
    for (name, text, expected) in [
        (
            "check digit",
            wrong.clone(),
            Content("subject/patient/id: "),
        ),
        ("from then on", time("<low value=\"20260301\"/>"), Fine),
        ("until then", time("<high value=\"20260301\"/>"), Fine),
        ("nothing", time(""), Content(must)),
        (
            "a width",
            time("<low value=\"20260301\"/><width value=\"7\" unit=\"d\"/>"),
            Content(must),
        ),
        (
            "backwards",
            time("<low value=\"20260309\"/><high value=\"20260308\"/>"),
            Content("effectiveTime ends before it begins"),
        ),
        (
            "high first",
            time("<high value=\"20260308\"/><low value=\"20260301\"/>"),
            Schema("low and high, in this order"),
        ),
        (
            "no such day",
            time("<low value=\"20260230\"/>"),
            Content("effectiveTime: the timestamp names a date"),
        ),
        (
            "no timestamp",
            time("<low value=\"tomorrow\"/>"),
            Schema("timestamp"),
        ),
        // A schema error outranks an error of content that stands before it.
        (
            "a wrong patient and three ids",
            edit(&wrong, ROLE, &ROLE.repeat(2)),
            Schema("repeated"),
        ),
        (
            "a wrong patient and a bad root",
            edit(
                &wrong,
                "1.2.826.0.1285.0.2.0.67",
                "1.2.826.0.1285.0.2.0.067",
            ),
            Schema("OID or a UUID"),
        ),
        // Of two errors of content the first is told.
        (
            "a wrong patient and a wrong user",
            edit(&wrong, "112233445566", "1"),
            Content("subject/patient/id: "),
        ),
    ] {
        KIND.check(name, &text, expected);
    }
}
