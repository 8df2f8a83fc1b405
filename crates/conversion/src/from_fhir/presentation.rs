//! Sections become the presentation text: a heading for each, and what stands in its narrative.
//!
//! The narrative was written for people and is not rewritten: elements, attributes and text go
//! over as they are. Only white space between elements goes, the namespace changes, and the
//! attributes come in the order of their names, as the national adaptor has them.

use xml::{Content, Document, Element, Writer};

use super::findings::Findings;
use crate::Profile;

/// How many bytes all narrative of a document may have together.
pub(super) const LIMIT: usize = 5_000_000;

const XHTML: &str = "http://www.w3.org/1999/xhtml";
const PRESENTATION: &str = "xhtml:NPfIT:PresentationText";

/// A section of the document.
pub(super) struct Section<'a> {
    /// Its code: the id of the heading.
    pub(super) code: Option<&'a str>,
    /// Its title: the text of the heading.
    pub(super) title: Option<&'a str>,
    /// Its narrative: a `div` element of XHTML.
    pub(super) div: Option<&'a str>,
    /// Where it stands.
    pub(super) expression: String,
}

/// What the sections came to.
pub(super) struct Presentation {
    /// The `html` element.
    pub(super) html: Vec<u8>,
    /// The codes of the sections that hold information beyond statements about the document.
    pub(super) informative: Vec<String>,
}

/// The presentation text of these sections.
pub(super) fn of(
    sections: &[Section<'_>],
    profile: Profile,
    findings: &mut Findings,
) -> Presentation {
    let size: usize = sections.iter().filter_map(|it| it.div).map(str::len).sum();
    if size > LIMIT {
        findings.refuse(
            "Bundle.entry.resource.section.text",
            format!("The narrative of all sections is longer than {LIMIT} bytes"),
            "GP Summary presentation text",
        );
        return Presentation {
            html: Vec::new(),
            informative: Vec::new(),
        };
    }
    let mut informative = Vec::new();
    let mut w = Writer::with_capacity(size + 1_000);
    w.element("html", &[("xmlns", PRESENTATION)], |w| {
        w.element("body", &[], |w| {
            for (at, section) in sections.iter().enumerate() {
                heading(w, section, at == 0, profile);
                if narrative(w, section, profile, findings) {
                    informative.extend(section.code.map(str::to_owned));
                }
            }
        });
    });
    Presentation {
        html: w.finish(),
        informative,
    }
}

/// The heading. What stands in front of the first heading of a document comes back from a
/// retrieval as a section without title and code: it gets no heading, except nationally.
fn heading(w: &mut Writer, section: &Section<'_>, is_first: bool, profile: Profile) {
    let title = section.title.unwrap_or_default();
    match (section.code, profile) {
        (Some(code), _) => w.text_element("h2", &[("id", code)], title),
        (None, Profile::Compatible) => w.text_element("h2", &[("id", "")], title),
        (None, Profile::Full) if section.title.is_none() && is_first => {}
        (None, Profile::Full) => w.text_element("h2", &[], title),
    }
}

/// Writes what stands inside a narrative. Gives whether it holds information.
fn narrative(
    w: &mut Writer,
    section: &Section<'_>,
    profile: Profile,
    findings: &mut Findings,
) -> bool {
    let Some(div) = section.div else {
        return false;
    };
    let place = format!("{}.text.div", section.expression);
    if let Err(error) = check(div) {
        findings.refuse(&place, error.to_string(), "FHIR R4 Narrative (txt-1)");
        return false;
    }
    let Ok(document) = Document::parse(div.as_bytes()) else {
        findings.refuse(
            &place,
            "The narrative is not well-formed XHTML".to_owned(),
            "FHIR R4 Narrative (txt-1)",
        );
        return false;
    };
    let root = document.root();
    if !root.is(XHTML, "div") {
        findings.refuse(
            &place,
            "The narrative is not one div element of XHTML".to_owned(),
            "FHIR R4 Narrative",
        );
        return false;
    }
    if root.children().any(|child| child.name() == "h2") {
        findings.note(
            &place,
            "A heading h2 inside a narrative begins a section of its own in the presentation text"
                .to_owned(),
            "GP Summary presentation text",
        );
    }
    if !(profile == Profile::Full && says_nothing(root)) {
        content(w, root, profile);
    }
    root.children().any(|child| is_information(child))
}

/// Whether it is the no-break space that stands for nothing in a retrieval.
fn says_nothing(root: Element<'_, '_>) -> bool {
    root.children().next().is_none() && root.text() == "\u{a0}"
}

/// Checks a narrative as R4 has it. One that says nothing is taken, although R4 wants something
/// to read (txt-2): sections without content are usual.
fn check(div: &str) -> Result<(), fhir::narrative::BadNarrative> {
    match div.rfind("</") {
        Some(end) => {
            let (start, end) = div.split_at(end);
            fhir::narrative::check(&[start, ".", end].concat())
        }
        None => Ok(()),
    }
}

/// Statements about the document that every section may hold.
const STATEMENTS: [&str; 7] = [
    "Disclaimer",
    "CreateTime",
    "WithheldCREItemsHeaderStatement",
    "WithheldCREItemsStatement",
    "Author",
    "Practice",
    "SendTime",
];

fn is_information(child: Element<'_, '_>) -> bool {
    let id = child.attribute("id");
    id.is_some_and(|id| !STATEMENTS.contains(&id))
}

fn content(w: &mut Writer, element: Element<'_, '_>, profile: Profile) {
    let pieces: Vec<Content<'_, '_>> = element.content().collect();
    for (at, piece) in pieces.iter().enumerate() {
        match piece {
            Content::Element(child) => copy(w, *child, profile),
            Content::Text(text) if is_blank(text) => {
                let beside = [at.checked_sub(1), at.checked_add(1)];
                let mut beside = beside.into_iter().flatten().filter_map(|at| pieces.get(at));
                let matters = element.name() == "pre" || beside.any(is_inline);
                if matters && profile == Profile::Full {
                    w.text(text);
                }
            }
            Content::Text(text) => w.text(text),
        }
    }
}

fn copy(w: &mut Writer, element: Element<'_, '_>, profile: Profile) {
    let mut attributes: Vec<(&str, &str)> = element
        .attributes()
        .filter_map(|(namespace, name, value)| match (namespace, name) {
            ("", name) => Some((name, value)),
            (xml::ns::XML, "lang") => Some(("xml:lang", value)),
            _ => None,
        })
        .collect();
    attributes.sort_unstable();
    if element.content().next().is_none() {
        return w.empty(element.name(), &attributes);
    }
    w.element(element.name(), &attributes, |w| {
        content(w, element, profile);
    });
}

/// White space as HTML has it; other blanks (no-break spaces) are text.
fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_whitespace())
}

