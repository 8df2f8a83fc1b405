//! Finding elements by local name alone, for answers: the same answer comes in the HL7
//! namespace, in that of the access control service, or in none.

use xml::Element;

/// The first child of this local name.
pub(crate) fn child<'d, 'i>(element: Element<'d, 'i>, name: &str) -> Option<Element<'d, 'i>> {
    element.children().find(|child| child.name() == name)
}

/// The children of this local name.
pub(crate) fn children<'d, 'i>(
    element: Element<'d, 'i>,
    name: &'static str,
) -> impl Iterator<Item = Element<'d, 'i>> {
    element.children().filter(move |child| child.name() == name)
}

/// Walks down by first children.
pub(crate) fn path<'d, 'i>(element: Element<'d, 'i>, names: &[&str]) -> Option<Element<'d, 'i>> {
    names
        .iter()
        .try_fold(element, |element, name| child(element, name))
}

/// An attribute of the element at the end of a path.
pub(crate) fn attribute<'d>(
    element: Element<'d, '_>,
    names: &[&str],
    attribute: &str,
) -> Option<&'d str> {
    path(element, names)?.attribute(attribute)
}

/// Text with every run of white space as one blank, none at the ends.
pub(crate) fn normal(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
    normal
}

/// A name: the parts of a structured one, or the text of a plain one, joined with blanks.
pub(crate) fn name_text(name: Element<'_, '_>) -> Option<String> {
    let mut parts = vec![normal(&name.text())];
    parts.extend(name.children().map(|part| normal(&part.deep_text())));
    parts.retain(|part| !part.is_empty());
    (!parts.is_empty()).then(|| parts.join(" "))
}
