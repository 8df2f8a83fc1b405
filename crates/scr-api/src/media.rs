//! In which form resources come and go: FHIR JSON, and in the full profile FHIR XML.

use transport::Headers;

use crate::outcome::{Issue, Refusal, coding};
use crate::query::Query;
use conversion::Profile;

/// FHIR JSON.
pub(crate) const FHIR_JSON: &str = "application/fhir+json";
/// What the gateway's own answers are.
pub(crate) const JSON: &str = "application/json";
/// FHIR XML.
pub(crate) const FHIR_XML: &str = "application/fhir+xml";

/// A form of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Xml,
}

impl Format {
    pub(crate) const fn media_type(self) -> &'static str {
        match self {
            Self::Json => FHIR_JSON,
            Self::Xml => FHIR_XML,
        }
    }

    /// A resource of our own making in this form; in JSON if it cannot be had otherwise.
    pub(crate) fn encode(self, json: Vec<u8>) -> (Self, Vec<u8>) {
        match self {
            Self::Json => (Self::Json, json),
            Self::Xml => {
                match fhir::json::read(&json).and_then(|resource| fhir::xml::write(&resource)) {
                    Ok(xml) => (Self::Xml, xml),
                    Err(error) => {
                        tracing::error!(%error, "an answer cannot be written as FHIR XML");
                        (Self::Json, json)
                    }
                }
            }
        }
    }

    /// The form that a request wants its answer in: `_format` before `Accept`, JSON where anything
    /// will do.
    pub(crate) fn wanted(
        headers: &Headers,
        query: &Query,
        profile: Profile,
    ) -> Result<Self, Refusal> {
        if profile == Profile::Compatible {
            return compatible(headers);
        }
        match query.first("_format") {
            Some(format) => Self::named(format).ok_or_else(|| {
                let text = format!("Invalid value - {format} in field '_format'");
                Refusal::value(text, "_format").at("http._format")
            }),
            None => accepted(headers),
        }
    }

    /// The form of a body.
    pub(crate) fn of_body(headers: &Headers, profile: Profile) -> Result<Self, Refusal> {
        let codings = headers
            .all("content-encoding")
            .flat_map(|line| line.split(','));
        let mut codings = codings.map(str::trim).filter(|coding| !coding.is_empty());
        if let Some(coding) = codings.find(|coding| !coding.eq_ignore_ascii_case("identity")) {
            let text = format!("Content encoding '{coding}' not supported");
            let issue = Issue::error("not-supported", text, coding::UNSUPPORTED_MEDIA);
            let refusal = Refusal::new(415, issue, "content encoding");
            return Err(refusal.at("http.Content-Encoding"));
        }
        let given = headers.first("content-type").unwrap_or_default();
        let (media_type, parameters) = given.split_once(';').unwrap_or((given, ""));
        let is = |expected: &str| media_type.trim().eq_ignore_ascii_case(expected);
        let charset = parameters.split(';').filter_map(|p| p.split_once('='));
        let mut charset = charset.filter(|(name, _)| name.trim().eq_ignore_ascii_case("charset"));
        let is_utf8 =
            charset.all(|(_, value)| value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8"));
        match profile {
            _ if is_utf8 && is(FHIR_JSON) => Ok(Self::Json),
            Profile::Full if is_utf8 && is(FHIR_XML) => Ok(Self::Xml),
            _ => {
                let text = format!("Content type '{given}' not supported");
                let issue = Issue::error("not-supported", text, coding::UNSUPPORTED_MEDIA);
                Err(Refusal::new(415, issue, "content type").at("http.Content-Type"))
            }
        }
    }

    fn named(format: &str) -> Option<Self> {
        match format.trim().to_ascii_lowercase().as_str() {
            "json" | FHIR_JSON | JSON => Some(Self::Json),
            "xml" | FHIR_XML | "application/xml" | "text/xml" => Some(Self::Xml),
            // A plus that was not encoded.
            "application/fhir json" => Some(Self::Json),
            "application/fhir xml" => Some(Self::Xml),
            _ => None,
        }
    }
}

/// The national adaptor writes JSON alone, and has no status of its own for who wants another.
fn compatible(headers: &Headers) -> Result<Format, Refusal> {
    match accepted(headers) {
        Ok(Format::Json) => Ok(Format::Json),
        Ok(Format::Xml) | Err(_) => {
            let text = "Could not find acceptable representation";
            let issue = Issue::error("exception", text, coding::UNKNOWN);
            Err(Refusal::new(500, issue, "Accept"))
        }
    }
}

