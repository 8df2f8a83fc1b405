//! Typed values straight to JSON text.
//!
//! Members are written in the order of the fields, which is that of R4's definitions (a test holds the
//! fields to it). What a struct has no field for cannot be put in its place this way: a resource that
//! has such things somewhere is written by way of a [`Value`], whose members are put in order by the
//! tables.

use super::Datatype;
use crate::json::{print_string, print_value};
use crate::structure;
use crate::value::Value;

/// JSON text in the making. Whatever says nothing leaves nothing behind.
#[derive(Default)]
pub(crate) struct Printer {
    out: Vec<u8>,
    /// Something of the resource that is being written has no field.
    out_of_order: bool,
}

impl Printer {
    /// The text.
    pub(crate) fn finish(self) -> Vec<u8> {
        self.out
    }

    /// Notes whether all members have a field.
    pub(crate) fn expect_order(&mut self, in_order: bool) {
        self.out_of_order |= !in_order;
    }

    /// A text, unless it is empty.
    pub(crate) fn text(&mut self, text: &str) {
        if !text.is_empty() {
            print_string(text, &mut self.out);
        }
    }

    /// A number or a boolean.
    pub(crate) fn plain(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    /// A member of the object that is being written, unless `value` writes nothing.
    pub(crate) fn member(&mut self, name: &str, value: impl FnOnce(&mut Self)) {
        let before = self.out.len();
        self.out.push(b'"');
        // Names of elements have nothing to escape.
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        let empty = self.out.len();
        value(self);
        match self.out.len() == empty {
            true => self.out.truncate(before),
            false => self.out.push(b','),
        }
    }

    /// An object, unless `members` writes none.
    pub(crate) fn object(&mut self, members: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        self.out.push(b'{');
        members(self);
        self.close(start, b'}');
    }

    /// An array of those that say something, if any do.
    pub(crate) fn items<T: Datatype>(&mut self, items: &[T]) {
        let start = self.out.len();
        self.out.push(b'[');
        for item in items {
            let before = self.out.len();
            item.print(self);
            if self.out.len() > before {
                self.out.push(b',');
            }
        }
        self.close(start, b']');
    }

    /// A resource: `members` writes all but its type, as an object; `value` is what to write instead
    /// if they are not all in order.
    pub(crate) fn resource(
        &mut self,
        name: &str,
        members: impl FnOnce(&mut Self),
        value: impl FnOnce() -> Value,
    ) {
        let start = self.out.len();
        let around = std::mem::take(&mut self.out_of_order);
        self.out.extend_from_slice(b"{\"resourceType\":");
        print_string(name, &mut self.out);
        let after_type = self.out.len();
        members(self);
        if self.out_of_order {
            self.out.truncate(start);
            let mut value = value();
            structure::put_in_order(&mut value);
            print_value(&value, &mut self.out);
        } else {
            // The members' own brace becomes the comma after the type.
            match self.out.get_mut(after_type) {
                Some(brace) => *brace = b',',
                None => self.out.push(b'}'),
            }
        }
        self.out_of_order = around;
    }

    /// Closes what was opened at `start`: the last comma becomes its end, and where there is none,
    /// nothing was said.
    fn close(&mut self, start: usize, with: u8) {
        match self.out.last_mut() {
            Some(comma) if *comma == b',' => *comma = with,
            _ => self.out.truncate(start),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::datatype::{CodeableConcept, Coding, Extension, ExtensionValue};
    use crate::resource::{Observation, Resource};
    use crate::{BundleEntry, json};

    fn observation() -> Observation {
        Observation {
            id: Some("i1".to_owned()),
            extension: vec![Extension {
                url: Some("urn:x".to_owned()),
                value: Some(ExtensionValue::Boolean(false)),
                ..Extension::default()
            }],
            status: Some("final".to_owned()),
            code: Some(CodeableConcept {
                coding: vec![Coding::default()],
                text: Some("a \"b\"".to_owned()),
                ..CodeableConcept::default()
            }),
            ..Observation::default()
        }
    }

    fn check(resource: impl Into<Resource>, expected: &str) {
        let written = String::from_utf8(json::write(&resource.into())).expect("UTF-8");
        assert_eq!(written, expected);
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        check(Observation::default(), r#"{"resourceType":"Observation"}"#);
        check(
            observation(),
            concat!(
                r#"{"resourceType":"Observation","id":"i1","#,
                r#""extension":[{"url":"urn:x","valueBoolean":false}],"#,
                r#""status":"final","code":{"text":"a \"b\""}}"#,
            ),
        );
    }

    /// One resource of a bundle has something without a field; the others are none the worse.
    #[test]
    fn what_has_no_field_stands_in_its_place() {
        let mut odd = observation();
        odd.other.insert("issued", "2026-01-01T00:00:00Z");
        odd.extension.clear();
        let entries = [observation(), odd].map(|resource| BundleEntry {
            resource: Some(resource.into()),
            ..BundleEntry::default()
        });
        let bundle = crate::Bundle {
            entry: entries.into(),
            ..crate::Bundle::default()
        };
        check(
            bundle,
            concat!(
                r#"{"resourceType":"Bundle","entry":["#,
                r#"{"resource":{"resourceType":"Observation","id":"i1","#,
                r#""extension":[{"url":"urn:x","valueBoolean":false}],"#,
                r#""status":"final","code":{"text":"a \"b\""}}},"#,
                r#"{"resource":{"resourceType":"Observation","id":"i1","#,
                r#""status":"final","code":{"text":"a \"b\""},"issued":"2026-01-01T00:00:00Z"}}]}"#,
            ),
        );
    }
}
