//! `minispine config check`

use std::process::ExitCode;

use anyhow::Result;

use crate::arguments::Config;
use crate::configuration::Configuration;

pub(crate) fn run(config: Config) -> Result<ExitCode> {
    let Config::Check { config: path } = config;
    let configuration = Configuration::read(&path)?;
    crate::assembly::check_store(&configuration.store)?;
    for (key, tls) in configuration.tls() {
        crate::assembly::check_tls(key, tls)?;
    }
    if let Some(smsp) = &configuration.smsp {
        crate::assembly::check_smsp(smsp)?;
    }
    if let Some(spine) = &configuration.spine {
        crate::assembly::check_spine(spine)?;
    }
    if let Some(api) = &configuration.scr_api {
        crate::assembly::check_scr_api(api)?;
    }
    super::print_line(&format!("{} is valid", path.display()))?;
    Ok(ExitCode::SUCCESS)
}
