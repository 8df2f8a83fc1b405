//! `minispine ptv create | query`: permission to view.

use std::process::ExitCode;

use anyhow::{Context, Result};
use itk::scr::Interval;
use itk::scr::create_ptv::Subject;
use transport::Environment;

use super::asking::{answer, client_of};
use super::when;
use crate::arguments::{Holder, Ptv, PtvCreate};
use crate::demo::ClientFile;

pub(crate) async fn run(ptv: Ptv) -> Result<ExitCode> {
    let env = Environment::system();
    match ptv {
        Ptv::Create(create) => {
            let file = create.endpoint.client_file()?;
            let outcome = client_of(&file, &env)?
                .create_ptv(create.nhs, holders(&create, &file), interval(&create)?)
                .await?;
            answer(outcome, |()| {
                super::print_line("Permission to view is recorded.")
            })
        }
        Ptv::Query {
            nhs,
            json,
            endpoint,
        } => {
            let outcome = client_of(&endpoint.client_file()?, &env)?
                .query_ptv(nhs)
                .await?;
            answer(outcome, |permitted| {
                super::print_line(&match json {
                    true => serde_json::json!({ "permission_to_view": permitted }).to_string(),
                    false => format!(
                        "Permission to view: {}",
                        if permitted {
                            "yes, recorded"
                        } else {
                            "none recorded that holds now"
                        }
                    ),
                })
            })
        }
    }
}

fn holders(create: &PtvCreate, file: &ClientFile) -> Vec<Subject> {
    let asking = Holder {
        user: file.user_id.clone(),
        role_profile: file.role_profile_id.clone(),
    };
    let holders = match create.holders.as_slice() {
        [] => vec![asking],
        named => named.to_vec(),
    };
    let subject = |holder: Holder| Subject {
        user: holder.user,
        role_profile: holder.role_profile,
    };
    holders.into_iter().map(subject).collect()
}

fn interval(create: &PtvCreate) -> Result<Option<Interval>> {
    let end = |text: &Option<String>| text.as_deref().map(when::hl7).transpose();
    let interval = Interval {
        low: end(&create.from).context("--from")?,
        high: end(&create.until).context("--until")?,
    };
    Ok(Some(interval).filter(|i| i.low.is_some() || i.high.is_some()))
}
