//! Where messages go, and how they are repeated on the way: the contract properties of SDS.

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The interaction of an endpoint for everything that has none of its own.
pub(crate) const ANY: &str = "*";
/// Longest interaction, address or agreement id, bytes.
const LONGEST: usize = 256;
/// Most repeats.
const MOST_RETRIES: u32 = 100;
/// Longest duration: beyond this a sender has long forgotten.
const LONGEST_DURATION: SignedDuration = SignedDuration::from_hours(24 * 31);

/// Where a system takes messages of one interaction, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Service and interaction (`nhsMhsSvcIA`): `urn:nhs:names:services:psis:MCCI_IN010000UK13`;
    /// `*` for every one that has no endpoint of its own.
    pub interaction: String,
    /// `https://host:port/path` (`nhsMHSEndPoint`).
    pub address: String,
    /// The agreement's id (`nhsMhsCPAId`).
    pub cpa_id: String,
    /// How messages are repeated.
    pub reliability: Reliability,
}

/// How messages are repeated (the contract properties of SDS).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reliability {
    /// How often a message is sent again after the first time.
    pub retries: u32,
    /// How long after the last time.
    pub retry_interval: jiff::SignedDuration,
    /// How long after the first time it is given up, and how long its id is remembered.
    pub persist_duration: jiff::SignedDuration,
}

impl Default for Reliability {
    /// The contract of GP Summary uploads: twice, a minute apart, within five minutes.
    fn default() -> Self {
        Self {
            retries: 2,
            retry_interval: SignedDuration::from_mins(1),
            persist_duration: SignedDuration::from_mins(5),
        }
    }
}

impl Endpoint {
    /// What is wrong with it by itself, for people.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.interaction != ANY && !is_service_interaction(&self.interaction) {
            return Err(format!(
                "interaction {:?} must be * or service and interaction in full, like \
                 urn:nhs:names:services:psis:MCCI_IN010000UK13",
                self.interaction
            ));
        }
        host(&self.address)
            .map(|_| ())
            .map_err(|why| format!("address {:?} {why}", self.address))?;
        if self.cpa_id.len() > LONGEST || !is_word(&self.cpa_id) {
            return Err("cpa_id must be the id of an agreement, without spaces".to_owned());
        }
        self.reliability.check()
    }

    /// The host of its address, without the port.
    pub(crate) fn host(&self) -> &str {
        host(&self.address).unwrap_or_default()
    }
}

impl Reliability {
    fn check(&self) -> Result<(), String> {
        if self.retries > MOST_RETRIES {
            return Err(format!("retries must be from 0 to {MOST_RETRIES}"));
        }
        for (key, value, least) in [
            ("retry_interval", self.retry_interval, SignedDuration::ZERO),
            (
                "persist_duration",
                self.persist_duration,
                SignedDuration::from_secs(1),
            ),
        ] {
            if value < least || value > LONGEST_DURATION {
                return Err(format!("{key} must be from {least} to {LONGEST_DURATION}"));
            }
        }
        Ok(())
    }
}

/// Whether this is service and interaction in full, or in SDS's own terms a `SvcIA`.
pub(crate) fn is_service_interaction(text: &str) -> bool {
    let parts = text.rsplit_once(':');
    text.len() <= LONGEST
        && is_word(text)
        && parts.is_some_and(|(service, id)| service.contains(':') && !id.is_empty())
}

/// Whether this is an interaction id by itself.
pub(crate) fn is_interaction_id(text: &str) -> bool {
    text.len() <= LONGEST && is_word(text) && !text.contains([':', '*'])
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The host of an address, or why messages cannot be sent to it.
fn host(address: &str) -> Result<&str, &'static str> {
    let Some(rest) = address.strip_prefix("https://") else {
        return Err("must begin with https://");
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    if address.len() > LONGEST || !is_word(address) {
        return Err("must be a URL without spaces, of at most 256 characters");
    }
    if host.contains('@') || path.contains('#') {
        return Err("must have no user name and no fragment");
    }
    let (name, port) = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
        _ => (host, None),
    };
    let is_name = match name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
        Some(inside) => inside.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !name.is_empty()
                && name
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
        }
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    match is_name && is_port {
        true => Ok(name),
        false => Err("must name a host, and a port from 1 to 65535 if any"),
    }
}

