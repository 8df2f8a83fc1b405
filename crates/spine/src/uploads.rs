//! GP Summaries that come in, and their withdrawal: REPC_IN150015UK05, REPC_IN150016UK05 (SM05),
//! REPC_IN150017UK02 and REPC_IN150018UK02.
//!
//! One [`take`] for every transport. It decides on one reading of the patient's record and gives
//! everything that is to be written, on the condition that the record still is as it was read, and
//! the application acknowledgement that goes with it. Whoever calls it adds what its transport
//! needs (the memory of the message, its records, audit, the way of the answer) to
//! [`Taken::commit`], its own memory of the message first, and commits it all in one. When that
//! finds a precondition broken, somebody was faster: `take` again, with that precondition as
//! [`Attempt::overtaken`], at most [`ATTEMPTS`] times in all.

mod decide;
mod effects;
mod once;
mod taken;

pub(crate) use taken::Taken;

use domain::code::psis::{self, Issue};
use hl7v3::upload::{Refused, Upload};
use hl7v3::withdrawal::Withdrawal;
use hl7v3::{Interaction, Invalid, ReplyTo, SpineRequest, upload, withdrawal};
use jiff::SignedDuration;
use sds::Own;
use store::{Precondition, SeenKey, Store, StoreError};
use transport::Environment;

use crate::scenario::ScenarioPack;

use decide::{Decision, Refusal};
use once::Once;

/// How often a message is decided anew when others change meanwhile what it was decided on. Each
/// time somebody else has succeeded, so it takes as many at once to run out of attempts.
pub(crate) const ATTEMPTS: usize = 20;

/// How long a message's id is remembered. Longer than any contract's persist duration, because a
/// sender that was down for a weekend may come back with what it could not settle.
pub(crate) const REMEMBERED: SignedDuration = SignedDuration::from_hours(5 * 24);

/// Where messages are decided.
#[derive(Clone, Copy)]
pub(crate) struct Desk<'a> {
    /// What is stored.
    pub(crate) store: &'a dyn Store,
    /// Clock and ids.
    pub(crate) env: &'a Environment,
    /// Who we are.
    pub(crate) own: &'a Own,
    /// Whether a GP Summary that names no document it replaces is refused while the patient has a
    /// current one.
    pub(crate) strict_versions: bool,
    /// The published trigger NHS numbers, if they are on.
    pub(crate) scenarios: Option<ScenarioPack>,
}

/// One attempt at a message.
#[derive(Clone, Copy)]
pub(crate) struct Attempt<'a> {
    /// The key under which the transport remembers the message. That it is unseen is the caller's
    /// own implied precondition.
    pub(crate) key: &'a SeenKey,
    /// The precondition that the attempt before found broken.
    pub(crate) overtaken: Option<&'a Precondition>,
}

/// Decides an upload or a withdrawal. Who sent it and that it is for us has been checked.
pub(crate) async fn take(
    desk: Desk<'_>,
    request: &SpineRequest<'_, '_>,
    attempt: Attempt<'_>,
) -> Result<Taken, StoreError> {
    let once = Once::of(request, attempt.key);
    if attempt.overtaken.is_some_and(|broken| once.is(broken)) {
        let refusal = Refusal::new(
            vec![psis::duplicate_message()],
            "the HL7 message id was used before",
        );
        return Ok(Taken::refused(desk, &request.reply_to(), refusal));
    }
    let mut taken = match request.interaction {
        Interaction::WithdrawInitialSummary | Interaction::WithdrawSummary => {
            take_withdrawal(desk, request, attempt.overtaken).await?
        }
        _ => take_upload(desk, request, attempt.overtaken).await?,
    };
    once.remember(&mut taken.commit, desk.env.now());
    Ok(taken)
}

/// What becomes of a message that breaks a rule of its interaction.
pub(crate) fn invalid(desk: Desk<'_>, reply_to: &ReplyTo, invalid: &Invalid) -> Taken {
    let issues = invalid.issues_for(reply_to.interaction);
    Taken::refused(desk, reply_to, Refusal::new(issues, invalid.to_string()))
}

/// What becomes of a message that is refused for these reasons, the general one first. `why` is
/// for the audit.
pub(crate) fn refused(
    desk: Desk<'_>,
    reply_to: &ReplyTo,
    issues: Vec<Issue>,
    why: impl Into<String>,
) -> Taken {
    Taken::refused(desk, reply_to, Refusal::new(issues, why))
}

async fn take_upload(
    desk: Desk<'_>,
    request: &SpineRequest<'_, '_>,
    overtaken: Option<&Precondition>,
) -> Result<Taken, StoreError> {
    let reply_to = request.reply_to();
    let upload: Upload<'_, '_> = match upload::read(request) {
        Ok(upload) => upload,
        Err(Refused::Invalid(error)) => return Ok(invalid(desk, &reply_to, &error)),
        Err(Refused::UnknownEventType(code)) => {
            let issue = psis::pattern_not_found(&code);
            let refusal = Refusal::inconsistent(issue, "the document's code is not known");
            return Ok(Taken::refused(desk, &reply_to, refusal));
        }
    };
    let patient = upload.header.patient;
    if let Some(issue) = desk.scenarios.and_then(|pack| pack.upload(&patient)) {
        let refusal = Refusal::new(vec![issue], "a scenario of the test harnesses");
        let taken = Taken::refused(desk, &reply_to, refusal);
        return Ok(Taken {
            patient: Some(patient),
            ..taken
        });
    }
    let record = desk.store.patient_record(patient, None).await?;
    let decision = decide::upload(&upload.header, &record, desk.strict_versions, overtaken);
    let mut taken = match decision {
        Decision::Done(replaced) => effects::store(desk, &reply_to, &upload, &record, &replaced),
        Decision::Refused(refusal) => Taken::refused(desk, &reply_to, refusal),
    };
    taken.patient = Some(patient);
    Ok(taken)
}

async fn take_withdrawal(
    desk: Desk<'_>,
    request: &SpineRequest<'_, '_>,
    overtaken: Option<&Precondition>,
) -> Result<Taken, StoreError> {
    let reply_to = request.reply_to();
    let withdrawal: Withdrawal = match withdrawal::read(request) {
        Ok(withdrawal) => withdrawal,
        Err(error) => return Ok(invalid(desk, &reply_to, &error)),
    };
    let patient = withdrawal.patient;
    let record = desk.store.patient_record(patient, None).await?;
    let event = effects::withdrawing(&withdrawal, &request.transmission.id);
    let known = overtaken == Some(&Precondition::MessageUnseen(event.clone()));
    let mut taken = match decide::withdrawal(&withdrawal, &record.documents, known) {
        Decision::Done(target) => effects::withdraw(desk, &reply_to, &withdrawal, target, event),
        Decision::Refused(refusal) => Taken::refused(desk, &reply_to, refusal),
    };
    taken.patient = Some(patient);
    Ok(taken)
}
