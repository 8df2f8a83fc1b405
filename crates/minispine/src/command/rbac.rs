//! `minispine rbac`: what the user may do.

use std::process::ExitCode;

use anyhow::Result;
use transport::Environment;

use super::asking::{answer, client_of};
use crate::arguments::Rbac;

pub(crate) async fn run(rbac: Rbac) -> Result<ExitCode> {
    let client = client_of(&rbac.endpoint.client_file()?, &Environment::system())?;
    answer(client.rbac().await?, |status| {
        let word = |may| if may { "yes" } else { "no" };
        super::print_line(&match rbac.json {
            true => serde_json::json!({
                "with_permission": status.with_ptv,
                "in_emergency": status.in_emergency,
            })
            .to_string(),
            false => format!(
                "May view with permission: {}\nMay view in an emergency: {}",
                word(status.with_ptv),
                word(status.in_emergency),
            ),
        })
    })
}
