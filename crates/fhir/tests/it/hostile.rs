//! What is not a resource, and what is meant to hurt.

use fhir::{FhirErrorKind, json, xml};

/// What reading says: the kind, line, column, expression and rule.
fn refusal(text: &str) -> (FhirErrorKind, String) {
    let error = json::read(text.as_bytes()).unwrap_err();
    (error.kind, error.to_string())
}

#[test]
fn json_that_is_refused() {
    use FhirErrorKind::{
        BadValue, Cardinality, Empty, Limit, Malformed, UnknownElement, UnknownResource, WrongType,
    };
    let patient = |members: &str| format!("{{\"resourceType\":\"Patient\",\n{members}}}");
    let cases = [
        (
            String::new(),
            Malformed,
            "the text ends too early (line 1, column 1)",
        ),
        (
            "{".to_owned(),
            Malformed,
            "a member's name is expected here (line 1, column 2)",
        ),
        (
            "[]".to_owned(),
            WrongType,
            "a resource is an object (line 1, column 1)",
        ),
        (
            "{}".to_owned(),
            UnknownResource,
            "resourceType is missing (line 1, column 1)",
        ),
        (
            "{\"resourceType\":1}".to_owned(),
            UnknownResource,
            "resourceType has to be text (line 1, column 1)",
        ),
        (
            "{\"resourceType\":\"patient\"}".to_owned(),
            UnknownResource,
            "R4 has no resource of this type (line 1, column 1)",
        ),
        (
            "{\"resourceType\":\"Patient\"} x".to_owned(),
            Malformed,
            "nothing may follow the value (line 1, column 28)",
        ),
        (
            "\u{feff}{}".to_owned(),
            Malformed,
            "a value is expected here (line 1, column 1)",
        ),
        (
            patient("\"id\":\"a\",}"),
            Malformed,
            "a member's name is expected here (line 2, column 10)",
        ),
        (
            patient("'id':\"a\""),
            Malformed,
            "a member's name is expected here (line 2, column 1)",
        ),
        (
            patient("\"id\":\"a\",\"id\":\"b\""),
            Malformed,
            "a member of this name is there already (line 2, column 10)",
        ),
        (
            patient("\"id\":\"a\",\"i\\u0064\":\"b\""),
            Malformed,
            "a member of this name is there already (line 2, column 10)",
        ),
        (
            patient("\"id\":\"a\nb\""),
            Malformed,
            "a control character has to be escaped (line 2, column 8)",
        ),
        (
            patient("\"id\":\"\\x\""),
            Malformed,
            "no such escape (line 2, column 7)",
        ),
        (
            patient("\"id\":\"\\ud83d\""),
            Malformed,
            "half of a surrogate pair (line 2, column 7)",
        ),
        (
            patient("\"active\":True"),
            Malformed,
            "a value is expected here (line 2, column 10)",
        ),
        (
            patient("\"active\":NaN"),
            Malformed,
            "a value is expected here (line 2, column 10)",
        ),
        (
            patient("\"multipleBirthInteger\":01"),
            Malformed,
            "this is no number of JSON (line 2, column 24)",
        ),
        (
            patient("\"multipleBirthInteger\":1."),
            Malformed,
            "this is no number of JSON (line 2, column 24)",
        ),
        (
            patient(&format!("\"multipleBirthInteger\":{}", "9".repeat(100_000))),
            Limit,
            "a number longer than 64 characters (line 2, column 24)",
        ),
        (
            patient("\"multipleBirthInteger\":99999999999"),
            BadValue,
            "a whole number from -2147483648 to 2147483647 is expected (line 2, column 1, Patient.multipleBirthInteger)",
        ),
        (
            patient("\"multipleBirthInteger\":1e9999"),
            BadValue,
            "a whole number from -2147483648 to 2147483647 is expected (line 2, column 1, Patient.multipleBirthInteger)",
        ),
        (
            patient("\"id\":\"\""),
            Empty,
            "a value must not be empty (line 2, column 1, Patient.id)",
        ),
        (
            patient("\"id\":null"),
            WrongType,
            "text is expected (line 2, column 1, Patient.id)",
        ),
        (
            patient("\"id\":7"),
            WrongType,
            "text is expected (line 2, column 1, Patient.id)",
        ),
        (
            patient("\"id\":[\"a\"]"),
            Cardinality,
            "there may be only one: no array is expected (line 2, column 1, Patient.id)",
        ),
        (
            patient("\"name\":{\"family\":\"a\"}"),
            Cardinality,
            "there may be many: an array is expected (line 2, column 1, Patient.name)",
        ),
        (
            patient("\"name\":[]"),
            Empty,
            "an array must not be empty (line 2, column 1, Patient.name)",
        ),
        (
            patient("\"name\":[{}]"),
            Empty,
            "an object must not be empty (line 2, column 9, Patient.name[0])",
        ),
        (
            patient("\"name\":[null]"),
            WrongType,
            "an object is expected (line 2, column 9, Patient.name[0])",
        ),
        (
            patient("\"name\":[\"a\"]"),
            WrongType,
            "an object is expected (line 2, column 9, Patient.name[0])",
        ),
        (
            patient("\"name\":[{\"text\":\"é\"},\n{\"given\":[\"a\",\"\"]}]"),
            Empty,
            "a value must not be empty (line 3, column 15, Patient.name[1].given[1])",
        ),
        (
            patient("\"name\":[{\"given\":[null]}]"),
            WrongType,
            "text is expected (line 2, column 19, Patient.name[0].given[0])",
        ),
        (
            patient("\"name\":[{\"given\":[\"a\"],\"_given\":[null,{\"id\":\"b\"}]}]"),
            Cardinality,
            "it has to be as long as the array of the values (line 2, column 24, Patient.name[0]._given)",
        ),
        (
            patient("\"_name\":[{\"id\":\"a\"}]"),
            UnknownElement,
            "R4 has no such element here (line 2, column 1, Patient._name)",
        ),
        (
            patient("\"nhsNumber\":\"a\""),
            UnknownElement,
            "R4 has no such element here (line 2, column 1, Patient.nhsNumber)",
        ),
        (
            patient("\"deceased\":true"),
            UnknownElement,
            "R4 has no such element here (line 2, column 1, Patient.deceased)",
        ),
        (
            patient("\"deceasedBoolean\":true,\"deceasedDateTime\":\"1999\""),
            Cardinality,
            "a choice must not be there in two forms (line 2, column 24, Patient.deceasedDateTime)",
        ),
        (
            patient("\"gender\":\"m\""),
            BadValue,
            "not a code of the value set administrative-gender (line 2, column 1, Patient.gender)",
        ),
        (
            patient("\"birthDate\":\"30/04/1999\""),
            BadValue,
            "not a date of FHIR R4 (line 2, column 1, Patient.birthDate)",
        ),
        (
            patient("\"contained\":[{\"resourceType\":\"Nobody\"}]"),
            UnknownResource,
            "R4 has no resource of this type (line 2, column 14, Patient.contained[0])",
        ),
        (
            patient("\"text\":{\"status\":\"generated\",\"div\":\"<div>a</div>\"}"),
            BadValue,
            "not a div of XHTML: it has to be a div in the namespace of XHTML (line 2, column 30, Patient.text.div)",
        ),
        (
            "{\"resourceType\":\"Flag\",\"status\":\"\"}".to_owned(),
            Empty,
            "a value must not be empty (line 1, column 24, Flag.status)",
        ),
        (
            "{\"resourceType\":\"Bundle\",\"text\":{\"status\":\"empty\"}}".to_owned(),
            UnknownElement,
            "R4 has no such element here (line 1, column 26, Bundle.text)",
        ),
    ];
    for (text, kind, message) in cases {
        let start: String = text.chars().take(80).collect();
        assert_eq!(refusal(&text), (kind, message.to_owned()), "{start}");
    }
}

