//! How typed values come out of JSON values and go back, and the macros that say it once per type.
//!
//! What is read here has passed [`crate::structure`] before. What a type has no field for stays in
//! its `other`; so does a value its field cannot hold (an array of primitives with `null` in it),
//! and writing puts it back: nothing is lost on the way.

use std::borrow::Cow;

use crate::value::{Map, Value};

mod printer;

pub(crate) use printer::Printer;

/// A value of one FHIR type.
pub(crate) trait Datatype: Sized + Clone {
    /// The name of the type in Rust.
    #[cfg(test)]
    fn type_name() -> &'static str {
        let name = std::any::type_name::<Self>();
        name.rsplit("::").next().unwrap_or(name)
    }

    /// From JSON; the value comes back when it is of another kind.
    fn from_value(value: Value) -> Result<Self, Value>;

    /// To JSON.
    fn to_value(&self) -> Value;

    /// Writes it as JSON text; nothing when it says nothing.
    fn print(&self, to: &mut Printer);

    /// Writes it as a member of an object, unless it says nothing.
    fn print_member(&self, name: &str, to: &mut Printer) {
        to.member(name, |to| self.print(to));
    }

    /// Takes the element of this name out of an object.
    fn take(map: &mut Map, name: &str) -> Option<Self> {
        match Self::from_value(map.remove(name)?) {
            Ok(value) => Some(value),
            Err(value) => {
                map.push(name.to_owned(), value);
                None
            }
        }
    }

    /// Adds the element to an object, unless it says nothing.
    fn put(&self, map: &mut Map, name: Cow<'static, str>) {
        let value = self.to_value();
        if !value.is_empty() {
            map.push(name, value);
        }
    }
}

/// A field: one value that may be absent, or many.
pub(crate) trait Field {
    /// Whether there may be many.
    #[cfg(test)]
    const MANY: bool;

    #[cfg(test)]
    fn type_name() -> &'static str;

    fn take_field(map: &mut Map, name: &str) -> Self;
    fn put_field(&self, map: &mut Map, name: &'static str);
    fn print_field(&self, name: &str, to: &mut Printer);
}

impl<T: Datatype> Field for Option<T> {
    #[cfg(test)]
    const MANY: bool = false;

    #[cfg(test)]
    fn type_name() -> &'static str {
        T::type_name()
    }

    fn take_field(map: &mut Map, name: &str) -> Self {
        T::take(map, name)
    }

    fn put_field(&self, map: &mut Map, name: &'static str) {
        if let Some(value) = self {
            value.put(map, Cow::Borrowed(name));
        }
    }

    fn print_field(&self, name: &str, to: &mut Printer) {
        if let Some(value) = self {
            value.print_member(name, to);
        }
    }
}

impl<T: Datatype> Field for Vec<T> {
    #[cfg(test)]
    const MANY: bool = true;

    #[cfg(test)]
    fn type_name() -> &'static str {
        T::type_name()
    }

    fn take_field(map: &mut Map, name: &str) -> Self {
        let items = match map.remove(name) {
            Some(Value::Array(items)) => items,
            Some(other) => {
                map.push(name.to_owned(), other);
                return Self::new();
            }
            None => return Self::new(),
        };
        if items.contains(&Value::Null) {
            map.push(name.to_owned(), Value::Array(items));
            return Self::new();
        }
        let mut read = Self::with_capacity(items.len());
        for item in items {
            read.extend(T::from_value(item));
        }
        read
    }

    fn put_field(&self, map: &mut Map, name: &'static str) {
        let items: Vec<Value> = self
            .iter()
            .map(Datatype::to_value)
            .filter(|item| !item.is_empty())
            .collect();
        if !items.is_empty() {
            map.push(name, Value::Array(items));
        }
    }

    fn print_field(&self, name: &str, to: &mut Printer) {
        if !self.is_empty() {
            to.member(name, |to| to.items(self));
        }
    }
}

impl Datatype for String {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::String(text) => Ok(text),
            other => Err(other),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.clone())
    }

    fn print(&self, to: &mut Printer) {
        to.text(self);
    }
}

impl Datatype for bool {
    fn from_value(value: Value) -> Result<Self, Value> {
        match value {
            Value::Bool(value) => Ok(value),
            other => Err(other),
        }
    }

    fn to_value(&self) -> Value {
        Value::Bool(*self)
    }

    fn print(&self, to: &mut Printer) {
        to.plain(if *self { "true" } else { "false" });
    }
}

macro_rules! whole_number {
    ($($kind:ty),*) => {$(
        impl Datatype for $kind {
            fn from_value(value: Value) -> Result<Self, Value> {
                match &value {
                    Value::Number(text) => text.parse().map_err(|_| value),
                    _ => Err(value),
                }
            }

            fn to_value(&self) -> Value {
                Value::Number(self.to_string())
            }

            fn print(&self, to: &mut Printer) {
                to.plain(&self.to_string());
            }
        }
    )*};
}
whole_number!(i32, u32);

impl<T: Datatype> Datatype for Box<T> {
    fn from_value(value: Value) -> Result<Self, Value> {
        T::from_value(value).map(Box::new)
    }

