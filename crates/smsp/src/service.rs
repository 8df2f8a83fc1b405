//! `/smsp/scr`: the way in and out of every SCR mini service.

mod refusing;
mod writing;

use std::sync::Arc;

use domain::code::smsp::ResponseCode;
use domain::identifier::MessageId;
use itk::envelope::Caller;
use itk::fault::Fault;
use itk::scr::Operation;
use jiff::Timestamp;
use store::{Store, StoreError};
use transport::{BoxFuture, Environment, Handler, Request, Response, Upstream};

use crate::config::SmspConfig;
use crate::registry::{ClientRegistry, RegisteredClient};
use crate::trail::Trail;
use crate::upstream::Gateway;
use crate::users::{Professional, UserDirectory};
use crate::verdict::{Answer, Verdict};
use crate::{get_scr_status, query_scr};
use refusing::{bad_payload, denied, fault, no_caller, refuse_at_the_door, withheld};

/// Where the service is.
const PATH: &str = "/smsp/scr";

/// The SCR mini services.
pub struct ScrService {
    pub(crate) config: SmspConfig,
    clients: ClientRegistry,
    users: UserDirectory,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) spine: Gateway,
    pub(crate) env: Environment,
}

/// A request that was read, from a client that may make it.
pub(crate) struct Asked {
    pub(crate) at: Timestamp,
    /// `wsa:MessageID` as sent.
    pub(crate) message: MessageId,
    pub(crate) client: Arc<RegisteredClient>,
    pub(crate) caller: Caller,
    what: What,
}

enum What {
    Status(get_scr_status::Request),
    Record(query_scr::Request),
}

impl ScrService {
    /// The services for these clients and users, in front of this Spine.
    pub fn new(
        config: SmspConfig,
        clients: ClientRegistry,
        users: UserDirectory,
        store: Arc<dyn Store>,
        spine: Arc<dyn Upstream>,
        env: Environment,
    ) -> Self {
        let spine = Gateway::new(&config, spine, env.clone());
        Self {
            config,
            clients,
            users,
            store,
            spine,
            env,
        }
    }

    async fn answer(&self, request: Request) -> Response {
        if let Some(refused) = refuse_at_the_door(&request) {
            return refused;
        }
        let mut trail = Trail::new(&self.env, &request.peer);
        let verdict = match self.read(&request, &mut trail) {
            Ok(asked) => match &asked.what {
                What::Status(what) => get_scr_status::run(self, &mut trail, &asked, what).await,
                What::Record(what) => query_scr::run(self, &mut trail, &asked, what).await,
            },
            Err(refusal) => refusal.into(),
        };
        self.settle(&trail, verdict).await
    }

    /// Everything up to the payload's content. What is learnt goes on the trail at once, so that
    /// a refusal is audited with what is known.
    fn read(&self, request: &Request, trail: &mut Trail) -> Result<Asked, Answer> {
        let certificate = request.peer.certificate.as_deref();
        let client = self
            .clients
            .identify(certificate)
            .map_err(|why| denied(trail, why))?;
        trail.client = Some(Arc::clone(&client));

        let document = xml::Document::parse(&request.body)
            .map_err(|error| fault(trail, Fault::from(error)))?;
        trail.message =
            itk::request::message_id_of(&document).and_then(|id| MessageId::parse(&id).ok());
        let rules = itk::request::Rules {
            now: trail.at,
            skew: self.config.skew,
            soap_action: request.header("soapaction"),
            service: itk::SEND_RECV,
        };
        let read =
            itk::request::read(&document, &rules).map_err(|refused| fault(trail, refused))?;
        trail.message = Some(read.message_id.clone());
        trail.tracking = Some(read.envelope.tracking_id.clone());

        let caller = read
            .envelope
            .caller()
            .map_err(|why| no_caller(trail, why))?;
        trail.caller = Some(caller.clone());
        let sender = read.envelope.sender.as_deref();
        client
            .agrees(&read.username, &caller.organisation, sender)
            .map_err(|why| denied(trail, why))?;

        let operation = Operation::of(&read.envelope, &read.payload)
            .map_err(|refused| fault(trail, refused))?;
        trail.operation = Some(operation);
        client
            .may_call(operation)
            .map_err(|why| denied(trail, why))?;
        let what = match operation {
            Operation::GetScrStatus => {
                get_scr_status::Request::read(&read.payload).map(What::Status)
            }
            Operation::QueryScr => query_scr::Request::read(&read.payload).map(What::Record),
            other => return Err(fault(trail, other.not_offered())),
        };
        let what = what.map_err(|error| bad_payload(trail, error))?;
        Ok(Asked {
            at: trail.at,
            message: read.message_id,
            client,
            caller,
            what,
        })
    }

    /// Commits what the verdict entails together with its audit event, and only then answers.
    async fn settle(&self, trail: &Trail, verdict: Verdict) -> Response {
        let Verdict {
            mut answer,
            mut effects,
        } = verdict;
        effects
            .audit
            .push(trail.event(&self.outcome(&answer), answer.discloses()));
        if let Err(error) = self.store.commit(effects).await {
            tracing::error!(%error, operation = trail.name(), "audit failed, so the answer is withheld");
            answer = withheld(trail, &error);
        }
        let error_id = self.env.uuid();
        trail.log(&self.env, &self.outcome(&answer), &answer, &error_id);
        self.write(trail, &answer, &error_id)
    }

    /// The outcome as audit, log and metrics name it.
    fn outcome(&self, answer: &Answer) -> String {
        match answer {
            Answer::Status(_) | Answer::Record(_) => self.code(ResponseCode::Success).0.to_owned(),
            Answer::Code(code) => self.code(*code).0.to_owned(),
            Answer::Fault(fault) => match fault.code {
                Some(code) => format!("fault {}", code.code()),
                None => format!("fault {}", fault.kind.name()),
            },
        }
    }

    fn code(&self, code: ResponseCode) -> (&'static str, &'static str) {
        code.code_in(self.config.code_set)
    }

    /// Checks the user of a request. A client without users may leave the user out where the
    /// operation allows it; a user who is named must be known everywhere.
    pub(crate) fn professional(
        &self,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Professional, Answer> {
        let codes = &self.config.activities;
        match self
            .users
            .check(&asked.caller, asked.client.access, codes, asked.at)
        {
            Ok(professional) => {
                trail.professional = Some(professional.clone());
                Ok(professional)
            }
            Err(why) => {
                trail.note(format!("credentials: {why}"));
                Err(ResponseCode::AuthorCredentials.into())
            }
        }
    }

    /// The answer when the store could not be read.
    pub(crate) fn store_failed(&self, trail: &mut Trail, error: &StoreError) -> Answer {
        trail.note(format!("store: {error}"));
        tracing::error!(%error, "the store could not be read");
        match error {
            StoreError::Busy | StoreError::Full => {
                Fault::retryable("the service is busy; send the request again later").into()
            }
            _ => ResponseCode::Failure.into(),
        }
    }
}

impl Handler for ScrService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.answer(request))
    }
}
