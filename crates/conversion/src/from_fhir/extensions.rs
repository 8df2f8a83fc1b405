//! Reading the extensions that both directions know.

use fhir::{Extension, ExtensionValue, Reference};
use hl7v3::gp_summary::model::{Period, Scalar};

use crate::extension;

/// The extension of a URL.
pub(super) fn find<'e>(extensions: &'e [Extension], url: &str) -> Option<&'e Extension> {
    extensions.iter().find(|it| it.url.as_deref() == Some(url))
}

/// Its text, whatever type of text it is.
pub(super) fn text(extension: &Extension) -> Option<&str> {
    match extension.value.as_ref()? {
        ExtensionValue::String(text)
        | ExtensionValue::Code(text)
        | ExtensionValue::Id(text)
        | ExtensionValue::Uri(text)
        | ExtensionValue::Markdown(text) => Some(text),
        _ => None,
    }
}

/// The text of the extension of a URL.
pub(super) fn text_of<'e>(extensions: &'e [Extension], url: &str) -> Option<&'e str> {
    text(find(extensions, url)?)
}

/// The reference of the extension of a URL.
pub(super) fn reference_of<'e>(extensions: &'e [Extension], url: &str) -> Option<&'e Reference> {
    match find(extensions, url)?.value.as_ref()? {
        ExtensionValue::Reference(reference) => Some(reference),
        _ => None,
    }
}

/// The exact time, where there is an extension that says it.
pub(super) fn time(extensions: &[Extension]) -> Option<Period> {
    let parts = &find(extensions, extension::TIME)?.extension;
    let part = |name: &str| text_of(parts, name);
    let bound = |name: &str| part(name).map(Scalar::new);
    let width = find(parts, "width").and_then(|it| match it.value.as_ref()? {
        ExtensionValue::Quantity(quantity) => Some(super::values::plain_quantity(quantity)),
        _ => None,
    });
    Some(Period {
        value: part("value").map(str::to_owned),
        low: bound("low"),
        center: bound("center"),
        width,
        high: bound("high"),
        ..Period::default()
    })
}