/// Reads an `xsd:duration` without years and months, whose length nobody knows.
pub fn parse_duration(text: &str) -> Result<SignedDuration, String> {
    let wrong = || format!("{text:?} is no duration like PT1M, PT0.5S or PT7H");
    if !text.starts_with('P') {
        return Err(wrong());
    }
    let span: Span = text.parse().map_err(|_| wrong())?;
    span.to_duration(SpanRelativeTo::days_are_24_hours())
        .map_err(|_| wrong())
}

/// A duration as files have it.
pub(crate) mod duration {
    use super::{Deserialize, Deserializer, Serialize, Serializer, SignedDuration, parse_duration};

    pub(crate) fn serialize<S: Serializer>(
        value: &SignedDuration,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        value.to_string().serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<SignedDuration, D::Error> {
        let text = String::deserialize(from)?;
        parse_duration(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_schemas() {
        for (text, seconds) in [
            ("PT1M", Some(60.0)),
            ("PT5M", Some(300.0)),
            ("PT7H", Some(25_200.0)),
            ("PT0.5S", Some(0.5)),
            ("P1DT1H", Some(90_000.0)),
            ("P1M", None),
            ("P1Y", None),
            ("1 minute", None),
            ("-PT1M", None),
            ("PT", None),
            ("", None),
            ("60", None),
        ] {
            let read = parse_duration(text).ok().map(|d| d.as_secs_f64());
            assert_eq!(read, seconds, "{text}");
        }
        for text in ["PT1M", "PT5M", "PT7H", "PT0.5S", "PT1H30M"] {
            let read = parse_duration(text).expect("a duration");
            assert_eq!(read.to_string(), text);
        }
    }

    #[test]
    fn an_endpoint_is_checked() {
        let good = Endpoint {
            interaction: "urn:nhs:names:services:psis:MCCI_IN010000UK13".to_owned(),
            address: "https://gp.example:8443/inbound".to_owned(),
            cpa_id: "S918999410559".to_owned(),
            reliability: Reliability::default(),
        };
        assert_eq!(good.check(), Ok(()));
        assert_eq!(good.host(), "gp.example");
        let check = |change: &dyn Fn(&mut Endpoint), word: &str| {
            let mut endpoint = good.clone();
            change(&mut endpoint);
            let error = endpoint.check().expect_err(word);
            assert!(error.contains(word), "{error}");
        };
        for interaction in ["", "MCCI_IN010000UK13", "psis:", "a b:c:d", "**"] {
            check(&|e| e.interaction = interaction.to_owned(), "interaction");
        }
        for address in [
            "",
            "http://gp.example/",
            "https://",
            "https:///inbound",
            "https://user@gp.example/",
            "https://gp.example/#a",
            "https://gp.example:0/",
            "https://gp.example:99999/",
            "https://gp exa/",
            "https://[::1/",
        ] {
            check(&|e| e.address = address.to_owned(), "address");
        }
        check(&|e| e.cpa_id = String::new(), "cpa_id");
        check(&|e| e.reliability.retries = 101, "retries");
        check(
            &|e| e.reliability.retry_interval = SignedDuration::from_secs(-1),
            "retry_interval",
        );
        check(
            &|e| e.reliability.persist_duration = SignedDuration::ZERO,
            "persist_duration",
        );
        for address in ["https://[::1]:1/x", "https://10.0.0.1", "https://a/b?c=d"] {
            let endpoint = Endpoint {
                address: address.to_owned(),
                ..good.clone()
            };
            assert_eq!(endpoint.check(), Ok(()), "{address}");
        }
    }
}
