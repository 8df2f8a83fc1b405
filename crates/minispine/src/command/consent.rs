//! `minispine consent get | set`: a patient's consent to share.

use std::process::ExitCode;

use anyhow::Result;
use domain::ConsentSetting;
use transport::Environment;

use super::asking::{answer, client_of};
use crate::arguments::{Consent, Setting};

pub(crate) async fn run(consent: Consent) -> Result<ExitCode> {
    let env = Environment::system();
    match consent {
        Consent::Get {
            nhs,
            json,
            endpoint,
        } => {
            let outcome = client_of(&endpoint.client_file()?, &env)?
                .get_consent(nhs)
                .await?;
            answer(outcome, |consent| {
                super::print_line(&match json {
                    true => serde_json::json!({
                        "view": word(consent.view),
                        "store": word(consent.store),
                    })
                    .to_string(),
                    false => format!(
                        "Consent to view:  {}\nConsent to store: {}",
                        in_words(consent.view),
                        in_words(consent.store),
                    ),
                })
            })
        }
        Consent::Set {
            nhs,
            setting,
            endpoint,
        } => {
            let setting = match setting {
                Setting::Ask => ConsentSetting::Ask,
                Setting::No => ConsentSetting::No,
                Setting::Yes => ConsentSetting::Yes,
            };
            let outcome = client_of(&endpoint.client_file()?, &env)?
                .set_consent(nhs, setting)
                .await?;
            answer(outcome, |()| {
                super::print_line(&format!("Consent is now: {}", in_words(setting)))
            })
        }
    }
}

fn word(setting: ConsentSetting) -> &'static str {
    match setting {
        ConsentSetting::Yes => "Yes",
        ConsentSetting::No => "No",
        ConsentSetting::Ask => "Ask",
    }
}

fn in_words(setting: ConsentSetting) -> &'static str {
    match setting {
        ConsentSetting::Yes => "Yes, express consent; the patient is asked all the same",
        ConsentSetting::No => "No, the patient dissents",
        ConsentSetting::Ask => "Ask the patient",
    }
}
