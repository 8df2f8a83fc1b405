//! The sentences of a presentation text that Spine 2 looks for (its checks of uploads): a patient
//! who does not want a record stored, and a practice that has nothing to say.

use domain::record::Marks;
use xml::Element;
use xml::ns::PRESENTATION;

use crate::lenient::normal;

/// Says that the patient does not want a record; three suppliers have three ways to say it.
const DISSENT: [&str; 3] = [
    "Refused consent for upload to national shared electronic record",
    "Following discussion with a member of the practice staff this patient has chosen not to store \
     their clinical information",
    "After discussions with a member of the practice staff this patient has chosen not to have a \
     Summary Care Record",
];
/// Says that there is nothing of significance; in `h3` only.
const NOTHING: &str = "The practice holds no significant data on this patient";

/// One word of each sentence above that few documents have: without any of them there is no mark,
/// and the text need not be read.
const WORDS: [&str; 3] = ["Refused", "chosen", "significant"];

/// Where Spine 2 looks.
const PLACES: [&str; 4] = ["td", "h1", "h2", "h3"];

/// Reads the marks of a document. Line breaks and runs of white space count as one blank.
pub(super) fn read(summary: Element<'_, '_>) -> Marks {
    let mut marks = Marks::default();
    let source = summary.source();
    if !WORDS.iter().any(|word| source.contains(word)) {
        return marks;
    }
    let places = summary
        .descendants()
        .filter(|e| e.namespace() == PRESENTATION && PLACES.contains(&e.name()));
    for place in places {
        let text = normal(&place.deep_text());
        marks.dissent_to_store |= DISSENT.iter().any(|sentence| text.contains(sentence));
        marks.no_significant_content |= place.name() == "h3" && text.contains(NOTHING);
    }
    marks
}
