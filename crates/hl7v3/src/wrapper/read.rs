//! Reading the wrappers of a request, strictly (the common checks of Spine 2), and those of an
//! answer, leniently.

use domain::{Asid, Hl7Timestamp, JobRole, MessageId, RoleProfileId, SdsUserId, oid};
use xml::Element;
use xml::ns::HL7;

use super::{Acknowledgement, AcknowledgementKind, Author, Transmission};
use crate::Invalid;
use crate::lenient::{attribute, child};

const INVALID_AUTHOR: &str = "ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID";
const INVALID_SYSTEM: &str = "ErrorBase1732.CONTROL_ACT_AUTHOR_AGENT_INVALID";
const INVALID_SECOND_SYSTEM: &str = "ErrorBase1732.CONTROL_ACT_AUTHOR_AGENT2_INVALID";

const RECEIVER: &str = "communicationFunctionRcv";
const SENDER: &str = "communicationFunctionSnd";
const INCONSISTENT_RECEIVER: &str = "ErrorBase1732.INCONSISTENT_COMM_FUNC_RCV";
const INCONSISTENT_SENDER: &str = "ErrorBase1732.INCONSISTENT_COMM_FUNC_SND";

/// How the faults of a control act are called: the fault and its words. Uploads of a GP Summary
/// have other names for the same rules.
pub(crate) struct Faults {
    /// The role profile of the person.
    role_profile: (&'static str, &'static str),
    /// The person's own id.
    user: (&'static str, &'static str),
    /// The person's job role.
    job_role: (&'static str, &'static str),
    /// The authoring system.
    system: (&'static str, &'static str),
    /// Whether there must be a person.
    person_required: bool,
}

/// The names that most interactions use.
pub(crate) const COMMON: Faults = Faults {
    role_profile: (INVALID_AUTHOR, "role profile id (1.2.826.0.1285.0.2.0.67)"),
    user: (INVALID_AUTHOR, "user id (1.2.826.0.1285.0.2.0.65)"),
    job_role: (INVALID_AUTHOR, "job role (1.2.826.0.1285.0.2.1.104)"),
    system: (INVALID_SYSTEM, "author1 system id"),
    person_required: false,
};

const FIELD_MISSING: &str = "ErrorBase1733.MANDATORY_FIELD_MISSING";

/// The names that uploads of a GP Summary use. They name a person always.
pub(crate) const UPLOAD: Faults = Faults {
    role_profile: (
        FIELD_MISSING,
        "Author agent org person role profile ID missing",
    ),
    user: (FIELD_MISSING, "Author agent person SDS ID missing"),
    job_role: (FIELD_MISSING, "Author agent person Job Role ID missing"),
    system: (FIELD_MISSING, "Agent System SDS ID missing"),
    person_required: true,
};

/// Reads the transmission wrapper of a request, and checks it against the ASIDs of the SOAP
/// header.
pub(crate) fn read_sender_wrapper(
    message: Element<'_, '_>,
    header_receiver: &Asid,
    header_sender: &Asid,
) -> Result<Transmission, Invalid> {
    let transmission = read_transmission(message)?;
    if transmission.receiver != *header_receiver {
        return Err(Invalid::new(INCONSISTENT_RECEIVER, RECEIVER));
    }
    if transmission.sender != *header_sender {
        return Err(Invalid::new(INCONSISTENT_SENDER, SENDER));
    }
    Ok(transmission)
}

/// Reads the transmission wrapper of a message that is not in SOAP.
pub(crate) fn read_transmission(message: Element<'_, '_>) -> Result<Transmission, Invalid> {
    let id = value(message, "id", "root")
        .and_then(|id| MessageId::parse(id).ok())
        .ok_or_else(|| Invalid::new("ErrorBase1732.INVALID_ID", "id/@root"))?;
    let creation_time = value(message, "creationTime", "value")
        .and_then(|time| Hl7Timestamp::parse(time).ok())
        .ok_or_else(|| {
            Invalid::new("ErrorBase1732.INVALID_CREATION_TIME", "creationTime/@value")
        })?;
    let version_code = value(message, "versionCode", "code")
        .ok_or_else(|| Invalid::new("ErrorBase1732.INVALID_VERSION_CODE", "versionCode/@code"))?;
    Ok(Transmission {
        id,
        creation_time: Some(creation_time),
        version_code: Some(version_code.to_owned()),
        receiver: party(message, RECEIVER)
            .ok_or_else(|| Invalid::new(INCONSISTENT_RECEIVER, RECEIVER))?,
        sender: party(message, SENDER).ok_or_else(|| Invalid::new(INCONSISTENT_SENDER, SENDER))?,
    })
}

/// The ASID a message comes from, of a message whose wrapper may be wrong elsewhere.
pub(crate) fn read_sender(message: Element<'_, '_>) -> Option<Asid> {
    party(message, SENDER)
}

