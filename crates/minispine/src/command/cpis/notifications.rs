//! `minispine cpis notifications`: what an authority is told.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use domain::CheckDigit;
use domain::cpis::Author;
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

/// Who looked, or whoever answers for the system that did.
fn who(author: &Author) -> String {
    match author {
        Author::Person(person) => {
            let name = &person.name;
            let parts = [&name.prefix, &name.given, &name.family, &name.suffix];
            let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
            format!("{}, {}", parts.join(" "), person.role.display_name)
        }
        Author::Device(device) => format!("system {}", device.asid),
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
