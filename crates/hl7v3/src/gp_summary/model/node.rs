//! How the model's types become XML and come from it.
//!
//! Each type is described once, in a table ([`node!`]) that has its attributes and its children
//! in the schema's order; reading and writing both follow that table, so they cannot disagree.
//! What a table does not name goes to [`Extra`](super::Extra).

use xml::{Element, Writer};

use super::sheet::Sheet;
use super::source::Source;

/// A type that stands for an element.
pub(super) trait Node {
    /// Whether an element of the HL7 namespace is one, where `wanted` is looked for.
    fn accepts(found: &str, wanted: &str) -> bool
    where
        Self: Sized,
    {
        found == wanted
    }

    /// Reads it. Nothing is refused, and nothing is lost.
    fn read(element: Element<'_, '_>) -> Self
    where
        Self: Sized;

    /// Writes it under a name; types that carry their own use that.
    fn write(&self, w: &mut Writer, name: &str);
}

impl<T: Node> Node for Box<T> {
    fn accepts(found: &str, wanted: &str) -> bool {
        T::accepts(found, wanted)
    }

    fn read(element: Element<'_, '_>) -> Self {
        Self::new(T::read(element))
    }

    fn write(&self, w: &mut Writer, name: &str) {
        T::write(self, w, name);
    }
}

/// A field for child elements: how many there may be follows from its type.
pub(super) trait Field {
    fn take(source: &mut Source<'_, '_>, name: &str) -> Self;
    fn put<'a>(&'a self, sheet: &mut Sheet<'a>, name: &'a str);
}

impl<T: Node> Field for Option<T> {
    fn take(source: &mut Source<'_, '_>, name: &str) -> Self {
        source.child(|found| T::accepts(found.name(), name))
    }

    fn put<'a>(&'a self, sheet: &mut Sheet<'a>, name: &'a str) {
        if let Some(child) = self {
            sheet.child(name, child);
        }
    }
}

impl<T: Node> Field for Vec<T> {
    fn take(source: &mut Source<'_, '_>, name: &str) -> Self {
        source.children(|found| T::accepts(found.name(), name))
    }

    fn put<'a>(&'a self, sheet: &mut Sheet<'a>, name: &'a str) {
        for child in self {
            sheet.child(name, child);
        }
    }
}

/// A name that is part of the value: of an element that may be called one thing or another.
pub(super) trait OwnName: Sized {
    /// The name that elements of this kind have, where there is only a choice of some.
    fn of(name: &str) -> Option<Self>;
    fn name(&self) -> &str;
}

impl OwnName for String {
    fn of(name: &str) -> Option<Self> {
        Some(name.to_owned())
    }

    fn name(&self) -> &str {
        self
    }
}

/// A child that says the same wherever it stands.
#[derive(Debug)]
pub(super) struct Fixed {
    pub(super) name: &'static str,
    pub(super) attributes: &'static [(&'static str, &'static str)],
}

/// Describes a type once: whether it carries its `own` name; its `fixed` attributes, and those
/// with fields (`attributes`); its `text`; and its children: fixed ones that come `first`, those
/// with fields (`children`), and fixed ones that come `last`.
macro_rules! node {
    (
        $(#[$doc:meta])*
        $name:ident {
            $(own { $(#[$own_doc:meta])* $own:ident: $own_type:ty })?
            $(fixed { $($fixed:literal = $value:literal),* $(,)? })?
            $(attributes { $($(#[$attribute_doc:meta])* $attribute:ident = $written:literal,)* })?
            $(text { $(#[$text_doc:meta])* $text:ident })?
            $(first { $($first:ident),* })?
            $(children { $($(#[$child_doc:meta])* $child:ident: $type:ty = $element:literal,)* })?
            $(last { $($last:ident),* })?
        }
    ) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Default)]
        pub struct $name {
            $($(#[$own_doc])* pub $own: $own_type,)?
            $($($(#[$attribute_doc])* pub $attribute: Option<String>,)*)?
            $($(#[$text_doc])* pub $text: String,)?
            $($($(#[$child_doc])* pub $child: $type,)*)?
            /// What else it holds.
            pub extra: $crate::gp_summary::model::Extra,
        }

        impl std::fmt::Debug for $name {
            /// Nothing of the content: it is a patient's.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }

        impl $crate::gp_summary::model::node::Node for $name {
            $(
                fn accepts(found: &str, wanted: &str) -> bool {
                    use $crate::gp_summary::model::node::OwnName;
                    wanted == found || wanted == "*" && <$own_type>::of(found).is_some()
                }
            )?

            fn read(element: xml::Element<'_, '_>) -> Self {
                let mut source = $crate::gp_summary::model::source::Source::of(element);
                $($(source.fixed($fixed, $value);)*)?
                $($(source.fixed_child(&$first);)*)?
                Self {
                    $($own: {
                        use $crate::gp_summary::model::node::OwnName;
                        <$own_type>::of(element.name()).unwrap_or_default()
                    },)?
                    $($($attribute: source.attribute($written),)*)?
                    $($text: source.text(),)?
                    $($($child: $crate::gp_summary::model::node::Field::take(&mut source, $element),)*)?
                    extra: {
                        $($(source.fixed_child(&$last);)*)?
                        source.extra()
                    },
                }
            }

            fn write(&self, w: &mut xml::Writer, name: &str) {
                $(
                    let name = {
                        use $crate::gp_summary::model::node::OwnName;
                        let _ = name;
                        self.$own.name()
                    };
                )?
                #[allow(unused_mut, reason = "a type may have nothing but an extra")]
                let mut sheet = $crate::gp_summary::model::sheet::Sheet::new(&self.extra);
                $($(sheet.fixed($fixed, $value);)*)?
                $($(sheet.attribute($written, self.$attribute.as_deref());)*)?
                $(sheet.text(&self.$text);)?
                $($(sheet.fixed_child(&$first);)*)?
                $($($crate::gp_summary::model::node::Field::put(&self.$child, &mut sheet, $element);)*)?
                $($(sheet.fixed_child(&$last);)*)?
                sheet.write(w, name);
            }
        }
    };
}
pub(super) use node;
