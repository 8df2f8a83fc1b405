//! The author of a GP Summary, in all four forms: a person or an organisation, known to the
//! Spine Directory Service (SDS) or not.

use domain::record::{DocumentAuthor, DocumentBytes};
use domain::{RoleProfileId, SdsUserId, oid};
use xml::ns::HL7;
use xml::{Element, XmlError};

use crate::lenient::name_text;

const ONE_AUTHOR: &str =
    "Either a single agentPersonSDS or agentOrganizationSDS must be provided as the event author";
const TIME: &str = "A single hl7:GPSummary/hl7:author/hl7:time/@value must be provided";
const ORGANISATION: &str = "A single organizationSDS ID attribute of root codeSystem \
                            1.2.826.0.1285.0.1.10 or 1.2.826.0.1285.0.2.0.109 must be provided";
const ROLE_PROFILE: &str = "A single author roleProfileID attribute of root codeSystem \
                            1.2.826.0.1285.0.2.0.67 must be provided";
const PERSON: &str = "A single author personSDS ID attribute of root codeSystem \
                      1.2.826.0.1285.0.2.0.65 must be provided";
const NAME: &str = "A single author Name must be provided";

/// The players of an author, each under an agent element of any name.
const PLAYERS: [&str; 4] = [
    "agentOrganizationSDS",
    "agentOrganization",
    "agentPersonSDS",
    "agentPerson",
];

/// The largest element that is kept beside a document, with the namespaces it inherits, in bytes.
/// A larger one is none: lists then show what is known of the author in a form of our own.
const LARGEST_ELEMENT: usize = 16 * 1024;

/// Reads `GPSummary/author`.
pub(super) fn read(summary: Element<'_, '_>) -> Result<DocumentAuthor, XmlError> {
    let author = summary
        .one(HL7, "author")
        .map_err(|error| with(error, ONE_AUTHOR))?;
    let read = read_element(author)?;
    Ok(DocumentAuthor {
        element: cut_out(author),
        ..read
    })
}

/// The element as it stands, when it is not too large to keep.
pub(crate) fn cut_out(author: Element<'_, '_>) -> Option<DocumentBytes> {
    if author.range().len() > LARGEST_ELEMENT {
        return None;
    }
    let slice = author.slice();
    let inherited: usize = slice
        .inherited
        .iter()
        .map(|(prefix, namespace)| prefix.len() + namespace.len())
        .sum();
    (slice.bytes.len() + inherited <= LARGEST_ELEMENT).then(|| DocumentBytes {
        bytes: slice.bytes.as_bytes().to_vec(),
        inherited: slice.inherited,
    })
}

/// Reads an author element, wherever it stands.
pub(crate) fn read_element(author: Element<'_, '_>) -> Result<DocumentAuthor, XmlError> {
    let time = author.one(HL7, "time").map_err(|error| with(error, TIME))?;
    time.required("value").map_err(|error| with(error, TIME))?;

    let mut players = author.children().flat_map(|agent| {
        agent
            .children()
            .filter(|player| player.namespace() == HL7 && PLAYERS.contains(&player.name()))
            .map(move |player| (agent, player))
    });
    let (agent, player) = match (players.next(), players.next()) {
        (Some(only), None) => only,
        (None, _) => return Err(author.error(ONE_AUTHOR)),
        (_, Some((_, second))) => return Err(second.error(ONE_AUTHOR)),
    };
    let mut read = DocumentAuthor {
        name: Some(read_name(player)?),
        ..DocumentAuthor::default()
    };
    match player.name() {
        "agentPersonSDS" => {
            let role_profile = single_id(agent, &[oid::SDS_ROLE_PROFILE], ROLE_PROFILE)?;
            let user = single_id(player, &[oid::SDS_USER], PERSON)?;
            // Ids of another shape are kept in the document, and left out of lists.
            read.role_profile = RoleProfileId::parse(role_profile).ok();
            read.user = SdsUserId::parse(user).ok();
        }
        "agentOrganizationSDS" => {
            let id = single_id(player, &[oid::ODS, oid::SDS_WORK_GROUP], ORGANISATION)?;
            read.organisation = Some(id.to_owned());
        }
        _ => {}
    }
    Ok(read)
}

fn with(error: XmlError, text: &str) -> XmlError {
    XmlError {
        message: text.to_owned(),
        ..error
    }
}

/// The extension of the only id whose root is one of these.
fn single_id<'d>(
    element: Element<'d, '_>,
    roots: &[&str],
    text: &str,
) -> Result<&'d str, XmlError> {
    let mut ids = element.children_named(HL7, "id").filter(|id| {
        id.attribute("root")
            .is_some_and(|root| roots.contains(&root))
    });
    match (ids.next(), ids.next()) {
        (Some(only), None) => only
            .required("extension")
            .map_err(|error| with(error, text)),
        (None, _) => Err(element.error(text)),
        (_, Some(second)) => Err(second.error(text)),
    }
}

fn read_name(player: Element<'_, '_>) -> Result<String, XmlError> {
    let name = player.one(HL7, "name").map_err(|error| with(error, NAME))?;
    name_text(name).ok_or_else(|| name.error(NAME))
}
