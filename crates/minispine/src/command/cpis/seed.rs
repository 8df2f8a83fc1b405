//! `minispine cpis seed`: upload files and people that are made up, and the patients of the published
//! packs; and what `up` fills a new store with.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use domain::cpis::{Demographics, Plan};
use domain::time::uk_local;
use jiff::Timestamp;
use store::{Commit, CpisChanges, Store};
use synthetic::cpis::{Caseload, Office, on_pds, plan_of};
use transport::Environment;
use transport::files::AtomicWriter;

use crate::arguments::CpisSeed;
use crate::command::pds::{self, PeopleFile};
use crate::demo::{self, Identities};
use crate::progress;

/// People of one commit.
const TOGETHER: usize = 1000;

/// How many have a plan without being anybody's patient here, so that there is always somebody.
const EXTRA: usize = 3;

/// Whoever has a plan without being a patient comes from here downwards.
const EXTRA_FROM: u32 = 449_999;

pub(crate) async fn run(seed: CpisSeed) -> Result<ExitCode> {
    let env = Environment::system();
    if seed.published {
        let store = super::super::open_store(&seed.store)?;
        fill_published(&store, &env).await?;
        super::super::print_line("the patients of the published packs are in the store")?;
    }
    let Some(out) = &seed.out else {
        return Ok(ExitCode::SUCCESS);
    };
    let caseload = Caseload {
        seed: seed.seed,
        first: seed.first,
        today: seed.on.unwrap_or_else(|| uk_local(env.now()).date()),
        faulty: seed.faulty,
        office: office(&seed)?,
    };
    let people_file = people_beside(out);
    write(&caseload, &seed, out, &people_file)?;
    if seed.people {
        let store = super::super::open_store(&seed.store)?;
        let people = (0..seed.records).filter_map(|index| caseload.case(index).person);
        put(&store, &env, people, u64::from(seed.records)).await?;
    }
    let refused = caseload.refused(seed.records);
    super::super::print_line(&format!(
        "{}: {} records, {refused} of them to be refused\n{}: the people they are verified against{}",
        out.display(),
        seed.records,
        people_file.display(),
        match seed.people {
            true => ", who are in the store now",
            false => "; minispine pds import puts them into the store",
        },
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn office(seed: &CpisSeed) -> Result<Office> {
    let [mut office, _] = demo::offices(&Identities::made_up()?);
    if let (Some(code), Some(name)) = (&seed.ods, &seed.name) {
        office.authority.code = code.clone();
        office.authority.name.clone_from(name);
    }
    Ok(office)
}

/// `upload.people.csv` beside `upload.xml`.
fn people_beside(out: &Path) -> PathBuf {
    out.with_extension("people.csv")
}

fn write(caseload: &Caseload, seed: &CpisSeed, out: &Path, people_file: &Path) -> Result<()> {
    let wrong = |path: &Path| format!("cannot write {}", path.display());
    let created = caseload.today.strftime("%Y%m%d090000+0000").to_string();
    let created = domain::Hl7Timestamp::parse(&created)?;
    let bar = progress::bar(u64::from(seed.records), "writing records");
    let mut file = AtomicWriter::create(out).with_context(|| wrong(out))?;
    for piece in caseload.upload(&seed.file_number, created, seed.records) {
        file.write_all(&piece)?;
        bar.inc(1);
    }
    file.finish().with_context(|| wrong(out))?;
    let mut people = PeopleFile::create(people_file)?;
    for person in (0..seed.records).filter_map(|index| caseload.case(index).person) {
        people.write(&person)?;
    }
    people.finish()?;
    bar.finish_and_clear();
    Ok(())
}

/// Puts people into the store.
pub(crate) async fn put(
    store: &dyn Store,
    env: &Environment,
    people: impl Iterator<Item = Demographics>,
    about: u64,
) -> Result<u64> {
    let bar = progress::bar(about, "people");
    let mut batch = Vec::with_capacity(TOGETHER);
    let mut count = 0;
    for person in people {
        batch.push(person);
        if batch.len() >= TOGETHER {
            count += pds::commit(store, env, std::mem::take(&mut batch)).await?;
            bar.set_position(count);
        }
    }
    count += pds::commit(store, env, batch).await?;
    bar.finish_and_clear();
    Ok(count)
}

/// What a new store of `up` knows: everybody of the population on PDS, some of them with a plan of
/// the first authority, and a few more, so that somebody has one: of the first authority, of the
/// second, and of both.
pub(crate) async fn fill(
    store: &dyn Store,
    env: &Environment,
    (seed, patients): (u64, u32),
    offices: &[Office; 2],
) -> Result<()> {
    let population = synthetic::population(seed);
    let at = env.now();
    let today = uk_local(at).date();
    let people = population.iter(patients).map(|patient| on_pds(&patient));
    put(store, env, people, u64::from(patients)).await?;
    let [first, second] = offices;
    let mut plans: Vec<Plan> = population.plans(patients, first, (today, at)).collect();
    let mut people = Vec::new();
    for (patient, of) in extra(seed, at, offices).zip([&[first][..], &[second], &[first, second]]) {
        people.push(on_pds(&patient));
        let each = of.iter();
        plans.extend(each.filter_map(|office| plan_of(&patient, office, today, at)));
    }
    put_all(store, people, plans).await
}

/// People with a plan who are nobody's patients here.
fn extra(
    seed: u64,
    at: Timestamp,
    offices: &[Office; 2],
) -> impl Iterator<Item = synthetic::Patient> + '_ {
    let population = synthetic::population(seed);
    let today = uk_local(at).date();
    (0..=EXTRA_FROM)
        .rev()
        .map(move |index| population.patient(index))
        .filter(move |patient| plan_of(patient, &offices[0], today, at).is_some())
}

/// Those of these numbers who have a plan that is shown now.
pub(crate) async fn with_plans(
    store: &dyn Store,
    env: &Environment,
    numbers: impl Iterator<Item = domain::NhsNumber>,
) -> Result<Vec<domain::NhsNumber>> {
    let now = uk_local(env.now());
    let mut found = Vec::new();
    for number in numbers {
        let record = store.cpis_record(number, None).await?;
        if record.plans.iter().any(|plan| plan.is_visible(now)) {
            found.push(number);
        }
    }
    Ok(found)
}

/// The numbers of those with a plan who are nobody's patients here.
pub(crate) fn extra_numbers(
    seed: u64,
    env: &Environment,
    offices: &[Office; 2],
) -> Vec<domain::NhsNumber> {
    let patients = extra(seed, env.now(), offices).take(EXTRA);
    patients.map(|patient| patient.nhs_number).collect()
}

/// The patients of the published packs, with their plans and accesses.
pub(crate) async fn fill_published(store: &dyn Store, env: &Environment) -> Result<()> {
    let commit = Commit {
        cpis: spine::cpis::seeds::published(env.now())?,
        ..Commit::default()
    };
    store.commit(commit).await?;
    Ok(())
}

async fn put_all(store: &dyn Store, people: Vec<Demographics>, plans: Vec<Plan>) -> Result<()> {
    let commit = Commit {
        cpis: CpisChanges {
            people,
            plans,
            ..CpisChanges::default()
        },
        ..Commit::default()
    };
    store.commit(commit).await?;
    Ok(())
}
