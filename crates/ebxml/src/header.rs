//! `eb:MessageHeader` and the two elements beside it.

use domain::{MessageId, PartyKey};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use xml::{Element, Writer, XmlError, ns};

use crate::names::{EB, NEXT, NEXT_MSH, PARTY_TYPE, TO_PARTY_MSH, TO_PARTY_MSH_MISSPELT, VERSION};

/// Whose acknowledgment is wanted, or given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// The final receiver's: `toPartyMSH`.
    ToParty,
    /// The next message handler's: `nextMSH`.
    Next,
}

impl Actor {
    /// Its name on the wire.
    pub const fn urn(self) -> &'static str {
        match self {
            Self::ToParty => TO_PARTY_MSH,
            Self::Next => NEXT_MSH,
        }
    }

    /// The actor of a name; the misspelling that directory data carries is understood.
    pub fn of(urn: &str) -> Option<Self> {
        match urn {
            TO_PARTY_MSH | TO_PARTY_MSH_MISSPELT => Some(Self::ToParty),
            NEXT_MSH => Some(Self::Next),
            _ => None,
        }
    }
}

/// Who says what to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageHeader {
    /// The sender.
    pub from_party: PartyKey,
    /// The receiver.
    pub to_party: PartyKey,
    /// The agreement between the two.
    pub cpa_id: String,
    /// The conversation: that of the message it answers, else usually the message's own id.
    pub conversation: String,
    /// The service, in full.
    pub service: String,
    /// The action: of business messages the interaction.
    pub action: String,
    /// Its id.
    pub message_id: MessageId,
    /// When it was sent. In answers of the Spine it is the time of the message answered, so
    /// nothing may be concluded from it.
    pub timestamp: Timestamp,
    /// The message it answers.
    pub ref_to: Option<MessageId>,
    /// Whether the receiver must do nothing twice.
    pub duplicate_elimination: bool,
    /// Whether an acknowledgment is wanted, and whose. One wanted of an actor nobody knows is
    /// wanted of nobody here.
    pub ack_requested: Option<Actor>,
    /// Whether signals come back on the same connection.
    pub sync_reply: bool,
}

/// The order in which the two attributes every header element has are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    MustUnderstandFirst,
    VersionFirst,
}

impl MessageHeader {
    /// Writes it with the elements beside it. `soap` is the prefix of SOAP names.
    pub(crate) fn write(&self, w: &mut Writer, soap: &str, order: Order) {
        let must = format!("{soap}:mustUnderstand");
        let actor = format!("{soap}:actor");
        let both = match order {
            Order::MustUnderstandFirst => [(must.as_str(), "1"), ("eb:version", VERSION)],
            Order::VersionFirst => [("eb:version", VERSION), (must.as_str(), "1")],
        };
        w.element("eb:MessageHeader", &both, |w| self.content(w));
        if let Some(who) = self.ack_requested {
            let wanted = (actor.as_str(), who.urn());
            let signed = ("eb:signed", "false");
            let last = match order {
                Order::MustUnderstandFirst => [signed, wanted],
                Order::VersionFirst => [wanted, signed],
            };
            w.empty("eb:AckRequested", &[both[0], both[1], last[0], last[1]]);
        }
        if self.sync_reply {
            w.empty("eb:SyncReply", &[both[0], both[1], (actor.as_str(), NEXT)]);
        }
    }

    fn content(&self, w: &mut Writer) {
        write_party(w, "eb:From", &self.from_party);
        write_party(w, "eb:To", &self.to_party);
        w.text_element("eb:CPAId", &[], &self.cpa_id);
        w.text_element("eb:ConversationId", &[], &self.conversation);
        w.text_element("eb:Service", &[], &self.service);
        w.text_element("eb:Action", &[], &self.action);
        w.element("eb:MessageData", &[], |w| {
            w.text_element("eb:MessageId", &[], self.message_id.as_str());
            w.text_element("eb:Timestamp", &[], &written(self.timestamp));
            if let Some(ref_to) = &self.ref_to {
                w.text_element("eb:RefToMessageId", &[], ref_to.as_str());
            }
        });
        if self.duplicate_elimination {
            w.empty("eb:DuplicateElimination", &[]);
        }
    }

