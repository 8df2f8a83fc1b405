//! The resources of the Summary Care Record, and all others as they are.

mod audit;
mod clinical;
mod document;
mod medication;
mod people;
mod service;

pub use audit::*;
pub use clinical::*;
pub use document::*;
pub use medication::*;
pub use people::*;
pub use service::*;

use std::fmt;

use crate::codec::{Datatype, Printer};
use crate::datatype::Meta;
use crate::value::{Map, Value};

/// A resource of a type that has no struct here, as it was read.
#[derive(Clone, PartialEq)]
pub struct Other {
    /// The type, one of R4's.
    pub resource_type: String,
    /// The members, `resourceType` left out.
    pub json: Map,
}

impl fmt::Debug for Other {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Other({})", self.resource_type)
    }
}

/// A type of resource that has a struct.
pub trait ResourceType: Sized {
    /// Its name in R4.
    const NAME: &'static str;

    /// The resource, when it is of this type.
    fn of(resource: &Resource) -> Option<&Self>;

    /// The resource, to be changed, when it is of this type.
    fn of_mut(resource: &mut Resource) -> Option<&mut Self>;

    /// Its `id`.
    fn id(&self) -> Option<&str>;
}

macro_rules! resources {
    ($($name:ident,)*) => {
        /// Any resource of R4.
        #[derive(Clone, PartialEq)]
        #[allow(clippy::large_enum_variant, reason = "they live in vectors of entries")]
        #[allow(missing_docs, reason = "the types are R4's")]
        pub enum Resource {
            $($name($name),)*
            /// All other types.
            Other(Other),
        }

        impl Resource {
            /// The name of its type.
            pub fn resource_type(&self) -> &str {
                match self {
                    $(Self::$name(_) => stringify!($name),)*
                    Self::Other(other) => &other.resource_type,
                }
            }

            /// Its `id`.
            pub fn id(&self) -> Option<&str> {
                match self {
                    $(Self::$name(resource) => resource.id.as_deref(),)*
                    Self::Other(other) => other.json.get("id").and_then(Value::as_str),
                }
            }

            /// What it says about itself.
            pub fn meta(&self) -> Option<&Meta> {
                match self {
                    $(Self::$name(resource) => resource.meta.as_ref(),)*
                    Self::Other(_) => None,
                }
            }

            /// The name of its type and its members, `resourceType` left out.
            fn members(&self) -> (&str, Value) {
                match self {
                    $(Self::$name(resource) => (stringify!($name), resource.to_value()),)*
                    Self::Other(other) => (&other.resource_type, Value::Object(other.json.clone())),
                }
            }

            /// Writes the members, `resourceType` left out.
            fn print_members(&self, to: &mut Printer) {
                match self {
                    $(Self::$name(resource) => resource.print(to),)*
                    Self::Other(_) => to.expect_order(false),
                }
            }

            /// How a resource of this type is read. Chosen first and called later, so that the stack
            /// has room for one type and not for all.
            fn reader(resource_type: &str) -> Option<fn(Value) -> Result<Self, Value>> {
                match resource_type {
                    $(name if name == stringify!($name) => {
                        Some(|members| $name::from_value(members).map(Self::$name))
                    })*
                    _ => None,
                }
            }
        }

        $(
            impl From<$name> for Resource {
                fn from(resource: $name) -> Self {
                    Self::$name(resource)
                }
            }

            impl ResourceType for $name {
                const NAME: &'static str = stringify!($name);

                fn of(resource: &Resource) -> Option<&Self> {
                    match resource {
                        Resource::$name(resource) => Some(resource),
                        _ => None,
                    }
                }

                fn of_mut(resource: &mut Resource) -> Option<&mut Self> {
                    match resource {
                        Resource::$name(resource) => Some(resource),
                        _ => None,
                    }
                }

                fn id(&self) -> Option<&str> {
                    self.id.as_deref()
                }
            }
        )*
    };
}

resources! {
    AllergyIntolerance,
    AuditEvent,
    Bundle,
    CapabilityStatement,
    Communication,
    Composition,
    Condition,
    Device,
    DocumentReference,
    Encounter,
    Medication,
    MedicationRequest,
    MedicationStatement,
    Observation,
    OperationOutcome,
    Organization,
    Parameters,
    Patient,
    Practitioner,
    PractitionerRole,
    Procedure,
    RelatedPerson,
}

impl fmt::Debug for Resource {
    /// Only its type: it may be about a patient.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.resource_type())
    }
}

impl Datatype for Resource {
    fn from_value(value: Value) -> Result<Self, Value> {
        let Value::Object(mut map) = value else {
            return Err(value);
        };
        match map.remove("resourceType") {
            Some(Value::String(resource_type)) => match Self::reader(&resource_type) {
                Some(read) => read(Value::Object(map)),
                None => Ok(Self::Other(Other {
                    resource_type,
                    json: map,
                })),
            },
            _ => Err(Value::Object(map)),
        }
    }

    fn to_value(&self) -> Value {
        let (name, members) = self.members();
        let mut map = Map::new();
        map.push("resourceType", name.into());
        if let Value::Object(members) = members {
            map.members_mut().extend(members);
        }
        Value::Object(map)
    }

    fn print(&self, to: &mut Printer) {
        to.resource(
            self.resource_type(),
            |to| self.print_members(to),
            || self.to_value(),
        );
    }
}
