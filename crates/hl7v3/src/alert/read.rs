//! Reading an alert, with every check of Spine 2.

use domain::alert::{AlertReason, AlertType, PrivacyAlert};
use domain::{
    Asid, Hl7Timestamp, JobRole, MessageId, NhsNumber, OdsCode, RoleProfileId, SdsUserId, oid,
};
use xml::ns::HL7;
use xml::{Element, XmlError};

use super::{LONGEST_NAME, LONGEST_TEXT, cut};
use crate::lenient::{name_text, normal};
use crate::wrapper::{Transmission, read_transmission};
use crate::{Interaction, Invalid};

/// An alert with what was around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertMessage {
    /// The transmission wrapper: its HL7 id, from whom to whom.
    pub transmission: Transmission,
    /// Who caused the message, and not only the alert: `ControlActEvent/author`.
    pub author: SdsUserId,
    /// The system that authored it.
    pub system: Asid,
    /// The alert.
    pub alert: PrivacyAlert,
}

/// The fault of a place, as Spine 2 names it.
macro_rules! place {
    ($place:literal) => {
        concat!("ErrorBaseTms.ALERT_INVALID_INPUT[", $place, "]")
    };
}

/// Reads the interaction element. Beside the checks of Spine 2, what cannot be kept is refused
/// at the place it stands: a code nobody defined, an id that is none of ours.
pub fn read(message: Element<'_, '_>) -> Result<AlertMessage, Invalid> {
    check_interaction(message)?;
    let transmission = read_transmission(message)?;
    let act = message.one(HL7, "ControlActEvent").map_err(|_| {
        let rule = "one ControlActEvent must be given";
        Invalid::new("ErrorBase1732.INVALID_CONTROL_ACT", rule)
    })?;
    let author = only(
        act,
        "author",
        "AgentPersonSDS",
        place!("checkRoot:agentPersonSDS"),
    )?;
    let system = authoring_system(act)?;
    let event = only(act, "subject", "AlertEvent", place!("checkRoot:alertEvent"))?;
    let author = Actor::read(author)?;
    let system = system
        .child(HL7, "agentSystemSDS")
        .and_then(|device| id(device, oid::ASID))
        .and_then(|id| Asid::parse(id).ok())
        .ok_or_else(|| {
            let rule = "the id of the authoring system (1.2.826.0.1285.0.2.0.107)";
            Invalid::new(place!("checkAgentSystem:id"), rule)
        })?;
    Ok(AlertMessage {
        transmission,
        alert: Event(event).read(&author, &system)?,
        author: author.user,
        system,
    })
}

/// The first of at most two, as everywhere: the second may name a workstation.
fn authoring_system<'d, 'i>(act: Element<'d, 'i>) -> Result<Element<'d, 'i>, Invalid> {
    match within(act, "author1", "AgentSystemSDS").as_slice() {
        [first] | [first, _] => Ok(*first),
        _ => Err(Invalid::new(
            place!("checkRoot:agentSystemSDS"),
            "one or two author1/AgentSystemSDS must be given",
        )),
    }
}

fn check_interaction(message: Element<'_, '_>) -> Result<(), Invalid> {
    let alert = Interaction::Alert.id();
    let mut ids = message
        .children_named(HL7, "interactionId")
        .filter(|id| id.attribute("root") == Some(oid::INTERACTION));
    let named = ids.next().and_then(|id| id.attribute("extension"));
    match message.is(HL7, alert) && named == Some(alert) && ids.next().is_none() {
        true => Ok(()),
        false => Err(Invalid::new(
            "ErrorBase1732.INCONSISTENT_HL7_INTERACTION_ID",
            "interactionId and the message must be COMT_IN000001UK01",
        )),
    }
}

/// The person of the control act.
struct Actor {
    user: SdsUserId,
    role_profile: Option<RoleProfileId>,
    job_role: Option<JobRole>,
}

impl Actor {
    fn read(agent: Element<'_, '_>) -> Result<Self, Invalid> {
        let user = agent
            .child(HL7, "agentPersonSDS")
            .and_then(|person| id(person, oid::SDS_USER))
            .and_then(|id| SdsUserId::parse(id).ok())
            .ok_or_else(|| {
                let rule = "the id of the authoring person (1.2.826.0.1285.0.2.0.65)";
                Invalid::new(place!("checkAgentPerson:id"), rule)
            })?;
        Ok(Self {
            user,
            role_profile: id(agent, oid::SDS_ROLE_PROFILE)
                .and_then(|id| RoleProfileId::parse(id).ok()),
            job_role: agent
                .path(HL7, &["part", "partSDSRole"])
                .and_then(|role| id(role, oid::SDS_JOB_ROLE))
                .and_then(|id| JobRole::parse(id).ok()),
        })
    }
}

/// `AlertEvent`.
struct Event<'d, 'i>(Element<'d, 'i>);

