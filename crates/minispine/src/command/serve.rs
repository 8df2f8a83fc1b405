//! `minispine serve ROLE --config FILE`

use std::process::ExitCode;

use anyhow::Result;
use transport::{Environment, Shutdown};

use crate::arguments::Serve;
use crate::assembly::{self, Roles};
use crate::configuration::Configuration;

pub(crate) async fn run(serve: Serve) -> Result<ExitCode> {
    let configuration = Configuration::read(&serve.config)?;
    assembly::start_logs(&configuration.log);
    let roles = Roles::named(serve.role, &configuration)?;
    let running = assembly::start(&configuration, roles, Environment::system()).await?;
    for (name, address) in running.addresses() {
        tracing::info!(role = name, %address, "listening");
    }
    running.run(Shutdown::until_signal()).await?;
    Ok(ExitCode::SUCCESS)
}
