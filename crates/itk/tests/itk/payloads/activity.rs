//! querySCRActivity.

use domain::{Hl7Timestamp, SdsUserId};
use itk::scr::Interval;
use itk::scr::query_scr_activity::{ReportType, Request};

use super::Expected::{Content, Fine, Schema};
use super::{Kind, prefixed, written};
use crate::support::{PAYLOAD, edit, patient};

pub(super) const KIND: Kind<Request> = Kind {
    schema: Some("QUPC_MT150005GB01"),
    read: Request::read,
};

const CODE: &str = "<code code=\"01\" displayName=\"Report By Date\"/>";
const PERIOD: &str = "<parameter.Period><value><low value=\"20140101\"/><high value=\"20140104\"/></value></parameter.Period>";
const USER: &str = "<subject.SDSUserId><value root=\"1.2.826.0.1285.0.2.0.65\" extension=\"112233445566\"/></subject.SDSUserId>";
const XSI: &str = "xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\"";

fn number() -> String {
    format!(
        "<person.NHSNumber><value root=\"2.16.840.1.113883.2.1.4.1\" extension=\"{}\"/></person.NHSNumber>",
        patient().as_str()
    )
}

/// A report of every type with every filter.
pub(super) fn request(report: ReportType) -> Request {
    Request {
        id: PAYLOAD.into(),
        report,
        period: Interval {
            low: Hl7Timestamp::parse("20140101").ok(),
            high: Hl7Timestamp::parse("20140104").ok(),
        },
        patient: Some(patient()),
        user: SdsUserId::parse("112233445566").ok(),
    }
}

/// A report by date, without filters.
fn payload() -> String {
    let request = Request {
        patient: None,
        user: None,
        ..request(ReportType::ByDate)
    };
    written(|w| request.write(w))
}

/// The payload with these after its period.
fn filtered(filters: &str) -> String {
    edit(&payload(), PERIOD, &format!("{PERIOD}{filters}"))
}

fn with_code(text: &str, code: &str) -> String {
    edit(text, CODE, code)
}

#[test]
fn what_is_written_reads_back() {
    let open_end = Interval {
        low: Hl7Timestamp::parse("2014").ok(),
        high: None,
    };
    for report in ReportType::ALL {
        let all = request(report);
        let least = Request {
            period: open_end.clone(),
            patient: all.patient.filter(|_| report == ReportType::ByPatient),
            user: all
                .user
                .clone()
                .filter(|_| report == ReportType::ByCareProfessional),
            ..all.clone()
        };
        for request in [all, least] {
            let text = written(|w| request.write(w));
            KIND.check("as written", &text, Fine);
            KIND.check("prefixed", &prefixed(&text), Fine);
            assert_eq!(KIND.read(&text), Ok(request));
        }
    }
}

#[test]
fn the_code() {
    let valid = payload();
    let id = format!("<id root=\"{PAYLOAD}\"/>");
    let code = |from: &str, to: &str| with_code(&valid, &edit(CODE, from, to));
    for (name, text, expected) in [
        ("blanks around the code", code("01", " 01 "), Fine),
        (
            "no code",
            with_code(&valid, ""),
            Schema("code is expected before id"),
        ),
        (
            "code after id",
            edit(&with_code(&valid, ""), &id, &format!("{id}{CODE}")),
            Schema("code is expected before id"),
        ),
        ("code 04", code("01", "04"), Schema("01, 02 or 03")),
        ("code 1", code("01", "1"), Schema("01, 02 or 03")),
        (
            "no code in it",
            code("code=\"01\"", ""),
            Schema("code is missing"),
        ),
        (
            "no display name",
            code("displayName=\"Report By Date\"", ""),
            Schema("displayName is missing"),
        ),
        (
            "an unknown display name",
            code("Report By Date", "Report by date"),
            Schema("displayName must be"),
        ),
        (
            "blanks around the display name",
            code("Report By Date", "Report By Date "),
            Schema("displayName must be"),
        ),
        (
            "another's display name",
            code("Report By Date", "Report By Patient"),
            Content("displayName of code belongs to another"),
        ),
        (
            "its code system",
            code(
                "<code ",
                "<code codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.505\" ",
            ),
            Schema("codeSystem"),
        ),
        (
            "nullFlavor",
            code("<code ", "<code nullFlavor=\"UNK\" "),
            Schema("nullFlavor"),
        ),
        (
            "updateMode",
            code("<code ", "<code updateMode=\"added\" "),
            Schema("updateMode"),
        ),
        (
            "original text",
            code("/>", "><originalText/></code>"),
            Schema("originalText"),
        ),
        (
            "classCode",
            edit(&valid, " xmlns", " classCode=\"CACT\" xmlns"),
            Schema("classCode"),
        ),
        ("no id", edit(&valid, &id, ""), Schema("id is expected")),
    ] {
        KIND.check(name, &text, expected);
    }
}

