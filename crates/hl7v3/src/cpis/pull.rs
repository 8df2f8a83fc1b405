//! A local authority asks for its notices: ACCESS_TO_SERVICE (who looked) and INACTIVE_NHS_NUMBERS,
//! and their answers, REPC_IN000004GB01 and REPC_IN000005GB01.
//!
//! The requests are no HL7 V3 messages in the usual sense: they have neither transmission wrapper
//! nor control act, and their ASIDs stand in the SOAP header. Spine 2 reads an id, the authority
//! and a period (its CP-IS stylesheets); no schema of them or of the answers' wrappers is
//! published. The wrappers are written like that of REPC_IN000007GB01.

use domain::{Asid, Hl7Timestamp, MessageId, OdsCode};
use xml::ns::HL7;
use xml::{Document, Element, Writer};

use super::fault::{self, FaultKind, QueryFault};
use super::part::Faults;
use crate::issue::{Refusal, query_ack, read_issues};
use crate::lenient::path;
use crate::soap::{
    self, AnswerError, RequestParts, SoapFault, SpineAnswer, SpineRequest, read_response,
};
use crate::wrapper::{Outgoing, Transmission, party, write_parties, write_send};
use crate::{AnswerParts, Interaction, Invalid};

/// Which notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Notices {
    /// Who looked at what the authority uploaded.
    Accesses,
    /// Which of its NHS numbers went out of use.
    InactiveNumbers,
}

/// A request for notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// The request's own id.
    pub id: String,
    /// The authority.
    pub authority: OdsCode,
    /// What it is called, when it says so.
    pub name: Option<String>,
    /// The period: its start.
    pub low: Hl7Timestamp,
    /// Its end.
    pub high: Hl7Timestamp,
}

/// What asking for notices came to.
#[derive(Debug, Clone)]
pub enum Pulled<'d, 'i> {
    /// The payload.
    Notice(Element<'d, 'i>),
    /// There are none.
    Nothing,
    /// Refused, with reasons.
    Refused(Refusal),
    /// A SOAP fault.
    Fault(SoapFault),
}

impl Notices {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Accesses, Self::InactiveNumbers];

    /// The request for them.
    pub const fn request(self) -> Interaction {
        match self {
            Self::Accesses => Interaction::CpisAccessPull,
            Self::InactiveNumbers => Interaction::CpisInactivePull,
        }
    }

    /// Its answer.
    pub const fn answer(self) -> Interaction {
        match self {
            Self::Accesses => Interaction::CpisAccessNotice,
            Self::InactiveNumbers => Interaction::CpisInactiveNotice,
        }
    }

    /// Those that a request is for.
    pub fn of(interaction: Interaction) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|notices| notices.request() == interaction)
    }
}

/// Reads the element of a request, and tells all that is wrong with it at once.
pub fn read(message: Element<'_, '_>) -> Result<Pull, Vec<QueryFault>> {
    let mut faults = Faults::default();
    match read_pull(message, &mut faults) {
        Some(pull) if faults.0.is_empty() => Ok(pull),
        _ => Err(faults.0),
    }
}

fn read_pull(message: Element<'_, '_>, faults: &mut Faults) -> Option<Pull> {
    let authority = ["LocalAuthority"];
    let id = faults.attribute(message, &["id"], "root", "Message ID");
    let code = faults.attribute(message, &authority, "id", "Local Authority ID");
    let parsed = code.and_then(|code| OdsCode::parse(code).ok());
    if code.is_some() && parsed.is_none() {
        let place = "LocalAuthority/@id";
        faults.add(message, place, FaultKind::Invalid, "Local Authority ID");
    }
    let low = read_bound(message, "low", "Access Time Low", faults);
    let high = read_bound(message, "high", "Access Time High", faults);
    if let (Some(low), Some(high)) = (&low, &high)
        && low.first_instant() > high.last_instant()
    {
        let place = "AccessTime/@high";
        faults.add(message, place, FaultKind::Invalid, "Access Time High");
    }
    let name = path(message, &authority).and_then(|it| it.attribute("name"));
    Some(Pull {
        id: id?.to_owned(),
        authority: parsed?,
        name: name
            .filter(|name| !name.trim().is_empty())
            .map(str::to_owned),
        low: low?,
        high: high?,
    })
}

fn read_bound(
    message: Element<'_, '_>,
    bound: &str,
    field: &'static str,
    faults: &mut Faults,
) -> Option<Hl7Timestamp> {
    let value = faults.attribute(message, &["AccessTime"], bound, field)?;
    let time = Hl7Timestamp::parse(value).ok();
    if time.is_none() {
        let place = format!("AccessTime/@{bound}");
        faults.add(message, &place, FaultKind::Invalid, field);
    }
    time
}

/// Reads the request for notices that a message is.
pub fn read_request(request: &SpineRequest<'_, '_>) -> Result<(Notices, Pull), Invalid> {
    let notices = Notices::of(request.interaction)
        .ok_or_else(|| Invalid::new(fault::INVALID, "interaction"))?;
    let pull = read(request.message).map_err(|faults| {
        fault::invalid(&faults).unwrap_or_else(|| Invalid::new(fault::MISSING, "Message ID"))
    })?;
    Ok((notices, pull))
}

