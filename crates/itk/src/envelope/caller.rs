//! From audit identities to a [`Caller`].

use domain::{JobRole, OdsCode, RoleProfileId, SdsUserId, oid};

use super::{Caller, DistributionEnvelope};

/// The prefix of a Toolkit identity of the ODS naming authority.
const ODS_IDENTITY: &str = "urn:nhs-uk:identity:ods:";
/// The prefix of a Toolkit address of the ODS naming authority.
const ODS_ADDRESS: &str = "urn:nhs-uk:addressing:ods:";

/// Why the audit identities name no caller.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallerError {
    /// No identity names an organisation.
    #[error("no audit identity names an organisation (urn:nhs-uk:identity:ods:ORG)")]
    NoOrganisation,
    /// A value has not the shape of its kind.
    #[error("an audit identity is malformed: {0}")]
    Malformed(#[from] domain::IdentifierError),
    /// Two identities name different things of one kind.
    #[error("the audit identities name two different {0}s")]
    Conflict(&'static str),
}

impl DistributionEnvelope {
    /// Who is calling, by the audit identities:
    /// `urn:nhs-uk:identity:ods:ORG[:USER]` with a 12-digit USER, and the OID-typed ids of user
    /// (1.2.826.0.1285.0.2.0.65), role profile (…0.67) and job role (1.2.826.0.1285.0.2.1.104).
    /// A user may be named in both ways, but then it must be the same.
    pub fn caller(&self) -> Result<Caller, CallerError> {
        let mut organisation = None;
        let mut user = None;
        let mut role_profile = None;
        let mut job_role = None;
        for identity in &self.identities {
            let uri = identity.uri.as_str();
            match identity.oid.as_deref() {
                None | Some(oid::ITK_IDENTITY) => {
                    let Some(path) = uri.strip_prefix(ODS_IDENTITY) else {
                        continue;
                    };
                    let mut tokens = path.split(':');
                    let ods = OdsCode::parse(tokens.next().unwrap_or_default())?;
                    agree(&mut organisation, ods, "organisation")?;
                    // The rest of a local path may be anything; a user id is 12 digits.
                    if let Some(id) = tokens.next().and_then(|id| SdsUserId::parse(id).ok()) {
                        agree(&mut user, id, "user")?;
                    }
                }
                Some(oid::SDS_USER) => agree(&mut user, SdsUserId::parse(uri)?, "user")?,
                Some(oid::SDS_ROLE_PROFILE) => {
                    agree(
                        &mut role_profile,
                        RoleProfileId::parse(uri)?,
                        "role profile",
                    )?;
                }
                Some(oid::SDS_JOB_ROLE) => agree(&mut job_role, JobRole::parse(uri)?, "job role")?,
                Some(_) => {}
            }
        }
        let organisation = organisation.ok_or(CallerError::NoOrganisation)?;
        Ok(Caller {
            organisation,
            user,
            role_profile,
            job_role,
        })
    }

    /// The ODS code of `senderAddress`, when it is an ODS address.
    pub fn sender_organisation(&self) -> Option<OdsCode> {
        let path = self.sender.as_deref()?.strip_prefix(ODS_ADDRESS)?;
        OdsCode::parse(path.split(':').next()?).ok()
    }
}

fn agree<T: PartialEq>(
    known: &mut Option<T>,
    value: T,
    kind: &'static str,
) -> Result<(), CallerError> {
    if known.as_ref().is_some_and(|known| *known != value) {
        return Err(CallerError::Conflict(kind));
    }
    *known = Some(value);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Identity;

    fn envelope(identities: &[(&str, &str)]) -> DistributionEnvelope {
        let of = |(oid, uri): &(&str, &str)| Identity {
            oid: Some((*oid).to_owned()).filter(|oid| !oid.is_empty()),
            uri: (*uri).to_owned(),
        };
        DistributionEnvelope {
            service: crate::SEND_RECV.into(),
            tracking_id: domain::MessageId::parse("X").expect("an id"),
            identities: identities.iter().map(of).collect(),
            sender: Some("urn:nhs-uk:addressing:ods:rke:ward".into()),
            addresses: Vec::new(),
            interaction: None,
            profile_id: String::new(),
            payload_id: String::new(),
        }
    }

    fn check(identities: &[(&str, &str)], expected: Result<(&str, &str, &str, &str), &str>) {
        let text = |t: Option<String>| t.unwrap_or_default();
        let caller = envelope(identities).caller().map(|c| {
            (
                c.organisation.to_string(),
                text(c.user.map(Into::into)),
                text(c.role_profile.map(Into::into)),
                text(c.job_role.map(Into::into)),
            )
        });
        let expected = expected.map(|(a, b, c, d)| (a.into(), b.into(), c.into(), d.into()));
        assert_eq!(
            caller.map_err(|e| e.to_string()),
            expected.map_err(str::to_owned)
        );
    }

    const TOOLKIT: &str = "urn:nhs-uk:identity:ods:RKE:112233445566";

    #[test]
    fn identities_name_the_caller() {
        check(&[("", TOOLKIT)], Ok(("RKE", "112233445566", "", "")));
        check(
            &[(oid::ITK_IDENTITY, "urn:nhs-uk:identity:ods:RKE")],
            Ok(("RKE", "", "", "")),
        );
        check(
            &[("", "urn:nhs-uk:identity:ods:RKE:ward:7")],
            Ok(("RKE", "", "", "")),
        );
        check(
            &[
                (oid::SDS_ROLE_PROFILE, "212233445566"),
                ("", TOOLKIT),
                (oid::SDS_USER, "112233445566"),
                (oid::SDS_JOB_ROLE, "S0080:G0450:R5080"),
            ],
            Ok(("RKE", "112233445566", "212233445566", "S0080:G0450:R5080")),
        );
        check(
            &[("", TOOLKIT), ("1.2.3", "whatever")],
            Ok(("RKE", "112233445566", "", "")),
        );
    }

    #[test]
    fn missing_malformed_and_conflicting_identities_are_refused() {
        let none = "no audit identity names an organisation (urn:nhs-uk:identity:ods:ORG)";
        check(&[], Err(none));
        check(&[("", "urn:nhs-uk:identity:cfh:nic")], Err(none));
        check(&[(oid::SDS_USER, "112233445566")], Err(none));
        check(
            &[("", TOOLKIT), (oid::SDS_USER, "1")],
            Err("an audit identity is malformed: an SDS user id must be 12 digits"),
        );
        check(
            &[("", TOOLKIT), (oid::SDS_USER, "999999999999")],
            Err("the audit identities name two different users"),
        );
        check(
            &[("", TOOLKIT), ("", "urn:nhs-uk:identity:ods:RAL")],
            Err("the audit identities name two different organisations"),
        );
    }

    #[test]
    fn the_sender_address_names_an_organisation() {
        assert_eq!(
            envelope(&[]).sender_organisation(),
            OdsCode::parse("RKE").ok()
        );
    }
}