impl<'d, 'i> Event<'d, 'i> {
    fn read(&self, actor: &Actor, system: &Asid) -> Result<PrivacyAlert, Invalid> {
        let event = self.0;
        let id = uuid(event, place!("checkAlertEvent:id"))?;
        let kind = self.kind()?;
        let at = event
            .child(HL7, "effectiveTime")
            .and_then(|time| time.attribute("value"))
            .and_then(|time| Hl7Timestamp::parse(time).ok())
            .ok_or_else(|| {
                let rule = "effectiveTime must be a time";
                Invalid::new(place!("checkAlertEvent:effectiveTime"), rule)
            })?;
        let reason = self.reason(kind)?;
        let words = self.text(
            ["reason1", "justifyingReasonText"],
            place!("checkAlertEvent:justifyingReasonText"),
            [
                place!("checkJustifyingReasonText:id"),
                place!("checkJustifyingReasonText:text"),
            ],
        )?;
        let notification = self.text(
            ["component", "notificationMessage"],
            place!("checkAlertEvent:notificationMessage"),
            [
                place!("checkNotificationMessage:id"),
                place!("checkNotificationMessage:text"),
            ],
        )?;
        let patient = self.patient()?;
        let author = Assigned::read(
            only(
                event,
                "author",
                "authorSDS",
                place!("checkAlertEvent:authorSDS"),
            )?,
            actor,
        )?;
        let device = only(
            event,
            "device",
            "assignedDeviceSDS",
            place!("checkAlertEvent:assignedDeviceSDS"),
        )?;
        let asid = self::id(device, oid::ASID).and_then(|id| Asid::parse(id).ok());
        Ok(PrivacyAlert {
            id,
            kind,
            reason,
            at: at.first_instant(),
            patient,
            user: author.user.into(),
            user_name: author.name,
            role_profile: Some(author.role_profile),
            job_role: author.job_role,
            organisation: author.organisation,
            organisation_name: author.organisation_name,
            system: name(
                device.child(HL7, "assignedDevice"),
                place!("checkAssignedDeviceSDS:name"),
            )?,
            asid: asid.unwrap_or_else(|| system.clone()),
            words,
            notification,
        })
    }

    fn kind(&self) -> Result<AlertType, Invalid> {
        let code = code(
            self.0,
            place!("checkAlertEvent:code:code"),
            place!("checkAlertEvent:code:codeSystem"),
        )?;
        AlertType::of(code).ok_or_else(|| {
            let rule = "code must be 1 (Create LR) or 2 (Access alert)";
            Invalid::new(place!("checkAlertEvent:code:code"), rule)
        })
    }

    fn reason(&self, kind: AlertType) -> Result<AlertReason, Invalid> {
        let coded = only(
            self.0,
            "reason",
            "justifyingReasonCoded",
            place!("checkAlertEvent:justifyingReasonCoded"),
        )?;
        let code = code(
            coded,
            place!("checkJustifyingReasonCoded:code:code"),
            place!("checkJustifyingReasonCoded:code:codeSystem"),
        )?;
        uuid(coded, place!("checkJustifyingReasonCoded:id"))?;
        let reason = AlertReason::of(code).filter(|reason| reason.goes_with(kind));
        reason.ok_or_else(|| {
            let rule = "code must be 1 to 6, and one that goes with the type of the alert";
            Invalid::new(place!("checkJustifyingReasonCoded:code:code"), rule)
        })
    }

