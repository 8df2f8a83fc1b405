//! `POST /$setPermission`: a patient's consent is set.

use domain::NhsNumber;
use fhir::system;
use fhir::{ExtensionValue, Parameter, Parameters, Resource};
use hl7v3::acs::{NewSetting, SetPermissions};

use crate::found::no_number;
use crate::outcome::Refusal;
use crate::service::{Answer, Asked};
use crate::spine::{self, Call};
use conversion::Profile;

/// Answers the request.
pub(crate) async fn answer(asked: &mut Asked<'_>) -> Result<Answer, Refusal> {
    asked.caller.acting()?;
    let parameters = match asked.resource("Parameters")? {
        Resource::Parameters(parameters) => parameters,
        other => return Err(asked.wrong_type("Parameters", &other)),
    };
    let permissions = read(&parameters, asked.profile)?;
    asked.trail.patient = Some(permissions.patient);
    let author = asked.caller.author()?;
    asked
        .trail
        .note(format!("consent {}", permissions.setting.code()));
    if let Some(first) = asked.claim().await? {
        return Ok(first);
    }
    let set = asked.spine().set_permissions(&author, &permissions).await;
    set.map_err(|error| spine::refusal(&error, Call::Send, asked.profile))?;
    Ok(Answer::empty(201, "set"))
}

/// Reads the parameters, with the adaptor's checks in its order.
fn read(parameters: &Parameters, profile: Profile) -> Result<SetPermissions, Refusal> {
    let named = |parameter: &&Parameter| parameter.name.as_deref() == Some("setPermissions");
    let mut sets = parameters.parameter.iter().filter(named);
    let set = match (sets.next(), sets.next()) {
        (Some(set), None) => set,
        (Some(_), Some(_)) => {
            let text = "Exactly 1 parameter named 'setPermissions' expected";
            return Err(Refusal::rule(text).at("Parameters.parameter"));
        }
        _ => {
            let text = "Parameter named 'setPermissions' name not found";
            return Err(Refusal::rule(text).at("Parameters.parameter"));
        }
    };
    let number = number(set)?;
    let code = code(set)?;
    if profile == Profile::Full {
        known(parameters, set)?;
    }
    let setting = setting(code).ok_or_else(|| {
        let text = format!("Invalid value - {code} in field 'valueCoding.code'");
        let place = "Parameters.parameter.part.where(name = 'permissionCode').value.code";
        Refusal::value(text, "permission code").at(place)
    })?;
    let patient = NhsNumber::parse(number).ok();
    let patient = patient.filter(|_| number.bytes().all(|b| b.is_ascii_digit()));
    let patient = patient.ok_or_else(|| match profile {
        Profile::Compatible => no_number(),
        Profile::Full => {
            let text = format!("Invalid value - {number} in field 'nhsNumber'");
            let place = "Parameters.parameter.part.where(name = 'nhsNumber').value";
            Refusal::value(text, "the NHS number is not valid").at(place)
        }
    })?;
    Ok(SetPermissions { patient, setting })
}

/// What is not known is refused: it may be meant to limit what is set.
fn known(parameters: &Parameters, set: &Parameter) -> Result<(), Refusal> {
    let name = |parameter: &Parameter| parameter.name.clone().unwrap_or_default();
    let other = parameters.parameter.iter().map(name);
    let other = other.filter(|name| name != "setPermissions");
    let part = set.part.iter().map(name);
    let part = part.filter(|name| name != "nhsNumber" && name != "permissionCode");
    let places = other
        .map(|name| ("Parameters.parameter", name))
        .chain(part.map(|name| ("Parameters.parameter.part", name)));
    match places.into_iter().next() {
        None => Ok(()),
        Some((place, name)) => {
            Err(Refusal::rule(format!("Unknown parameter '{name}'")).at(format!("{place}.name")))
        }
    }
}

fn number(set: &Parameter) -> Result<&str, Refusal> {
    let parts = set
        .part
        .iter()
        .filter(|part| part.name.as_deref() == Some("nhsNumber"));
    let mut numbers = parts.filter_map(|part| match &part.value {
        Some(ExtensionValue::String(text)) => Some(text.as_str()).filter(|t| !t.is_empty()),
        _ => None,
    });
    match (numbers.next(), numbers.next()) {
        (Some(number), None) => Ok(number),
        (Some(_), Some(_)) => Err(Refusal::rule(
            "Exactly 1 Parameter.Part named 'nhsNumber' with not empty value expected",
        )
        .at("Parameters.parameter.part")),
        _ => Err(
            Refusal::rule("Missing value for Parameter.Part 'nhsNumber'")
                .at("Parameters.parameter.part"),
        ),
    }
}

fn code(set: &Parameter) -> Result<&str, Refusal> {
    let parts = set
        .part
        .iter()
        .filter(|part| part.name.as_deref() == Some("permissionCode"));
    let mut codes = parts.filter_map(|part| match &part.value {
        Some(ExtensionValue::Coding(coding))
            if coding.system.as_deref() == Some(system::ACS_PERMISSION) =>
        {
            Some(coding.code.as_deref().unwrap_or_default())
        }
        _ => None,
    });
    let part = "Parameter.Part named 'permissionCode' with valueCoding.system";
    let of = system::ACS_PERMISSION;
    match (codes.next(), codes.next()) {
        (Some(code), None) => Ok(code),
        (Some(_), Some(_)) => Err(Refusal::rule(format!("Exactly 1 {part} {of} expected"))
            .at("Parameters.parameter.part")),
        _ => Err(Refusal::rule(format!("{part} {of} not found")).at("Parameters.parameter.part")),
    }
}

