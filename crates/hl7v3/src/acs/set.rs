//! SET_RESOURCE_PERMISSIONS_INUK01: a patient's consent is set.
//!
//! Whichever setting a message names, Spine 2 gives both the same value: its reader takes the
//! first assertion twice. So there is one value here, and both settings are written with it.

use domain::consent::ConsentSetting;
use domain::{NhsNumber, oid};
use xml::{Document, Element, ns};

use super::parts::{Names, assertion, only, resource_context, text};
use super::{CARDINALITY, CONSENT, ConsentFunction, DATA_MISSING, EVERYONE, OTHER_RESOURCE, SCR};
use crate::issue::{Acknowledged, Refusal, read_issues};
use crate::soap::{
    self, AnswerError, AnswerParts, RequestParts, SoapFault, SpineAnswer, SpineRequest,
    read_response,
};
use crate::wrapper::{AcknowledgementKind, write_send};
use crate::{Interaction, Invalid};

const NO_PERMISSION: &str = "ErrorBase1712.MISSING_PERMISSIONS_IN_SET";

/// SET_RESOURCE_PERMISSIONS_INUK01: this patient's consent is to be so from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetPermissions {
    /// Whose consent.
    pub patient: NhsNumber,
    /// Both settings.
    pub setting: NewSetting,
}

/// What a setting is set to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NewSetting {
    /// Express consent; a legacy value.
    Yes,
    /// Dissent.
    No,
    /// Nothing any more: the patient is to be asked again.
    Clear,
}

impl NewSetting {
    /// Every value.
    pub const ALL: [Self; 3] = [Self::Yes, Self::No, Self::Clear];

    /// The value on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Yes => "Yes",
            Self::No => "No",
            Self::Clear => "Clear",
        }
    }

    /// The value of a text on the wire.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|setting| setting.code() == code)
    }

    /// The setting as it is from then on.
    pub const fn setting(self) -> ConsentSetting {
        match self {
            Self::Yes => ConsentSetting::Yes,
            Self::No => ConsentSetting::No,
            Self::Clear => ConsentSetting::Ask,
        }
    }
}

/// Reads the request, with every check of Spine 2 in its order.
pub fn read_set(request: &SpineRequest<'_, '_>) -> Result<SetPermissions, Invalid> {
    let permissions = request
        .message
        .child(ns::HL7, "ControlActEvent")
        .and_then(|act| act.child(ns::CRS, "setResourcePermissionsRequest"))
        .and_then(|request| request.one(ns::CRS, "permissions").ok())
        .ok_or_else(|| Invalid::new(DATA_MISSING, "permissions"))?;
    let (patient, context) = read_context(permissions)?;
    let assertions: Vec<_> = permissions
        .children_named(ns::CRS, "accessControlAssertion")
        .collect();
    let (first, second) = match assertions.as_slice() {
        [only] => (*only, None),
        [first, second] => (*first, Some(*second)),
        _ => {
            let rule = "At least one and no more than two accessControlAssertion must be provided";
            return Err(Invalid::new(CARDINALITY, rule));
        }
    };
    check_functions(&assertions)?;
    let permission = |assertion| text(assertion, "permission").unwrap_or_default();
    if second.is_some_and(|second| permission(second) != permission(first)) {
        let rule = "Inconsistent Permission to View and Store";
        return Err(Invalid::new(DATA_MISSING, rule));
    }
    for assertion in assertions {
        check_assertion(assertion, &context)?;
    }
    Ok(SetPermissions {
        patient,
        setting: read_setting(first)?,
    })
}

/// The patient, and the number as written.
fn read_context(permissions: Element<'_, '_>) -> Result<(NhsNumber, String), Invalid> {
    let missing = |detail| Invalid::nhs_number(DATA_MISSING, detail);
    let context = permissions
        .one(ns::CRS, "resourceContext")
        .map_err(|_| missing("Resource Context not found"))?;
    if context.attribute("root") != Some(oid::NHS_NUMBER) {
        let detail = "Permission ResourceContext root=2.16.840.1.113883.2.1.4.1 not found";
        return Err(missing(detail));
    }
    let extension = context
        .required("extension")
        .map_err(|_| missing("Permission ResourceContext extension not found"))?;
    let patient = NhsNumber::parse(extension)
        .map_err(|_| missing("Permission ResourceContext extension is no NHS number"))?;
    Ok((patient, extension.to_owned()))
}

/// Each of the two settings at most once, and at least one of them.
fn check_functions(assertions: &[Element<'_, '_>]) -> Result<(), Invalid> {
    let count = |function: ConsentFunction| {
        let is_it = |assertion: &&Element<'_, '_>| {
            part(**assertion, "function", "context").as_deref() == Some(CONSENT)
                && part(**assertion, "function", "code").as_deref() == Some(function.code())
        };
        assertions.iter().filter(is_it).count()
    };
    let rule = match (count(ConsentFunction::Store), count(ConsentFunction::View)) {
        (2.., _) => "Only 1 Store permission can be provided",
        (_, 2..) => "Only 1 View permission can be provided",
        (0, 0) => "One of View or Store permission must be provided",
        _ => return Ok(()),
    };
    Err(Invalid::new(CARDINALITY, rule))
}

