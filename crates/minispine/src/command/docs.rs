//! `minispine docs PAGE`: the pages of the documentation that are generated from the code.

use std::process::ExitCode;

use anyhow::{Result, bail};

pub(crate) fn run(page: &str) -> Result<ExitCode> {
    match page {
        "access-decision" => super::print(&domain::access::truth_table_markdown())?,
        other => bail!("there is no generated page {other:?}; there is: access-decision"),
    }
    Ok(ExitCode::SUCCESS)
}