/// *Ask* is what the Spine calls cleared.
fn setting(code: &str) -> Option<NewSetting> {
    let is = |expected: &str| code.eq_ignore_ascii_case(expected);
    match () {
        () if is("Yes") => Some(NewSetting::Yes),
        () if is("No") => Some(NewSetting::No),
        () if is("Ask") => Some(NewSetting::Clear),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn part(name: &str, value: &str) -> Value {
        match name {
            "nhsNumber" => json!({ "name": name, "valueString": value }),
            _ => {
                json!({ "name": name, "valueCoding": { "system": system::ACS_PERMISSION, "code": value } })
            }
        }
    }

    fn check(parameters: &Value, profile: Profile) -> Result<(String, &'static str), String> {
        let body = json!({ "resourceType": "Parameters", "parameter": parameters });
        let Resource::Parameters(parameters) =
            fhir::json::read(body.to_string().as_bytes()).expect("a resource")
        else {
            panic!("no parameters");
        };
        let read = read(&parameters, profile);
        read.map(|set| (set.patient.as_str().to_owned(), set.setting.code()))
            .map_err(|refusal| refusal.issues[0].text.clone())
    }

    #[test]
    fn each_rule_has_the_national_text() {
        let set = |parts: &[Value]| json!([{ "name": "setPermissions", "part": parts }]);
        let (number, yes) = (
            part("nhsNumber", "9995000180"),
            part("permissionCode", "Yes"),
        );
        let other = json!({ "name": "permissionCode", "valueCoding": { "system": "urn:x", "code": "Yes" } });
        let both = set(&[number.clone(), yes.clone()]);
        let twice = json!([both[0], both[0]]);
        let of = "Parameter.Part named 'permissionCode' with valueCoding.system \
                  https://fhir.nhs.uk/CodeSystem/SCR-ACSPermission";
        for (parameters, expected) in [
            (
                twice,
                "Exactly 1 parameter named 'setPermissions' expected".to_owned(),
            ),
            (
                json!([{ "name": "other", "valueString": "x" }]),
                "Parameter named 'setPermissions' name not found".to_owned(),
            ),
            (
                set(&[number.clone(), number.clone(), yes.clone()]),
                "Exactly 1 Parameter.Part named 'nhsNumber' with not empty value expected"
                    .to_owned(),
            ),
            (
                set(std::slice::from_ref(&yes)),
                "Missing value for Parameter.Part 'nhsNumber'".to_owned(),
            ),
            (
                set(&[number.clone(), yes.clone(), yes.clone()]),
                format!("Exactly 1 {of} expected"),
            ),
            (set(&[number.clone(), other]), format!("{of} not found")),
            (
                set(&[number.clone(), part("permissionCode", "Maybe")]),
                "Invalid value - Maybe in field 'valueCoding.code'".to_owned(),
            ),
        ] {
            for profile in [Profile::Full, Profile::Compatible] {
                assert_eq!(
                    check(&parameters, profile),
                    Err(expected.clone()),
                    "{parameters}"
                );
            }
        }
    }

    #[test]
    fn unknown_parameters_are_refused_and_nationally_ignored() {
        let parts = [
            part("nhsNumber", "9995000180"),
            part("permissionCode", "Yes"),
        ];
        let until = json!({ "name": "until", "valueString": "2027" });
        let set = |parts: &[Value]| json!({ "name": "setPermissions", "part": parts });
        let [number, code] = parts.clone();
        for parameters in [
            json!([set(&parts), until.clone()]),
            json!([set(&[number, code, until])]),
        ] {
            let full = check(&parameters, Profile::Full);
            assert_eq!(full, Err("Unknown parameter 'until'".to_owned()));
            let national = check(&parameters, Profile::Compatible);
            assert_eq!(national, Ok(("9995000180".to_owned(), "Yes")));
        }
    }

    #[test]
    fn codes_are_read_in_any_case() {
        for (code, expected) in [("Yes", "Yes"), ("no", "No"), ("ASK", "Clear")] {
            let parts = [
                part("nhsNumber", "9995000180"),
                part("permissionCode", code),
            ];
            let parameters = json!([{ "name": "setPermissions", "part": parts }]);
            let read = check(&parameters, Profile::Full);
            assert_eq!(read, Ok(("9995000180".to_owned(), expected)));
        }
    }

    /// Row 17 of the adaptor's defects.
    #[test]
    fn nhs_numbers_are_validated() {
        let parts = [
            part("nhsNumber", "9995000181"),
            part("permissionCode", "No"),
        ];
        let parameters = json!([{ "name": "setPermissions", "part": parts }]);
        let full = check(&parameters, Profile::Full);
        assert_eq!(
            full,
            Err("Invalid value - 9995000181 in field 'nhsNumber'".to_owned())
        );
        let text = "Code: 400, Display: Invalid Request;Code: 35160, Display: [PSIS-35160] - \
                    Invalid input message. Mandatory field NHS Number is missing or incorrect";
        assert_eq!(
            check(&parameters, Profile::Compatible),
            Err(text.to_owned())
        );
    }
}
