//! Asking the Spine: on the connection, or by a message whose answer comes as one (`post`).

mod post;

use std::sync::Arc;
use std::time::Duration;

use domain::identifier::Asid;
use hl7v3::Interaction;
use hl7v3::cpis::query;
use hl7v3::cpis::reply::{self, Reply};
use mhs::Correlation;
use store::StoreError;
use transport::{Environment, Upstream};
use xml::Document;

use super::Asked;
use crate::config::SmspConfig;
use crate::provider::Provider;
use crate::trail::Trail;
use crate::upstream::{Gateway, Sender, SpineFailure, parse};
use post::Post;

pub(crate) use post::is_given_up;

/// The service of CP-IS queries, in full.
pub(crate) const SERVICE: &str = "urn:nhs:names:services:cpisquery";

/// How the Spine is asked.
pub enum CpisUpstream {
    /// In synchronous SOAP: the answer comes on the connection.
    Sync(Arc<dyn Upstream>),
    /// By a reliable ebXML message: it is put in the outbox of the lane [`crate::LANE`], for a
    /// [`mhs::Courier`] to send under the contract for `urn:nhs:names:services:cpisquery`.
    Async {
        /// Where its answer comes to: of [`crate::inbound`].
        answers: Correlation,
        /// For how long it is waited for, in all; after that the query is not sent any more either.
        within: Duration,
    },
}

/// The way to the Spine.
pub(super) enum Way {
    Sync(Gateway),
    Async {
        answers: Correlation,
        within: Duration,
        spine: Asid,
    },
}

impl Way {
    pub(super) fn new(config: &SmspConfig, upstream: CpisUpstream, env: &Environment) -> Self {
        match upstream {
            CpisUpstream::Sync(upstream) => {
                Self::Sync(Gateway::of_cpis(config, upstream, env.clone()))
            }
            CpisUpstream::Async { answers, within } => Self::Async {
                answers,
                within,
                spine: config.cpis_asid().clone(),
            },
        }
    }

    /// Asks a query, as the client's system. The error outside is our own store's.
    pub(super) async fn ask(
        &self,
        provider: &Provider,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Result<Reply, SpineFailure>, StoreError> {
        match self {
            Self::Sync(gateway) => Ok(on_connection(gateway, trail, asked).await),
            Self::Async {
                answers,
                within,
                spine,
            } => {
                let post = Post {
                    provider,
                    answers,
                    within: *within,
                    spine,
                };
                post.ask(trail, asked).await
            }
        }
    }
}

/// QUPC_IN000006GB01 in SOAP. It may be sent twice: the Spine knows the message by its id, and the
/// access by the query's.
async fn on_connection(
    gateway: &Gateway,
    trail: &mut Trail,
    asked: &Asked,
) -> Result<Reply, SpineFailure> {
    let sender = Sender {
        asid: &asked.client.asid,
        // No smartcard is needed; the query has an author of its own.
        author: None,
    };
    let question = gateway.question(sender, Interaction::CpisQuery, |parts| {
        query::write_request(parts, &asked.what)
    });
    let body = gateway.ask(&question, &mut trail.spine_messages).await?;
    let document = parse(&body)?;
    question.check_related(&document)?;
    read(&document)
}

fn read(document: &Document<'_>) -> Result<Reply, SpineFailure> {
    Ok(reply::read(document)?)
}
