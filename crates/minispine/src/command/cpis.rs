//! `minispine cpis ...`: Child Protection - Information Sharing, from both ends.

mod acknowledgement;
pub(crate) mod get;
mod look_up;
mod notifications;
pub(crate) mod seed;
mod upload;

use std::io::IsTerminal;
use std::process::ExitCode;

use anyhow::{Context, Result};
use domain::NhsNumber;
use transport::files;

use crate::arguments::{AuthorityLocation, Cpis};
use crate::demo::{AuthorityFile, Folder};

pub(crate) async fn run(cpis: Cpis) -> Result<ExitCode> {
    match cpis {
        Cpis::Get(get) => get::run(get).await,
        Cpis::Upload(upload) => upload::run(upload).await,
        Cpis::Notifications(notifications) => notifications::run(notifications).await,
        Cpis::Seed(seed) => seed::run(seed).await,
    }
}

impl AuthorityLocation {
    /// The authority file that a command line names, or the one of its data folder.
    fn file(&self) -> Result<AuthorityFile> {
        let path = match &self.authority {
            Some(path) => path.clone(),
            None => Folder::new(&self.data).authority_file(),
        };
        let text = files::read_to_string(&path).with_context(|| {
            format!(
                "cannot read the authority file {}: is `minispine up` running?",
                path.display()
            )
        })?;
        toml::from_str(&text).with_context(|| format!("{} is not valid", path.display()))
    }
}

/// Whether NHS numbers may be shown: on a terminal, where somebody looks, or when asked for. What
/// goes into files and pipes gets further than one thinks.
#[derive(Debug, Clone, Copy)]
struct Numbers {
    shown: bool,
}

impl Numbers {
    fn new(asked_for: bool) -> Self {
        Self {
            shown: asked_for || std::io::stdout().is_terminal(),
        }
    }

    fn of(self, number: Option<&NhsNumber>) -> Option<String> {
        self.written(number.map(NhsNumber::as_str))
    }

    /// What was written where an NHS number belongs.
    fn written(self, text: Option<&str>) -> Option<String> {
        text.filter(|_| self.shown).map(str::to_owned)
    }
}
