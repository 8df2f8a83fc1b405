//! `/sync-service`: the plain HL7 V3 way in, for systems that speak the Spine's own messages.
//!
//! Five interactions are taken: the two PSIS document queries, and reading, testing and setting
//! consent. Who is calling is told by the same certificate and registry as for the mini services,
//! the person by the same directory, and who may see a record is the same decision
//! ([`crate::viewing`]). A message can claim nothing here: neither permission nor relationship
//! nor emergency, so only what is on record counts, and dissent is never overridden.
//!
//! The Spine is asked under a message id of our own, and what it says is passed on in an answer
//! whose ids and addresses belong to this exchange. Refusals take the interface's own form: a
//! failed query (QUQI), an acknowledgement (MCCI) or a SOAP fault.
//!
//! Architecture invariant: no answer leaves before its audit event is durable.

mod consent;
mod credentials;
mod reading;
mod reply;
mod settling;
mod views;

use std::sync::Arc;

use domain::identifier::MessageId;
use hl7v3::ReplyTo;
use hl7v3::acs::{HasQuery, PermissionsQuery, SetPermissions};
use hl7v3::psis::{DocumentListQuery, DocumentQuery};
use hl7v3::wrapper::Author;
use jiff::Timestamp;
use store::Commit;
use transport::{BoxFuture, Handler, Request, Response};

use crate::registry::RegisteredClient;
use crate::service::ScrService;
use crate::trail::Trail;
use crate::watched::Watched;
use reply::Reply;

/// Where the service is.
const PATH: &str = "/sync-service";
/// Where the mini services are, beside it.
const MINI_SERVICES: &str = "/smsp/scr";

/// The HL7 V3 services of the provider, beside the mini services.
pub struct Hl7Face {
    service: Arc<ScrService>,
    url: String,
}

/// A request that was read, from a client that may make it.
struct Asked {
    at: Timestamp,
    /// `wsa:MessageID`, without its prefix.
    message: MessageId,
    /// Its HL7 id.
    hl7_id: MessageId,
    client: Arc<RegisteredClient>,
    author: Option<Author>,
    what: What,
}

/// What is asked.
enum What {
    List(DocumentListQuery),
    Document(DocumentQuery),
    Consent(PermissionsQuery),
    Has(HasQuery),
    Set(SetPermissions),
}

/// What a request comes to.
struct Verdict {
    reply: Reply,
    /// What is to be recorded with it; the audit event is added later.
    effects: Commit,
    /// How to answer; absent when the request could not be read so far, and is a fault.
    reply_to: Option<ReplyTo>,
}

impl Hl7Face {
    /// The same provider, spoken to in HL7 V3.
    pub fn new(service: Arc<ScrService>) -> Self {
        let own = &service.provider.config.own_url;
        let host = own.strip_suffix(MINI_SERVICES).unwrap_or(own);
        let url = match host {
            "" => String::new(),
            host => format!("{host}{PATH}"),
        };
        Self { service, url }
    }

    async fn serve(&self, request: Request) -> Response {
        if let Some(refused) = refuse_at_the_door(&request) {
            return refused;
        }
        let trail = Trail::new(&self.service.provider.env, &request.peer);
        let mut trail = Watched::new(trail, &self.service.provider.store);
        let verdict = match self.read(&request, &mut trail) {
            Ok((reply_to, Ok(asked))) => {
                let (reply, effects) = self.answer(&mut trail, &asked).await;
                Verdict {
                    reply,
                    effects,
                    reply_to: Some(reply_to),
                }
            }
            Ok((reply_to, Err(invalid))) => Verdict {
                reply: Reply::invalid(&mut trail, reply_to.interaction, &invalid),
                effects: Commit::default(),
                reply_to: Some(reply_to),
            },
            Err(fault) => Verdict {
                reply: Reply::fault(&mut trail, *fault),
                effects: Commit::default(),
                reply_to: None,
            },
        };
        self.settle(trail, verdict).await
    }

    async fn answer(&self, trail: &mut Trail, asked: &Asked) -> (Reply, Commit) {
        let nothing = |reply| (reply, Commit::default());
        match &asked.what {
            What::List(query) => self.list(trail, asked, query).await,
            What::Document(query) => self.document(trail, asked, query).await,
            What::Consent(query) => nothing(self.consent(trail, asked, query).await),
            What::Has(query) => nothing(self.has(trail, asked, query).await),
            What::Set(permissions) => self.set(trail, asked, permissions).await,
        }
    }
}

impl Handler for Hl7Face {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}

/// What is no message to this service at all.
fn refuse_at_the_door(request: &Request) -> Option<Response> {
    if request.path != PATH {
        let text = "not found: the HL7 V3 services are at POST /sync-service\n";
        return Some(Response::text(404, text));
    }
    if request.method != "POST" {
        let refused = Response::text(405, "method not allowed: use POST\n");
        return Some(refused.with_header("Allow", "POST"));
    }
    None
}
