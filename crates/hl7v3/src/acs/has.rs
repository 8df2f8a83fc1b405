//! HAS_RESOURCE_PERMISSIONS_INUK01: what has this accessor been permitted?

use domain::NhsNumber;
use xml::{Element, Writer, ns};

use super::parts::{Names, accessor, only, read_patient, resource, resource_context, text};
use super::{
    CARDINALITY, CONSENT, ConsentFunction, DATA_MISSING, EVERYONE, OTHER_RESOURCE, SCR, SEALING,
};
use crate::soap::{self, RequestParts, SpineRequest};
use crate::wrapper::write_send;
use crate::{Interaction, Invalid};

/// The other kind of accessor of the schema, never in use for consent.
const USER_ID: &str = "User Id";

/// HAS_RESOURCE_PERMISSIONS_INUK01: which of these permissions are there?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HasQuery {
    /// Whose consent.
    pub patient: NhsNumber,
    /// What is asked; at least one.
    pub sets: Vec<AccessControlSet>,
}

/// One permission that is asked after. Its resource is the patient's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessControlSet {
    /// The resource type: `SCR`.
    pub resource_type: String,
    /// The function's context: `Consent`, or `Sealing`, of which nothing is kept here.
    pub context: String,
    /// The function's code: `View` or `Store`.
    pub code: String,
    /// Whose access it is about.
    pub accessor: Accessor,
}

/// Whose access a permission is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accessor {
    /// Everybody's: the only one that anything is kept of here.
    Everyone,
    /// One user's, by root and extension of their id.
    User {
        /// `accessorId/id/@root`.
        root: String,
        /// `accessorId/id/@extension`.
        extension: String,
    },
}

impl AccessControlSet {
    /// Everyone's access to the patient's record: what consent is kept of.
    pub fn consent(function: ConsentFunction) -> Self {
        Self {
            resource_type: SCR.to_owned(),
            context: CONSENT.to_owned(),
            code: function.code().to_owned(),
            accessor: Accessor::Everyone,
        }
    }
}

impl HasQuery {
    /// Whether it asks for this setting.
    pub fn asks_for(&self, function: ConsentFunction) -> bool {
        self.sets.contains(&AccessControlSet::consent(function))
    }
}

/// Reads the question, with every check of Spine 2.
pub fn read_has(request: &SpineRequest<'_, '_>) -> Result<HasQuery, Invalid> {
    let query = request
        .message
        .child(ns::HL7, "ControlActEvent")
        .and_then(|act| act.child(ns::CRS, "hasResourcePermissionsRequest"))
        .and_then(|request| request.one(ns::CRS, "accessControlQuery").ok())
        .ok_or_else(|| Invalid::new(DATA_MISSING, "accessControlQuery"))?;
    let patient = read_patient(query)?;
    let sets = query
        .children_named(ns::CRS, "accessControlSet")
        .map(|set| read_set(set, &patient))
        .collect::<Result<Vec<_>, _>>()?;
    match sets.is_empty() {
        true => Err(Invalid::new(
            CARDINALITY,
            "at least one accessControlSet must be given",
        )),
        false => Ok(HasQuery { patient, sets }),
    }
}

fn read_set(set: Element<'_, '_>, patient: &NhsNumber) -> Result<AccessControlSet, Invalid> {
    let part = |part: &'static str, name: &'static str, fault: &'static str| {
        only(set, part)
            .and_then(|element| text(element, name))
            .ok_or_else(|| Invalid::new(fault, format!("{part}.{name}")))
    };
    let accessor = read_accessor(set)?;
    let context = part(
        "function",
        "context",
        "ErrorBase1712.FUNCTION_CONTEXT_EMPTY",
    )?;
    let code = part(
        "function",
        "code",
        "ErrorBase1712.ACR_CANNOT_BE_USED_AS_LRTYPE",
    )?;
    let resource_type = part("resource", "type", "ErrorBase1712.RESOURCE_TYPE_EMPTY")?;
    let id = part("resource", "Id", "ErrorBase1712.RESOURCE_ID_EMPTY")?;
    if context != SEALING && id != patient.as_str() {
        let detail = "resource.Id must be the NHS number of resourceContext";
        return Err(Invalid::new(OTHER_RESOURCE, detail));
    }
    Ok(AccessControlSet {
        resource_type,
        context,
        code,
        accessor,
    })
}

fn read_accessor(set: Element<'_, '_>) -> Result<Accessor, Invalid> {
    let empty = || Invalid::new("ErrorBase1712.ACCESSOR_ID_EMPTY", "accessor.accessorId");
    let accessor = only(set, "accessor");
    let id = accessor.and_then(|accessor| only(accessor, "accessorId"));
    match accessor.and_then(|a| text(a, "type")).as_deref() {
        Some(EVERYONE) => {
            let name = id.and_then(|id| text(id, "name"));
            name.map(|_| Accessor::Everyone).ok_or_else(empty)
        }
        Some(USER_ID) => {
            // The schema spells it id, the Spine reads Id.
            let id = id
                .and_then(|id| id.child(ns::CRS, "id").or_else(|| id.child(ns::CRS, "Id")))
                .ok_or_else(empty)?;
            let attribute = |name| id.required(name).map(str::to_owned).map_err(|_| empty());
            Ok(Accessor::User {
                root: attribute("root")?,
                extension: attribute("extension")?,
            })
        }
        _ => Err(Invalid::new(
            "ErrorBase1712.INVALID_ACCESSOR_TYPE",
            "accessor.type must be Everyone or User Id",
        )),
    }
}

/// Writes the question as a client sends it.
pub fn write_has(parts: &RequestParts<'_>, query: &HasQuery) -> Vec<u8> {
    let interaction = Interaction::HasPermissions;
    soap::write_request(parts, interaction, |w| {
        write_send(w, interaction, &parts.outgoing(), parts.author, |w| {
            let crs = [("xmlns:crs", ns::CRS)];
            w.element("crs:hasResourcePermissionsRequest", &crs, |w| {
                w.element("crs:accessControlQuery", &[], |w| {
                    resource_context(w, Names::Crs, &query.patient);
                    for set in &query.sets {
                        write_set(w, set, &query.patient);
                    }
                });
            });
        });
    })
}

fn write_set(w: &mut Writer, set: &AccessControlSet, patient: &NhsNumber) {
    w.element("crs:accessControlSet", &[], |w| {
        resource(w, Names::Crs, &set.resource_type, patient);
        w.element("crs:function", &[], |w| {
            w.text_element("crs:context", &[], &set.context);
            w.text_element("crs:code", &[], &set.code);
        });
        match &set.accessor {
            Accessor::Everyone => accessor(w, Names::Crs, EVERYONE, |w| {
                w.text_element("crs:name", &[], EVERYONE);
            }),
            Accessor::User { root, extension } => accessor(w, Names::Crs, USER_ID, |w| {
                w.empty("crs:id", &[("root", root), ("extension", extension)]);
            }),
        }
    });
}
