//! Withdrawals of a GP Summary (REPC_IN150017UK02, REPC_IN150018UK02; UKCI_MT000001UK02).
//!
//! A withdrawal is an event of its own: it has an id, an author and a reason, and it names the
//! document that is not to be used any more.

use std::fmt;

use domain::{DocumentId, Hl7Timestamp, NhsNumber, RoleProfileId, SdsUserId, oid};
use xml::ns::HL7;
use xml::{Element, Writer};

use crate::lenient::normal;
use crate::wrapper::{Author, Outgoing, id, one_id, person_ids, write_send};
use crate::{Interaction, Invalid, SpineRequest};

const INVALID: &str = "ErrorBase1733.INVALID_DOCUMENT_DATA";
/// What the act is: "Withdraw Message".
const MESSAGE_CONTROL: &str = "2.16.840.1.113883.2.1.3.2.4.17.144";
/// Why a document is withdrawn.
const WITHDRAWAL_REASON: &str = "2.16.840.1.113883.2.1.3.2.4.17.143";
/// The longest reason in words that is kept, in characters; the rest is cut off.
const LONGEST_WORDS: usize = 10_000;

/// A withdrawal.
#[derive(Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// Its own id: the withdrawing event.
    pub id: DocumentId,
    /// When it was made.
    pub effective: Hl7Timestamp,
    /// Whose document.
    pub patient: NhsNumber,
    /// Who withdraws it.
    pub user: SdsUserId,
    /// In which role profile.
    pub role_profile: RoleProfileId,
    /// The reason's code (vocabulary 2.16.840.1.113883.2.1.3.2.4.17.143; 01 to 03).
    pub reason: String,
    /// The reason in words.
    pub words: Option<String>,
    /// The document to withdraw.
    pub target: Option<DocumentId>,
}

impl fmt::Debug for Withdrawal {
    /// Without the reason in words: it may tell of the patient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Withdrawal")
            .field("id", &self.id)
            .field("effective", &self.effective)
            .field("patient", &self.patient)
            .field("user", &self.user)
            .field("role_profile", &self.role_profile)
            .field("reason", &self.reason)
            .field("words", &self.words.as_ref().map(|_| "…"))
            .field("target", &self.target)
            .finish()
    }
}

/// What a reason's code is called.
pub fn reason_name(code: &str) -> Option<&'static str> {
    match code {
        "01" => Some("Sent in error"),
        "02" => Some("Sent to wrong patient record"),
        "03" => Some("Sent with incorrect information"),
        _ => None,
    }
}

/// Reads a withdrawal with Spine 2's checks. Beside them, a reason that nobody defined is refused.
pub fn read(request: &SpineRequest<'_, '_>) -> Result<Withdrawal, Invalid> {
    let withdrawal = request
        .message
        .path(HL7, &["ControlActEvent", "subject"])
        .and_then(|subject| subject.one(HL7, "MessageWithdrawal").ok())
        .ok_or_else(|| invalid("hl7:MessageWithdrawal root not found"))?;
    let (role_profile, user) = read_author(withdrawal)?;
    let (reason, words) = read_reason(withdrawal)?;
    Ok(Withdrawal {
        id: read_id(withdrawal)?,
        effective: read_effective(withdrawal)?,
        patient: read_patient(withdrawal)?,
        user,
        role_profile,
        reason,
        words,
        target: read_target(withdrawal)?,
    })
}

fn invalid(text: &str) -> Invalid {
    Invalid::new(INVALID, text)
}

fn read_id(withdrawal: Element<'_, '_>) -> Result<DocumentId, Invalid> {
    let rule = "A single hl7:MessageWithdrawal/hl7:id/@root must be provided";
    let code = "A single hl7:MessageWithdrawal/hl7:code/@code must be provided";
    single(withdrawal, "code", "code").ok_or_else(|| invalid(code))?;
    single(withdrawal, "id", "root")
        .and_then(|root| DocumentId::parse(root).ok())
        .ok_or_else(|| invalid(rule))
}

fn read_effective(withdrawal: Element<'_, '_>) -> Result<Hl7Timestamp, Invalid> {
    let rule = "A single hl7:MessageWithdrawal/hl7:effectiveTime/@value must be provided";
    single(withdrawal, "effectiveTime", "value")
        .and_then(|time| Hl7Timestamp::parse(time).ok())
        .ok_or_else(|| invalid(rule))
}

fn read_patient(withdrawal: Element<'_, '_>) -> Result<NhsNumber, Invalid> {
    let rule = "A single nhsNumber should be provided in \
                hl7:MessageWithdrawal/hl7:recordTarget/hl7:patient/hl7:id/@extension";
    withdrawal
        .one(HL7, "recordTarget")
        .and_then(|target| target.one(HL7, "patient"))
        .ok()
        .and_then(|patient| one_id(patient, oid::NHS_NUMBER))
        .and_then(|number| NhsNumber::parse(number).ok())
        .ok_or_else(|| Invalid::nhs_number(INVALID, rule))
}

/// The person who withdraws, under an agent element of any name.
fn read_author(withdrawal: Element<'_, '_>) -> Result<(RoleProfileId, SdsUserId), Invalid> {
    let rule = "A single agentPersonSDS must be provided as the event author";
    let author = withdrawal.one(HL7, "author").map_err(|_| invalid(rule))?;
    let mut agents = author
        .children()
        .filter(|agent| agent.child(HL7, "agentPersonSDS").is_some());
    let (Some(agent), None) = (agents.next(), agents.next()) else {
        return Err(invalid(rule));
    };
    let (role_profile, user) = person_ids(agent);
    let role_profile = role_profile.ok_or_else(|| {
        invalid(
            "A single author roleProfileID attribute of root codeSystem \
             1.2.826.0.1285.0.2.0.67 must be provided",
        )
    })?;
    let user = user.ok_or_else(|| {
        invalid(
            "A single author personSDS ID attribute of root codeSystem \
             1.2.826.0.1285.0.2.0.65 must be provided",
        )
    })?;
    Ok((role_profile, user))
}

