//! Writing records in the form of the schema, from what was found.
//!
//! What is written is what we understood, not what was sent: the names in their order, nothing that
//! no schema knows, the NHS number first.

use domain::cpis::PlanType;
use domain::{NhsNumber, oid};
use xml::Writer;

use super::templates::{COMPONENTS, plan_template, subject_template};
use super::{UploadedPlan, UploadedSubject};
use crate::cpis::answer::Role;
use crate::cpis::part::template;

/// Writes `pertinentInformation` of each plan whose kind is known.
pub(crate) fn plans(w: &mut Writer, plans: &[UploadedPlan]) {
    for plan in plans {
        if let Some(kind) = plan.kind {
            w.element("pertinentInformation", &[], |w| write_plan(w, kind, plan));
        }
    }
}

/// Writes `subject` of each subject whose role is known.
pub(crate) fn subjects(w: &mut Writer, subjects: &[UploadedSubject]) {
    for subject in subjects {
        if let Some(role) = subject.role {
            w.element("subject", &[], |w| write_subject(w, role, subject));
        }
    }
}

fn write_plan(w: &mut Writer, kind: PlanType, plan: &UploadedPlan) {
    let (name, class, dates) = plan_template(kind);
    let found = [&plan.start, &plan.end, &plan.delete];
    template(w, name, class, |w| {
        for ((component, name), date) in COMPONENTS.into_iter().zip(dates).zip(found) {
            let Some(text) = date.text(ToString::to_string) else {
                continue;
            };
            w.element(component, &[], |w| {
                w.element(name, &[], |w| w.empty("value", &[("value", &text)]));
            });
        }
    });
}

fn write_subject(w: &mut Writer, role: Role, subject: &UploadedSubject) {
    let (name, class) = subject_template(role);
    match role {
        Role::Child => template(w, name, class, |w| {
            write_ids(w, subject);
            w.element("childPerson", &[], |w| write_person(w, subject));
        }),
        Role::Mother => template(w, name, class, |w| {
            w.element("parentMotherPerson", &[], |w| {
                write_person(w, subject);
                w.element("playedMother", &[], |w| write_ids(w, subject));
            });
        }),
    }
}

fn write_ids(w: &mut Writer, subject: &UploadedSubject) {
    let number = subject
        .number
        .text(|number: &NhsNumber| number.as_str().to_owned());
    if let Some(number) = &number {
        w.empty("id", &[("root", oid::NHS_NUMBER), ("extension", number)]);
    }
    if let Some(local) = &subject.local_id {
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

fn write_person(w: &mut Writer, subject: &UploadedSubject) {
    let birth = subject
        .birth
        .text(|date| date.strftime("%Y%m%d").to_string());
    if let Some(birth) = &birth {
        w.empty("birthTime", &[("value", birth)]);
    }
    w.element("name", &[], |w| {
        w.text_element("given", &[], subject.given.as_deref().unwrap_or_default());
        w.text_element("family", &[], subject.family.as_deref().unwrap_or_default());
    });
}