    /// A text that may be given once, with an id.
    fn text(
        &self,
        [relation, act]: [&'static str; 2],
        several: &'static str,
        [without_id, without_text]: [&'static str; 2],
    ) -> Result<Option<String>, Invalid> {
        let acts = within(self.0, relation, act);
        let act = match acts.as_slice() {
            [] => return Ok(None),
            [only] => *only,
            _ => return Err(Invalid::new(several, format!("{act} may be given once"))),
        };
        uuid(act, without_id)?;
        let text = act.child(HL7, "text").map(|text| normal(&text.deep_text()));
        text.filter(|text| !text.is_empty())
            .map(|text| Some(cut(&text, LONGEST_TEXT).to_owned()))
            .ok_or_else(|| Invalid::new(without_text, "text must not be empty"))
    }

    fn patient(&self) -> Result<NhsNumber, Invalid> {
        let place = place!("checkAlertEvent:patient");
        let patient = only(self.0, "recordTarget", "patient", place)?;
        id(patient, oid::NHS_NUMBER)
            .and_then(|id| NhsNumber::parse(id).ok())
            .ok_or_else(|| Invalid::nhs_number(place!("checkPatient:nhsNumber"), "nhsNumber"))
    }
}

/// `authorSDS`: the person whose act raised the alert.
struct Assigned {
    user: SdsUserId,
    name: String,
    role_profile: RoleProfileId,
    job_role: JobRole,
    organisation: OdsCode,
    organisation_name: String,
}

impl Assigned {
    /// The role profile and the job role may stand at the control act's author instead.
    fn read(author: Element<'_, '_>, actor: &Actor) -> Result<Self, Invalid> {
        let organisation = author.child(HL7, "representedOrganizationSDS");
        let ods = typed_id(
            organisation,
            oid::ODS,
            place!("checkAuthorSDS:representedOrganizationSDS:id:root"),
            place!("checkAuthorSDS:representedOrganizationSDS:id:extension"),
            OdsCode::parse,
        )?;
        let organisation_name = name(
            organisation,
            place!("checkAuthorSDS:representedOrganizationSDS:name"),
        )?;
        let person = author.child(HL7, "assignedPerson");
        let described = person
            .and_then(|person| person.child(HL7, "desc"))
            .map(|desc| normal(&desc.deep_text()))
            .filter(|desc| !desc.is_empty())
            .ok_or_else(|| {
                let rule = "desc must not be empty";
                Invalid::new(place!("checkAuthorSDS:assignedPerson:desc"), rule)
            })?;
        let user = typed_id(
            person,
            oid::SDS_USER,
            place!("checkAuthorSDS:assignedPerson:id:root"),
            place!("checkAuthorSDS:assignedPerson:id:extension"),
            SdsUserId::parse,
        )?;
        let without = |rule| Invalid::new(place!("checkAgentPerson:id"), rule);
        Ok(Self {
            user,
            name: name(person, place!("checkAuthorSDS:assignedPerson:name"))?,
            role_profile: id(author, oid::SDS_ROLE_PROFILE)
                .and_then(|id| RoleProfileId::parse(id).ok())
                .or_else(|| actor.role_profile.clone())
                .ok_or_else(|| without("role profile id (1.2.826.0.1285.0.2.0.67)"))?,
            job_role: actor
                .job_role
                .clone()
                .or_else(|| JobRole::parse(&described).ok())
                .ok_or_else(|| without("job role (1.2.826.0.1285.0.2.1.104)"))?,
            organisation: ods,
            organisation_name,
        })
    }
}

/// The elements of this name in all parts of that name.
fn within<'d, 'i>(
    parent: Element<'d, 'i>,
    part: &'static str,
    name: &'static str,
) -> Vec<Element<'d, 'i>> {
    parent
        .children_named(HL7, part)
        .flat_map(|part| part.children_named(HL7, name))
        .collect()
}

fn only<'d, 'i>(
    parent: Element<'d, 'i>,
    part: &'static str,
    name: &'static str,
    fault: &'static str,
) -> Result<Element<'d, 'i>, Invalid> {
    match within(parent, part, name).as_slice() {
        [only] => Ok(*only),
        _ => Err(Invalid::new(
            fault,
            format!("one {part}/{name} must be given"),
        )),
    }
}

/// The extension of the first id of this root.
fn id<'d>(element: Element<'d, '_>, root: &str) -> Option<&'d str> {
    element
        .children_named(HL7, "id")
        .find(|id| id.attribute("root") == Some(root))
        .and_then(|id| id.required("extension").ok())
}

/// In upper case, whatever its sender's habit: an alert that comes twice is known by it.
fn uuid(element: Element<'_, '_>, fault: &'static str) -> Result<MessageId, Invalid> {
    element
        .child(HL7, "id")
        .and_then(|id| id.attribute("root"))
        .filter(|root| domain::identifier::is_uuid(root))
        .and_then(|root| MessageId::parse(&root.to_ascii_uppercase()).ok())
        .ok_or_else(|| Invalid::new(fault, "id/@root must be a UUID"))
}

fn code<'d>(
    element: Element<'d, '_>,
    without_code: &'static str,
    without_system: &'static str,
) -> Result<&'d str, Invalid> {
    let code = element.child(HL7, "code");
    let attribute = |name: &'static str, fault| {
        let value: Option<Result<&'d str, XmlError>> = code.map(|code| code.required(name));
        value
            .and_then(Result::ok)
            .ok_or_else(|| Invalid::new(fault, format!("code/@{name} must not be empty")))
    };
    let value = attribute("code", without_code)?;
    attribute("codeSystem", without_system)?;
    Ok(value)
}

/// The id of a part, which must be of this root.
fn typed_id<T, E>(
    part: Option<Element<'_, '_>>,
    root: &'static str,
    wrong_root: &'static str,
    wrong_extension: &'static str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, Invalid> {
    let id = part.and_then(|part| part.child(HL7, "id"));
    if id.and_then(|id| id.attribute("root")) != Some(root) {
        return Err(Invalid::new(wrong_root, format!("id/@root must be {root}")));
    }
    id.and_then(|id| id.required("extension").ok())
        .and_then(|extension| parse(extension).ok())
        .ok_or_else(|| Invalid::new(wrong_extension, "id/@extension"))
}

fn name(part: Option<Element<'_, '_>>, fault: &'static str) -> Result<String, Invalid> {
    part.and_then(|part| part.child(HL7, "name"))
        .and_then(name_text)
        .map(|name| cut(&name, LONGEST_NAME).to_owned())
        .ok_or_else(|| Invalid::new(fault, "name must not be empty"))
}