/// The reason's code and words.
fn read_reason(withdrawal: Element<'_, '_>) -> Result<(String, Option<String>), Invalid> {
    let rule = "A single justifyingReason code of codeSystem 2.16.840.1.113883.2.1.3.2.4.17.143 \
                should be provided in \
                hl7:MessageWithdrawal/hl7:reason/hl7:justifyingReason/hl7:code";
    let reason = withdrawal
        .one(HL7, "reason")
        .and_then(|reason| reason.one(HL7, "justifyingReason"))
        .map_err(|_| invalid(rule))?;
    let code = reason
        .one(HL7, "code")
        .ok()
        .filter(|code| code.attribute("codeSystem") == Some(WITHDRAWAL_REASON))
        .and_then(|code| code.attribute("code"))
        .filter(|code| reason_name(code).is_some())
        .ok_or_else(|| invalid(rule))?;
    let words = reason
        .child(HL7, "text")
        .map(|text| normal(&text.deep_text()))
        .filter(|words| !words.is_empty())
        .map(|words| words.chars().take(LONGEST_WORDS).collect());
    Ok((code.to_owned(), words))
}

fn read_target(withdrawal: Element<'_, '_>) -> Result<Option<DocumentId>, Invalid> {
    let rule = "zero or one replacementOf targets may be provided";
    let refused = |_| invalid(rule);
    let Some(subject) = withdrawal.optional(HL7, "subject").map_err(refused)? else {
        return Ok(None);
    };
    let message = subject.one(HL7, "messageRef").map_err(refused)?;
    single(message, "id", "root")
        .and_then(|root| DocumentId::parse(root).ok())
        .map(Some)
        .ok_or_else(|| invalid(rule))
}

/// An attribute of the only child of this name, when it is not blank.
fn single<'d>(parent: Element<'d, '_>, name: &str, attribute: &str) -> Option<&'d str> {
    let value = parent.one(HL7, name).ok()?.required(attribute).ok()?;
    Some(value.trim())
}

/// Writes a withdrawal as a message without SOAP; `interaction` is one of the two.
pub fn write(
    interaction: Interaction,
    out: &Outgoing<'_>,
    author: &Author,
    withdrawal: &Withdrawal,
) -> Vec<u8> {
    let mut w = Writer::with_capacity(4096);
    w.declaration();
    write_send(&mut w, interaction, out, Some(author), |w| {
        let subject = [("typeCode", "SUBJ"), ("contextConductionInd", "false")];
        w.element("subject", &subject, |w| write_act(w, withdrawal));
    });
    w.finish()
}

fn write_act(w: &mut Writer, withdrawal: &Withdrawal) {
    let act = [("classCode", "ACTN"), ("moodCode", "RQO")];
    w.element("MessageWithdrawal", &act, |w| {
        w.empty("id", &[("root", withdrawal.id.as_str())]);
        let code = [
            ("code", "01"),
            ("codeSystem", MESSAGE_CONTROL),
            ("displayName", "Withdraw Message"),
        ];
        w.empty("code", &code);
        let effective = withdrawal.effective.as_str();
        w.empty("effectiveTime", &[("value", effective)]);
        w.element("recordTarget", &[("typeCode", "RCT")], |w| {
            w.element("patient", &[("classCode", "PAT")], |w| {
                id(w, oid::NHS_NUMBER, withdrawal.patient.as_str());
            });
        });
        let author = [("typeCode", "AUT"), ("contextControlCode", "OP")];
        w.element("author", &author, |w| write_person(w, withdrawal));
        let reason = [("typeCode", "RSON"), ("contextConductionInd", "true")];
        w.element("reason", &reason, |w| write_reason(w, withdrawal));
        if let Some(target) = &withdrawal.target {
            w.element("subject", &[("typeCode", "SUBJ")], |w| {
                let document = [("classCode", "COMPOSITION"), ("moodCode", "EVN")];
                w.element("messageRef", &document, |w| {
                    w.empty("id", &[("root", target.as_str())]);
                });
            });
        }
    });
}

fn write_person(w: &mut Writer, withdrawal: &Withdrawal) {
    w.element("AgentPersonSDS", &[("classCode", "AGNT")], |w| {
        id(w, oid::SDS_ROLE_PROFILE, withdrawal.role_profile.as_str());
        let person = [("classCode", "PSN"), ("determinerCode", "INSTANCE")];
        w.element("agentPersonSDS", &person, |w| {
            id(w, oid::SDS_USER, withdrawal.user.as_str());
        });
    });
}

fn write_reason(w: &mut Writer, withdrawal: &Withdrawal) {
    let event = [("classCode", "OBS"), ("moodCode", "EVN")];
    w.element("justifyingReason", &event, |w| {
        let mut code = vec![
            ("code", withdrawal.reason.as_str()),
            ("codeSystem", WITHDRAWAL_REASON),
        ];
        code.extend(reason_name(&withdrawal.reason).map(|name| ("displayName", name)));
        w.empty("code", &code);
        if let Some(words) = &withdrawal.words {
            w.text_element("text", &[], words);
        }
    });
}