    /// Reads it from a SOAP header: everything that says who, what and when is there once, and not
    /// blank.
    pub(crate) fn read(soap_header: Element<'_, '_>) -> Result<Self, XmlError> {
        let header = soap_header.one(EB, "MessageHeader")?;
        let data = header.one(EB, "MessageData")?;
        // Flags given twice or wrongly are for the rules of the pattern, which have names for them.
        let ack_requested = soap_header.child(EB, "AckRequested");
        Ok(Self {
            from_party: read_party(header.one(EB, "From")?)?,
            to_party: read_party(header.one(EB, "To")?)?,
            cpa_id: text(header, "CPAId")?,
            conversation: text(header, "ConversationId")?,
            service: text(header, "Service")?,
            action: text(header, "Action")?,
            message_id: message_id(data, "MessageId")?,
            timestamp: timestamp(data)?,
            ref_to: match data.optional(EB, "RefToMessageId")? {
                Some(_) => Some(message_id(data, "RefToMessageId")?),
                None => None,
            },
            duplicate_elimination: header.child(EB, "DuplicateElimination").is_some(),
            ack_requested: ack_requested.and_then(|element| read_actor(element).ok()),
            sync_reply: soap_header.child(EB, "SyncReply").is_some(),
        })
    }
}

pub(crate) fn write_party(w: &mut Writer, name: &str, party: &PartyKey) {
    w.element(name, &[], |w| {
        w.text_element("eb:PartyId", &[("eb:type", PARTY_TYPE)], party.as_str());
    });
}

fn read_party(element: Element<'_, '_>) -> Result<PartyKey, XmlError> {
    let id = element.one(EB, "PartyId")?;
    PartyKey::parse(id.text().trim()).map_err(|rule| id.error(rule.to_string()))
}

/// The actor of an element; one without an attribute means the final receiver, as in the
/// standard.
pub(crate) fn read_actor(element: Element<'_, '_>) -> Result<Actor, XmlError> {
    match element.attribute_ns(ns::SOAP11, "actor") {
        None => Ok(Actor::ToParty),
        Some(urn) => Actor::of(urn.trim())
            .ok_or_else(|| element.error("attribute actor is neither toPartyMSH nor nextMSH")),
    }
}

/// The text of the only element of this name, which must not be blank.
pub(crate) fn text(parent: Element<'_, '_>, name: &str) -> Result<String, XmlError> {
    let element = parent.one(EB, name)?;
    match element.text().trim() {
        "" => Err(element.error(format!("element {name} is blank"))),
        text => Ok(text.to_owned()),
    }
}

pub(crate) fn message_id(parent: Element<'_, '_>, name: &str) -> Result<MessageId, XmlError> {
    let id = text(parent, name)?;
    MessageId::parse(&id).map_err(|rule| parent.error(format!("element {name}: {rule}")))
}

/// `eb:Timestamp` as it is met: with an offset, or without one in UK local time.
pub(crate) fn timestamp(parent: Element<'_, '_>) -> Result<Timestamp, XmlError> {
    let written = text(parent, "Timestamp")?;
    read_timestamp(&written).ok_or_else(|| parent.error("element Timestamp is not a date and time"))
}

/// When a message ends, if it says so: `eb:MessageData/eb:TimeToLive`.
pub(crate) fn time_to_live(soap_header: Element<'_, '_>) -> Result<Option<Timestamp>, XmlError> {
    let header = soap_header.one(EB, "MessageHeader")?;
    let data = header.one(EB, "MessageData")?;
    let Some(element) = data.optional(EB, "TimeToLive")? else {
        return Ok(None);
    };
    let read = read_timestamp(element.text().trim());
    let rule = "element TimeToLive is not a date and time";
    read.map(Some).ok_or_else(|| element.error(rule))
}

fn read_timestamp(written: &str) -> Option<Timestamp> {
    if let Ok(instant) = written.parse::<Timestamp>() {
        return Some(instant);
    }
    let local: DateTime = written.parse().ok()?;
    // The time zone data are part of the program: UTC never has to stand in.
    let uk = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    Some(local.to_zoned(uk).ok()?.timestamp())
}

/// An instant as it is written: UTC, to the second.
pub(crate) fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_read_as_they_are_met_and_written_in_one_way() {
        for (text, expected) in [
            ("2012-03-15T06:51:08Z", Some("2012-03-15T06:51:08Z")),
            ("2012-03-15T06:51:08.999Z", Some("2012-03-15T06:51:08Z")),
            ("2016-08-11T16:55:57", Some("2016-08-11T15:55:57Z")),
            ("2016-12-11T16:55:57", Some("2016-12-11T16:55:57Z")),
            ("2016-08-11T16:55:57+01:00", Some("2016-08-11T15:55:57Z")),
            ("20160811165557", None),
            ("yesterday", None),
            ("", None),
        ] {
            let read = read_timestamp(text).map(written);
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn actors_are_two_way() {
        for actor in [Actor::ToParty, Actor::Next] {
            assert_eq!(Actor::of(actor.urn()), Some(actor));
        }
        assert_eq!(
            Actor::of("urn:oasis:names:tc:ebxml-ms:actor:toPartyMSH"),
            Some(Actor::ToParty)
        );
        assert_eq!(Actor::of(NEXT), None);
    }
}
