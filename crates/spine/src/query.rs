//! What is asked: the one place that knows which interactions this Spine answers, and by whom.

use domain::NhsNumber;
use hl7v3::acs::{self, HasQuery, PermissionsQuery};
use hl7v3::psis::{self, DissentOverride, DocumentListQuery, DocumentQuery};
use hl7v3::{Interaction, Invalid, SpineRequest};
use jiff::Timestamp;
use store::{Store, StoreError};

use crate::answer::Answer;
use crate::permissions::SetRequest;
use crate::{document, document_list, permissions};

/// A request that passed every check of its interaction.
#[derive(Debug)]
pub(crate) enum Query {
    /// QUPC_IN160101UK05.
    List(DocumentListQuery),
    /// QUPC_IN160103UK05.
    Document(DocumentQuery),
    /// GET_RESOURCE_PERMISSIONS_INUK01.
    Permissions(PermissionsQuery),
    /// HAS_RESOURCE_PERMISSIONS_INUK01.
    Has(HasQuery),
    /// SET_RESOURCE_PERMISSIONS_INUK01, which is no query: it changes something.
    Set(SetRequest),
}

impl Query {
    /// Reads the query of a request; `None` when its interaction is not answered here.
    pub(crate) fn read(request: &SpineRequest<'_, '_>) -> Option<Result<Self, Invalid>> {
        let read = match request.interaction {
            Interaction::DocumentListQuery => psis::read_list_query(request).map(Self::List),
            Interaction::DocumentQuery => psis::read_document_query(request).map(Self::Document),
            Interaction::PermissionsQuery => acs::read_query(request).map(Self::Permissions),
            Interaction::HasPermissions => acs::read_has(request).map(Self::Has),
            Interaction::SetPermissions => SetRequest::read(request).map(Self::Set),
            _ => return None,
        };
        Some(read)
    }

    /// Whose record it is about.
    pub(crate) fn patient(&self) -> NhsNumber {
        match self {
            Self::List(query) => query.patient,
            Self::Document(query) => query.patient,
            Self::Permissions(query) => query.patient,
            Self::Has(query) => query.patient,
            Self::Set(request) => request.patient(),
        }
    }

    /// Whether dissent is overridden, in queries that can.
    pub(crate) fn dissent_override(&self) -> Option<&DissentOverride> {
        match self {
            Self::List(query) => Some(&query.dissent_override),
            Self::Document(query) => Some(&query.dissent_override),
            Self::Permissions(_) | Self::Has(_) | Self::Set(_) => None,
        }
    }

    /// Answers it from what is stored.
    pub(crate) async fn answer(
        self,
        store: &dyn Store,
        now: Timestamp,
    ) -> Result<Answer, StoreError> {
        match self {
            Self::List(query) => document_list::answer(store, &query).await,
            Self::Document(query) => document::answer(store, &query).await,
            Self::Permissions(query) => permissions::answer(store, query).await,
            Self::Has(query) => permissions::answer_has(store, query).await,
            Self::Set(request) => request.answer(store, now).await,
        }
    }
}
