//! Documents in, the same bytes out.

use client::{QueryOptions, QueryOutcome};

use crate::world::{World, run, text};

/// Cuts the GP Summary out of a message by looking for its tags as text: an oracle that shares
/// nothing with the parser under test.
fn cut(message: &str) -> Option<&str> {
    let start = message.match_indices("GPSummary").find_map(|(at, _)| {
        let open = message[..at].rfind('<')?;
        let prefix = &message[open + 1..at];
        let next = message[at + "GPSummary".len()..].chars().next()?;
        let is_start = (prefix.is_empty() || prefix.ends_with(':') && !prefix.starts_with('/'))
            && !prefix.contains(char::is_whitespace)
            && (next.is_whitespace() || next == '>');
        is_start.then_some((open, prefix))
    });
    let (open, prefix) = start?;
    let end_tag = format!("</{prefix}GPSummary>");
    let end = message.rfind(&end_tag)? + end_tag.len();
    Some(&message[open..end])
}

#[tokio::test(flavor = "multi_thread")]
async fn published_responses_come_back_byte_for_byte() {
    let Some(templates) = testkit::vectors("smsp-scr/response-templates") else {
        return testkit::skip(
            "published_responses_come_back",
            "shared vectors are not here",
        );
    };
    let world = World::up(0, &[]);
    let data = world.data.display().to_string();
    let folder = templates.display().to_string();
    let output = run(&["import", "--data", &data, "--json", &folder]);
    assert!(output.status.success(), "{}", text(&output.stderr));

    let client = world.client();
    let mut fetched = 0;
    for line in text(&output.stdout).lines() {
        let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
        if line["result"] != "current" {
            continue;
        }
        let file = line["file"].as_str().expect("a file");
        let source = std::fs::read_to_string(file).expect("text");
        let expected = cut(&source).expect("a GP Summary");
        let patient = line["patient"]
            .as_str()
            .expect("a patient")
            .parse()
            .expect("a number");
        let outcome = client
            .query(patient, &QueryOptions::with_permission())
            .await;
        match outcome.expect("an answer") {
            QueryOutcome::Document { document, .. } => {
                assert!(
                    document.bytes == expected.as_bytes(),
                    "{file} came back changed"
                );
            }
            other => panic!("{file}: {other:?}"),
        }
        fetched += 1;
    }
    assert!(fetched >= 10, "only {fetched} documents were filed");
}

/// Our own document with what makes slicing hard: an odd prefix and a default namespace that
/// are declared outside, comments, and characters that need escaping.
fn awkward(patient: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<w:wrapper xmlns:w="urn:example" xmlns="urn:hl7-org:v3" xmlns:strange-1.x="urn:hl7-org:v3"
  xmlns:t="xhtml:NPfIT:PresentationText"><!-- before --><strange-1.x:GPSummary
  classCode='COMPOSITION'   moodCode="EVN"><!-- inside --><id root="0a1b2c3d-0000-4000-8000-000000000001"/>
 <code code="196981000000101" codeSystem="2.16.840.1.113883.2.1.3.2.4.15"/>
 <effectiveTime value="202610011200"/><statusCode code="active"/>
 <author typeCode="AUT" contextControlCode="OP"><time value="20261001"/>
  <UKCT_MT160018UK01.AgentPersonSDS classCode="AGNT"><id root="1.2.826.0.1285.0.2.0.67" extension="999000000025"/>
   <agentPersonSDS classCode="PSN" determinerCode="INSTANCE"><id root="1.2.826.0.1285.0.2.0.65" extension="999000000017"/>
   <name>Dr O&#39;Neill &amp; partners</name></agentPersonSDS></UKCT_MT160018UK01.AgentPersonSDS></author>
 <excerptFrom typeCode="XCRPT"><UKCT_MT144051UK01.CareProfessionalDocumentationCRE><component><presentationText>
  <value mediaType="text/plain"><t:html><t:body><t:h2>Allergies &lt;none&gt; µ°</t:h2></t:body></t:html></value>
 </presentationText></component></UKCT_MT144051UK01.CareProfessionalDocumentationCRE></excerptFrom>
 <recordTarget typeCode="RCT"><patient classCode="PAT"><id root="2.16.840.1.113883.2.1.4.1" extension="{patient}"/></patient></recordTarget>
</strange-1.x:GPSummary ><!-- after --></w:wrapper>"#
    )
}

