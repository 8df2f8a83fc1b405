//! What can be asked of a mini service, whichever it is.
//!
//! Each service is at an address of its own, a [`Face`], and knows its own operations only. What is
//! common to all of them is here: how an operation is called on the wire, and how a request says
//! which one it means.

use xml::Element;

use crate::envelope::DistributionEnvelope;
use crate::fault::Fault;
use crate::{cpis, scr};

/// A mini service: one address, and the operations that are known there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Face {
    /// The Summary Care Record: [`scr`].
    Scr,
    /// Child Protection - Information Sharing: [`cpis`].
    Cpis,
}

/// An operation of a mini service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// Of the Summary Care Record.
    Scr(scr::Operation),
    /// Of CP-IS.
    Cpis(cpis::Operation),
}

/// The names of one operation on the wire.
pub(crate) struct Names {
    pub(crate) name: &'static str,
    pub(crate) namespace: &'static str,
    pub(crate) request_root: &'static str,
    pub(crate) response_root: &'static str,
    /// Those that are read; the first is written.
    pub(crate) request_profiles: &'static [&'static str],
    pub(crate) response_profile: &'static str,
    /// Those that are read with any of the profiles; the first is written.
    pub(crate) request_interactions: &'static [&'static str],
    pub(crate) response_interaction: &'static str,
}

impl Face {
    /// Every face.
    pub const ALL: [Self; 2] = [Self::Scr, Self::Cpis];

    /// The operations that are known here.
    pub fn operations(self) -> impl Iterator<Item = Operation> {
        let (scr, cpis): (&[_], &[_]) = match self {
            Self::Scr => (&scr::Operation::ALL, &[]),
            Self::Cpis => (&[], &cpis::Operation::ALL),
        };
        let scr = scr.iter().copied().map(Operation::Scr);
        scr.chain(cpis.iter().copied().map(Operation::Cpis))
    }

    /// Which operation a request asks for: by its profile, with which the interaction and the
    /// payload's root element must agree (1000). An operation of another face is unknown here.
    pub fn operation(
        self,
        envelope: &DistributionEnvelope,
        payload: &Element<'_, '_>,
    ) -> Result<Operation, Fault> {
        match self {
            Self::Scr => scr::Operation::of(envelope, payload).map(Operation::Scr),
            Self::Cpis => cpis::Operation::of(envelope, payload).map(Operation::Cpis),
        }
    }
}

/// Which of these operations a request asks for.
pub(crate) fn find<T: Copy>(
    all: &[T],
    names: impl Fn(T) -> &'static Names,
    envelope: &DistributionEnvelope,
    payload: &Element<'_, '_>,
) -> Result<T, Fault> {
    let profile = envelope.profile_id.as_str();
    let mut named = all.iter().map(|operation| (*operation, names(*operation)));
    let Some((operation, names)) = named.find(|(_, n)| n.request_profiles.contains(&profile))
    else {
        let place = "manifestitem: the profileid is unknown to this service";
        return Err(Fault::invalid(place));
    };
    let interaction = envelope.interaction.as_deref();
    let mut known = names.request_interactions.iter();
    if !interaction.is_none_or(|given| known.any(|known| same_interaction(given, known))) {
        return Err(Fault::invalid(format!(
            "handlingSpecification: the interaction of this profileid is {}",
            names.request_interactions.join(" or ")
        )));
    }
    let (namespace, root) = (names.namespace, names.request_root);
    if !payload.is(namespace, root) {
        let rule = format!("the payload of this profileid is {root} in namespace {namespace}");
        return Err(payload.error(rule).into());
    }
    Ok(operation)
}

impl Operation {
    /// Every operation of every face.
    pub fn all() -> impl Iterator<Item = Self> {
        Face::ALL.into_iter().flat_map(Face::operations)
    }

    /// Where it is known.
    pub fn face(self) -> Face {
        match self {
            Self::Scr(_) => Face::Scr,
            Self::Cpis(_) => Face::Cpis,
        }
    }

    pub(crate) fn names(self) -> &'static Names {
        match self {
            Self::Scr(operation) => operation.names(),
            Self::Cpis(operation) => operation.names(),
        }
    }

    /// `querySCR`, `CP-ISNHSQuery`
    pub fn name(self) -> &'static str {
        self.names().name
    }

    /// `QuerySCRRequest`
    pub fn request_root(self) -> &'static str {
        self.names().request_root
    }

    /// `QuerySCRResponse`
    pub fn response_root(self) -> &'static str {
        self.names().response_root
    }

    /// The one to write: `urn:nhs-en:profile:querySCRRequest-v-1-0`
    pub fn request_profile(self) -> &'static str {
        first(self.names().request_profiles)
    }

    /// `urn:nhs-en:profile:querySCRResponse-v-1-0`
    pub fn response_profile(self) -> &'static str {
        self.names().response_profile
    }

    /// The one to write: `urn:nhs-itk:interaction:querySCRRequest-v1-0`
    pub fn request_interaction(self) -> &'static str {
        first(self.names().request_interactions)
    }

    /// `urn:nhs-itk:interaction:querySCRResponse-v1-0`
    pub fn response_interaction(self) -> &'static str {
        self.names().response_interaction
    }

    /// The namespace of its payloads.
    pub fn namespace(self) -> &'static str {
        self.names().namespace
    }

    /// Whether it is an extension of ours: another provider will not know it.
    pub fn is_extension(self) -> bool {
        match self {
            Self::Scr(operation) => operation.is_extension(),
            Self::Cpis(_) => false,
        }
    }
}

