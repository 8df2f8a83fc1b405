//! `minispine users list | show | add | remove | check | import`: who may act, and in which role.
//!
//! A service that uses the file takes a change over by itself, so nothing is restarted. What is in
//! the configuration (`[[smsp.users]]`) is changed there and not here.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, bail};
use domain::SdsUserId;
use jiff::civil::Date;
use sds::users::{Entry, Exactly, UsersFile};
use smsp::config::ActivityCodes;
use transport::Environment;

use crate::arguments::{UserAdd, Users, UsersLocation};
use crate::demo::Folder;

pub(crate) fn run(users: Users) -> Result<ExitCode> {
    match users {
        Users::List {
            ods,
            activity,
            json,
            file,
        } => {
            let is_meant = |entry: &&Entry| {
                ods.as_ref().is_none_or(|ods| entry.ods == *ods)
                    && activity
                        .as_ref()
                        .is_none_or(|a| entry.activities.contains(a))
            };
            list(&file, is_meant, json)
        }
        Users::Show { user, json, file } => show(&file, &user, json),
        Users::Add(add) => put(*add),
        Users::Remove {
            user,
            ods,
            role_profile_id,
            file,
        } => {
            let is_meant = |entry: &Entry| {
                entry.user_id == user
                    && ods.as_ref().is_none_or(|ods| entry.ods == *ods)
                    && role_profile_id
                        .as_ref()
                        .is_none_or(|profile| entry.role_profile_id == *profile)
            };
            remove(&file, is_meant)
        }
        Users::Check { file } => check(&file),
        Users::Import {
            from,
            exactly,
            dry_run,
            file,
        } => import(&file, from, exactly, dry_run),
    }
}

fn list(
    location: &UsersLocation,
    is_meant: impl Fn(&&Entry) -> bool,
    json: bool,
) -> Result<ExitCode> {
    let file = open(location)?;
    let meant = file.entries().filter(is_meant);
    if json {
        for entry in meant {
            super::print_line(&serde_json::to_string(entry)?)?;
        }
        return Ok(ExitCode::SUCCESS);
    }
    let heading = [
        "user",
        "name",
        "organisation",
        "role profile",
        "job role",
        "activities",
        "valid",
    ];
    let mut rows = vec![heading.map(str::to_owned).to_vec()];
    rows.extend(meant.map(|entry| {
        vec![
            entry.user_id.to_string(),
            entry.name.clone(),
            entry.ods.to_string(),
            entry.role_profile_id.to_string(),
            entry.job_role.to_string(),
            entry.activities.join(" "),
            validity(entry, today()),
        ]
    }));
    super::print(&super::table(&rows))?;
    Ok(ExitCode::SUCCESS)
}

