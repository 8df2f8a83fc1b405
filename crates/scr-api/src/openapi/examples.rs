//! Examples: what somebody might send and get. Nobody in them is real.

use serde_json::{Value, json};

/// The document that the examples are about.
pub(super) const DOCUMENT: &str = "5E2A91C0-61B1-4B5C-9D0E-0B5D4F1C7A10";

/// The message id of the first upload.
const FIRST_MESSAGE: &str = "C81F4A6E-09D5-4B3E-A2F7-5D6E8B1C3A90";

/// An example: its name, what it shows, and the resource.
pub(super) struct Example {
    pub(super) name: &'static str,
    pub(super) summary: &'static str,
    json: &'static str,
    /// Whether it is made the one before: with the ids that come before these, replacing nothing.
    is_first: bool,
}

pub(super) const FOUND: Example = Example {
    name: "Found",
    summary: "The patient has a record",
    json: include_str!("examples/found.json"),
    is_first: false,
};
pub(super) const NOTHING: Example = Example {
    name: "NothingFound",
    summary: "Nothing is found",
    json: include_str!("examples/nothing.json"),
    is_first: false,
};
pub(super) const RETRIEVED: Example = Example {
    name: "Retrieved",
    summary: "A record",
    json: include_str!("examples/retrieved.json"),
    is_first: false,
};
pub(super) const FIRST_UPLOAD: Example = Example {
    name: "FirstUpload",
    summary: "A GP Summary that names no earlier one",
    is_first: true,
    ..UPLOAD
};
pub(super) const UPLOAD: Example = Example {
    name: "Upload",
    summary: "A GP Summary that replaces an earlier one",
    json: include_str!("examples/upload.json"),
    is_first: false,
};
pub(super) const ALERT: Example = Example {
    name: "Alert",
    summary: "An access in an emergency",
    json: include_str!("examples/alert.json"),
    is_first: false,
};
pub(super) const PERMISSION: Example = Example {
    name: "Permission",
    summary: "The patient is to be asked",
    json: include_str!("examples/set-permission.json"),
    is_first: false,
};

const ALL: [&Example; 7] = [
    &FOUND,
    &NOTHING,
    &RETRIEVED,
    &FIRST_UPLOAD,
    &UPLOAD,
    &ALERT,
    &PERMISSION,
];

impl Example {
    /// The resource. The files are part of the program, and a test reads them.
    pub(super) fn value(&self) -> Value {
        let mut value: Value = serde_json::from_str(self.json).unwrap_or_default();
        if self.is_first {
            let replaced = "/entry/0/resource/relatesTo/0/targetIdentifier/value";
            let id = value.pointer(replaced).cloned().unwrap_or_default();
            for (pointer, id) in [
                ("/identifier/value", json!(FIRST_MESSAGE)),
                ("/entry/0/resource/identifier/value", id),
            ] {
                if let Some(place) = value.pointer_mut(pointer) {
                    *place = id;
                }
            }
            if let Some(Value::Object(composition)) = value.pointer_mut("/entry/0/resource") {
                composition.remove("relatesTo");
            }
        }
        value
    }

    /// The resource in FHIR XML.
    pub(super) fn xml(&self) -> Option<String> {
        let resource = fhir::json::read(self.value().to_string().as_bytes()).ok()?;
        String::from_utf8(fhir::xml::write(&resource).ok()?).ok()
    }

    /// Where it stands in the document, with the name it has there.
    pub(super) fn reference(&self) -> Value {
        json!({ "$ref": format!("#/components/examples/{}", self.name) })
    }
}

/// All that are referred to.
pub(super) fn all() -> Value {
    let example = |example: &&Example| {
        let value = json!({ "summary": example.summary, "value": example.value() });
        (example.name.to_owned(), value)
    };
    Value::Object(ALL.iter().map(example).collect())
}

pub(super) fn ping() -> Value {
    json!({ "version": env!("CARGO_PKG_VERSION"), "revision": "1", "releaseId": "", "commitId": "" })
}

pub(super) fn status() -> Value {
    let mut status = ping();
    status["status"] = "pass".into();
    status["checks"] = json!({
        "healthcheckService:status": [{
            "status": "pass",
            "timeout": "false",
            "responseCode": 200,
            "outcome": { "status": "UP" },
            "links": { "self": "https://scr.example/summary-care-record/FHIR/R4/healthcheck" },
        }],
    });
    status
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_are_resources_in_both_forms() {
        for example in ALL {
            let read = fhir::json::read(example.value().to_string().as_bytes());
            let resource = read.unwrap_or_else(|error| panic!("{}: {error}", example.name));
            let findings = fhir::check(&resource);
            let errors: Vec<_> = findings
                .iter()
                .filter(|finding| finding.severity == fhir::Severity::Error)
                .collect();
            assert!(errors.is_empty(), "{}: {errors:?}", example.name);
            let xml = example.xml().expect(example.name);
            assert_eq!(
                fhir::xml::read(xml.as_bytes()).as_ref(),
                Ok(&resource),
                "{}",
                example.name
            );
        }
    }
}
