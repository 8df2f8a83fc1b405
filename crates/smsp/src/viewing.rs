//! Looking at a record: what decides whether it is shown, and what follows when it is.
//!
//! Both ways in share this, the mini service querySCR and the plain HL7 V3 queries. Neither has
//! an `if` of its own about who may see what: they gather what the request claims and what is on
//! record, `domain::access` decides, and what the decision entails is one commit.

use domain::access::{
    self, AccessFacts, AccessOutcome, Grant, PermissionFact, Refusal, RelationshipFact,
};
use domain::activity::ScrAccess;
use domain::consent::ConsentSetting;
use domain::identifier::MessageId;
use domain::nhs_number::NhsNumber;
use domain::permission::{PermissionSource, PermissionToView, Relationship};
use jiff::Timestamp;
use store::{Commit, Standing, Store, StoreError};

use crate::alert;
use crate::permission::Term;
use crate::registry::RegisteredClient;
use crate::service::ScrService;
use crate::upstream::{SpineFailure, SpineRefusal};
use crate::users::Professional;

/// One attempt of one care professional to see one patient's record.
#[derive(Clone, Copy)]
pub(crate) struct Viewing<'a> {
    pub(crate) at: Timestamp,
    /// The message that asks, as it names itself.
    pub(crate) message: &'a MessageId,
    pub(crate) client: &'a RegisteredClient,
    pub(crate) who: &'a Professional,
    pub(crate) patient: NhsNumber,
    pub(crate) claim: Claim<'a>,
}

/// What the request says for itself. By default nothing: then only what is on record counts.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Claim<'a> {
    /// The patient gives permission now, for this term.
    pub(crate) permission: Option<Term>,
    /// A legitimate relationship is claimed.
    pub(crate) relationship: bool,
    /// The patient cannot be asked, and why.
    pub(crate) emergency: Option<&'a str>,
}

impl Viewing<'_> {
    /// The permissions and the relationship on record.
    pub(crate) async fn standing(&self, store: &dyn Store) -> Result<Standing, StoreError> {
        let holder = self.who.holder.clone();
        store.standing(self.patient, holder, self.at).await
    }

    /// Whether anything refuses that is known before the Spine has been asked for the consent.
    pub(crate) fn admit(&self, standing: &Standing) -> Result<(), Refusal> {
        match access::decide(&self.facts(standing, None)) {
            AccessOutcome::Refused(refusal) => Err(refusal),
            AccessOutcome::NeedsConsent | AccessOutcome::Granted(_) => Ok(()),
        }
    }

    /// The decision, the patient's consent being known.
    pub(crate) fn decide(
        &self,
        standing: &Standing,
        consent: ConsentSetting,
    ) -> Result<Grant, Refusal> {
        match access::decide(&self.facts(standing, Some(consent))) {
            AccessOutcome::Granted(grant) => Ok(grant),
            AccessOutcome::Refused(refusal) => Err(refusal),
            // Cannot be, with a consent that is known; unknown consent permits nothing.
            AccessOutcome::NeedsConsent => Err(Refusal::Consent),
        }
    }

    fn facts(&self, standing: &Standing, consent: Option<ConsentSetting>) -> AccessFacts {
        let mut recorded = standing.permissions.iter();
        let holds = recorded.any(|permission| permission.holds_at(self.at));
        AccessFacts {
            rights: self.who.rights,
            relationship: match (&standing.relationship, self.claim.relationship) {
                (Some(_), _) => RelationshipFact::Recorded,
                (None, true) => RelationshipFact::SelfClaimed,
                (None, false) => RelationshipFact::None,
            },
            // What is given now counts first, because it is to be recorded.
            permission: match (self.claim.permission, holds) {
                (Some(_), _) => PermissionFact::GivenNow,
                (None, true) => PermissionFact::Recorded,
                (None, false) => PermissionFact::None,
            },
            emergency: self.claim.emergency.is_some(),
            consent,
        }
    }

    /// The path of a decision to grant, for the audit.
    pub(crate) fn path(&self, standing: &Standing, grant: &Grant) -> String {
        let facts = self.facts(standing, None);
        format!(
            "granted: {:?}, relationship {:?}, permission {:?}",
            grant.grounds, facts.relationship, facts.permission
        )
    }

    /// What follows from showing the record: a line of the access log always, and what the grant
    /// says is to be recorded and raised. `None` only if an alert could not be written; then the
    /// record is not shown.
    pub(crate) fn effects(
        &self,
        service: &ScrService,
        standing: &Standing,
        grant: &Grant,
    ) -> Option<Commit> {
        let alerts = alert::raised_by(grant.records_relationship, self.claim.emergency.is_some());
        let (outbox, messages) = alert::raise(service, self, &alerts)?;
        Some(Commit {
            permissions: self.permission(standing, grant).into_iter().collect(),
            relationships: self.relationship(grant).into_iter().collect(),
            accesses: vec![self.access()],
            outbox,
            messages,
            ..Commit::default()
        })
    }

    fn permission(&self, standing: &Standing, grant: &Grant) -> Option<PermissionToView> {
        let term = self.claim.permission.filter(|_| grant.records_permission)?;
        // One that adds nothing to those on record would only make their list longer.
        let mut recorded = standing.permissions.iter();
        if recorded.any(|permission| term.is_covered_by(permission)) {
            return None;
        }
        Some(PermissionToView {
            patient: self.patient,
            holder: self.who.holder.clone(),
            from: term.from,
            until: term.until,
            source: PermissionSource::QueryScr,
            message: self.message.clone(),
        })
    }

    fn relationship(&self, grant: &Grant) -> Option<Relationship> {
        grant.records_relationship.then(|| Relationship {
            patient: self.patient,
            holder: self.who.holder.clone(),
            since: self.at,
            message: self.message.clone(),
        })
    }

    fn access(&self) -> ScrAccess {
        let holder = &self.who.holder;
        ScrAccess {
            at: self.at,
            organisation: holder.organisation.clone(),
            organisation_name: self.client.organisation_name.clone(),
            patient: self.patient,
            user: holder.user.clone(),
            role_profile: holder.role_profile.clone(),
            user_name: self.who.name.clone(),
            emergency: self.claim.emergency.map(str::to_owned),
            message: self.message.clone(),
        }
    }
}

/// What was listed, and what that says of consent. The Spine itself refuses the list of a patient
/// who dissents, so a list is consent enough.
pub(crate) fn consent_of<T: Default>(
    listed: Result<T, SpineFailure>,
) -> Result<(T, ConsentSetting), SpineFailure> {
    match listed {
        Ok(listed) => Ok((listed, ConsentSetting::Ask)),
        Err(SpineFailure::Refused(SpineRefusal::Dissent)) => Ok((T::default(), ConsentSetting::No)),
        Err(failure) => Err(failure),
    }
}