/// The ASID of a communication function, when it has exactly one.
pub(crate) fn party(message: Element<'_, '_>, name: &'static str) -> Option<Asid> {
    let device = message.one(HL7, name).ok()?.one(HL7, "device").ok()?;
    device_asid(device)
}

/// The ASID among the ids of a device, when it has exactly one.
pub(crate) fn device_asid(device: Element<'_, '_>) -> Option<Asid> {
    Asid::parse(one_id(device, oid::ASID)?).ok()
}

/// The extension of the only id of this root, when it is not blank.
pub(crate) fn one_id<'d>(element: Element<'d, '_>, root: &str) -> Option<&'d str> {
    let mut ids = element
        .children_named(HL7, "id")
        .filter(|id| id.attribute("root") == Some(root));
    match (ids.next(), ids.next()) {
        (Some(only), None) => only.required("extension").ok(),
        _ => None,
    }
}

/// An attribute of the only child of this name, when it is not blank.
pub(crate) fn value<'d>(
    parent: Element<'d, '_>,
    name: &'static str,
    attribute: &str,
) -> Option<&'d str> {
    parent.one(HL7, name).ok()?.required(attribute).ok()
}

/// Reads the person of a control act, if there is one.
pub(crate) fn read_author(
    act: Element<'_, '_>,
    faults: &Faults,
) -> Result<Option<Author>, Invalid> {
    let author = act
        .optional(HL7, "author")
        .map_err(|_| Invalid::new(INVALID_AUTHOR, "more than one author"))?;
    match author {
        Some(author) => read_person(author, faults).map(Some),
        None if faults.person_required => Err(named(faults.role_profile)),
        None => Ok(None),
    }
}

fn named((fault, detail): (&'static str, &'static str)) -> Invalid {
    Invalid::new(fault, detail)
}

fn read_person(author: Element<'_, '_>, faults: &Faults) -> Result<Author, Invalid> {
    let agent = author.child(HL7, "AgentPersonSDS").ok_or_else(|| {
        if faults.person_required {
            return named(faults.role_profile);
        }
        Invalid::new(INVALID_AUTHOR, "AgentPersonSDS is missing")
    })?;
    let (role_profile, user) = person_ids(agent);
    let job_role = agent
        .path(HL7, &["part", "partSDSRole"])
        .and_then(|role| one_id(role, oid::SDS_JOB_ROLE))
        .and_then(|id| JobRole::parse(id).ok());
    Ok(Author {
        role_profile: role_profile.ok_or_else(|| named(faults.role_profile))?,
        user: user.ok_or_else(|| named(faults.user))?,
        job_role: job_role.ok_or_else(|| named(faults.job_role))?,
    })
}

/// The role profile and the user of an `AgentPersonSDS`, each when there is exactly one.
pub(crate) fn person_ids(agent: Element<'_, '_>) -> (Option<RoleProfileId>, Option<SdsUserId>) {
    let role_profile =
        one_id(agent, oid::SDS_ROLE_PROFILE).and_then(|id| RoleProfileId::parse(id).ok());
    let user = agent
        .child(HL7, "agentPersonSDS")
        .and_then(|person| one_id(person, oid::SDS_USER))
        .and_then(|id| SdsUserId::parse(id).ok());
    (role_profile, user)
}

/// Reads the authoring system of a control act. A second one may name a workstation; it is
/// checked and set aside.
pub(crate) fn read_system(act: Element<'_, '_>, faults: &Faults) -> Result<Asid, Invalid> {
    let systems: Vec<_> = act.children_named(HL7, "author1").collect();
    let (first, second) = match systems.as_slice() {
        [first] => (first, None),
        [first, second] => (first, Some(second)),
        _ => {
            return Err(Invalid::new(
                "ErrorBase1732.CONTROL_ACT_AUTHOR_INVALID_CARDINALITY",
                "one or two author1 must be given",
            ));
        }
    };
    let system = first
        .path(HL7, &["AgentSystemSDS", "agentSystemSDS"])
        .and_then(device_asid)
        .ok_or_else(|| named(faults.system))?;
    if let Some(second) = second {
        let named = second
            .path(HL7, &["AgentSystemSDS", "agentSystemSDS"])
            .and_then(|device| device.one(HL7, "id").ok())
            .is_some_and(|id| id.required("root").is_ok() && id.required("extension").is_ok());
        if !named {
            return Err(Invalid::new(INVALID_SECOND_SYSTEM, "second author1 id"));
        }
    }
    Ok(system)
}

/// Reads the acknowledgement of an answer.
pub(crate) fn read_acknowledgement(message: Element<'_, '_>) -> Option<Acknowledgement> {
    let element = child(message, "acknowledgement")?;
    let kind = AcknowledgementKind::from_code(element.attribute("typeCode")?)?;
    let refers_to = attribute(element, &["messageRef", "id"], "root").unwrap_or_default();
    Some(Acknowledgement {
        kind,
        refers_to: refers_to.to_owned(),
    })
}
