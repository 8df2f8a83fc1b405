//! Failures on demand: what a client must survive, rehearsed.
//!
//! [`FaultInjection`] stands around the services of a Spine and lets answers come late, broken or
//! not at all; asynchronous answers come late, twice or only at a second try
//! ([`FaultPlan::schedule`]). Nothing of this exists unless a plan is configured. Then a fault is
//! asked for by the header `X-Minispine-Fault` of a request, or by a rule about an NHS number that
//! stands anywhere in its body; what chance decides follows from the plan's seed, in the order in
//! which requests come.
//!
//! A request that a fault keeps from its service changes nothing and is not on audit. A fault of
//! the answer ([`Fault::DropAnswer`], [`Fault::Malformed`], [`Fault::Truncate`]) comes after the
//! request has had its whole effect: that is the case that a client's repetition is for.

mod plan;
mod rule;

pub use plan::FaultPlan;
pub use rule::{Fault, FaultError, FaultRule, LONGEST_DELAY, Rehearsed, ReplyFault};

use std::sync::Arc;

use hl7v3::SoapFault;
use transport::{BoxFuture, Handler, Request, Response};

use crate::answer::fault_response;

/// The request header that asks for faults: `delay=500ms, drop-answer`.
pub const HEADER: &str = "X-Minispine-Fault";

/// A handler whose requests and answers meet the faults of a plan.
pub struct FaultInjection {
    plan: FaultPlan,
    inner: Arc<dyn Handler>,
}

impl FaultInjection {
    /// Stands around `inner`.
    pub fn new(plan: FaultPlan, inner: Arc<dyn Handler>) -> Self {
        Self { plan, inner }
    }

    async fn serve(&self, request: Request) -> Response {
        let faults = match self.plan.faults(&request) {
            Ok(faults) => faults,
            Err(error) => return Response::text(400, format!("{HEADER}: {error}\n")),
        };
        for fault in &faults {
            note(fault);
            match fault {
                Fault::Delay(time) => tokio::time::sleep(*time).await,
                Fault::Drop => return Response::dropped(),
                Fault::SoapFault => {
                    let fault = SoapFault::processing("a failure is rehearsed");
                    return fault_response(&fault);
                }
                Fault::Status(status) => {
                    return Response::text(*status, "a failure is rehearsed\n");
                }
                Fault::DropAnswer | Fault::Malformed | Fault::Truncate => {}
            }
        }
        let answer = self.inner.handle(request).await;
        faults.iter().fold(answer, spoilt)
    }
}

impl Handler for FaultInjection {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }
}

fn spoilt(answer: Response, fault: &Fault) -> Response {
    match fault {
        Fault::DropAnswer => Response::dropped(),
        Fault::Malformed => malformed(answer),
        Fault::Truncate => {
            let half = answer.body.len() / 2;
            answer.cut_after(half)
        }
        _ => answer,
    }
}

/// The last end tag becomes that of another element.
fn malformed(mut answer: Response) -> Response {
    let end = answer.body.windows(2).rposition(|two| two == b"</");
    let kept = answer.body.get(..end.unwrap_or(answer.body.len()));
    let mut body = kept.unwrap_or_default().to_vec();
    body.extend_from_slice(b"</rehearsed>");
    answer.body = body.into();
    answer
}

fn note(fault: &Fault) {
    metrics::counter!("minispine_faults_rehearsed_total", "fault" => fault.name()).increment(1);
    tracing::warn!(fault = fault.name(), "a failure is rehearsed");
}
