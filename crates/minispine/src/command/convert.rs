//! `minispine convert`: a GP Summary from HL7 V3 to FHIR and back.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use conversion::{NewDocument, Profile, Retrieved};
use fhir::{Bundle, Finding, Resource};
use hl7v3::gp_summary::{self, model};
use serde_json::{Value, json};
use transport::{Environment, files};
use xml::Element;

use crate::arguments::{Convert, Standard};

/// What came of it: the result, and what it does not say.
struct Converted {
    text: Vec<u8>,
    notes: Vec<Note>,
}

/// Something that stays in the presentation text.
struct Note {
    place: String,
    text: String,
}

pub(crate) fn run(convert: &Convert) -> Result<ExitCode> {
    let env = Environment::system();
    let bytes = files::read(&convert.file)
        .with_context(|| format!("cannot read {}", convert.file.display()))?;
    let profile = match convert.compatible {
        true => Profile::Compatible,
        false => Profile::Full,
    };
    let name = convert.file.display().to_string();
    let converted = match (convert.from, convert.to) {
        (Standard::Hl7v3, Standard::Fhir) => {
            to_fhir(convert, &bytes, profile, &env).context(name)?
        }
        (Standard::Fhir, Standard::Hl7v3) => {
            match from_fhir(&bytes, profile, &env).context(name)? {
                Ok(converted) => converted,
                Err(findings) => return refused(convert, &findings),
            }
        }
        _ => bail!("--from and --to must differ"),
    };
    match &convert.output {
        Some(file) => files::write_atomic(file, &converted.text)
            .with_context(|| format!("cannot write {}", file.display()))?,
        None => super::print(&String::from_utf8(converted.text)?)?,
    }
    report(convert, &converted.notes)?;
    Ok(ExitCode::SUCCESS)
}

fn to_fhir(
    convert: &Convert,
    bytes: &[u8],
    profile: Profile,
    env: &Environment,
) -> Result<Converted> {
    let document = xml::Document::parse(bytes)?;
    let summary = match gp_summary::find(&document).as_slice() {
        [only] => *only,
        [] => bail!("there is no GPSummary in it"),
        several => bail!("there are {} GP Summaries in it", several.len()),
    };
    let read = model::read(summary)?;
    let id = read.document_id().context("the GP Summary has no id")?;
    let around = Around::of(document.root());
    let (query_id, now) = (env.uuid(), domain::Hl7Timestamp::from_instant(env.now()));
    let retrieved = Retrieved {
        document: &read,
        event_id: around.event.unwrap_or(id.as_str()),
        query_id: around.message.unwrap_or(&query_id),
        created: around.created.unwrap_or(now.as_str()),
        base_url: convert.base_url.trim_end_matches('/'),
    };
    let bundle = conversion::to_fhir(&retrieved, profile, &mut || capital(env))?;
    let notes = bundle
        .all::<fhir::OperationOutcome>()
        .flat_map(|outcome| &outcome.issue);
    let notes = notes.map(|issue| Note {
        place: issue.expression.first().cloned().unwrap_or_default(),
        text: issue
            .details
            .as_ref()
            .and_then(|details| details.text.clone())
            .unwrap_or_default(),
    });
    let notes = notes.collect();
    let resource = Resource::Bundle(bundle);
    let text = match convert.xml {
        true => {
            let mut text = fhir::xml::write(&resource)?;
            text.push(b'\n');
            text
        }
        false => pretty(&fhir::json::write(&resource)),
    };
    Ok(Converted { text, notes })
}

/// What an answer of the Spine says around a document.
#[derive(Default)]
struct Around<'d> {
    event: Option<&'d str>,
    message: Option<&'d str>,
    created: Option<&'d str>,
}

impl<'d> Around<'d> {
    fn of(root: Element<'d, '_>) -> Self {
        let value = |within: Option<Element<'d, '_>>, name: &str, attribute: &str| {
            let found = within?.children().find(|child| child.name() == name)?;
            found.attribute(attribute)
        };
        let mut all = root.descendants();
        let answer = all.find(|element| element.name() == "QUPC_IN210000UK04");
        let event = answer.and_then(|answer| {
            answer
                .descendants()
                .find(|element| element.name() == "event")
        });
        Self {
            event: value(event, "eventID", "root"),
            message: value(answer, "id", "root"),
            created: value(answer, "creationTime", "value"),
        }
    }
}

