//! Every published GP Summary, through the whole service, byte for byte.

use domain::record::DocumentBytes;
use hl7v3::gp_summary;

use super::spine::{Reply, pointer};
use super::world::{Query, World, check};

#[tokio::test]
async fn every_published_document_passes_untouched() {
    const TEST: &str = "every_published_document_passes_untouched";
    let Some(folder) = testkit::vectors_or_skip(TEST, "smsp-scr/response-templates") else {
        return;
    };
    let mut passed = 0;
    for path in transport::files::list_dir(&folder).expect("a folder") {
        let bytes = transport::files::read(&path).expect("a file");
        let document = xml::Document::parse(&bytes).expect("well-formed");
        for element in gp_summary::find(&document) {
            let Ok(header) = gp_summary::header(element) else {
                // The pack's default document has an NHS number with a wrong check digit.
                continue;
            };
            let slice = element.slice();
            let document = DocumentBytes {
                bytes: slice.bytes.as_bytes().to_vec(),
                inherited: slice.inherited,
            };
            let world = World::with_spine(|spine| {
                spine.list = Reply::List(header.patient, vec![pointer(&document)]);
                spine.document = Reply::Document(header.patient, document.clone());
            });
            let query = Query {
                patient: header.patient,
                ..Query::new()
            };
            let answer = check(&query.bytes(&world.env), &world).await;
            let name = path.display();
            assert_eq!(answer.outcome, "SMSP-0000", "{name}");
            assert!(
                answer.document == Some(document.bytes.clone()),
                "{name} was changed"
            );
            // The schema knows no `xsi:type` of a document, and resolves it all the same.
            if !slice.bytes.contains("xsi:type") {
                let schema = "smsp-scr/schemas/Schemas/REPC_MT150012GB01.xsd";
                testkit::xsd::assert_valid(schema, &answer.payload);
            }
            passed += 1;
        }
    }
    assert!(passed > 10, "{passed} documents");
}