fn show(location: &UsersLocation, user: &SdsUserId, json: bool) -> Result<ExitCode> {
    let file = open(location)?;
    let entries: Vec<&Entry> = file.entries().filter(|e| e.user_id == *user).collect();
    let Some(first) = entries.first() else {
        bail!("there is no user {user} in {}", file.path().display());
    };
    if json {
        super::print_line(&serde_json::to_string_pretty(&entries)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = format!("{}, SDS user {user}\n", first.name);
    for entry in &entries {
        let allowed = allowed(entry);
        text.push_str(&format!(
            "\nRole profile {} in {}\n  Job role    {}\n  Activities  {}\n  May         {}\n  Valid       {}\n",
            entry.role_profile_id,
            entry.ods,
            entry.job_role,
            match entry.activities.is_empty() {
                true => "none".to_owned(),
                false => entry.activities.join(" "),
            },
            match allowed.is_empty() {
                true => "nothing here".to_owned(),
                false => allowed.join("; "),
            },
            validity(entry, today()),
        ));
    }
    super::print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn put(add: UserAdd) -> Result<ExitCode> {
    let mut file = UsersFile::open_or_new(path(&add.file))?;
    let entry = Entry {
        user_id: add.user,
        ods: add.ods,
        role_profile_id: add.role_profile_id,
        job_role: add.job_role,
        name: add.name,
        activities: add.activities,
        valid_from: add.valid_from,
        valid_until: add.valid_until,
    };
    let known = file.entries().any(|other| other.is_same_role(&entry));
    if known && !add.replace {
        bail!(
            "user {} is there with role profile {}; give --replace to change what it says",
            entry.user_id,
            entry.role_profile_id
        );
    }
    entry.check().map_err(anyhow::Error::msg)?;
    let done = format!(
        "{} role profile {} of user {}",
        if known { "changed" } else { "added" },
        entry.role_profile_id,
        entry.user_id
    );
    file.put(entry)?;
    saved(&file, &done)
}

fn remove(location: &UsersLocation, is_meant: impl Fn(&Entry) -> bool) -> Result<ExitCode> {
    let mut file = open(location)?;
    match file.remove(is_meant)? {
        0 => bail!("there is no such user in {}", file.path().display()),
        1 => saved(&file, "removed 1 role profile"),
        removed => saved(&file, &format!("removed {removed} role profiles")),
    }
}

fn check(location: &UsersLocation) -> Result<ExitCode> {
    let file = open(location)?;
    let users: BTreeSet<&SdsUserId> = file.entries().map(|entry| &entry.user_id).collect();
    let today = today();
    let over = |entry: &&Entry| entry.valid_until.is_some_and(|until| until < today);
    let mut text = format!(
        "{} is valid: users {}, role profiles {}",
        file.path().display(),
        users.len(),
        file.entries().count()
    );
    for entry in file.entries().filter(over) {
        text.push_str(&format!(
            "\n  no longer valid: user {}, role profile {} in {} ({})",
            entry.user_id,
            entry.role_profile_id,
            entry.ods,
            validity(entry, today)
        ));
    }
    super::print_line(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn import(
    location: &UsersLocation,
    from: PathBuf,
    exactly: bool,
    dry_run: bool,
) -> Result<ExitCode> {
    let other = UsersFile::open(from)?;
    let mut file = UsersFile::open_or_new(path(location))?;
    let done = file.import(
        &other,
        match exactly {
            true => Exactly::Yes,
            false => Exactly::No,
        },
    )?;
    let text = format!(
        "role profiles: {} added, {} changed, {} removed, {} as they were",
        done.added, done.changed, done.removed, done.same
    );
    if dry_run {
        super::print_line(&format!("{text} (nothing written)"))?;
        return Ok(ExitCode::SUCCESS);
    }
    saved(&file, &text)
}

fn saved(file: &UsersFile, done: &str) -> Result<ExitCode> {
    file.save()?;
    super::print_line(&format!("{done} in {}", file.path().display()))?;
    Ok(ExitCode::SUCCESS)
}

fn open(location: &UsersLocation) -> Result<UsersFile> {
    Ok(UsersFile::open(path(location))?)
}

fn path(location: &UsersLocation) -> PathBuf {
    match &location.file {
        Some(file) => file.clone(),
        None => Folder::new(&location.data).users(),
    }
}

/// What the activities of an entry allow, by the national codes.
fn allowed(entry: &Entry) -> Vec<&'static str> {
    let codes = ActivityCodes::default();
    let (rights, duties) = (
        codes.rights(&entry.activities),
        codes.duties(&entry.activities),
    );
    [
        (rights.view, "view with permission"),
        (rights.emergency, "view in an emergency"),
        (duties.consent, "set consent"),
        (duties.report, "see who looked"),
    ]
    .into_iter()
    .filter_map(|(may, what)| may.then_some(what))
    .collect()
}

fn validity(entry: &Entry, today: Date) -> String {
    let not_yet = entry.valid_from.is_some_and(|from| today < from);
    match (entry.valid_from, entry.valid_until) {
        (_, Some(until)) if until < today => format!("ended {until}"),
        (Some(from), None) if not_yet => format!("from {from}"),
        (Some(from), Some(until)) if not_yet => format!("from {from} until {until}"),
        (_, Some(until)) => format!("until {until}"),
        (_, None) => "yes".to_owned(),
    }
}

fn today() -> Date {
    domain::time::uk_local(Environment::system().now()).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn validity_is_told_as_of_today() {
        let day = |text: &str| (!text.is_empty()).then(|| text.parse::<Date>().expect("a day"));
        for (from, until, expected) in [
            ("", "", "yes"),
            ("2026-11-01", "", "yes"),
            ("2026-11-21", "2026-11-21", "until 2026-11-21"),
            ("", "2026-11-20", "ended 2026-11-20"),
            ("2026-11-22", "", "from 2026-11-22"),
            (
                "2026-11-22",
                "2026-12-01",
                "from 2026-11-22 until 2026-12-01",
            ),
        ] {
            let entry = Entry {
                user_id: "999000000017".parse().expect("an id"),
                ods: "Y90001".parse().expect("a code"),
                role_profile_id: "999000000025".parse().expect("an id"),
                job_role: "R8000".parse().expect("a role"),
                name: "Dr Example".to_owned(),
                activities: vec!["B0168".to_owned(), "B0011".to_owned()],
                valid_from: day(from),
                valid_until: day(until),
            };
            let today = "2026-11-21".parse().expect("a day");
            assert_eq!(validity(&entry, today), expected);
            assert_eq!(allowed(&entry), ["view in an emergency", "see who looked"]);
        }
    }
}
