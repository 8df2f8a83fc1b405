//! `minispine docs PAGE`: the pages of the documentation that are generated from the code.

use std::process::ExitCode;

use anyhow::{Result, bail};

pub(crate) fn run(page: &str) -> Result<ExitCode> {
    match page {
        "access-decision" => super::print(&domain::access::truth_table_markdown())?,
        "openapi" => super::print(&scr_api::openapi::text())?,
        "postman-collection" => super::print(&scr_api::openapi::postman_collection())?,
        "postman-environment" => super::print(&scr_api::openapi::postman_environment())?,
        other => bail!(
            "there is no generated page {other:?}; there are: access-decision, openapi, \
             postman-collection, postman-environment"
        ),
    }
    Ok(ExitCode::SUCCESS)
}