fn from_fhir(
    bytes: &[u8],
    profile: Profile,
    env: &Environment,
) -> Result<Result<Converted, Vec<Finding>>> {
    let read = match conversion::validate::Form::of(bytes) {
        // As the API reads an upload.
        conversion::validate::Form::FhirJson => fhir::json::read_tolerant(bytes)?,
        _ => fhir::xml::read(bytes)?,
    };
    let Resource::Bundle(bundle) = read else {
        bail!("it is a {} and no Bundle", read.resource_type());
    };
    let new = NewDocument {
        now: env.now(),
        patient: None,
    };
    let converted =
        conversion::from_fhir(&as_document(bundle), &new, profile, &mut || capital(env));
    Ok(converted.map(|converted| {
        let note = |finding: &Finding| Note {
            place: finding.expression.clone(),
            text: finding.rule.clone(),
        };
        let mut text = converted.summary.write().bytes;
        text.push(b'\n');
        Converted {
            text,
            notes: converted.notes.iter().map(note).collect(),
        }
    }))
}

/// An answer to `GET /Bundle` is a document as a search gives it.
fn as_document(mut bundle: Bundle) -> Bundle {
    if bundle.r#type.as_deref() == Some("searchset") {
        bundle.r#type = Some("document".to_owned());
        bundle.total = None;
    }
    bundle
}

/// Ids as the Spine writes them.
fn capital(env: &Environment) -> String {
    env.uuid().to_ascii_uppercase()
}

/// JSON laid out for people: blanks and line ends go between what is there, which stays as it is
/// written, numbers to their last nought.
fn pretty(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() * 2);
    let (mut depth, mut in_text, mut escaped) = (0_usize, false, false);
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth, b' ');
    };
    for byte in json {
        if in_text {
            out.push(*byte);
            in_text = *byte != b'"' || escaped;
            escaped = *byte == b'\\' && !escaped;
            continue;
        }
        match byte {
            b'{' | b'[' => {
                out.push(*byte);
                depth += 1;
                line(&mut out, depth);
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(*byte);
            }
            b',' => {
                out.push(b',');
                line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b": "),
            _ => {
                in_text = *byte == b'"';
                out.push(*byte);
            }
        }
    }
    out.push(b'\n');
    out
}

fn report(convert: &Convert, notes: &[Note]) -> Result<()> {
    if convert.json {
        let note = |note: &Note| json!({ "path": note.place, "note": note.text });
        return super::print_line(
            &json!({
                "file": convert.file.display().to_string(),
                "converted": true,
                "output": convert.output.as_ref().map(|file| file.display().to_string()),
                "only_in_the_text": notes.iter().map(note).collect::<Vec<Value>>(),
            })
            .to_string(),
        );
    }
    for note in notes {
        super::complain(&format!("minispine: {}: {}", note.place, note.text));
    }
    Ok(())
}

fn refused(convert: &Convert, findings: &[Finding]) -> Result<ExitCode> {
    if convert.json {
        let finding = |finding: &Finding| {
            json!({
                "severity": finding.severity.as_str(),
                "path": finding.expression,
                "rule": finding.rule,
                "source": finding.source,
            })
        };
        super::print_line(
            &json!({
                "file": convert.file.display().to_string(),
                "converted": false,
                "findings": findings.iter().map(finding).collect::<Vec<Value>>(),
            })
            .to_string(),
        )?;
        return Ok(ExitCode::FAILURE);
    }
    super::complain(&format!(
        "minispine: {} cannot be converted:",
        convert.file.display()
    ));
    for finding in findings {
        super::complain(&format!(
            "  {}: {} [{}]",
            finding.expression, finding.rule, finding.source
        ));
    }
    Ok(ExitCode::FAILURE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_laid_out_and_nothing_else() {
        let json = br#"{"a":[1.10,{"b":"x\":{,\\"}],"c":"\\","d":true}"#;
        let laid_out = String::from_utf8(pretty(json)).expect("text");
        assert!(laid_out.contains("\n    1.10,\n"), "{laid_out}");
        assert!(laid_out.contains("\"b\": \"x\\\":{,\\\\\"\n"), "{laid_out}");
        let read = |text: &[u8]| serde_json::from_slice::<Value>(text).expect("JSON");
        assert_eq!(read(laid_out.as_bytes()), read(json));
    }
}