/// A patient's record, as a client gets it.
async fn fetched(world: &World, patient: domain::NhsNumber) -> String {
    let outcome = world
        .client()
        .query(patient, &QueryOptions::with_permission())
        .await;
    let QueryOutcome::Document { document, .. } = outcome.expect("an answer") else {
        panic!("no document");
    };
    text(&document.bytes)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_awkward_document_comes_back_byte_for_byte_while_up_runs() {
    let world = World::up(1, &[]);
    let patient = domain::NhsNumber::from_first_nine("999900001").expect("a number");
    let source = awkward(patient.as_str());
    let file = world.data.join("awkward.xml");
    std::fs::write(&file, &source).expect("written");
    let (data, file) = (world.data.display().to_string(), file.display().to_string());
    let output = run(&["import", "--strict", "--data", &data, &file]);
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    let again = run(&["import", "--strict", "--data", &data, &file]);
    assert!(
        text(&again.stdout).contains("already there"),
        "{}",
        text(&again.stdout)
    );

    let document = fetched(&world, patient).await;
    let start = source.find("<strange-1.x:GPSummary").expect("a start");
    let end = source.find("<!-- after").expect("an end");
    assert_eq!(document, &source[start..end]);
}

/// As deep as a message may be: in every answer it stands deeper.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_is_given_however_deep_it_is() {
    let world = World::up(1, &[]);
    let patient = domain::NhsNumber::from_first_nine("999900001").expect("a number");
    let nested = "<t:ul><t:li>".repeat(45) + "deep" + &"</t:li></t:ul>".repeat(45);
    let source = awkward(patient.as_str()).replace("<t:body>", &format!("<t:body>{nested}"));
    let file = world.data.join("deep.xml");
    std::fs::write(&file, &source).expect("written");
    let (data, file) = (world.data.display().to_string(), file.display().to_string());
    let output = run(&["import", "--strict", "--data", &data, &file]);
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}");
    let document = fetched(&world, patient).await;
    assert!(document.contains(&nested));
}

#[test]
fn what_is_refused_is_reported_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data").display().to_string();
    let patient = domain::NhsNumber::from_first_nine("999900001").expect("a number");
    let good = awkward(patient.as_str());
    let bad_number = good.replace(patient.as_str(), "9999000011");
    let changed = good.replace("Allergies", "allergies");
    let cases = [
        ("1-good.xml", good.as_str(), "current"),
        ("2-same-id.xml", changed.as_str(), "never changes"),
        ("3-bad-number.xml", bad_number.as_str(), "check digit"),
        ("4-not-xml.xml", "<open>", "line 1"),
        ("5-doctype.xml", "<!DOCTYPE a []><a/>", "DOCTYPE"),
        ("6-nothing.xml", "<a/>", "no GPSummary"),
    ];
    for (name, content, _) in &cases {
        std::fs::write(folder.path().join(name), content).expect("written");
    }
    let path = folder.path().display().to_string();
    let output = run(&["import", "--data", &data, &path]);
    assert!(
        output.status.success(),
        "one document was filed: {}",
        text(&output.stderr)
    );
    let report = text(&output.stdout);
    for (name, _, expected) in &cases {
        let line = report.lines().find(|line| line.contains(name)).expect(name);
        assert!(line.contains(expected), "{name}: {line}");
    }
    assert!(
        !run(&["import", "--strict", "--data", &data, &path])
            .status
            .success()
    );
    assert!(report.contains("1 filed, 0 already there, 1 without a GP Summary, 4 refused"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_filed_under_the_wrong_patient_is_never_shown() {
    let world = World::up(0, &[]);
    let data = world.data.display().to_string();
    let patient = domain::NhsNumber::from_first_nine("999900001").expect("a number");
    let other = domain::NhsNumber::from_first_nine("999900003").expect("a number");
    let file = world.data.join("wrong.xml");
    std::fs::write(&file, awkward(patient.as_str())).expect("written");
    let file = file.display().to_string();
    let output = run(&[
        "import",
        "--strict",
        "--data",
        &data,
        "--file-under",
        other.as_str(),
        &file,
    ]);
    assert!(output.status.success(), "{}", text(&output.stdout));
    match world
        .client()
        .query(other, &QueryOptions::with_permission())
        .await
    {
        Ok(QueryOutcome::Refused(refused)) => assert_eq!(refused.code, "SMSP-0002"),
        outcome => panic!("{outcome:?}"),
    }
}
