//! `/smsp/scr`: the way in and out of every SCR mini service.
//!
//! What is theirs between the stations that every request passes ([`crate::provider`]): the
//! payloads, one module per operation, and what a repetition gets (`repeating`).

mod reading;
mod repeating;
mod writing;

use std::sync::Arc;

use domain::code::smsp::ResponseCode;
use itk::envelope::DistributionEnvelope;
use itk::fault::Fault;
use itk::scr::Operation;
use sds::users::UserDirectory;
use store::{Store, StoreError};
use transport::{BoxFuture, Environment, Handler, Request, Response, Upstream};
use xml::{Element, Writer};

use crate::config::SmspConfig;
use crate::face::{self, Face, First, Place, Said};
use crate::provider::{self, Provider};
use crate::registry::{AccessMethod, ClientRegistry};
use crate::remembered::Remembered;
use crate::trail::Trail;
use crate::upstream::Gateway;
use crate::users::{self, Professional};
use crate::verdict::{Answer, Content, Verdict};
use crate::{
    create_ptv, get_consent, get_rbac_status, get_scr_status, query_ptv, query_scr,
    query_scr_activity, set_consent,
};

/// Where the service is.
const PATH: &str = "/smsp/scr";

/// The SCR mini services.
pub struct ScrService {
    pub(crate) provider: Provider,
    pub(crate) spine: Gateway,
}

/// A request that was read, from a client that may make it.
pub(crate) type Asked = face::Asked<What>;

/// What is asked.
pub(crate) enum What {
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
        let provider = Provider {
            config,
            clients,
            users,
            store,
            env,
        };
        Self { provider, spine }
    }

    /// Checks the user of a request.
    pub(crate) fn professional(
        &self,
        trail: &mut Trail,
        asked: &Asked,
    ) -> Result<Arc<Professional>, Answer> {
        let codes = &self.provider.config.activities;
        let access = asked.client.access;
        match users::check(&self.provider.users, &asked.caller, access, codes, asked.at) {
            Ok(professional) => {
                let professional = Arc::new(professional);
                trail.professional = Some(Arc::clone(&professional));
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
    ) -> Result<Option<Arc<Professional>>, Answer> {
        let nobody = asked.client.access == AccessMethod::Unattended && asked.caller.user.is_none();
        match nobody {
            true => Ok(None),
            false => self.professional(trail, asked).map(Some),
        }
    }

    /// The answer when the store could not be read.
    pub(crate) fn store_failed(&self, trail: &mut Trail, error: &StoreError) -> Answer {
        provider::store_failed(trail, error)
    }
}

impl Face for ScrService {
    type Operation = Operation;
    type What = What;
    type Content = Content;
    type Code = ResponseCode;
    type Remembered = Remembered;

    fn provider(&self) -> &Provider {
        &self.provider
    }

    fn place(&self) -> Place<'_> {
        Place {
            face: itk::Face::Scr,
            path: PATH,
            url: &self.provider.config.own_url,
        }
    }

    fn operation(
        envelope: &DistributionEnvelope,
        payload: &Element<'_, '_>,
    ) -> Result<Operation, Fault> {
        Operation::of(envelope, payload)
    }

    fn what(
        &self,
        trail: &mut Trail,
        operation: Operation,
        payload: &Element<'_, '_>,
    ) -> Result<What, Answer> {
        reading::what(operation, payload).map_err(|error| reading::bad_payload(trail, error))
    }

    fn asks_the_spine(what: &What) -> bool {
        match what {
            What::Status(_) | What::Record(_) | What::Consent(_) | What::SetConsent(_) => true,
            What::Rights | What::Permission(_) | What::Permit(_) | What::Activity(_) => false,
        }
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

    fn code(&self, code: ResponseCode) -> (&'static str, &'static str) {
        code.code_in(self.provider.config.code_set)
    }

    fn discloses(content: &Content) -> bool {
        content.discloses()
    }

    fn remember(answer: &Answer) -> Option<Remembered> {
        Remembered::of(answer)
    }

    fn is_claim(remembered: &Remembered) -> bool {
        remembered.is_claim()
    }

    async fn again(
        &self,
        trail: &mut Trail,
        asked: Option<&Asked>,
        fresh: Answer,
        first: First<Remembered>,
    ) -> Answer {
        self.first_answer(trail, asked, fresh, first).await
    }

    fn payload(&self, w: &mut Writer, said: &Said<'_, Self>) {
        writing::payload(w, said, self.code(said.code));
    }
}

impl Handler for ScrService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(provider::serve(self, request))
    }
}