#[test]
fn the_period() {
    let valid = payload();
    let period = |to: &str| edit(&valid, PERIOD, to);
    let value = |inside: &str| {
        period(&format!(
            "<parameter.Period><value>{inside}</value></parameter.Period>"
        ))
    };
    let grouper = |to: &str| {
        let start = valid.find("<querySCRActivityRequestGrouper>").expect("it");
        let end = valid.find("</QuerySCRActivityRequest>").expect("its end");
        format!("{}{to}{}", &valid[..start], &valid[end..])
    };
    let must = "parameter.Period must be given as low and high";
    for (name, text, expected) in [
        (
            "one day",
            value("<low value=\"20140101\"/><high value=\"20140101\"/>"),
            Fine,
        ),
        ("from a day on", value("<low value=\"20140101\"/>"), Fine),
        (
            "until a day",
            value("<high value=\"20140101\"/>"),
            Content("parameter.Period must say when it begins"),
        ),
        ("neither", value(""), Content(must)),
        (
            "a width",
            value("<low value=\"20140101\"/><width value=\"3\" unit=\"d\"/>"),
            Content(must),
        ),
        (
            "upside down",
            value("<low value=\"20140104\"/><high value=\"20140103\"/>"),
            Content("parameter.Period ends before it begins"),
        ),
        (
            "high first",
            value("<high value=\"20140104\"/><low value=\"20140101\"/>"),
            Schema("low and high, in this order"),
        ),
        (
            "open ends",
            value("<low value=\"20140101\" inclusive=\"false\"/>"),
            Content("must include its ends"),
        ),
        (
            "no such day",
            value("<low value=\"20140431\"/>"),
            Content("parameter.Period: the timestamp names"),
        ),
        (
            "a date with hyphens",
            value("<low value=\"2014-01-01\"/>"),
            Schema("timestamp"),
        ),
        (
            "no period",
            period(""),
            Schema("parameter.Period is missing"),
        ),
        (
            "a nil period",
            period(&format!("<parameter.Period {XSI} i:nil=\"true\"/>")),
            Content("parameter.Period is missing"),
        ),
        (
            "a nil period that is not empty",
            edit(
                &valid,
                "<parameter.Period>",
                &format!("<parameter.Period {XSI} i:nil=\"1\">"),
            ),
            Schema("element value is not allowed here"),
        ),
        (
            "a period that is not nil",
            edit(
                &valid,
                "<parameter.Period>",
                &format!("<parameter.Period {XSI} i:nil=\"false\">"),
            ),
            Fine,
        ),
        (
            "no grouper",
            grouper(""),
            Schema("querySCRActivityRequestGrouper is missing"),
        ),
        (
            "a nil grouper",
            grouper(&format!(
                "<querySCRActivityRequestGrouper {XSI} i:nil=\"true\"/>"
            )),
            Content("parameter.Period is missing"),
        ),
        (
            "an empty grouper",
            grouper("<querySCRActivityRequestGrouper/>"),
            Schema("parameter.Period is missing"),
        ),
        (
            "semanticsText",
            edit(
                &valid,
                "<parameter.Period>",
                "<parameter.Period><semanticsText/>",
            ),
            Schema("value is expected before semanticsText"),
        ),
        (
            "two periods",
            period(&PERIOD.repeat(2)),
            Schema("parameter.Period is unknown, repeated"),
        ),
    ] {
        KIND.check(name, &text, expected);
    }
}

