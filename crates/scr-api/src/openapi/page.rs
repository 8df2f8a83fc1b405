//! `/openapi.json` and `/try`: what somebody reads who wants to call this API. Both need no token;
//! the page asks whoever uses it for one.

use std::sync::OnceLock;

use bytes::Bytes;
use sha2::{Digest, Sha256};
use transport::Response;

use crate::media::JSON;

const PAGE: &str = include_str!("try.html");

/// The answer to a path under the base, if it is one of these two.
pub(crate) fn open(path: &str) -> Option<Response> {
    match path {
        "/openapi.json" => {
            static DOCUMENT: OnceLock<Bytes> = OnceLock::new();
            let document = DOCUMENT.get_or_init(|| super::text().into());
            Some(
                Response::new(200, JSON, document.clone()).with_header("cache-control", "no-cache"),
            )
        }
        "/try" => Some(page()),
        _ => None,
    }
}

fn page() -> Response {
    static POLICY: OnceLock<String> = OnceLock::new();
    let policy = POLICY.get_or_init(policy);
    Response::new(200, "text/html; charset=utf-8", PAGE)
        .with_header("content-security-policy", policy.clone())
        .with_header("x-content-type-options", "nosniff")
        .with_header("referrer-policy", "no-referrer")
        .with_header("cache-control", "no-cache")
}

/// The page's own script and style and nothing else, and calls to where it comes from.
fn policy() -> String {
    format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; base-uri 'none'; \
         form-action 'none'; frame-ancestors 'none'",
        source("script"),
        source("style"),
    )
}

/// The hash by which a policy knows the content of the page's element of this name.
fn source(element: &str) -> String {
    let start = format!("<{element}>");
    let content = PAGE.split_once(&start).map_or("", |(_, rest)| rest);
    let content = content
        .split_once(&format!("</{element}>"))
        .map_or("", |(content, _)| content);
    format!("sha256-{}", base64(&Sha256::digest(content)))
}

/// Base 64 (RFC 4648) of a hash.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let of = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = of(0) << 16 | of(1) << 8 | of(2);
        for sextet in 0..4_u32 {
            let index = (bits >> (18 - 6 * sextet) & 63) as usize;
            let is_there = sextet as usize <= chunk.len();
            let letter = ALPHABET.get(index).copied().filter(|_| is_there);
            text.push(char::from(letter.unwrap_or(b'=')));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_all_lengths() {
        for (bytes, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ] {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn the_page_is_whole_and_asks_nobody_else() {
        let page = open("/try").expect("a page");
        let policy = &page
            .headers
            .iter()
            .find(|h| h.0 == "content-security-policy")
            .expect("one")
            .1;
        assert!(
            policy.contains("script-src 'sha256-") && !policy.contains("unsafe"),
            "{policy}"
        );
        assert_eq!(PAGE.matches("<script").count(), 1);
        assert_eq!(PAGE.matches("<style").count(), 1);
        for foreign in [
            "http://",
            "https://",
            " style=",
            " onclick=",
            "@import",
            "innerHTML",
            "eval(",
        ] {
            assert!(!PAGE.contains(foreign), "{foreign}");
        }
        assert_eq!(open("/other"), None);
    }
}
