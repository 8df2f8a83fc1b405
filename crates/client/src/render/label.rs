//! What every rendering says above the document.

use domain::Hl7Timestamp;
use domain::record::DocumentHeader;
use domain::time::{Precision, uk_local};

/// The label that personal data must carry (common client requirements, MSCA-IG).
pub(super) const CONFIDENTIAL: &str = "NHS Confidential: Personal Data about a patient";
/// The title.
pub(super) const TITLE: &str = "Summary Care Record";

/// Name and value of what is known of the document, in the order they are shown.
pub(super) fn rows(header: &DocumentHeader) -> Vec<(&'static str, String)> {
    let mut rows = vec![
        ("NHS number", header.patient.to_string()),
        ("Document", header.kind.display_name().to_owned()),
        ("Created", time(&header.effective)),
    ];
    if let Some(name) = &header.author.name {
        rows.push(("Author", name.clone()));
    }
    if let Some(organisation) = &header.author.organisation {
        rows.push(("Organisation", organisation.clone()));
    }
    rows.push(("Document id", header.id.to_string()));
    rows
}

/// A time as people in Britain write it: `2 May 2013 at 14:05`.
pub(super) fn time(time: &Hl7Timestamp) -> String {
    let local = uk_local(time.first_instant());
    let pattern = match time.precision() {
        Precision::Year => "%Y",
        Precision::Month => "%B %Y",
        Precision::Day => "%-d %B %Y",
        _ => "%-d %B %Y at %H:%M",
    };
    local.strftime(pattern).to_string()
}
