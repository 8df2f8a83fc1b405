//! Who takes part in an entry, and how.

use super::agent::Agent;
use super::data::{Code, Period};
use super::node::{OwnName, node};

/// In which way somebody or something takes part: the element that says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Role {
    /// `author`.
    #[default]
    Author,
    /// `informant`.
    Informant,
    /// `performer`.
    Performer,
    /// `participant`.
    Participant,
    /// `location`: which place.
    Location,
    /// `location1`: what kind of place.
    ServiceLocation,
    /// `receiver`.
    Receiver,
    /// `responsibleParty`.
    Responsible,
    /// `product`.
    Product,
}

const ROLES: [(Role, &str, &str); 9] = [
    (Role::Author, "author", "AUT"),
    (Role::Informant, "informant", "INF"),
    (Role::Performer, "performer", "PRF"),
    (Role::Participant, "participant", "PART"),
    (Role::Location, "location", "LOC"),
    (Role::ServiceLocation, "location1", "LOC"),
    (Role::Receiver, "receiver", "RCV"),
    (Role::Responsible, "responsibleParty", "RESP"),
    (Role::Product, "product", "PRD"),
];

impl Role {
    /// The element's name.
    pub fn element(self) -> &'static str {
        self.row().1
    }

    fn row(self) -> (Self, &'static str, &'static str) {
        let mut rows = ROLES.into_iter();
        rows.find(|row| row.0 == self).unwrap_or(ROLES[0])
    }
}

impl OwnName for Role {
    fn of(name: &str) -> Option<Self> {
        let mut rows = ROLES.into_iter();
        rows.find(|row| row.1 == name).map(|row| row.0)
    }

    fn name(&self) -> &str {
        self.element()
    }
}

node! {
    /// Somebody's or something's part in an entry.
    Participation {
        own {
            /// In which way.
            role: Role
        }
        attributes {
            /// The same as a code: `AUT`; of participants, which kind.
            type_code = "typeCode",
            /// `OP`.
            context_control = "contextControlCode",
        }
        children {
            /// When.
            time: Option<Period> = "time",
            /// How: `WRITTEN`, `VERBAL`.
            mode: Option<Code> = "modeCode",
            /// Who or what.
            agent: Option<Agent> = "*",
        }
    }
}

impl Participation {
    /// A part, with the attributes the schemas want.
    pub fn new(role: Role, time: Option<Period>, agent: Agent) -> Self {
        Self {
            role,
            type_code: Some(role.row().2.to_owned()),
            context_control: Some("OP".to_owned()),
            time,
            agent: Some(agent),
            ..Self::default()
        }
    }

    /// Who wrote it, and when.
    pub fn author(time: &str, agent: Agent) -> Self {
        Self::new(Role::Author, Some(Period::at(time)), agent)
    }
}