#[test]
fn what_is_meant_to_hurt() {
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let sections = format!(
        "{{\"resourceType\":\"Composition\",{}\"title\":\"a\"{}}}",
        "\"section\":[{".repeat(200),
        "}]".repeat(200)
    );
    let long_list = format!(
        "{{\"resourceType\":\"Composition\",\"author\":[{}{{\"display\":\"a\"}}]}}",
        "{\"display\":\"a\"},".repeat(20_000)
    );
    let members: String = (0..300).map(|n| format!(",\"a{n}\":1")).collect();
    let cases = [
        (deep("[", "]"), "nested deeper than 48 (line 1, column 49)"),
        (
            deep("{\"a\":", "}"),
            "nested deeper than 48 (line 1, column 241)",
        ),
        (sections, "nested deeper than 48 (line 1, column 318)"),
        (long_list, "more than 20000 items (line 1, column 320041)"),
        (
            format!("{{\"resourceType\":\"Flag\"{members}}}"),
            "more than 256 members (line 1, column 2215)",
        ),
        (
            " ".repeat(9 << 20),
            "longer than 8388608 bytes (line 1, column 1)",
        ),
    ];
    for (text, message) in cases {
        let (kind, found) = refusal(&text);
        assert_eq!(found, message);
        assert_eq!(kind, FhirErrorKind::Limit);
    }
    let many = format!("[{}1]", "1,".repeat(15_000));
    let values = format!("[{}1]", format!("{many},").repeat(40));
    assert_eq!(refusal(&values).0, FhirErrorKind::Limit);
}

