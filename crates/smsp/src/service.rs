//! `/smsp/scr`: the way in and out of every SCR mini service.
//!
//! A request is read (`reading`), its operation comes to a verdict, the verdict is settled
//! (`settling`: one commit; `repeating`: the same answer to a repetition), and the answer is
//! written (`writing`).

mod describing;
mod reading;
mod refusing;
mod repeating;
mod settling;
mod writing;

use std::sync::Arc;

use domain::code::smsp::ResponseCode;
use domain::identifier::MessageId;
use itk::envelope::Caller;
use itk::fault::Fault;
use jiff::Timestamp;
use sds::users::UserDirectory;
use store::{Store, StoreError};
use transport::{BoxFuture, Environment, Handler, Request, Response, Upstream};

use crate::config::SmspConfig;
use crate::registry::{AccessMethod, ClientRegistry, RegisteredClient};
use crate::trail::Trail;
use crate::upstream::Gateway;
use crate::users::{self, Professional};
use crate::verdict::{Answer, Verdict};
use crate::watched::Watched;
use crate::{
    create_ptv, get_consent, get_rbac_status, get_scr_status, query_ptv, query_scr,
    query_scr_activity, set_consent,
};
use refusing::refuse_at_the_door;

/// Where the service is.
const PATH: &str = "/smsp/scr";

/// The SCR mini services.
pub struct ScrService {
    pub(crate) config: SmspConfig,
    pub(crate) clients: ClientRegistry,
    pub(crate) users: UserDirectory,
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

/// What is asked.
enum What {
    Status(get_scr_status::Request),
    Rights,
    Permission(query_ptv::Request),
    Permit(create_ptv::Request),
    Record(query_scr::Request),
    Activity(query_scr_activity::Request),
    Consent(get_consent::Request),
    SetConsent(set_consent::Request),
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
        if let Some(described) = self.describe(&request) {
            return described;
        }
        if let Some(refused) = refuse_at_the_door(&request) {
            return refused;
        }
        let mut trail = Watched::new(Trail::new(&self.env, &request.peer), &self.store);
        let (asked, verdict) = match self.read(&request, &mut trail) {
            Ok(asked) => {
                let verdict = self.run(&mut trail, &asked).await;
                (Some(asked), verdict)
            }
            Err(refusal) => (None, refusal.into()),
        };
        self.settle(trail, asked.as_ref(), verdict).await
    }

    async fn run(&self, trail: &mut Trail, asked: &Asked) -> Verdict {
        match &asked.what {
            What::Status(what) => get_scr_status::run(self, trail, asked, what).await,
            What::Rights => get_rbac_status::run(self, trail, asked),
            What::Permission(what) => query_ptv::run(self, trail, asked, what).await,
            What::Permit(what) => create_ptv::run(self, trail, asked, what),
            What::Record(what) => query_scr::run(self, trail, asked, what).await,
            What::Activity(what) => query_scr_activity::run(self, trail, asked, what).await,
            What::Consent(what) => get_consent::run(self, trail, asked, what).await,
            What::SetConsent(what) => set_consent::run(self, trail, asked, what).await,
        }
    }

    /// The outcome as audit, log and metrics name it.
    fn outcome(&self, answer: &Answer) -> String {
        match answer {
            Answer::Content(_) => self.code(ResponseCode::Success).0.to_owned(),
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

    /// Checks the user of a request.
    pub(crate) fn professional(
        &self,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Professional, Answer> {
        let codes = &self.config.activities;
        let access = asked.client.access;
        match users::check(&self.users, &asked.caller, access, codes, asked.at) {
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

    /// As [`Self::professional`], for operations that a client without users may call without
    /// one. A user who is named must be known here too.
    pub(crate) fn professional_if_any(
        &self,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Option<Professional>, Answer> {
        let nobody = asked.client.access == AccessMethod::Unattended && asked.caller.user.is_none();
        match nobody {
            true => Ok(None),
            false => self.professional(trail, asked).map(Some),
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
            // What came back is not what was written.
            StoreError::Corrupt(_) => ResponseCode::ResponseValidation.into(),
            _ => ResponseCode::Failure.into(),
        }
    }
}

impl Handler for ScrService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.answer(request))
    }
}
