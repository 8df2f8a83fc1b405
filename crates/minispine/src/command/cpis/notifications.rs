//! `minispine cpis notifications`: what an authority is told.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use client::render::cpis as render;
use domain::CheckDigit;
use domain::cpis::{Author, JobTitle, PersonName};
use hl7v3::cpis::file::access_notice::{self, AccessNotification, NotedQuery};
use hl7v3::cpis::file::inactive_notice::{self, InactiveNotification, InactivePatient};
use serde_json::{Value, json};
use transport::files;

use super::Numbers;
use crate::arguments::CpisNotifications;
use crate::command::when::uk;
use crate::mailbox::Mailbox;

/// A file of notices.
enum Notices {
    Accesses(AccessNotification),
    Inactive(InactiveNotification),
}

pub(crate) async fn run(notifications: CpisNotifications) -> Result<ExitCode> {
    let authority = notifications.authority.file()?;
    let mailbox = Mailbox::open(&authority)?;
    if let Some(folder) = &notifications.xml {
        files::create_dir_private(folder)
            .with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let numbers = Numbers::new(notifications.numbers);
    let mut rows = vec![heading(numbers)];
    let mut taken = Vec::new();
    for workflow in [&authority.workflows.access, &authority.workflows.inactive] {
        // A listing is of so many at most, and those that are kept would come again.
        for id in mailbox.waiting(workflow).await? {
            let bytes = mailbox.fetch_whole(&id).await?;
            if let Some(folder) = &notifications.xml {
                save(folder, &id, &bytes)?;
            }
            let notices = read(&bytes).with_context(|| format!("message {id}"))?;
            match notifications.json {
                true => lines(&notices, numbers)?,
                false => rows.extend(cells(&notices, numbers)),
            }
            taken.push(id);
        }
    }
    if !notifications.json {
        let text = match rows.len() {
            1 => "There are no notifications.\n".to_owned(),
            _ => crate::command::table(&rows),
        };
        crate::command::print(&text)?;
    }
    if !notifications.keep {
        for id in &taken {
            mailbox.acknowledge(id).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn save(folder: &Path, id: &str, bytes: &[u8]) -> Result<()> {
    // The id comes from another system: only its letters and digits name a file.
    let plain: String = id
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    let path = folder.join(format!("{plain}.xml"));
    files::write_private(&path, bytes).with_context(|| format!("cannot write {}", path.display()))
}

fn read(bytes: &[u8]) -> Result<Notices> {
    let document = xml::Document::parse(bytes)?;
    let root = document.root();
    let check = CheckDigit::Ignored;
    Ok(
        match root.name() == inactive_notice::INACTIVE_NOTIFICATION {
            true => Notices::Inactive(inactive_notice::read(root, check)?),
            false => Notices::Accesses(access_notice::read(root, check)?),
        },
    )
}

fn heading(numbers: Numbers) -> Vec<String> {
    let mut heading = vec!["when (UK)", "what", "local id"];
    if numbers.shown {
        heading.push("NHS number");
    }
    heading.extend(["who", "organisation", "file"]);
    heading.into_iter().map(str::to_owned).collect()
}

fn cells(notices: &Notices, numbers: Numbers) -> Vec<Vec<String>> {
    match notices {
        Notices::Accesses(told) => {
            let each = told.accesses.iter().flat_map(|access| {
                let queries = access.queries.iter();
                queries.map(move |query| access_cells(query, &access.file, numbers))
            });
            each.collect()
        }
        Notices::Inactive(told) => {
            let each = told.patients.iter();
            let at = uk(told.at.first_instant());
            each.map(|patient| inactive_cells(patient, &at, numbers))
                .collect()
        }
    }
}

fn access_cells(query: &NotedQuery, file: &str, numbers: Numbers) -> Vec<String> {
    let organisation = query.author.organisation();
    let mut cells = vec![
        uk(query.at.first_instant()),
        "access".to_owned(),
        local_id(query.local_id.as_ref()),
    ];
    if numbers.shown {
        cells.push(query.patient.as_str().to_owned());
    }
    cells.extend([
        who(&query.author),
        format!("{} ({})", organisation.name, organisation.code),
        file.to_owned(),
    ]);
    cells
}

fn inactive_cells(patient: &InactivePatient, at: &str, numbers: Numbers) -> Vec<String> {
    let replaced = !patient.replaced_by.is_empty();
    let mut cells = vec![
        at.to_owned(),
        match replaced {
            true => "number replaced".to_owned(),
            false => "number out of use".to_owned(),
        },
        local_id(patient.local_id.as_ref()),
    ];
    if numbers.shown {
        let by: Vec<&str> = patient.replaced_by.iter().map(|n| n.as_str()).collect();
        let by = match replaced {
            true => format!(" -> {}", by.join(" ")),
            false => String::new(),
        };
        cells.push(format!("{}{by}", patient.number.as_str()));
    }
    cells.extend([String::new(), String::new(), patient.file.clone()]);
    cells
}

fn local_id(id: Option<&domain::cpis::LocalId>) -> String {
    id.map(|local| local.id.clone()).unwrap_or_default()
}

/// Who looked and in which role, or all those who answer for the system that did.
fn who(author: &Author) -> String {
    let one = |name: &PersonName, role: &JobTitle| match role.display_name.is_empty() {
        true => name.to_string(),
        false => format!("{name}, {}", role.display_name),
    };
    match author {
        Author::Person(person) => one(&person.name, &person.role),
        Author::Device(device) => {
            let all = device.responsible.iter();
            let all: Vec<String> = all.map(|who| one(&who.name, &who.role)).collect();
            match all.is_empty() {
                true => format!("system {}", device.asid),
                false => format!("a system, for {}", all.join("; ")),
            }
        }
    }
}

/// One JSON object a line.
fn lines(notices: &Notices, numbers: Numbers) -> Result<()> {
    match notices {
        Notices::Accesses(told) => {
            for access in &told.accesses {
                for query in &access.queries {
                    crate::command::print_line(&access_json(query, &access.file, numbers))?;
                }
            }
        }
        Notices::Inactive(told) => {
            for patient in &told.patients {
                let at = told.at.first_instant();
                crate::command::print_line(&inactive_json(patient, at, numbers))?;
            }
        }
    }
    Ok(())
}

fn access_json(query: &NotedQuery, file: &str, numbers: Numbers) -> String {
    let organisation = query.author.organisation();
    let mut value = json!({
        "notice": "access",
        "query": query.id,
        "at": query.at.first_instant(),
        "local_id": query.local_id.as_ref().map(|local| local.id.as_str()),
        "who": who(&query.author),
        "author": render::author_json(&query.author),
        "organisation": { "code": organisation.code, "name": organisation.name },
        "file": file,
    });
    insert(&mut value, "nhs_number", numbers.of(Some(&query.patient)));
    value.to_string()
}

fn inactive_json(patient: &InactivePatient, at: jiff::Timestamp, numbers: Numbers) -> String {
    let mut value = json!({
        "notice": "inactive",
        "at": at,
        "local_id": patient.local_id.as_ref().map(|local| local.id.as_str()),
        "replaced": !patient.replaced_by.is_empty(),
        "file": patient.file,
    });
    insert(&mut value, "nhs_number", numbers.of(Some(&patient.number)));
    let by = patient.replaced_by.first();
    insert(&mut value, "replaced_by", numbers.of(by));
    value.to_string()
}

fn insert(value: &mut Value, key: &str, text: Option<String>) {
    if let (Some(text), Some(members)) = (text, value.as_object_mut()) {
        members.insert(key.to_owned(), text.into());
    }
}

#[cfg(test)]
mod tests {
    use domain::cpis::{Device, Organisation, Responsible};

    use super::*;

    fn nominated(name: &str, role: &str) -> Responsible {
        Responsible {
            role: JobTitle {
                code: "R0050".to_owned(),
                display_name: role.to_owned(),
            },
            name: PersonName {
                text: Some(name.to_owned()),
                ..PersonName::default()
            },
        }
    }

    fn query(responsible: Vec<Responsible>) -> NotedQuery {
        NotedQuery {
            id: "1B0C0F02-7E6B-4C53-9C55-0D4B4E0C2A11".to_owned(),
            at: domain::Hl7Timestamp::parse("20260702090000+0100").expect("a time"),
            author: Author::Device(Device {
                asid: "990000000003".to_owned(),
                responsible,
                organisation: Organisation {
                    code: "Y90001".to_owned(),
                    site: false,
                    name: "Example Hospital".to_owned(),
                },
            }),
            patient: "9990000018".parse().expect("a number"),
            local_id: None,
        }
    }

    #[test]
    fn a_system_is_told_with_those_who_answer_for_it() {
        let numbers = Numbers { shown: false };
        for (responsible, who) in [
            (vec![], "system 990000000003"),
            (
                vec![nominated("Dr A B", "Consultant")],
                "a system, for Dr A B, Consultant",
            ),
            (
                vec![nominated("Dr A B", "Consultant"), nominated("C D", "")],
                "a system, for Dr A B, Consultant; C D",
            ),
        ] {
            let names = responsible.len();
            let query = query(responsible);
            let cells = access_cells(&query, "7", numbers);
            assert_eq!(cells.get(3).map(String::as_str), Some(who));
            let json: Value =
                serde_json::from_str(&access_json(&query, "7", numbers)).expect("JSON");
            assert_eq!(json["who"], who);
            let author = &json["author"];
            assert_eq!(
                (&author["kind"], &author["asid"]),
                (&"system".into(), &"990000000003".into())
            );
            let told = author["responsible"].as_array().expect("a list");
            assert_eq!(told.len(), names);
            if let Some(first) = told.first() {
                assert_eq!(first["name"], "Dr A B");
                assert_eq!(first["role"]["display"], "Consultant");
            }
        }
    }
}
