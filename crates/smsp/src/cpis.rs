//! `/smsp/cpis`: the mini service of Child Protection - Information Sharing (CP-IS).
//!
//! One operation: which plans are there of this NHS number, whom to call, and who looked. It is for
//! unscheduled care only, so every query counts: the Spine keeps it in the access history and tells
//! the local authority of it, under the id, the time and the author that the client wrote. Those go
//! on as they came. What may be asked is decided in this order: the envelope (`provider`), the
//! payload (`reading`), the author (`author`), the patient, and then the Spine is asked (`spine`).
//!
//! Architecture invariant: no answer of CP-IS is kept. A repetition asks again, under the same query
//! id, so that it leaves no second access; and nothing about a child is in a log.

mod author;
pub(crate) mod config;
mod judging;
mod reading;
mod remembered;
mod scripted;
mod spine;

use std::sync::Arc;

use domain::code::cpis::ResponseCode;
use domain::{Hl7Timestamp, NhsNumber};
use hl7v3::cpis::answer::{self, Answer as Record};
use hl7v3::cpis::query::Query;
use hl7v3::cpis::reply::Reply;
use itk::cpis::Operation;
use itk::envelope::DistributionEnvelope;
use itk::fault::Fault;
use jiff::Timestamp;
use sds::users::UserDirectory;
use store::Store;
use transport::{BoxFuture, Environment, Handler, Request, Response};
use xml::{Element, Writer};

use crate::config::SmspConfig;
use crate::face::{self, AnswerOf, Face, First, Place, Said};
use crate::outcome::{self, Code};
use crate::provider::{self, Provider, store_failed};
use crate::registry::ClientRegistry;
use crate::trail::Trail;
use crate::upstream::SpineFailure;
use remembered::Remembered;
use spine::Way;

pub use spine::CpisUpstream;
pub(crate) use spine::{SERVICE, is_given_up};

/// Where the service is.
const PATH: &str = "/smsp/cpis";

/// The CP-IS mini service.
pub struct CpisService {
    provider: Provider,
    spine: Way,
}

/// A query that was read, from a client that may make it.
type Asked = face::Asked<Query>;
/// What is answered.
type Answer = outcome::Answer<Found, ResponseCode>;
/// What a query comes to.
type Verdict = outcome::Verdict<Found, ResponseCode>;

/// What an answer with SMSP-0000 says.
pub(crate) struct Found(Box<Record>);

impl CpisService {
    /// The service for these clients and users, in front of this Spine. What it has in common with
    /// [`crate::ScrService`] (registry, directory, store) may be the same.
    pub fn new(
        config: SmspConfig,
        clients: ClientRegistry,
        users: UserDirectory,
        store: Arc<dyn Store>,
        upstream: CpisUpstream,
        env: Environment,
    ) -> Self {
        let spine = Way::new(&config, upstream, &env);
        let provider = Provider {
            config,
            clients,
            users,
            store,
            env,
        };
        Self { provider, spine }
    }

    /// The checks that need no Spine.
    async fn admit(&self, trail: &mut Trail, asked: &Asked) -> Result<(), Answer> {
        self.check_author(trail, asked)?;
        self.trace(trail, asked.what.patient).await
    }

    fn check_author(&self, trail: &mut Trail, asked: &Asked) -> Result<(), Answer> {
        let rules = author::Rules {
            config: &self.provider.config,
            users: &self.provider.users,
            now: asked.at,
        };
        rules
            .check(&asked.what.author, &asked.client, &asked.caller)
            .map_err(|why| {
                trail.note(format!("author: {why}"));
                ResponseCode::AuthorCredentials.into()
            })
    }

    /// Whether there is such a patient, as far as anybody is known here.
    async fn trace(&self, trail: &mut Trail, patient: NhsNumber) -> Result<(), Answer> {
        if !self.provider.config.cpis.trace {
            return Ok(());
        }
        let store = self.provider.store.as_ref();
        let known = async {
            match store.knows_people().await? {
                true => store.person(patient).await.map(|person| person.is_some()),
                // Where nobody is known, nobody can be traced.
                false => Ok(true),
            }
        };
        match known.await {
            Ok(true) => Ok(()),
            Ok(false) => {
                trail.note("no such patient");
                Err(ResponseCode::NoSuchPatient.into())
            }
            Err(error) => Err(store_failed(trail, &error)),
        }
    }