#[test]
fn the_filters() {
    let number = number();
    let by = |code: &str, display: &str, filters: &str| {
        let code = format!("<code code=\"{code}\" displayName=\"{display}\"/>");
        with_code(&filtered(filters), &code)
    };
    let patient_type = |filters: &str| by("02", "Report By Patient", filters);
    let user_type = |filters: &str| by("03", "Report By Care Professional", filters);
    let nil = format!("<person.NHSNumber {XSI} i:nil=\"true\"/>");
    let no_patient = "a report by patient needs person.NHSNumber";
    let no_user = "a report by care professional needs subject.SDSUserId";
    let both = format!("{number}{USER}");
    for (name, text, expected) in [
        ("both, by date", filtered(&both), Fine),
        ("both, by patient", patient_type(&both), Fine),
        ("both, by user", user_type(&both), Fine),
        ("by patient", patient_type(&number), Fine),
        ("by user", user_type(USER), Fine),
        (
            "by patient, with none",
            patient_type(""),
            Content(no_patient),
        ),
        (
            "by patient, with a user",
            patient_type(USER),
            Content(no_patient),
        ),
        (
            "by patient, with nil",
            patient_type(&nil),
            Content(no_patient),
        ),
        ("by user, with none", user_type(""), Content(no_user)),
        (
            "by user, with a patient",
            user_type(&number),
            Content(no_user),
        ),
        ("nil, by date", filtered(&nil), Fine),
        (
            "the user first",
            filtered(&format!("{USER}{number}")),
            Schema("person.NHSNumber is unknown, repeated or out of order"),
        ),
        (
            "two patients",
            filtered(&number.repeat(2)),
            Schema("repeated"),
        ),
        (
            "no root",
            filtered(&edit(&number, "root=\"2.16.840.1.113883.2.1.4.1\"", "")),
            Fine,
        ),
        (
            "another root",
            filtered(&edit(
                &number,
                "2.16.840.1.113883.2.1.4.1",
                "2.16.840.1.113883.2.1.4.2",
            )),
            Content("person.NHSNumber must have the root"),
        ),
        (
            "no root of the user",
            filtered(&edit(USER, "root=\"1.2.826.0.1285.0.2.0.65\"", "")),
            Fine,
        ),
        (
            "a role profile for a user",
            filtered(&edit(USER, "0.2.0.65", "0.2.0.67")),
            Content("subject.SDSUserId must have the root"),
        ),
        (
            "no number",
            filtered("<person.NHSNumber><value/></person.NHSNumber>"),
            Content("person.NHSNumber has no value"),
        ),
        (
            "a null",
            filtered("<person.NHSNumber><value nullFlavor=\"UNK\"/></person.NHSNumber>"),
            Content("person.NHSNumber has no value"),
        ),
        (
            "an empty number",
            filtered("<person.NHSNumber><value extension=\"\"/></person.NHSNumber>"),
            Schema("extension is empty"),
        ),
        (
            "no value",
            filtered("<person.NHSNumber/>"),
            Schema("value is missing"),
        ),
        (
            "a wrong check digit",
            filtered(&edit(&number, patient().as_str(), "9990000010")),
            Content("person.NHSNumber: "),
        ),
        (
            "a short user id",
            filtered(&edit(USER, "112233445566", "1122")),
            Content("subject.SDSUserId: an SDS user id must be 12 digits"),
        ),
        (
            "something more",
            filtered("<organisation/>"),
            Schema("element organisation"),
        ),
        // The schema outranks what stands before it.
        (
            "a wrong number and a bad root",
            filtered(&format!(
                "{}{}",
                edit(&number, patient().as_str(), "9990000010"),
                edit(USER, "1.2.826", "1.02.826")
            )),
            Schema("OID or a UUID"),
        ),
        (
            "a nil period and something more",
            edit(
                &filtered("<x/>"),
                PERIOD,
                &format!("<parameter.Period {XSI} i:nil=\"true\"/>"),
            ),
            Schema("element x"),
        ),
    ] {
        KIND.check(name, &text, expected);
    }
}
