//! `minispine pds`: the people that local PDS data holds, whom uploads of CP-IS are verified against.

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, bail};
use domain::audit::AuditEvent;
use domain::cpis::{Demographics, Standing};
use domain::{CheckDigit, NhsNumber};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use spine::cpis::inactive;
use store::{Commit, CpisChanges, Store};
use transport::Environment;
use transport::files::{self, AtomicWriter};

use crate::arguments::{Pds, StoreLocation};

/// How often a change is tried that somebody else's overtakes.
const TRIES: u32 = 5;

pub(crate) async fn run(pds: Pds) -> Result<ExitCode> {
    match pds {
        Pds::Show { nhs, json, store } => show(nhs, json, &store).await,
        Pds::Import { file, store } => import(&file, &store).await,
        Pds::Supersede { old, new, store } => retire(old, Some(new), &store).await,
        Pds::Invalidate { nhs, store } => retire(nhs, None, &store).await,
    }
}

async fn show(nhs: NhsNumber, json: bool, location: &StoreLocation) -> Result<ExitCode> {
    let store = super::read_store(location)?;
    let Some(person) = store.person(nhs).await? else {
        super::complain("minispine: local PDS data has nobody of that NHS number");
        return Ok(ExitCode::FAILURE);
    };
    if json {
        super::print_line(&serde_json::to_string(&Row::of(&person))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let standing = match &person.standing {
        Standing::Current => "in use".to_owned(),
        Standing::Superseded(by) => format!("replaced by {by}"),
        Standing::Invalid => "out of use".to_owned(),
    };
    super::print_line(&format!(
        "NHS number:    {}\nGiven names:   {}\nFamily name:   {}\nDate of birth: {}\nSensitive:     {}\nNumber:        {standing}",
        person.number,
        person.given.join(" "),
        person.family,
        person.birth_date,
        if person.sensitive { "yes" } else { "no" },
    ))?;
    Ok(ExitCode::SUCCESS)
}

async fn import(file: &Path, location: &StoreLocation) -> Result<ExitCode> {
    let people = read(
        &files::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?,
    )
    .with_context(|| file.display().to_string())?;
    let store = super::open_store(location)?;
    let about = people.len() as u64;
    let env = Environment::system();
    let count = super::cpis::seed::put(&store, &env, people.into_iter(), about).await?;
    super::print_line(&format!("{count} people are in the local PDS data"))?;
    Ok(ExitCode::SUCCESS)
}

/// Takes a number out of use.
async fn retire(
    number: NhsNumber,
    by: Option<NhsNumber>,
    location: &StoreLocation,
) -> Result<ExitCode> {
    let store = super::open_store(location)?;
    let env = Environment::system();
    let (mut hidden, mut told) = (0, 0);
    // An upload that was decided meanwhile may have brought a plan back: so once more, until nothing
    // is left to be told.
    for round in 0..TRIES {
        let commit = inactive::inactivate(&store, number, by, env.now()).await?;
        if round > 0 && commit.cpis.inactive.is_empty() {
            super::print_line(&format!(
                "{number} is out of use: plans hidden: {hidden}; authorities to be told: {told}"
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        hidden = commit.cpis.plans.len();
        told = told.max(commit.cpis.inactive.len());
        store.commit(commit).await?;
    }
    bail!("the record changes all the time; try again")
}

/// Writes people, with one line of the audit.
pub(super) async fn commit(
    store: &dyn Store,
    env: &Environment,
    people: Vec<Demographics>,
) -> Result<u64> {
    if people.is_empty() {
        return Ok(0);
    }
    let count = people.len();
    let mut event = AuditEvent::new(env.now(), "cli", "pds import", "stored");
    event.decision = Some(format!("people: {count}"));
    store
        .commit(Commit {
            cpis: CpisChanges {
                people,
                ..CpisChanges::default()
            },
            audit: vec![event],
            ..Commit::default()
        })
        .await?;
    Ok(count as u64)
}

/// The columns of the file of people; the last two may be left out.
const COLUMNS: [&str; 6] = [
    "nhs_number",
    "given",
    "family",
    "birth_date",
    "sensitive",
    "standing",
];

/// A person as the file of people has them.
#[derive(Debug, Serialize, Deserialize)]
struct Row {
    nhs_number: String,
    given: String,
    family: String,
    birth_date: String,
    #[serde(default)]
    sensitive: String,
    #[serde(default)]
    standing: String,
}

impl Row {
    fn of(person: &Demographics) -> Self {
        Self {
            nhs_number: person.number.as_str().to_owned(),
            given: person.given.join(" "),
            family: person.family.clone(),
            birth_date: person.birth_date.to_string(),
            sensitive: person.sensitive.to_string(),
            standing: match &person.standing {
                Standing::Current => String::new(),
                Standing::Superseded(by) => by.as_str().to_owned(),
                Standing::Invalid => "invalid".to_owned(),
            },
        }
    }

    /// Numbers of published packs have wrong check digits, so those are taken.
    fn person(self) -> Result<Demographics> {
        let number = |text: &str| CheckDigit::Ignored.parse(text);
        let standing = match self.standing.trim() {
            "" => Standing::Current,
            "invalid" => Standing::Invalid,
            by => Standing::Superseded(number(by).context("standing")?),
        };
        let sensitive = match self.sensitive.trim() {
            "" | "false" => false,
            "true" => true,
            _ => bail!("sensitive: true or false is expected"),
        };
        let birth_date = self.birth_date.trim().parse::<Date>();
        let Ok(birth_date) = birth_date else {
            bail!("birth_date: a date as 2019-05-01 is expected");
        };
        let person = Demographics {
            number: number(&self.nhs_number).context("nhs_number")?,
            given: self.given.split_whitespace().map(str::to_owned).collect(),
            family: self.family.trim().to_owned(),
            birth_date,
            sensitive,
            standing,
        };
        if person.given.is_empty() || person.family.is_empty() {
            bail!("given and family must not be empty");
        }
        Ok(person)
    }
}

fn read(text: &str) -> Result<Vec<Demographics>> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headings = reader.headers().map_err(said)?;
    let is_known = headings.iter().all(|heading| COLUMNS.contains(&heading));
    let has = |column: &&str| headings.iter().any(|heading| heading == *column);
    if !is_known || !COLUMNS[..4].iter().all(has) {
        bail!("the first line must be the heading: {}", COLUMNS.join(","));
    }
    let mut people = Vec::new();
    for row in reader.deserialize::<Row>() {
        let line = people.len() + 2;
        let person = row.map_err(said).and_then(Row::person);
        people.push(person.with_context(|| format!("line {line}"))?);
    }
    Ok(people)
}

/// What is wrong with a line, in our words.
fn said(error: csv::Error) -> anyhow::Error {
    match error.kind() {
        csv::ErrorKind::UnequalLengths {
            expected_len, len, ..
        } => anyhow!("it has {len} values, the heading {expected_len}"),
        csv::ErrorKind::Utf8 { .. } => anyhow!("it is not UTF-8"),
        _ => anyhow!("it is not CSV as the heading says"),
    }
}

/// A file of people that is being written.
pub(super) struct PeopleFile {
    file: AtomicWriter,
    has_heading: bool,
}

impl PeopleFile {
    pub(super) fn create(path: &Path) -> Result<Self> {
        let file = AtomicWriter::create(path);
        Ok(Self {
            file: file.with_context(|| format!("cannot write {}", path.display()))?,
            has_heading: false,
        })
    }

    pub(super) fn write(&mut self, person: &Demographics) -> Result<()> {
        let mut writer = csv::WriterBuilder::new()
            .has_headers(!self.has_heading)
            .from_writer(Vec::new());
        writer.serialize(Row::of(person))?;
        let bytes = writer.into_inner().context("a line of CSV")?;
        self.has_heading = true;
        Ok(self.file.write_all(&bytes)?)
    }

    pub(super) fn finish(self) -> Result<()> {
        Ok(self.file.finish()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADING: &str = "nhs_number,given,family,birth_date,sensitive,standing\n";

    #[test]
    fn people_are_read_as_they_were_written() {
        let text = format!(
            "{HEADING}9990000018,Ann Bea,\"O'Neil, the elder\",2019-05-01,false,\n\
             9990000026,Cy,Dee,2020-05-01,true,9990000018\n1234567895,E,F,2000-09-26,false,invalid\n"
        );
        let people = read(&text).expect("people");
        assert_eq!(people.len(), 3);
        assert_eq!(people[0].given, ["Ann", "Bea"]);
        assert_eq!(people[1].standing, Standing::Superseded(people[0].number));
        assert_eq!(people[2].standing, Standing::Invalid);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("people.csv");
        let mut file = PeopleFile::create(&path).expect("a file");
        for person in &people {
            file.write(person).expect("written");
        }
        file.finish().expect("finished");
        let again = read(&files::read_to_string(&path).expect("a file")).expect("people");
        assert_eq!(again, people);
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (line, part) in [
            ("999000001,A,B,2019-05-01,false,", "nhs_number"),
            ("9990000018,,B,2019-05-01,false,", "must not be empty"),
            ("9990000018,A,B,2019-05-41,false,", "a date as"),
            ("9990000018,A,B,2019-05-01,maybe,", "true or false"),
            ("9990000018,A,B,2019-05-01,false,gone", "standing"),
        ] {
            let error = read(&format!("{HEADING}{line}\n")).expect_err(line);
            let text = format!("{error:#}");
            assert!(text.contains("line 2") && text.contains(part), "{text}");
        }
        for text in [
            "",
            "number\n1\n",
            "<people/>",
            "9990000018,A,B,2019-05-01,false,\n",
        ] {
            let error = read(text).expect_err("no heading");
            assert!(error.to_string().contains("heading"), "{error}");
        }
        let short = read(&format!("{HEADING}9990000018,A,B\n")).expect_err("too few");
        assert_eq!(
            format!("{short:#}"),
            "line 2: it has 3 values, the heading 6"
        );
    }
}
