//! Writing answers, in the order of the schema.

use domain::code::cpis::ResponseCode;
use domain::cpis::{PlanType, Subject};
use domain::{Hl7Timestamp, NhsNumber, oid};
use xml::Writer;

use super::{Answer, PAYLOAD, Record, Role, Seen, ShownPlan, ShownSubject};
use crate::cpis::part::{NAMESPACES, template};
use crate::cpis::query::{write_access, write_number};
use crate::issue::query_ack;
use crate::soap;
use crate::wrapper::write_send;
use crate::{AnswerParts, Interaction};

/// How accesses are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shape {
    /// One `pertinentInformation13` for each, as the schema has it.
    #[default]
    OneEach,
    /// All in one `pertinentInformation13`, as the Spine's published answer has it and old clients
    /// may expect it. It is not valid.
    Together,
}

/// REPC_IN000007GB01: there is a record.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// What is held.
    pub answer: &'a Answer,
    /// How its accesses are grouped.
    pub shape: Shape,
}

impl Found<'_> {
    /// Writes the whole answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        let interaction = Interaction::CpisAnswer;
        let size = 2048 * (1 + self.answer.accesses.len() + self.answer.records.len());
        soap::write_response(parts, interaction, size, |w| {
            write_send(w, interaction, &parts.outgoing(), None, |w| {
                w.element("subject", &[("typeCode", "SUBJ")], |w| {
                    write_payload_as(w, self.answer, None, self.shape);
                });
                query_ack(w, "OK");
            });
        })
    }
}

/// Writes a payload: the Spine's without a value, a mini service's with one. A value that is not
/// success is all a payload says, beside its id and time: see [`write_failure`].
pub fn write_payload(w: &mut Writer, answer: &Answer, value: Option<ResponseCode>) {
    write_payload_as(w, answer, value, Shape::OneEach);
}

/// [`write_payload`], its accesses grouped so.
pub fn write_payload_as(
    w: &mut Writer,
    answer: &Answer,
    value: Option<ResponseCode>,
    shape: Shape,
) {
    if let Some(code) = value.filter(|code| *code != ResponseCode::Success) {
        return write_failure(w, &answer.id, &answer.at, code);
    }
    w.element(PAYLOAD, &NAMESPACES, |w| {
        write_heading(w, &answer.id, &answer.at, value);
        write_counts(w, answer.accesses.len(), answer.records.len());
        write_accesses(w, &answer.accesses, shape);
        if answer.records.is_empty() {
            return;
        }
        w.element("pertinentInformation14", &[], |w| {
            w.element("pertinentCP-ISRecordControlAct", &[], |w| {
                for record in &answer.records {
                    w.element("record", &[], |w| write_record(w, record));
                }
            });
        });
    });
}

/// Writes the payload of a mini service that has nothing to show: why, and two zeros.
pub fn write_failure(w: &mut Writer, id: &str, at: &Hl7Timestamp, code: ResponseCode) {
    w.element(PAYLOAD, &NAMESPACES, |w| {
        write_heading(w, id, at, Some(code));
        write_counts(w, 0, 0);
    });
}

fn write_heading(w: &mut Writer, id: &str, at: &Hl7Timestamp, value: Option<ResponseCode>) {
    w.empty("effectiveTime", &[("value", at.as_str())]);
    w.empty("id", &[("root", id)]);
    if let Some(value) = value {
        let (code, text) = value.code();
        let attributes = [
            ("codeSystem", oid::CPIS_MINI_SERVICE_RESPONSE),
            ("code", code),
            ("displayName", text),
        ];
        w.empty("value", &attributes);
    }
}

fn write_counts(w: &mut Writer, accesses: usize, records: usize) {
    for (outer, inner, count) in [
        (
            "pertinentInformation11",
            "pertinentTotalReturnedAccessRecords",
            accesses,
        ),
        (
            "pertinentInformation12",
            "pertinentTotalReturnedChildRecords",
            records,
        ),
    ] {
        w.element(outer, &[], |w| {
            w.element(inner, &[], |w| {
                w.empty("value", &[("value", &count.to_string())]);
            });
        });
    }
}