    fn to_value(&self) -> Value {
        T::to_value(self)
    }

    fn print(&self, to: &mut Printer) {
        T::print(self, to);
    }

    #[cfg(test)]
    fn type_name() -> &'static str {
        T::type_name()
    }
}

/// The name of an element: the field's, or the one given beside it.
macro_rules! element_name {
    ($field:ident) => {
        stringify!($field)
    };
    ($field:ident $name:literal) => {
        $name
    };
}

/// A type with elements: a struct with a field for each element that is used here, and `other` for
/// the rest that R4 defines. `field("name")` names an element whose name is not the field's.
macro_rules! element_type {
    ($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident $(($json:literal))? : $kind:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq)]
        #[allow(missing_docs, reason = "the elements are R4's, and explained there")]
        pub struct $name {
            $($(#[$field_doc])* pub $field: $kind,)*
            /// All else that R4 defines for the type, by the names it has in JSON.
            pub other: $crate::value::Map,
        }

        #[cfg(test)]
        impl $name {
            /// The elements that have fields: name, whether there may be many, type in Rust.
            pub(crate) fn fields() -> Vec<(&'static str, bool, &'static str)> {
                vec![$((
                    $crate::codec::element_name!($field $($json)?),
                    <$kind as $crate::codec::Field>::MANY,
                    <$kind as $crate::codec::Field>::type_name(),
                ),)*]
            }
        }

        impl $crate::codec::Datatype for $name {
            fn from_value(value: $crate::value::Value) -> Result<Self, $crate::value::Value> {
                let $crate::value::Value::Object(mut map) = value else {
                    return Err(value);
                };
                Ok(Self {
                    $($field: $crate::codec::Field::take_field(
                        &mut map,
                        $crate::codec::element_name!($field $($json)?),
                    ),)*
                    other: map,
                })
            }

            fn to_value(&self) -> $crate::value::Value {
                let mut map = $crate::value::Map::new();
                $($crate::codec::Field::put_field(
                    &self.$field,
                    &mut map,
                    $crate::codec::element_name!($field $($json)?),
                );)*
                for (name, value) in self.other.iter() {
                    if map.get(name).is_none() {
                        map.push(name.to_owned(), value.clone());
                    }
                }
                $crate::value::Value::Object(map)
            }

            fn print(&self, to: &mut $crate::codec::Printer) {
                to.expect_order(self.other.is_empty());
                to.object(|to| {
                    $($crate::codec::Field::print_field(
                        &self.$field,
                        $crate::codec::element_name!($field $($json)?),
                        to,
                    );)*
                });
            }
        }

        impl std::fmt::Debug for $name {
            /// Only its type: it may be about a patient.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    };
}

/// An element that may have one of several types, `value[x]`: the variants are named as the types
/// are in JSON names. A type without a variant stays in the `other` of the type around.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($variant:ident($kind:ty),)* }) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq)]
        #[allow(missing_docs, reason = "the variants are R4's types")]
        #[allow(clippy::large_enum_variant, reason = "they live inside larger ones still")]
        pub enum $name {
            $($variant($kind),)*
        }

        impl $crate::codec::Datatype for $name {
            fn from_value(value: $crate::value::Value) -> Result<Self, $crate::value::Value> {
                Err(value)
            }

            fn to_value(&self) -> $crate::value::Value {
                match self {
                    $(Self::$variant(value) => $crate::codec::Datatype::to_value(value),)*
                }
            }

            fn print(&self, to: &mut $crate::codec::Printer) {
                match self {
                    $(Self::$variant(value) => $crate::codec::Datatype::print(value, to),)*
                }
            }

            fn print_member(&self, name: &str, to: &mut $crate::codec::Printer) {
                match self {
                    $(Self::$variant(value) => $crate::codec::Datatype::print_member(
                        value,
                        &[name, stringify!($variant)].concat(),
                        to,
                    ),)*
                }
            }

            fn take(map: &mut $crate::value::Map, name: &str) -> Option<Self> {
                let key = map
                    .iter()
                    .map(|(key, _)| key)
                    .find(|key| key.strip_prefix(name).is_some_and(|kind| {
                        [$(stringify!($variant),)*].contains(&kind)
                    }))?
                    .to_owned();
                let kind = key.strip_prefix(name)?;
                $(if kind == stringify!($variant) {
                    return <$kind as $crate::codec::Datatype>::take(map, &key).map(Self::$variant);
                })*
                None
            }

            fn put(&self, map: &mut $crate::value::Map, name: std::borrow::Cow<'static, str>) {
                match self {
                    $(Self::$variant(value) => $crate::codec::Datatype::put(
                        value,
                        map,
                        (name.into_owned() + stringify!($variant)).into(),
                    ),)*
                }
            }
        }

        impl std::fmt::Debug for $name {
            /// Only its type: it may be about a patient.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self {
                    $(Self::$variant(_) => concat!(stringify!($name), "::", stringify!($variant)),)*
                })
            }
        }
    };
}

pub(crate) use {choice, element_name, element_type};