/// The best of what the caller accepts.
fn accepted(headers: &Headers) -> Result<Format, Refusal> {
    let ranges = headers.all("accept").flat_map(|line| line.split(','));
    let mut best: Option<(u32, Format)> = None;
    let mut any = false;
    for range in ranges.filter(|range| !range.trim().is_empty()) {
        any = true;
        let mut parts = range.split(';');
        let name = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
        let format = match name.as_str() {
            "*/*" | "application/*" => Some(Format::Json),
            name => Format::named(name),
        };
        let quality = parts
            .filter_map(|parameter| parameter.trim().strip_prefix("q="))
            .find_map(|q| q.trim().parse::<f32>().ok())
            .unwrap_or(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "clamped to what fits"
        )]
        let quality = (quality.clamp(0.0, 1.0) * 1000.0) as u32;
        if let Some(format) = format.filter(|_| quality > 0)
            && best.is_none_or(|(known, _)| known < quality)
        {
            best = Some((quality, format));
        }
    }
    match (any, best) {
        (false, _) => Ok(Format::Json),
        (true, Some((_, format))) => Ok(format),
        (true, None) => {
            let text = format!("The answer can be had as {FHIR_JSON} or {FHIR_XML}");
            let issue = Issue::error("not-supported", text, coding::UNSUPPORTED_MEDIA);
            Err(Refusal::new(406, issue, "Accept").at("http.Accept"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &str, value: &str) -> Headers {
        let mut headers = Headers::default();
        assert!(value.is_empty() || headers.add(name, value));
        headers
    }

    fn wanted(accept: &str, query: &str, profile: Profile) -> Result<Format, u16> {
        let query = Query::read(query).expect("a query");
        Format::wanted(&headers("Accept", accept), &query, profile).map_err(|r| r.status)
    }

    #[test]
    fn answers_come_as_they_are_wanted() {
        for (accept, query, full, compatible) in [
            ("", "", Ok(Format::Json), Ok(Format::Json)),
            ("*/*", "", Ok(Format::Json), Ok(Format::Json)),
            (
                "application/fhir+json",
                "",
                Ok(Format::Json),
                Ok(Format::Json),
            ),
            (
                "application/json;q=0.5",
                "",
                Ok(Format::Json),
                Ok(Format::Json),
            ),
            ("application/fhir+xml", "", Ok(Format::Xml), Err(500)),
            (
                "application/fhir+json;q=0.2, application/fhir+xml",
                "",
                Ok(Format::Xml),
                Err(500),
            ),
            (
                "text/html, */*;q=0.1",
                "",
                Ok(Format::Json),
                Ok(Format::Json),
            ),
            ("text/html", "", Err(406), Err(500)),
            ("application/fhir+json;q=0", "", Err(406), Err(500)),
            ("text/html", "_format=xml", Ok(Format::Xml), Err(500)),
            (
                "",
                "_format=application/fhir%2Bjson",
                Ok(Format::Json),
                Ok(Format::Json),
            ),
            ("", "_format=turtle", Err(400), Ok(Format::Json)),
        ] {
            assert_eq!(
                wanted(accept, query, Profile::Full),
                full,
                "{accept} {query}"
            );
            let of = wanted(accept, query, Profile::Compatible);
            assert_eq!(of, compatible, "{accept} {query}");
        }
    }

    #[test]
    fn bodies_are_fhir() {
        for (content_type, full, compatible) in [
            ("application/fhir+json", Ok(Format::Json), Ok(Format::Json)),
            (
                "Application/FHIR+JSON; charset=UTF-8",
                Ok(Format::Json),
                Ok(Format::Json),
            ),
            ("application/fhir+xml", Ok(Format::Xml), Err(415)),
            ("application/fhir+json; charset=latin1", Err(415), Err(415)),
            ("application/json", Err(415), Err(415)),
            ("", Err(415), Err(415)),
        ] {
            let of = |profile| {
                let found = Format::of_body(&headers("Content-Type", content_type), profile);
                found.map_err(|refusal| refusal.status)
            };
            assert_eq!(of(Profile::Full), full, "{content_type}");
            assert_eq!(of(Profile::Compatible), compatible, "{content_type}");
        }
    }
}
