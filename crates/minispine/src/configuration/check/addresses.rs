//! What can be wrong with the addresses that are called, and with those that are listened on.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail};
use transport::TlsUpstream;

/// A URL that requests can be sent to.
pub(super) fn check_url(key: &str, url: &str) -> Result<()> {
    TlsUpstream::check_url(url).with_context(|| key.to_owned())
}

/// Each address can be listened on once.
pub(super) fn check_listeners(listeners: &[(&str, SocketAddr)]) -> Result<()> {
    for (at, (key, address)) in listeners.iter().enumerate() {
        let mut earlier = listeners.iter().take(at);
        if let Some((other, taken)) = earlier.find(|(_, other)| overlap(*other, *address)) {
            bail!("{key}: {address} is taken already: {other} is {taken}");
        }
    }
    Ok(())
}

/// Whether the second could not be listened on beside the first. The system picks another port for
/// each 0.
fn overlap(one: SocketAddr, other: SocketAddr) -> bool {
    let everywhere = one.ip().is_unspecified() || other.ip().is_unspecified();
    let same_host = one.ip() == other.ip() || (everywhere && one.is_ipv4() == other.is_ipv4());
    one.port() == other.port() && one.port() != 0 && same_host
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_one_that_can_be_called() {
        let said = |url: &str| check_url("smsp.spine.url", url).map_err(|e| format!("{e:#}"));
        for url in [
            "https://spine.example/sync-service",
            "https://localhost:1/x",
            "https://10.0.0.1:65535/x",
            "https://[::1]:443/x",
            "https://[::1]",
        ] {
            assert_eq!(said(url), Ok(()), "{url}");
        }
        let port = "the port must be from 1 to 65535";
        let name = "the host or server name is neither a DNS name nor an address";
        for (url, reason) in [
            ("https://localhost:99999/x", port),
            ("https://localhost:0/x", port),
            ("https://[::1]:65536/x", port),
            ("https://ho_st!!/x", name),
            ("https://", "this is not a URL"),
            ("https://a b/x", "this is not a URL"),
            ("", "this is not a URL"),
            ("http://localhost/x", "the URL must begin with https://"),
            ("nonsense", "the URL must begin with https://"),
        ] {
            let expected = format!("smsp.spine.url: {url}: {reason}");
            assert_eq!(said(url), Err(expected));
        }
    }

    #[test]
    fn an_address_is_listened_on_once() {
        let said = |one: &str, other: &str| {
            let parsed = |text: &str| text.parse().expect("an address");
            let listeners = [
                ("smsp.address", parsed(one)),
                ("admin.address", parsed(other)),
            ];
            check_listeners(&listeners).map_err(|error| error.to_string())
        };
        for (one, other) in [
            ("127.0.0.1:80", "127.0.0.1:81"),
            ("127.0.0.1:80", "127.0.0.2:80"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("0.0.0.0:80", "[::1]:80"),
        ] {
            assert_eq!(said(one, other), Ok(()), "{one} {other}");
        }
        for (one, other) in [
            ("127.0.0.1:80", "127.0.0.1:80"),
            ("0.0.0.0:80", "127.0.0.1:80"),
            ("[::1]:80", "[::]:80"),
        ] {
            let expected =
                format!("admin.address: {other} is taken already: smsp.address is {one}");
            assert_eq!(said(one, other), Err(expected));
        }
    }
}
