//! createPTV: record permission to view, for up to fifty users.
//!
//! Request REPC_MT150008GB01, answer REPC_MT150009GB01. The answer says nothing but its code.

use domain::{NhsNumber, RoleProfileId, SdsUserId, oid};
use xml::{Element, Writer, XmlError, ns};

use super::content::{Content, incomplete};
use super::datatype::{self, Identifier};
use super::{Interval, Operation, PayloadError, ResponseValue, interval, read_id};

/// How many users the schema lets one request name.
pub const MOST_SUBJECTS: usize = 50;

/// One who may view the record: `subject1/sDSSubject`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Subject {
    /// The person.
    pub user: SdsUserId,
    /// The role they act in.
    pub role_profile: RoleProfileId,
}

/// `CreatePTVRequest`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// An upper-case UUID.
    pub id: String,
    /// How long the permission holds; without it, as the provider decides.
    pub effective: Option<Interval>,
    /// Whose record.
    pub patient: NhsNumber,
    /// Who may view it: 1 to [`MOST_SUBJECTS`], in the order of the message; the schema lets one
    /// be named twice.
    pub subjects: Vec<Subject>,
}

/// `CreatePTVResponse`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// A UUID.
    pub id: String,
    /// The response code.
    pub value: ResponseValue,
}

impl Request {
    /// Reads the payload's root element, exactly as the schema allows. The two ids of a subject
    /// are a user id and a role profile id, in either order; the schema says only that there are
    /// two.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, PayloadError> {
        let mut parts = datatype::structure(*root)?;
        let effective = parts.optional("effectiveTime");
        let id = datatype::message_id(&parts.required("id")?)?;
        let patient = only(parts.required("subject")?, "patient")?;
        let subjects = [vec![parts.required("subject1")?], parts.many("subject1")].concat();
        parts.end()?;
        if let Some(beyond) = subjects.get(MOST_SUBJECTS) {
            let rule = format!("element subject1 is given more than {MOST_SUBJECTS} times");
            return Err(beyond.error(rule).into());
        }

        let mut content = Content::default();
        let effective = effective.map(|time| interval::read(&time, "effectiveTime"));
        let effective = content.keep_optional(effective)?;
        let patient = datatype::nhs_number(&only(patient, "id")?, "subject/patient/id");
        let patient = content.keep(patient)?;
        let mut read = Vec::with_capacity(subjects.len());
        for element in subjects {
            read.extend(content.keep(subject(element))?);
        }
        content.end()?;
        Ok(Self {
            id,
            effective,
            patient: patient.ok_or_else(incomplete)?,
            subjects: read,
        })
    }

    /// Writes the payload.
    pub fn write(&self, w: &mut Writer) {
        w.element(
            Operation::CreatePtv.request_root(),
            &[("xmlns", ns::HL7)],
            |w| {
                if let Some(effective) = &self.effective {
                    interval::write(w, "effectiveTime", effective);
                }
                w.empty("id", &[("root", &self.id)]);
                w.element("subject", &[], |w| {
                    w.element("patient", &[], |w| {
                        w.empty("id", &[("extension", self.patient.as_str())]);
                    });
                });
                for subject in &self.subjects {
                    w.element("subject1", &[], |w| {
                        w.element("sDSSubject", &[], |w| {
                            let id = |w: &mut Writer, root, extension| {
                                w.empty("id", &[("root", root), ("extension", extension)]);
                            };
                            id(w, oid::SDS_USER, subject.user.as_str());
                            id(w, oid::SDS_ROLE_PROFILE, subject.role_profile.as_str());
                        });
                    });
                }
            },
        );
    }
}

/// The only child of a structural element.
fn only<'d, 'i>(parent: Element<'d, 'i>, name: &str) -> Result<Element<'d, 'i>, XmlError> {
    let mut parts = datatype::structure(parent)?;
    let child = parts.required(name)?;
    parts.end()?;
    Ok(child)
}

fn subject(element: Element<'_, '_>) -> Result<Subject, PayloadError> {
    let mut parts = datatype::structure(only(element, "sDSSubject")?)?;
    let ids = [parts.required("id")?, parts.required("id")?];
    parts.end()?;
    let [one, other] = ids.map(|id| Identifier::read(&id));
    let ids = [one?, other?];

    let of = |root: &str| {
        let mut found = ids.iter().filter(|id| id.root == Some(root));
        let rule = "subject1 must name a user id and a role profile id";
        match (found.next(), found.next()) {
            (Some(id), None) => id.extension("subject1"),
            _ => Err(PayloadError::Content(rule.into())),
        }
    };
    let (user, role_profile) = (of(oid::SDS_USER)?, of(oid::SDS_ROLE_PROFILE)?);
    let of_content = |error| PayloadError::Content(format!("subject1: {error}"));
    Ok(Subject {
        user: SdsUserId::parse(user).map_err(of_content)?,
        role_profile: RoleProfileId::parse(role_profile).map_err(of_content)?,
    })
}

/// Writes an answer.
pub fn write_response(w: &mut Writer, id: &str, (code, display): (&str, &str)) {
    w.element(
        Operation::CreatePtv.response_root(),
        &[("xmlns", ns::HL7)],
        |w| {
            w.empty("id", &[("root", id)]);
            ResponseValue::write(w, code, display);
        },
    );
}

impl Response {
    /// Reads an answer's root element.
    pub fn read(root: &Element<'_, '_>) -> Result<Self, XmlError> {
        Ok(Self {
            id: read_id(root)?,
            value: ResponseValue::read(root)?,
        })
    }
}