/// Elements that stand within a line: the blank between two of them separates words.
fn is_inline(piece: &Content<'_, '_>) -> bool {
    const INLINE: [&str; 25] = [
        "a", "abbr", "acronym", "b", "bdo", "big", "cite", "code", "dfn", "em", "i", "img", "ins",
        "kbd", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "tt", "u", "var",
    ];
    matches!(piece, Content::Element(element) if INLINE.contains(&element.name()))
}

/// The headings beyond the core of a summary: title in the note of the additional information,
/// and code of the section. In the order in which the national adaptor lists them.
const ADDITIONAL: [(&str, &str); 18] = [
    ("Investigation Results", "ResultsHeader"),
    ("Family History", "HistoryHeader"),
    ("Social and Personal Circumstances", "CircumstancesHeader"),
    (
        "Risks to Care Professional or Third Party",
        "RisksToProfessionalHeader",
    ),
    ("Problems and Issues", "ProblemsHeader"),
    ("Clinical Observations and Findings", "ObservationsHeader"),
    ("Lifestyle", "LifestyleHeader"),
    ("Personal Preferences", "PreferencesHeader"),
    ("Care Events", "EventsHeader"),
    ("Risks to Patient", "RisksToPatientHeader"),
    (
        "Patient/Carer Correspondence",
        "PatientCarerCorrespondenceHeader",
    ),
    ("Care Professional Documentation", "DocumentationHeader"),
    ("Treatments", "TreatmentsHeader"),
    ("Administrative Procedures", "ProceduresHeader"),
    ("Investigations", "InvestigationsHeader"),
    (
        "Provision of Advice and Information to Patients and Carers",
        "AdviceHeader",
    ),
    ("Services, Care Professionals and Carers", "ServicesHeader"),
    ("Diagnoses", "DiagnosesHeader"),
];

/// How the note of the additional information begins.
pub(super) const ADDITIONAL_INFORMATION: &str =
    "Additional information records have been found under the following types:";

/// The note that makes viewers offer the additional information, where there is some.
pub(super) fn additional_information(informative: &[String]) -> Option<String> {
    let mut titles = ADDITIONAL
        .iter()
        .filter(|(_, code)| informative.iter().any(|it| it == code))
        .map(|(title, _)| *title)
        .peekable();
    titles.peek()?;
    let mut note = ADDITIONAL_INFORMATION.to_owned();
    for title in titles {
        note.push('\n');
        note.push_str(title);
    }
    Some(note)
}
