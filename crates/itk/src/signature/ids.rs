//! Which element a reference means.
//!
//! There is no schema at hand that says which attributes are of type ID, and two readers that
//! disagree about it are what an attacker wants. So everything that anybody could take for an id
//! counts as one: `wsu:Id`, `xml:id`, and an attribute called id in any case and any namespace.
//! That a message uses an id twice is no fault by itself (a manifest item and its payload share
//! one by design), but an id that a signature refers to must be unique in the whole message.

use xml::{Element, XmlError};

/// The id that `URI="#id"` names. Anything else, such as an XPointer, another document, the empty
/// URI for the whole document or an escaped character, is refused.
pub(super) fn fragment<'d>(element: &Element<'d, '_>) -> Result<&'d str, XmlError> {
    const LONGEST: usize = 256;
    let uri = element.attribute("URI").unwrap_or_default();
    let id = uri.strip_prefix('#').filter(|id| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.' | b':');
        (1..=LONGEST).contains(&id.len()) && id.bytes().all(plain)
    });
    id.ok_or_else(|| {
        let name = element.name();
        element.error(format!(
            "the URI of {name} must be # and an id of this message"
        ))
    })
}

/// The only element of the whole message with each of these ids, in their order.
pub(super) fn resolve<'d, 'i>(
    root: Element<'d, 'i>,
    wanted: &[(&'d str, Element<'d, 'i>)],
) -> Result<Vec<Element<'d, 'i>>, XmlError> {
    let mut found: Vec<Option<Element<'d, 'i>>> = vec![None; wanted.len()];
    for element in root.descendants() {
        for ((id, reference), found) in wanted.iter().zip(&mut found) {
            if !has_id(&element, id) {
                continue;
            }
            if found.is_some() {
                return Err(reference.error("the id referred to is there more than once"));
            }
            *found = Some(element);
        }
    }
    let each = wanted.iter().zip(found);
    each.map(|((_, reference), found)| {
        found.ok_or_else(|| reference.error("the id referred to is not in the message"))
    })
    .collect()
}

fn has_id(element: &Element<'_, '_>, id: &str) -> bool {
    element
        .attributes()
        // Readers that know the type take the blanks around an id away.
        .any(|(_, name, value)| name.eq_ignore_ascii_case("id") && value.trim() == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_fragments_are_taken() {
        let check = |uri: &str, expected: Option<&str>| {
            let text = format!("<Reference{uri}/>");
            let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
            assert_eq!(fragment(&doc.root()).ok(), expected, "{uri}");
        };
        check(" URI='#a'", Some("a"));
        check(" URI='#uuid_7D67-a.b:c'", Some("uuid_7D67-a.b:c"));
        check("", None);
        for wrong in [
            "",
            "#",
            "a",
            "##a",
            "#a b",
            "#é",
            "#%61",
            "# a",
            "#xpointer(/)",
            "#xpointer(id('a'))",
            "http://here/#a",
            "file:///etc/passwd",
            "cid:a",
        ] {
            check(&format!(" URI=\"{wrong}\""), None);
        }
        check(&format!(" URI='#{}'", "a".repeat(257)), None);
    }

    #[test]
    fn an_id_must_be_there_once_in_any_form() {
        let check = |text: &str, expected: Result<&str, &str>| {
            let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
            let found = resolve(doc.root(), &[("x", doc.root())]);
            let name = found.map(|found| found[0].name()).map_err(|e| e.message);
            assert_eq!(name, expected.map_err(str::to_owned), "{text}");
        };
        const TWICE: &str = "the id referred to is there more than once";
        check("<r><a Id='x'/></r>", Ok("a"));
        check("<r><a Id='x' id='x' xml:id='x'/></r>", Ok("a"));
        check(
            "<r><a Idd='x'/><b c='x'/>x</r>",
            Err("the id referred to is not in the message"),
        );
        for other in [
            "Id='x'",
            "ID='x'",
            "id='x'",
            "iD='x'",
            "xml:id='x'",
            "p:Id='x'",
            "Id=' x'",
            "Id='&#120;'",
        ] {
            check(
                &format!("<r xmlns:p='p'><a Id='x'/><b><c {other}/></b></r>"),
                Err(TWICE),
            );
        }
        check("<r id='x'><a Id='x'/></r>", Err(TWICE));
    }
}