impl From<scr::Operation> for Operation {
    fn from(operation: scr::Operation) -> Self {
        Self::Scr(operation)
    }
}

impl From<cpis::Operation> for Operation {
    fn from(operation: cpis::Operation) -> Self {
        Self::Cpis(operation)
    }
}

/// The name that is written; every operation has one.
fn first(names: &'static [&'static str]) -> &'static str {
    names.first().copied().unwrap_or_default()
}

/// Interactions end in `-v1-0`; one published message writes `-v-1-0`, as profiles do.
fn same_interaction(given: &str, expected: &str) -> bool {
    given == expected
        || matches!(
            (given.strip_suffix("-v-1-0"), expected.strip_suffix("-v1-0")),
            (Some(a), Some(b)) if a == b
        )
}

#[cfg(test)]
mod tests {
    use xml::ns;

    use super::*;

    fn envelope(profile: &str, interaction: Option<&str>) -> DistributionEnvelope {
        DistributionEnvelope {
            service: crate::SEND_RECV.into(),
            tracking_id: domain::MessageId::parse("X").expect("an id"),
            identities: Vec::new(),
            sender: None,
            addresses: Vec::new(),
            interaction: interaction.map(str::to_owned),
            profile_id: profile.into(),
            payload_id: String::new(),
        }
    }

    fn check(
        face: Face,
        profile: &str,
        interaction: Option<&str>,
        (namespace, root): (&str, &str),
        expected: Result<Operation, &str>,
    ) {
        let text = format!("<{root} xmlns='{namespace}'/>");
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let envelope = envelope(profile, interaction);
        match (face.operation(&envelope, &doc.root()), expected) {
            (Ok(operation), Ok(expected)) => assert_eq!(operation, expected),
            (Err(fault), Err(part)) => {
                assert_eq!(fault.code, Some(crate::fault::ErrorCode::Invalid));
                assert!(fault.diagnostic.contains(part), "{}", fault.diagnostic);
            }
            (found, expected) => panic!("{found:?} is not {expected:?}"),
        }
    }

    #[test]
    fn profile_interaction_and_root_must_agree() {
        for o in Operation::all() {
            let names = o.names();
            let root = (o.namespace(), o.request_root());
            for profile in names.request_profiles {
                check(o.face(), profile, None, root, Ok(o));
                for interaction in names.request_interactions {
                    let long = interaction.replace("-v1-0", "-v-1-0");
                    check(o.face(), profile, Some(interaction), root, Ok(o));
                    check(o.face(), profile, Some(&long), root, Ok(o));
                }
            }
        }
        let query = Operation::Scr(scr::Operation::QueryScr);
        let (profile, interaction) = (query.request_profile(), query.request_interaction());
        let root = (ns::HL7, query.request_root());
        let other = Operation::Scr(scr::Operation::QueryPtv);
        let unknown = "profileid is unknown";
        let handling = "handlingSpecification";
        let other_root = (ns::HL7, other.request_root());
        for (profile, interaction, root, named) in [
            (
                "urn:nhs-en:profile:Unknown-v1-0",
                interaction,
                root,
                unknown,
            ),
            (query.response_profile(), interaction, root, unknown),
            (profile, other.request_interaction(), root, handling),
            (profile, "x", root, handling),
            (profile, interaction, other_root, "QuerySCRRequest"),
            (profile, interaction, (scr::CONSENT_NS, root.1), ns::HL7),
        ] {
            check(Face::Scr, profile, Some(interaction), root, Err(named));
        }
    }

    #[test]
    fn an_operation_of_another_face_is_as_unknown_as_one_that_does_not_exist() {
        let unknown = |face: Face, profile: &str, root: (&str, &str)| {
            let text = format!("<{} xmlns='{}'/>", root.1, root.0);
            let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
            face.operation(&envelope(profile, None), &doc.root())
        };
        for operation in Operation::all() {
            let other = match operation.face() {
                Face::Scr => Face::Cpis,
                Face::Cpis => Face::Scr,
            };
            let root = (operation.namespace(), operation.request_root());
            let no_such = unknown(other, "urn:nhs-en:profile:None-v1-0", root);
            assert!(no_such.is_err());
            assert_eq!(unknown(other, operation.request_profile(), root), no_such);
        }
    }

    #[test]
    fn each_operation_is_called_in_the_namespace_of_its_own() {
        for operation in Operation::all() {
            let other = match operation.is_extension() {
                true => ns::HL7,
                false => scr::CONSENT_NS,
            };
            let root = (other, operation.request_root());
            let named = operation.namespace();
            let profile = operation.request_profile();
            check(operation.face(), profile, None, root, Err(named));
        }
    }

    #[test]
    fn names_tell_operations_apart() {
        for operation in Operation::all() {
            let same = |other: &Operation| {
                other.name() == operation.name()
                    || (other.namespace(), other.response_root())
                        == (operation.namespace(), operation.response_root())
            };
            assert_eq!(Operation::all().filter(same).count(), 1, "{operation:?}");
            assert!(!operation.request_profile().is_empty());
            assert!(!operation.request_interaction().is_empty());
        }
    }
}
