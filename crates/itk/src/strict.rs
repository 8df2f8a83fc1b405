//! Reading an element exactly as its schema sequence allows.
//!
//! The published XSDs are small, so their rules are checked here by hand: which attributes and
//! children an element may have, in which order and how often. Everything not named is refused.

use xml::{Content, Element, XmlError, ns};

/// An element whose children are taken in schema order.
pub(crate) struct Sequence<'d, 'i> {
    parent: Element<'d, 'i>,
    namespace: &'static str,
    children: std::iter::Peekable<std::vec::IntoIter<Element<'d, 'i>>>,
}

/// Opens an element that may carry these attributes and no text of its own, and whose children
/// are all in one namespace.
pub(crate) fn sequence<'d, 'i>(
    parent: Element<'d, 'i>,
    namespace: &'static str,
    attributes: &[&str],
) -> Result<Sequence<'d, 'i>, XmlError> {
    allow_attributes(&parent, attributes)?;
    children(parent, namespace)
}

/// As [`sequence`], of an element whose attributes were looked at already.
pub(crate) fn children<'d, 'i>(
    parent: Element<'d, 'i>,
    namespace: &'static str,
) -> Result<Sequence<'d, 'i>, XmlError> {
    no_text(&parent)?;
    let children: Vec<_> = parent.children().collect();
    Ok(Sequence {
        parent,
        namespace,
        children: children.into_iter().peekable(),
    })
}

impl<'d, 'i> Sequence<'d, 'i> {
    /// The next child, if it has this name.
    pub(crate) fn optional(&mut self, name: &str) -> Option<Element<'d, 'i>> {
        self.children
            .next_if(|child| child.is(self.namespace, name))
    }

    /// The next child, which must have this name.
    pub(crate) fn required(&mut self, name: &str) -> Result<Element<'d, 'i>, XmlError> {
        match self.optional(name) {
            Some(child) => Ok(child),
            None => Err(match self.children.peek() {
                Some(other) => other.error(format!(
                    "element {name} is expected before {}",
                    other.name()
                )),
                None => self.parent.error(format!("element {name} is missing")),
            }),
        }
    }

    /// The next children of this name.
    pub(crate) fn many(&mut self, name: &str) -> Vec<Element<'d, 'i>> {
        std::iter::from_fn(|| self.optional(name)).collect()
    }

    /// No more children may follow.
    pub(crate) fn end(mut self) -> Result<(), XmlError> {
        match self.children.next() {
            Some(other) => Err(other.error(format!(
                "element {} is unknown, repeated or out of order here",
                other.name()
            ))),
            None => Ok(()),
        }
    }
}

/// Only these attributes, all without namespace.
pub(crate) fn allow_attributes(
    element: &Element<'_, '_>,
    allowed: &[&str],
) -> Result<(), XmlError> {
    for (namespace, name, _) in element.attributes() {
        if !namespace.is_empty() || !allowed.contains(&name) {
            return Err(element.error(format!("attribute {name} is not allowed here")));
        }
    }
    Ok(())
}

/// No text but white space directly inside.
pub(crate) fn no_text(element: &Element<'_, '_>) -> Result<(), XmlError> {
    let is_blank = |content| match content {
        Content::Text(text) => text.trim().is_empty(),
        Content::Element(_) => true,
    };
    if element.content().all(is_blank) {
        return Ok(());
    }
    Err(element.error(format!("element {} has no text of its own", element.name())))
}

/// No child elements.
pub(crate) fn no_children(element: &Element<'_, '_>) -> Result<(), XmlError> {
    match element.children().next() {
        Some(child) => Err(child.error(format!("element {} is not allowed here", child.name()))),
        None => Ok(()),
    }
}

/// Neither text nor child elements, and only these attributes.
pub(crate) fn empty(element: &Element<'_, '_>, attributes: &[&str]) -> Result<(), XmlError> {
    allow_attributes(element, attributes)?;
    no_text(element)?;
    no_children(element)
}

/// An `xs:boolean` attribute; `false` when absent.
pub(crate) fn boolean(element: &Element<'_, '_>, name: &str) -> Result<bool, XmlError> {
    match element.attribute(name).map(str::trim) {
        None | Some("false" | "0") => Ok(false),
        Some("true" | "1") => Ok(true),
        Some(_) => Err(element.error(format!("attribute {name} must be true or false"))),
    }
}

