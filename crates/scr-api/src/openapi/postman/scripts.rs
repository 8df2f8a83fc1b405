//! The statements of the collection's scripts.

/// Statements, one a line.
pub(super) type Script = Vec<String>;

/// The status is this.
pub(super) fn status(status: u16) -> String {
    format!("pm.test(\"status {status}\", () => pm.response.to.have.status({status}));")
}

/// An element of the answer is this JSON.
pub(super) fn is(path: &str, json: &str) -> String {
    format!("pm.test(\"{path}\", () => pm.expect(pm.response.json().{path}).to.eql({json}));")
}

/// An element of the answer is a variable's value.
pub(super) fn equal(path: &str, variable: &str) -> String {
    let value = format!("pm.collectionVariables.get(\"{variable}\")");
    is(path, &value)
}

/// An element of the answer becomes a variable's value.
pub(super) fn keep(variable: &str, path: &str) -> String {
    format!("pm.collectionVariables.set(\"{variable}\", pm.response.json().{path});")
}

fn uuid(variable: &str) -> String {
    let uuid = "pm.variables.replaceIn(\"{{$guid}}\").toUpperCase()";
    format!("pm.collectionVariables.set(\"{variable}\", {uuid});")
}

fn now() -> String {
    "pm.collectionVariables.set(\"now\", new Date().toISOString());".to_owned()
}

/// Ids and the time of a document.
pub(super) fn new_document() -> Script {
    vec![uuid("document_id"), uuid("bundle_id"), now()]
}

/// Id and time of an alert.
pub(super) fn new_alert() -> Script {
    vec![uuid("alert_id"), now()]
}
