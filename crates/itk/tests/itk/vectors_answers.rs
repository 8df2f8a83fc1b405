//! What the published answers of the simulator say, by the trigger in the file name.

use domain::ConsentSetting;
use itk::client_response::{self, Answer};
use itk::scr::get_rbac_status::RbacStatus;
use itk::scr::{Operation, create_ptv, get_rbac_status, get_scr_status, query_ptv};
use xml::Element;

use crate::vectors::files;

/// Reads one template: its file name without ending, its operation, its payload, its code.
fn each(test: &str, check: impl Fn(&str, Operation, &Element<'_, '_>, &str)) {
    for (name, bytes) in files(test, "smsp-scr/response-templates") {
        let doc = xml::Document::parse(&bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        let Ok(Answer::Response(answer)) = client_response::read(&doc) else {
            panic!("{name}: no answer")
        };
        let name = name.trim_end_matches(".xml");
        let itk::Operation::Scr(operation) = answer.operation else {
            panic!("{name}: {:?}", answer.operation)
        };
        check(name, operation, &answer.payload, &answer.value.code);
    }
}

#[test]
fn every_trigger_has_its_code() {
    let triggers = [
        ("getSCRStatus", "9454200356", "SMSP-0001"),
        ("getSCRStatus", "9454200364", "SMSP-0002"),
        ("getSCRStatus", "9454200372", "SMSP-0004"),
        ("getSCRStatus", "9454200380", "SMSP-0005"),
        ("getSCRStatus", "9454200283", "SMSP-9999"),
        ("getRBACStatus", "112233445566", "SMSP-0001"),
        ("getRBACStatus", "223344556677", "SMSP-0002"),
        ("getRBACStatus", "334455667788", "SMSP-0004"),
        ("getRBACStatus", "445566778899", "SMSP-0005"),
        ("getRBACStatus", "556677889900", "SMSP-9999"),
        ("queryPTV", "9454200291", "SMSP-0001"),
        ("queryPTV", "9454200305", "SMSP-0002"),
        ("queryPTV", "9454200321", "SMSP-0005"),
        ("queryPTV", "9454201166", "SMSP-9999"),
        ("createPTV", "9454201174", "SMSP-0001"),
        ("createPTV", "9454201182", "SMSP-0002"),
        ("createPTV", "9454201190", "SMSP-0004"),
        ("createPTV", "9454201204", "SMSP-0005"),
        ("createPTV", "9454202391", "SMSP-9999"),
        ("querySCR", "9454200445", "SCR-0001"),
        ("querySCR", "9454200542", "SCR-0002"),
        ("querySCR", "9454200534", "SCR-0004"),
        ("querySCR", "9454200461", "SMSP-0002"),
        ("querySCR", "9454200488", "SMSP-0004"),
        ("querySCR", "9454200399", "SMSP-9999"),
        ("querySCRActivity", "9454202405", "SMSP-0001"),
        ("querySCRActivity", "9454202413", "SMSP-0002"),
        ("querySCRActivity", "9454201042", "SMSP-9999"),
    ];
    each("every_trigger_has_its_code", |name, operation, _, code| {
        let expected = triggers
            .iter()
            .find(|(operation, trigger, _)| name == format!("{operation}Response_{trigger}"));
        let expected = expected.map_or("SMSP-0000", |(_, _, code)| code);
        assert_eq!(code, expected, "{name}");
        assert!(
            name.starts_with(&format!("{}Response", operation.name())),
            "{name}"
        );
    });
}

#[test]
fn every_flag_is_read() {
    each("every_flag_is_read", |name, operation, payload, code| {
        let trigger = name.rsplit('_').next().unwrap_or_default();
        let success = code == "SMSP-0000";
        match operation {
            Operation::GetScrStatus => {
                let read = get_scr_status::Response::read(payload).expect(name);
                let (exists, consent) = match trigger {
                    "9454201050" => (true, ConsentSetting::No),
                    "9454201069" => (false, ConsentSetting::No),
                    _ => (true, ConsentSetting::Ask),
                };
                let expected = get_scr_status::Status { exists, consent };
                assert_eq!(read.status, success.then_some(expected), "{name}");
            }
            Operation::GetRbacStatus => {
                let read = get_rbac_status::Response::read(payload).expect(name);
                let (with_ptv, in_emergency) = match trigger {
                    "111000222000" => (false, true),
                    "333000444000" => (true, false),
                    "555000666000" => (false, false),
                    _ => (true, true),
                };
                let expected = RbacStatus {
                    with_ptv,
                    in_emergency,
                };
                assert_eq!(read.status, success.then_some(expected), "{name}");
            }
            Operation::QueryPtv => {
                let read = query_ptv::Response::read(payload).expect(name);
                let flag = trigger != "9454200518";
                assert_eq!(read.flag, success.then_some(flag), "{name}");
            }
            Operation::CreatePtv => {
                let read = create_ptv::Response::read(payload).expect(name);
                assert_eq!(read.value.code, code, "{name}");
            }
            // The documents are read in `vectors`, the reports in `reports`.
            _ => {}
        }
    });
}