fn write_accesses(w: &mut Writer, accesses: &[Seen], shape: Shape) {
    let together = match shape {
        Shape::OneEach => 1,
        Shape::Together => accesses.len().max(1),
    };
    for group in accesses.chunks(together) {
        w.element("pertinentInformation13", &[], |w| {
            for seen in group {
                w.element("pertinentCP-ISNHSQuery", &[], |w| {
                    write_access(w, &seen.at, &seen.id, &seen.author);
                    w.element("queryByParameter", &[], |w| write_number(w, &seen.patient));
                });
            }
        });
    }
}

fn write_record(w: &mut Writer, record: &Record) {
    w.element("communicationFunctionSnd", &[], |w| {
        w.element("organisation", &[], |w| write_authority(w, record));
    });
    w.element("CP-ISRecord", &[], |w| {
        for plan in &record.plans {
            w.element("pertinentInformation15", &[], |w| write_plan(w, plan));
        }
        for subject in &record.subjects {
            w.element("subject", &[], |w| write_subject(w, subject));
        }
    });
}

fn write_authority(w: &mut Writer, record: &Record) {
    let root = match record.site {
        true => oid::ODS_SITE,
        false => oid::ODS_ORGANISATION,
    };
    let code = record.authority.code.as_str();
    w.empty("id", &[("root", root), ("extension", code)]);
    w.text_element("name", &[], &record.authority.name);
    let numbers = [
        ("WP", &record.contact.office),
        ("EC", &record.contact.emergency),
    ];
    for (usage, number) in numbers {
        if let Some(number) = number {
            w.empty("telecom", &[("value", number), ("use", usage)]);
        }
    }
}

/// A plan's template: its name, its class, and what its dates' names begin with.
const fn plan_template(kind: PlanType) -> (&'static str, &'static str, &'static str, &'static str) {
    match kind {
        PlanType::LookedAfter => (
            "COCT_TP146103GB01",
            "LACInformation",
            "lACStartDate",
            "lACEndDate",
        ),
        PlanType::Unborn => (
            "COCT_TP146104GB01",
            "UCPInformation",
            "uCPStartDate",
            "uCPEndDate",
        ),
        PlanType::ChildProtection => (
            "COCT_TP146105GB01",
            "CPPInformation",
            "cPPStartDate",
            "cPPEndDate",
        ),
    }
}

fn write_plan(w: &mut Writer, plan: &ShownPlan) {
    let (name, class, start, end) = plan_template(plan.kind);
    template(w, name, class, |w| {
        write_date(w, "component", start, &plan.start.to_string());
        if let Some(date) = plan.end {
            write_date(w, "component1", end, &date.to_string());
        }
    });
}

fn write_date(w: &mut Writer, component: &str, name: &str, date: &str) {
    w.element(component, &[], |w| {
        w.element(name, &[], |w| w.empty("value", &[("value", date)]));
    });
}

fn write_subject(w: &mut Writer, subject: &ShownSubject) {
    match subject.role {
        Role::Child => template(w, "COCT_TP145101GB01", "Child", |w| {
            write_ids(w, subject);
            w.element("childPerson", &[], |w| write_person(w, &subject.person));
        }),
        Role::Mother => template(w, "COCT_TP145100GB01", "UnbornChild", |w| {
            w.element("parentMotherPerson", &[], |w| {
                write_person(w, &subject.person);
                w.element("playedMother", &[], |w| write_ids(w, subject));
            });
        }),
    }
}

fn write_ids(w: &mut Writer, subject: &ShownSubject) {
    if let Some(number) = subject.patient.as_ref().map(NhsNumber::as_str) {
        w.empty("id", &[("root", oid::NHS_NUMBER), ("extension", number)]);
    }
    if let Some(local) = &subject.person.local_id {
        let mut attributes = vec![
            ("root", oid::LOCAL_PERSON),
            ("extension", local.id.as_str()),
        ];
        if let Some(name) = &local.assigned_by {
            attributes.push(("assigningAuthorityName", name));
        }
        w.empty("id", &attributes);
    }
}

fn write_person(w: &mut Writer, person: &Subject) {
    let birth = person.birth_date.strftime("%Y%m%d").to_string();
    w.empty("birthTime", &[("value", &birth)]);
    w.element("name", &[], |w| {
        w.text_element("given", &[], &person.given);
        w.text_element("family", &[], &person.family);
    });
}