    /// What the Spine's answer comes to.
    fn judge(
        &self,
        trail: &mut Trail,
        query: &Query,
        reply: Result<Reply, SpineFailure>,
    ) -> Answer {
        match reply {
            Ok(Reply::Found(mut record)) => {
                let same_id = self.provider.config.cpis.same_query_id;
                if let Err(why) = judging::belongs(&record, query, same_id) {
                    return failed(trail, &SpineFailure::unusable(why));
                }
                record.complete(query.patient);
                let (records, accesses) = (record.records.len(), record.accesses.len());
                trail.note(format!("records {records}, accesses {accesses}"));
                Answer::Content(Found(record))
            }
            Ok(Reply::NoRecord(_)) => {
                trail.note("no record");
                ResponseCode::NoRecord.into()
            }
            Ok(Reply::Refused(refusal)) => failed(trail, &SpineFailure::from(refusal)),
            Ok(Reply::Fault(fault)) => failed(trail, &SpineFailure::from(fault)),
            Err(failure) => failed(trail, &failure),
        }
    }
}

/// The answer when the Spine did not give what was asked for. Whatever is no answer of a Spine's at
/// all (no connection, HTTP 4xx or 5xx without SOAP) is SMSP-0004: it was not reached.
fn failed(trail: &mut Trail, failure: &SpineFailure) -> Answer {
    trail.spine_failed(failure);
    match failure {
        SpineFailure::Unreachable(_) | SpineFailure::Elsewhere(_) => ResponseCode::NoSpine,
        SpineFailure::Unusable(_) => ResponseCode::ResponseValidation,
        SpineFailure::Refused(_) | SpineFailure::Message(_) | SpineFailure::Query(_) => {
            ResponseCode::SpineService
        }
    }
    .into()
}

/// A time as these payloads have it: with its zone.
fn time(now: Timestamp) -> Hl7Timestamp {
    let text = now.strftime("%Y%m%d%H%M%S+0000").to_string();
    Hl7Timestamp::parse(&text).unwrap_or_else(|_| Hl7Timestamp::from_instant(now))
}

impl Code for ResponseCode {
    const SUCCESS: Self = Self::Success;
    const RESPONSE: Self = Self::ResponseValidation;
    const FAILURE: Self = Self::Failure;
}

impl From<ResponseCode> for Answer {
    fn from(code: ResponseCode) -> Self {
        Self::Code(code)
    }
}

impl Handler for CpisService {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(provider::serve(self, request))
    }
}

impl Face for CpisService {
    type Operation = Operation;
    type What = Query;
    type Content = Found;
    type Code = ResponseCode;
    type Remembered = Remembered;

    fn provider(&self) -> &Provider {
        &self.provider
    }

    fn place(&self) -> Place<'_> {
        Place {
            face: itk::Face::Cpis,
            path: PATH,
            url: &self.provider.config.cpis.own_url,
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
    ) -> Result<Query, Answer> {
        match operation {
            Operation::Query => {
                reading::query(trail, *payload, self.provider.config.cpis.check_digit)
            }
        }
    }

    fn asks_the_spine(_: &Query) -> bool {
        true
    }

    async fn run(&self, trail: &mut Trail, asked: &Asked) -> Verdict {
        if self.provider.config.cpis.scenarios
            && let Some(code) = scripted::code(asked.what.patient)
        {
            trail.note(scripted::STEP);
            return Answer::Code(code).into();
        }
        if let Err(refused) = self.admit(trail, asked).await {
            return refused.into();
        }
        match self.spine.ask(&self.provider, trail, asked).await {
            Ok(reply) => self.judge(trail, &asked.what, reply).into(),
            Err(error) => store_failed::<Found, ResponseCode>(trail, &error).into(),
        }
    }

    fn code(&self, code: ResponseCode) -> (&'static str, &'static str) {
        code.code()
    }

    fn discloses(_: &Found) -> bool {
        true
    }

    fn remember(answer: &Answer) -> Option<Remembered> {
        Remembered::of(answer)
    }

    fn is_claim(_: &Remembered) -> bool {
        false
    }

    async fn again(
        &self,
        _: &mut Trail,
        _: Option<&Asked>,
        fresh: Answer,
        first: First<Remembered>,
    ) -> AnswerOf<Self> {
        first.remembered.answer().unwrap_or(fresh)
    }

    fn payload(&self, w: &mut Writer, said: &Said<'_, Self>) {
        match said.content {
            Some(Found(record)) => answer::write_payload(w, record, Some(said.code)),
            None => {
                // What is refused unread has no id of its own to go under.
                let id = said.trail.query.as_deref().unwrap_or(said.id);
                answer::write_failure(w, id, &time(self.provider.env.now()), said.code);
            }
        }
    }
}