/// What stands for the wrapper: the id, and the ASIDs of the SOAP header, or, where there is none,
/// of the message itself, as [`write_bare`] writes them.
pub(crate) fn read_wrapper(
    message: Element<'_, '_>,
    interaction: Interaction,
    header: Option<(&Asid, &Asid)>,
) -> Result<Transmission, Invalid> {
    if !message.is(HL7, interaction.id()) {
        return Err(Invalid::new(
            "ErrorBase1732.INCONSISTENT_HL7_INTERACTION_ID",
            "interactionId",
        ));
    }
    let asid = |named: Option<&Asid>, name: &'static str, fault: &'static str| {
        let found = named.cloned().or_else(|| party(message, name));
        found.ok_or_else(|| Invalid::new(fault, name))
    };
    let receiver = asid(
        header.map(|(receiver, _)| receiver),
        "communicationFunctionRcv",
        "ErrorBase1732.INVALID_COMM_FUNC_RCV",
    )?;
    let sender = asid(
        header.map(|(_, sender)| sender),
        "communicationFunctionSnd",
        "ErrorBase1732.INVALID_COMM_FUNC_SND",
    )?;
    let pull = read(message).map_err(|faults| {
        fault::invalid(&faults).unwrap_or_else(|| Invalid::new(fault::MISSING, "Message ID"))
    })?;
    Ok(Transmission {
        id: MessageId::parse(&pull.id)
            .map_err(|_| Invalid::new("ErrorBase1732.INVALID_ID", "id/@root"))?,
        creation_time: None,
        version_code: None,
        receiver,
        sender,
    })
}

/// Writes a request in SOAP.
pub fn write_request(parts: &RequestParts<'_>, notices: Notices, pull: &Pull) -> Vec<u8> {
    soap::write_request(parts, notices.request(), |w| {
        write_message(w, notices, pull, |_| {});
    })
}

/// Writes a request alone, for ebXML. There the ASIDs have no header to stand in, so they stand
/// after its own parts.
pub fn write_bare(out: &Outgoing<'_>, notices: Notices, pull: &Pull) -> Vec<u8> {
    let mut w = Writer::with_capacity(1024);
    w.declaration();
    write_message(&mut w, notices, pull, |w| write_parties(w, out));
    w.finish()
}

fn write_message(
    w: &mut Writer,
    notices: Notices,
    pull: &Pull,
    addresses: impl FnOnce(&mut Writer),
) {
    let mut authority = vec![("id", pull.authority.as_str())];
    if let Some(name) = &pull.name {
        authority.push(("name", name));
    }
    let period = [("low", pull.low.as_str()), ("high", pull.high.as_str())];
    w.element(notices.request().id(), &[("xmlns", HL7)], |w| {
        w.empty("id", &[("root", &pull.id)]);
        w.empty("LocalAuthority", &authority);
        w.empty("AccessTime", &period);
        addresses(w);
    });
}

/// Writes the answer: the notice that `payload` writes, in its wrappers.
pub fn write_notice(
    parts: &AnswerParts<'_>,
    notices: Notices,
    payload: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    write_answer(parts, notices, "OK", |w| {
        w.element("subject", &[("typeCode", "SUBJ")], payload);
    })
}

/// Writes the answer when there are no notices: a notification of inactive numbers must name one.
pub fn write_nothing(parts: &AnswerParts<'_>, notices: Notices) -> Vec<u8> {
    write_answer(parts, notices, "NF", |_| {})
}

fn write_answer(
    parts: &AnswerParts<'_>,
    notices: Notices,
    code: &str,
    subject: impl FnOnce(&mut Writer),
) -> Vec<u8> {
    let interaction = notices.answer();
    soap::write_response(parts, interaction, 8192, |w| {
        write_send(w, interaction, &parts.outgoing(), None, |w| {
            subject(w);
            query_ack(w, code);
        });
    })
}

/// Reads the answer to a request for these notices, SOAP or bare. Its payload is read by
/// [`super::file`].
pub fn read_answer<'d, 'i>(
    doc: &'d Document<'i>,
    notices: Notices,
) -> Result<Pulled<'d, 'i>, AnswerError> {
    let message = match read_response(doc)? {
        SpineAnswer::Fault(fault) => return Ok(Pulled::Fault(fault)),
        SpineAnswer::Message(message) => message,
    };
    if message.interaction == notices.answer() {
        let subject = path(message.element, &["ControlActEvent", "subject"]);
        let payload = subject.and_then(|subject| subject.children().next());
        return Ok(payload.map_or(Pulled::Nothing, Pulled::Notice));
    }
    match message.interaction {
        Interaction::QueryFailed | Interaction::Acknowledgement => Ok(Pulled::Refused(Refusal {
            interaction: message.interaction,
            acknowledgement: message.acknowledgement.as_ref().map(|ack| ack.kind),
            issues: read_issues(message.element),
        })),
        other => Err(AnswerError::Unexpected(other.id())),
    }
}
