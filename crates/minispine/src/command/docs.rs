//! `minispine docs PAGE`: the pages of the documentation that are generated from the code.

use std::process::ExitCode;

use anyhow::{Result, bail};
use domain::code::cpis::ResponseCode;
use domain::cpis::{FileCode, RecordCode, RecordFault};
use domain::oid;

pub(crate) fn run(page: &str) -> Result<ExitCode> {
    match page {
        "access-decision" => super::print(&domain::access::truth_table_markdown())?,
        "openapi" => super::print(&scr_api::openapi::text())?,
        "postman-collection" => super::print(&scr_api::openapi::postman_collection())?,
        "postman-environment" => super::print(&scr_api::openapi::postman_environment())?,
        "cpis-codes" => super::print(&cpis_codes())?,
        other => bail!(
            "there is no generated page {other:?}; there are: access-decision, cpis-codes, openapi, \
             postman-collection, postman-environment"
        ),
    }
    Ok(ExitCode::SUCCESS)
}

/// Every code of CP-IS, from the tables that answer with them.
fn cpis_codes() -> String {
    let answers = ResponseCode::ALL.map(ResponseCode::code);
    let files = FileCode::ALL.map(|code| (code.code(), code.display_name()));
    let records = RecordCode::ALL.map(|code| (code.code(), code.display_name()));
    let faults = RecordFault::ALL.map(|fault| (fault.code(), fault.display_name()));
    [
        section(
            "Answers of the mini service",
            oid::CPIS_MINI_SERVICE_RESPONSE,
            &answers,
        ),
        section("Upload files", "none on the wire", &files),
        section(
            "Records of an upload",
            oid::CPIS_UPLOAD_RECORD_RESPONSE,
            &records,
        ),
        section("Why CPR07", "our own", &faults),
    ]
    .join("\n")
}

fn section(title: &str, system: &str, rows: &[(&str, &str)]) -> String {
    let mut text =
        format!("## {title}\n\nCode system: {system}\n\n| Code | Text |\n| --- | --- |\n");
    for (code, display) in rows {
        text.push_str(&format!("| {code} | {display} |\n"));
    }
    text
}
