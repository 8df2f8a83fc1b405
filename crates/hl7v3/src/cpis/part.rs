//! What the payloads share: looking for parts that may fail, and writing templates.

use domain::oid;
use xml::{Element, Writer};

use super::fault::{FaultKind, QueryFault};
use crate::lenient::normal;

/// The children of this name and of the element's own namespace: payloads are of one namespace,
/// and answers come in none as well as in that of HL7.
pub(crate) fn parts<'d, 'i>(
    element: Element<'d, 'i>,
    name: &str,
) -> impl Iterator<Item = Element<'d, 'i>> {
    let namespace = element.namespace();
    element
        .children()
        .filter(move |child| child.is(namespace, name))
}

/// The first of [`parts`].
pub(crate) fn part<'d, 'i>(element: Element<'d, 'i>, name: &str) -> Option<Element<'d, 'i>> {
    parts(element, name).next()
}

/// The most faults that are kept of one message. A message of the published shapes cannot have so
/// many; a hostile one can, and finding the place of each takes a look at all of the message.
const MOST_FAULTS: usize = 50;

/// Looks for parts and keeps what is wrong, so that all of it can be told at once.
#[derive(Debug, Default)]
pub(crate) struct Faults(pub(crate) Vec<QueryFault>);

impl Faults {
    pub(crate) fn add(
        &mut self,
        element: Element<'_, '_>,
        below: &str,
        kind: FaultKind,
        field: &'static str,
    ) {
        if self.0.len() < MOST_FAULTS {
            self.0.push(QueryFault::at(element, below, kind, field));
        }
    }

    /// The element at the end of a path, of which each part may be there only once.
    pub(crate) fn element<'d, 'i>(
        &mut self,
        from: Element<'d, 'i>,
        path: &[&str],
        field: &'static str,
    ) -> Option<Element<'d, 'i>> {
        self.walk(from, path, "", field)
    }

    fn walk<'d, 'i>(
        &mut self,
        from: Element<'d, 'i>,
        path: &[&str],
        end: &str,
        field: &'static str,
    ) -> Option<Element<'d, 'i>> {
        let mut at = from;
        let mut rest = path;
        while let [name, after @ ..] = rest {
            let mut found = parts(at, name);
            match (found.next(), found.next()) {
                (Some(only), None) => at = only,
                (None, _) => {
                    let below = rest.join("/") + end;
                    self.add(at, &below, FaultKind::Missing, field);
                    return None;
                }
                (_, Some(second)) => {
                    self.add(second, "", FaultKind::Repeated, field);
                    return None;
                }
            }
            rest = after;
        }
        Some(at)
    }

    /// An attribute of the element at the end of a path: trimmed, and not blank.
    pub(crate) fn attribute<'d, 'i>(
        &mut self,
        from: Element<'d, 'i>,
        path: &[&str],
        attribute: &str,
        field: &'static str,
    ) -> Option<&'d str> {
        let element = self.walk(from, path, &format!("/@{attribute}"), field)?;
        let value = element.attribute(attribute).map(str::trim);
        let value = value.filter(|value| !value.is_empty());
        if value.is_none() {
            self.add(element, &format!("@{attribute}"), FaultKind::Missing, field);
        }
        value
    }

    /// The text of the element at the end of a path, when there is some.
    pub(crate) fn text(
        &mut self,
        from: Element<'_, '_>,
        path: &[&str],
        field: &'static str,
    ) -> Option<String> {
        let element = self.walk(from, path, "", field)?;
        let text = normal(&element.deep_text());
        if text.is_empty() {
            self.add(element, "", FaultKind::Missing, field);
            return None;
        }
        Some(text)
    }
}

/// Says which template follows: `npfitlc:contentId`. The prefix must have been declared.
pub(crate) fn content_id(w: &mut Writer, template: &str, class: &str) {
    let extension = format!("{template}#{class}");
    let attributes = [("root", oid::CONTENT_ID), ("extension", extension.as_str())];
    w.empty("npfitlc:contentId", &attributes);
}

/// A template after its [`content_id`].
pub(crate) fn template(
    w: &mut Writer,
    template: &str,
    class: &str,
    content: impl FnOnce(&mut Writer),
) {
    content_id(w, template, class);
    w.element(&format!("{template}.{class}"), &[], content);
}

/// The two namespaces of a payload's root element: HL7 as the default, and the localisation's.
pub(crate) const NAMESPACES: [(&str, &str); 2] =
    [("xmlns", xml::ns::HL7), ("xmlns:npfitlc", xml::ns::NPFITLC)];
