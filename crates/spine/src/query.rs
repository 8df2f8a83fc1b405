//! What is asked: the one place that knows which interactions this Spine answers, and by whom.

use domain::NhsNumber;
use hl7v3::acs::{self, HasQuery, PermissionsQuery};
use hl7v3::psis::event::{self as events, EventListQuery, EventQuery};
use hl7v3::psis::{self, DissentOverride, DocumentListQuery, DocumentQuery};
use hl7v3::relationship::{self, RelationshipQuery};
use hl7v3::{Interaction, Invalid, SpineRequest};
use jiff::Timestamp;
use store::{Store, StoreError};

use crate::answer::Answer;
use crate::permissions::SetRequest;
use crate::{document, document_list, event, event_list, permissions, relationships};

/// A request that passed every check of its interaction.
#[derive(Debug)]
pub(crate) enum Query {
    /// QUPC_IN160101UK05.
    List(DocumentListQuery),
    /// QUPC_IN160103UK05.
    Document(DocumentQuery),
    /// QUPC_IN180000UK04, QUPC_IN180000SM04.
    EventList(EventListQuery),
    /// QUPC_IN190000UK04.
    Event(EventQuery),
    /// GET_RESOURCE_PERMISSIONS_INUK01.
    Permissions(PermissionsQuery),
    /// HAS_RESOURCE_PERMISSIONS_INUK01.
    Has(HasQuery),
    /// SET_RESOURCE_PERMISSIONS_INUK01, which is no query: it changes something.
    Set(SetRequest),
    /// QUPC_IN010000UK32.
    Relationship(RelationshipQuery),
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
            Interaction::EventListQuery | Interaction::EventListQuerySm => {
                events::read_event_list_query(request).map(Self::EventList)
            }
            Interaction::EventQuery => events::read_event_query(request).map(Self::Event),
            Interaction::RelationshipQuery => {
                relationship::read_query(request).map(Self::Relationship)
            }
            _ => return None,
        };
        Some(read)
    }

    /// Whose record it is about.
    pub(crate) fn patient(&self) -> NhsNumber {
        match self {
            Self::List(query) => query.patient,
            Self::Document(query) => query.patient,
            Self::EventList(query) => query.patient,
            Self::Event(query) => query.patient,
            Self::Permissions(query) => query.patient,
            Self::Has(query) => query.patient,
            Self::Set(request) => request.patient(),
            Self::Relationship(query) => query.patient,
        }
    }

    /// Whether dissent is overridden, in queries that can.
    pub(crate) fn dissent_override(&self) -> Option<&DissentOverride> {
        match self {
            Self::List(query) => Some(&query.dissent_override),
            Self::Document(query) => Some(&query.dissent_override),
            Self::EventList(query) => Some(&query.dissent_override),
            Self::Event(query) => Some(&query.dissent_override),
            Self::Permissions(_) | Self::Has(_) | Self::Set(_) | Self::Relationship(_) => None,
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
            Self::EventList(query) => event_list::answer(store, &query).await,
            Self::Event(query) => event::answer(store, &query).await,
            Self::Permissions(query) => permissions::answer(store, query).await,
            Self::Has(query) => permissions::answer_has(store, query).await,
            Self::Set(request) => request.answer(store, now).await,
            Self::Relationship(query) => relationships::answer(store, query).await,
        }
    }
}