/// Whether a control character is in a text. Nearly every text is printable ASCII; to tell that,
/// every byte is looked at, because without a way out many are looked at in one step.
pub(crate) fn has_control(text: &str) -> bool {
    let printable = |all: bool, byte: u8| all & matches!(byte, b' '..=b'~');
    !text.bytes().fold(true, printable) && text.chars().any(char::is_control)
}

/// What the Toolkit's workbench refuses in every message it is shown: attributes that are blank
/// or hold control characters, and schema locations. Looks everywhere around the payload, but
/// neither inside it nor into a signature, which has rules of its own (`URI=""`).
pub(crate) fn tidy(element: Element<'_, '_>) -> Result<(), XmlError> {
    if element.is(ns::DS, "Signature") {
        return Ok(());
    }
    for (namespace, name, value) in element.attributes() {
        if value.trim().is_empty() {
            return Err(element.error(format!("attribute {name} is blank")));
        }
        if has_control(value) {
            return Err(element.error(format!("attribute {name} holds a control character")));
        }
        if namespace == ns::XSI && matches!(name, "schemaLocation" | "noNamespaceSchemaLocation") {
            return Err(element.error(format!("attribute {name} is not allowed")));
        }
    }
    if element.is(ns::ITK, "payload") {
        return Ok(());
    }
    element.children().try_for_each(tidy)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<(), &str>) {
        let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
        let read = || -> Result<(), XmlError> {
            let mut s = sequence(doc.root(), "n", &["k"])?;
            s.required("a")?;
            s.many("b");
            s.optional("c");
            s.end()
        };
        assert_eq!(
            read().map_err(|e| e.message),
            expected.map_err(str::to_owned),
            "{text}"
        );
    }

    #[test]
    fn a_sequence_is_exact() {
        check(
            "<r xmlns='n' k='1'> <a/><!-- x --><b/><b/> <c/></r>",
            Ok(()),
        );
        check("<x:r xmlns:x='n'><x:a/></x:r>", Ok(()));
        check("<r xmlns='n'/>", Err("element a is missing"));
        check(
            "<r xmlns='n'><b/><a/></r>",
            Err("element a is expected before b"),
        );
        check(
            "<r xmlns='n'><a/><a/></r>",
            Err("element a is unknown, repeated or out of order here"),
        );
        check(
            "<r xmlns='n'><a/><c/><c/></r>",
            Err("element c is unknown, repeated or out of order here"),
        );
        check(
            "<r xmlns='n'><a xmlns='m'/></r>",
            Err("element a is expected before a"),
        );
        check(
            "<r xmlns='n' j='1'><a/></r>",
            Err("attribute j is not allowed here"),
        );
        check(
            "<r xmlns='n' xmlns:n='n' n:k='1'><a/></r>",
            Err("attribute k is not allowed here"),
        );
        check(
            "<r xmlns='n'>t<a/></r>",
            Err("element r has no text of its own"),
        );
    }

    #[test]
    fn tidiness_is_checked_around_the_payload() {
        let check = |text: &str, fine: bool| {
            let doc = xml::Document::parse(text.as_bytes()).expect("well-formed");
            assert_eq!(tidy(doc.root()).is_ok(), fine, "{text}");
        };
        check("<r a='1'><b c='2'/></r>", true);
        check("<r a='1'><b c=''/></r>", false);
        check("<r a='1'><b c=' '/></r>", false);
        check("<r a='1&#10;'/>", false);
        check("<r a='é'/>", true);
        check("<r a='&#x85;'/>", false);
        check(
            "<r xmlns:x='http://www.w3.org/2001/XMLSchema-instance' x:schemaLocation='a b'/>",
            false,
        );
        check(
            "<payload xmlns='urn:nhs-itk:ns:201005'><b c=''/></payload>",
            true,
        );
        check("<payload xmlns='urn:nhs-itk:ns:201005' d=''/>", false);
        check(
            "<r><Signature xmlns='http://www.w3.org/2000/09/xmldsig#' URI=''/></r>",
            true,
        );
    }
}
