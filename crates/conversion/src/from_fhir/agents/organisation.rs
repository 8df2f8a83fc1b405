//! Organisations: those that people act for, and those that act themselves.

use fhir::{Identifier, Organization, PractitionerRole, system};
use hl7v3::gp_summary::model::{
    Agent, AgentOrg, AgentOrgSds, AgentPerson, Code, Id, Name, Organisation, OrganisationSds,
};

use super::parts::{address, telecom};
use crate::codes;
use crate::from_fhir::resources::{Found, Led, literal};
use crate::from_fhir::work::Work;

/// An organisation in one of its two forms.
pub(super) enum Form {
    /// Known to the directory.
    Sds(OrganisationSds),
    /// Not known to it.
    Plain(Box<Organisation>),
}

impl<'a> Work<'a, '_> {
    /// Puts in the organisation that somebody acts for. `None` when that is refused.
    pub(super) fn represent(
        &mut self,
        agent: &mut AgentPerson,
        role: Found<'a, PractitionerRole>,
    ) -> Option<()> {
        let is_needed = self.is_compatible();
        if role.resource.organization.is_none() && !is_needed {
            return Some(());
        }
        let found = self.organisation_of(role)?;
        let organisation = found.resource;
        let mut addresses = organisation.address.iter();
        let profile = self.profile;
        let mut next_address = || addresses.next().and_then(|it| address(it, profile));
        let (own, of_agent) = match organisation.address.len() {
            0 | 1 => (None, next_address()),
            _ => (next_address(), next_address()),
        };
        // Nationally, the first address counts.
        let (own, of_agent) = match is_needed && own.is_some() {
            true => (None, own),
            false => (own, of_agent),
        };
        agent.address = of_agent;
        let telecoms = organisation.telecom.iter();
        agent.telecoms = telecoms.map(|contact| telecom(contact, profile)).collect();
        match self.form(found)? {
            Some(Form::Sds(sds)) => agent.organisation_sds = Some(sds),
            Some(Form::Plain(mut plain)) => {
                plain.address = own;
                agent.organisation = Some(*plain);
            }
            None => {}
        }
        Some(())
    }

    /// The organisation of a role.
    pub(super) fn organisation_of(
        &mut self,
        role: Found<'a, PractitionerRole>,
    ) -> Option<Found<'a, Organization>> {
        let text = literal(role.resource.organization.as_ref()).unwrap_or_default();
        let place = role.path("organization");
        match self.resources.lead(text) {
            Led::To(organisation) => Some(organisation),
            Led::OtherType => {
                let rule = format!(
                    "Invalid resource reference. {text} expected to be referencing Organization"
                );
                self.national(&place, rule);
                None
            }
            Led::Nowhere => {
                let id = role.resource.id.as_deref().unwrap_or_default();
                let rule = format!(
                    "Bundle is missing Organization {text} that is linked to PractitionerRole {id}"
                );
                self.national(&place, rule);
                None
            }
        }
    }

    /// The form of an organisation; the outer `None` when it is refused, the inner when there is
    /// nothing to say of it.
    pub(super) fn form(&mut self, found: Found<'_, Organization>) -> Option<Option<Form>> {
        let organisation = found.resource;
        let name = organisation.name.as_deref().map(Name::text);
        if let Some(kind) = kind(organisation) {
            return Some(Some(Form::Plain(Box::new(Organisation {
                id: self.plain_id(organisation),
                code: Some(Code::plain(kind)),
                name,
                ..Organisation::default()
            }))));
        }
        let identifier = match self.is_compatible() {
            true => organisation.identifier.first(),
            false => self.known_identifier(found),
        };
        let Some(identifier) = identifier else {
            let is_worth_it = name.is_some() && !self.is_compatible();
            return Some(is_worth_it.then(|| {
                Form::Plain(Box::new(Organisation {
                    name,
                    ..Organisation::default()
                }))
            }));
        };
        let is_ods = identifier.system.as_deref() == Some(system::ODS);
        if identifier.value.is_none() && is_ods {
            let place = found.path("identifier");
            self.national(&place, "Organization.identifier.value element is missing");
            return None;
        }
        Some(Some(Form::Sds(OrganisationSds {
            id: Some(Id {
                root: Some(root(identifier)),
                extension: identifier.value.clone(),
                ..Id::default()
            }),
            name,
            ..OrganisationSds::default()
        })))
    }

    /// Nationally the URL of the system stands for its OID.
    fn plain_id(&self, organisation: &Organization) -> Option<Id> {
        let identifier = organisation.identifier.first()?;
        let value = identifier.value.as_deref()?;
        match self.is_compatible() {
            true => {
                let root = identifier.system.as_deref().unwrap_or_default();
                Some(Id::of(root, value))
            }
            false => Some(Id::of(&root(identifier), value)),
        }
    }

    /// The first identifier whose system is known.
    fn known_identifier<'o>(&mut self, found: Found<'o, Organization>) -> Option<&'o Identifier> {
        let is_known = |identifier: &&Identifier| match identifier.system.as_deref() {
            None | Some(system::ODS) => true,
            Some(other) => codes::system_to_v3(other).is_some(),
        };
        let mut identifiers = found.resource.identifier.iter();
        let known = identifiers.find(is_known);
        if known.is_none() && !found.resource.identifier.is_empty() {
            let rule = "An identifier of an organisation that is neither an ODS code nor of a known numbering is not carried over";
            self.note(&found.path("identifier"), rule);
        }
        known
    }

    /// An organisation that acts itself, in a role where there is one.
    pub(super) fn acting_organisation(
        &mut self,
        found: Found<'a, Organization>,
        role: Option<Found<'a, PractitionerRole>>,
    ) -> Option<Agent> {
        let organisation = found.resource;
        let form = self.form(found)?;
        let code = role.and_then(|role| self.job_role(role, codes::ORGANISATION_ROLE_OID));
        if let (Some(Form::Sds(sds)), None) = (&form, &code) {
            return Some(Agent::OrganisationSds(Box::new(AgentOrgSds {
                organisation: Some(sds.clone()),
                ..AgentOrgSds::default()
            })));
        }
        let profile = self.profile;
        let mut addresses: Vec<_> = organisation
            .address
            .iter()
            .filter_map(|it| address(it, profile))
            .collect();
        let mut agent = AgentOrg {
            code,
            address: addresses.pop(),
            ..AgentOrg::default()
        };
        let telecoms = organisation.telecom.iter();
        agent.telecoms = telecoms.map(|contact| telecom(contact, profile)).collect();
        match form {
            Some(Form::Plain(mut plain)) => {
                plain.address = addresses.pop();
                agent.organisation = Some(*plain);
            }
            Some(Form::Sds(sds)) => agent.represented_sds = Some(sds),
            None => {}
        }
        Some(Agent::Organisation(Box::new(agent)))
    }
}

/// What kind of organisation it is.
pub(super) fn kind(organisation: &Organization) -> Option<&str> {
    let coding = organisation.r#type.first()?.coding.first()?;
    coding.code.as_deref()
}

/// The OID that an identifier's number belongs to: ODS codes have one, work groups the other.
pub(super) fn root(identifier: &Identifier) -> String {
    match identifier.system.as_deref() {
        Some(system::ODS) => domain::oid::ODS.to_owned(),
        Some(other) => {
            let known = codes::system_to_v3(other);
            known.unwrap_or_else(|| domain::oid::SDS_WORK_GROUP.to_owned())
        }
        None => domain::oid::SDS_WORK_GROUP.to_owned(),
    }
}