/// As deep as the limit lets them be: half a stack of a worker thread is enough for everything.
#[test]
fn what_is_as_deep_as_it_may_be() {
    let nested = |start: &str, open: &str, inmost: &str, close: &str, times: usize| {
        format!(
            "{start}{}{inmost}{}}}",
            open.repeat(times),
            close.repeat(times)
        )
    };
    let bundles = "\"entry\":[{\"resource\":{\"resourceType\":\"Bundle\",";
    let contained = "\"contained\":[{\"resourceType\":\"Observation\",";
    let extension = "\"extension\":[{\"url\":\"urn:x\",";
    let cases = [
        nested(
            "{\"resourceType\":\"Parameters\",",
            "\"parameter\":[{\"name\":\"a\",",
            "\"id\":\"a\"",
            "}]",
            1,
        ),
        nested(
            "{\"resourceType\":\"Parameters\",\"parameter\":[{\"name\":\"a\",",
            "\"part\":[{\"name\":\"a\",",
            "\"id\":\"a\"",
            "}]",
            22,
        ) + "]}",
        nested(
            "{\"resourceType\":\"Bundle\",",
            bundles,
            "\"id\":\"a\"",
            "}}]",
            15,
        ),
        nested(
            "{\"resourceType\":\"Observation\",",
            contained,
            "\"id\":\"a\"",
            "}]",
            23,
        ),
        nested(
            "{\"resourceType\":\"Patient\",",
            extension,
            "\"id\":\"a\"",
            "}]",
            23,
        ),
    ];
    for text in cases {
        let work = move || {
            let resource = json::read(text.as_bytes()).unwrap();
            let _ = fhir::check(&resource);
            let written = xml::write(&resource).unwrap();
            assert!(xml::read(&written).unwrap() == resource.clone());
            assert_eq!(json::read(&json::write(&resource)).unwrap(), resource);
        };
        let thread = std::thread::Builder::new().stack_size(1 << 20);
        thread.spawn(work).unwrap().join().unwrap();
    }
}

#[test]
fn many_references_to_many_contained_resources() {
    let contained: Vec<String> = (0..19_000)
        .map(|n| format!("{{\"resourceType\":\"Patient\",\"id\":\"p{n}\"}}"))
        .collect();
    let members: Vec<String> = (0..19_000)
        .map(|n| format!("{{\"reference\":\"#p{n}\"}}"))
        .collect();
    let text = format!(
        "{{\"resourceType\":\"Observation\",\"status\":\"final\",\"code\":{{\"text\":\"a\"}},\"contained\":[{}],\"hasMember\":[{}]}}",
        contained.join(","),
        members.join(",")
    );
    assert_eq!(fhir::check(&json::read(text.as_bytes()).unwrap()), []);
}

#[test]
fn other_encodings() {
    let error = json::read(b"{\n\"a\": \"\xff\"}").unwrap_err();
    assert_eq!(error.to_string(), "not UTF-8 (line 2, column 7)");
    let utf16: Vec<u8> = "{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(
        json::read(&utf16).unwrap_err().kind,
        FhirErrorKind::Malformed
    );
}

