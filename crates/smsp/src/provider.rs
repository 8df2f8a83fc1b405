//! What the mini services have in common: who may call, and the stations of every request.
//!
//! A request is read (`reading`), is refused before the Spine is asked if its ids are another's
//! (`repeating`), its face comes to a verdict ([`Face::run`]), the verdict is settled (`settling`: one commit; `repeating`: what a
//! repetition gets), and the answer is written (`writing`). None of the stations knows what the service is about.

mod describing;
mod reading;
mod refusing;
mod repeating;
mod settling;
mod writing;

use std::borrow::Cow;
use std::sync::Arc;

use itk::fault::Fault;
use sds::users::UserDirectory;
use store::{Store, StoreError};
use transport::{Environment, Request, Response};

use crate::config::SmspConfig;
use crate::face::Face;
use crate::outcome::{Answer, Code};
use crate::registry::ClientRegistry;
use crate::trail::Trail;
use crate::watched::Watched;
use refusing::refuse_at_the_door;

pub(crate) use refusing::fault;

/// Somebody who provides mini services.
pub(crate) struct Provider {
    pub(crate) config: SmspConfig,
    pub(crate) clients: ClientRegistry,
    pub(crate) users: UserDirectory,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) env: Environment,
}

/// Takes a request through all its stations.
pub(crate) async fn serve<F: Face>(face: &F, request: Request) -> Response {
    let provider = face.provider();
    let place = face.place();
    if let Some(described) = provider.describe(place, &request) {
        return described;
    }
    if let Some(refused) = refuse_at_the_door(place, &request) {
        return refused;
    }
    let trail = Trail::new(&provider.env, &request.peer);
    let mut trail = Watched::new(trail, &provider.store);
    let mut operation = None;
    let (asked, verdict) = match provider.read(face, &request, &mut trail, &mut operation) {
        Ok(asked) => {
            let verdict = match provider.is_new::<F>(&mut trail, &asked.what).await {
                Ok(()) => face.run(&mut trail, &asked).await,
                Err(refusal) => refusal.into(),
            };
            (Some(asked), verdict)
        }
        Err(refusal) => (None, refusal.into()),
    };
    provider
        .settle(face, trail, operation, asked.as_ref(), verdict)
        .await
}

/// The answer when the store could not be read.
pub(crate) fn store_failed<T, C: Code>(trail: &mut Trail, error: &StoreError) -> Answer<T, C> {
    trail.note(format!("store: {error}"));
    tracing::error!(%error, "the store could not be read");
    match error {
        StoreError::Busy | StoreError::Full => {
            Fault::retryable("the service is busy; send the request again later").into()
        }
        // What came back is not what was written.
        StoreError::Corrupt(_) => Answer::Code(C::RESPONSE),
        _ => Answer::Code(C::FAILURE),
    }
}

/// The outcome of an answer as audit, log and metrics name it.
fn outcome<F: Face>(face: &F, answer: &crate::face::AnswerOf<F>) -> Cow<'static, str> {
    match answer {
        Answer::Content(_) => face.code(F::Code::SUCCESS).0.into(),
        Answer::Code(code) => face.code(*code).0.into(),
        Answer::Fault(fault) => match fault.code {
            Some(code) => format!("fault {}", code.code()).into(),
            None => format!("fault {}", fault.kind.name()).into(),
        },
    }
}