/// The checks of one assertion.
fn check_assertion(assertion: Element<'_, '_>, context: &str) -> Result<(), Invalid> {
    let is = |of, name, expected| part(assertion, of, name).as_deref() == Some(expected);
    let refused = |fault, rule: &str| Err(Invalid::new(fault, rule));
    if !is("resource", "type", SCR) {
        let rule = "resource.type must be SCR";
        return refused("ErrorBase1712.INVALID_COMBINATION_FC_RT", rule);
    }
    if !is("function", "context", CONSENT) {
        let rule = "function.context must be Consent";
        return refused("ErrorBase1712.INVALID_FUNCTION_CONTEXT", rule);
    }
    if !(is("function", "code", "View") || is("function", "code", "Store")) {
        let rule = "function.code must be View or Store";
        return refused("ErrorBase1712.INVALID_FUNCTION_CODE", rule);
    }
    let permission = text(assertion, "permission");
    // To clear a permission one need not say whose it was.
    if permission.as_deref() != Some(NewSetting::Clear.code()) && !is_for_everyone(assertion) {
        let rule = "accessor.type and accessor.accessorId.name must be Everyone";
        return refused("ErrorBase1712.INVALID_ACCESSOR_TYPE", rule);
    }
    if permission.is_none() {
        let rule = "permission must not be empty";
        return refused(NO_PERMISSION, rule);
    }
    if !is("resource", "Id", context) {
        let rule = "resource.Id must be the NHS number of resourceContext";
        return refused(OTHER_RESOURCE, rule);
    }
    Ok(())
}

fn is_for_everyone(assertion: Element<'_, '_>) -> bool {
    let name = only(assertion, "accessor")
        .and_then(|accessor| only(accessor, "accessorId"))
        .and_then(|id| text(id, "name"));
    part(assertion, "accessor", "type").as_deref() == Some(EVERYONE)
        && name.as_deref() == Some(EVERYONE)
}

/// The value; the schema allows three. *Ask* is none of them: it is what *Clear* leads to.
fn read_setting(assertion: Element<'_, '_>) -> Result<NewSetting, Invalid> {
    text(assertion, "permission")
        .and_then(|text| NewSetting::of(&text))
        .ok_or_else(|| Invalid::new(NO_PERMISSION, "permission must be Yes, No or Clear"))
}

fn part(assertion: Element<'_, '_>, part: &'static str, name: &'static str) -> Option<String> {
    only(assertion, part).and_then(|element| text(element, name))
}

/// Writes the request as a client sends it: both settings, each by name.
pub fn write_set(parts: &RequestParts<'_>, permissions: &SetPermissions) -> Vec<u8> {
    let interaction = Interaction::SetPermissions;
    let SetPermissions { patient, setting } = permissions;
    soap::write_request(parts, interaction, |w| {
        write_send(w, interaction, &parts.outgoing(), parts.author, |w| {
            let crs = [("xmlns:crs", ns::CRS)];
            w.element("crs:setResourcePermissionsRequest", &crs, |w| {
                w.element("crs:permissions", &[], |w| {
                    resource_context(w, Names::Crs, patient);
                    for function in [ConsentFunction::View, ConsentFunction::Store] {
                        assertion(w, Names::Crs, setting.code(), patient, function);
                    }
                });
            });
        });
    })
}

/// The answer to a request that was taken: an application acknowledgement (MCCI_IN010000UK13).
/// A refusal is [`crate::issue::write_refusal`]'s.
#[derive(Debug, Clone, Copy)]
pub struct SetAccepted;

impl SetAccepted {
    /// Writes the whole answer.
    pub fn write(&self, parts: &AnswerParts<'_>) -> Vec<u8> {
        Acknowledged {
            ack: AcknowledgementKind::Accept,
            issues: &[],
        }
        .write(parts)
    }
}

/// What the request came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetOutcome {
    /// The consent is set.
    Done,
    /// Refused, with reasons.
    Refused(Refusal),
    /// A SOAP fault.
    Fault(SoapFault),
}

/// Reads the answer to a request. What does not say that it is accepted is a refusal.
pub fn read_set_answer(doc: &Document<'_>) -> Result<SetOutcome, AnswerError> {
    let message = match read_response(doc)? {
        SpineAnswer::Fault(fault) => return Ok(SetOutcome::Fault(fault)),
        SpineAnswer::Message(message) => message,
    };
    match message.interaction {
        Interaction::Acknowledgement | Interaction::QueryFailed => {}
        other => return Err(AnswerError::Unexpected(other.id())),
    }
    let acknowledgement = message.acknowledgement.as_ref().map(|ack| ack.kind);
    let accepted = message.interaction == Interaction::Acknowledgement
        && acknowledgement == Some(AcknowledgementKind::Accept);
    Ok(match accepted {
        true => SetOutcome::Done,
        false => SetOutcome::Refused(Refusal {
            interaction: message.interaction,
            acknowledgement,
            issues: read_issues(message.element),
        }),
    })
}
