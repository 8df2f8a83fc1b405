//! Telling a Spine's message from whatever else may stand behind an address.

use transport::UpstreamResponse;

/// Whether a response is a message at all: a page of a proxy or of a web server is none, whatever
/// its status, and another address of the Spine may do better.
pub fn is_message(response: &UpstreamResponse) -> bool {
    let start = response.body.trim_ascii_start();
    // A byte order mark may come first.
    let is_markup = start.iter().take(4).any(|byte| *byte == b'<');
    let is_page = [&b"<html"[..], b"<!doctype html"].iter().any(|page| {
        let same = start.get(..page.len());
        same.is_some_and(|start| start.eq_ignore_ascii_case(page))
    });
    is_markup && !is_page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_no_message() {
        for (body, expected) in [
            (&b"<soap:Envelope/>"[..], true),
            (b"\n <?xml version=\"1.0\"?><a/>", true),
            (b"\xef\xbb\xbf<a/>", true),
            (b"\xff\xfe<\0a\0", true),
            (b"<html><body>Bad Gateway</body></html>", false),
            (b"\n<!DOCTYPE HTML PUBLIC>", false),
            (b"upstream connect error", false),
            (b"", false),
        ] {
            let response = UpstreamResponse {
                headers: transport::Headers::default(),
                status: 200,
                content_type: "text/xml".to_owned(),
                body: body.into(),
            };
            assert_eq!(is_message(&response), expected, "{body:?}");
        }
    }
}