#[test]
fn xml_that_is_refused() {
    let patient =
        |inside: &str| format!("<Patient xmlns=\"http://hl7.org/fhir\">\n{inside}</Patient>");
    let cases = [
        (
            "<Patient/>".to_owned(),
            "not in the namespace of FHIR (line 1, column 1, Patient)",
        ),
        (
            "<Nobody xmlns=\"http://hl7.org/fhir\"/>".to_owned(),
            "R4 has no resource of this type (line 1, column 1, Nobody)",
        ),
        (
            "<Flag xmlns=\"http://hl7.org/fhir\"/>".to_owned(),
            "the elements of this type are not known here: it cannot be read from XML (line 1, column 1, Flag)",
        ),
        (
            patient("<nhsNumber value=\"1\"/>"),
            "R4 has no such element here (line 2, column 1, Patient.nhsNumber)",
        ),
        (
            patient("<x:id xmlns:x=\"urn:x\" value=\"1\"/>"),
            "R4 has no such element here (line 2, column 1, Patient.id)",
        ),
        (
            patient("<id value=\"a\"/><id value=\"b\"/>"),
            "there may be only one (line 2, column 16, Patient.id)",
        ),
        (
            patient("<id value=\"\"/>"),
            "a value must not be empty (line 2, column 1, Patient.id)",
        ),
        (
            patient("<id>a</id>"),
            "text between elements (line 2, column 1, Patient.id)",
        ),
        (
            patient("<id/>"),
            "a value must not be empty (line 2, column 1, Patient.id)",
        ),
        (
            patient("<active value=\"yes\"/>"),
            "true or false is expected (line 2, column 1, Patient.active)",
        ),
        (
            patient("<multipleBirthInteger value=\"01\"/>"),
            "a number is expected (line 2, column 1, Patient.multipleBirthInteger)",
        ),
        (
            patient("<name><text value=\"a\"/></name>\n<name><use value=\"mine\"/></name>"),
            "not a code of the value set name-use (line 3, column 7, Patient.name[1].use)",
        ),
        (
            patient("<name><text val=\"a\"/></name>"),
            "R4 has no such attribute here (line 2, column 7, Patient.name[0].text)",
        ),
        (
            patient("<name><given value=\"a\"/><given value=\"b\" x=\"\"/></name>"),
            "R4 has no such attribute here (line 2, column 25, Patient.name[0].given[1])",
        ),
        (
            patient("<name/>"),
            "an object must not be empty (line 2, column 1, Patient.name[0])",
        ),
        (
            patient("<contained><Patient/><Patient/></contained>"),
            "one resource is expected (line 2, column 1, Patient.contained[0])",
        ),
        (
            patient("<contained><Patient><active/></Patient></contained>"),
            "a value must not be empty (line 2, column 21, Patient.contained[0].active)",
        ),
        (
            patient("<contained><Patient><gender value=\"x\"/></Patient></contained>"),
            "not a code of the value set administrative-gender (line 2, column 21, Patient.contained[0].gender)",
        ),
        (
            patient("<text><status value=\"empty\"/><div>a</div></text>"),
            "R4 has no such element here (line 2, column 30, Patient.text.div)",
        ),
    ];
    for (text, message) in cases {
        let error = xml::read(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), message, "{text}");
    }
    let parts = |times| {
        let (open, close) = (
            "<part><name value=\"a\"/>".repeat(times),
            "</part>".repeat(times),
        );
        format!(
            "<Parameters xmlns=\"http://hl7.org/fhir\"><parameter><name value=\"a\"/>{open}{close}</parameter></Parameters>"
        )
    };
    assert!(xml::read(parts(22).as_bytes()).is_ok());
    for times in [23, 90] {
        let error = xml::read(parts(times).as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "nested deeper than 48 (line 1, column 1, Parameters)"
        );
    }
    assert_eq!(
        xml::read(parts(10_000).as_bytes()).unwrap_err().kind,
        FhirErrorKind::Limit
    );
    let bomb = "<!DOCTYPE a [<!ENTITY b \"c\">]><Patient xmlns=\"http://hl7.org/fhir\"/>";
    assert_eq!(
        xml::read(bomb.as_bytes()).unwrap_err().kind,
        FhirErrorKind::Malformed
    );
}
