//! The whole chain of the English Summary Care Record in one binary.
//!
//! This crate only assembles: it reads the command line and the configuration, opens the store,
//! starts the roles and prints. The work is done by the crates below it.
//!
//! All of it is a library and the binary is one call, because cargo can build a library beside those
//! it stands on, and a binary only after them.

use std::process::ExitCode;

use clap::{CommandFactory, Parser};

mod arguments;
mod assembly;
mod command;
mod configuration;
mod demo;
mod mailbox;
mod progress;

use arguments::{Arguments, Command};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What the binary does: reads the command line, carries it out, and says how it ended.
pub fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            command::complain(&format!("minispine: {}", explain(&error)));
            ExitCode::FAILURE
        }
    }
}

/// An error with its causes. Some texts include their cause already; none is said twice.
fn explain(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    match arguments.command {
        Command::Up(up) => block_on(command::up::run(up)),
        Command::Serve(serve) => block_on(command::serve::run(serve)),
        Command::Config(config) => command::config::run(config),
        Command::Pki(pki) => command::pki::run(pki),
        Command::Import(import) => block_on(command::import::run(import)),
        Command::Seed(seed) => block_on(command::seed::run(seed)),
        Command::Scr(scr) => block_on(command::scr::run(scr)),
        Command::Ptv(ptv) => block_on(command::ptv::run(ptv)),
        Command::Rbac(rbac) => block_on(command::rbac::run(rbac)),
        Command::Activity(activity) => block_on(command::activity::run(activity)),
        Command::Consent(consent) => block_on(command::consent::run(consent)),
        Command::Cpis(cpis) => block_on(command::cpis::run(cpis)),
        Command::Pds(pds) => block_on(command::pds::run(pds)),
        Command::Check(check) => block_on(command::check::run(check)),
        Command::Users(users) => command::users::run(users),
        Command::Sds(sds) => command::sds::run(sds),
        Command::Audit(audit) => block_on(command::audit::run(audit)),
        Command::Outbox(outbox) => block_on(command::outbox::run(outbox)),
        Command::Messages(messages) => block_on(command::messages::run(messages)),
        Command::Alerts(alerts) => block_on(command::alerts::run(alerts)),
        Command::Convert(convert) => command::convert::run(&convert),
        Command::Validate(validate) => command::validate::run(&validate),
        Command::Token(token) => command::token::run(&token),
        Command::Completions { shell } => {
            let mut out = Vec::new();
            clap_complete::generate(shell, &mut Arguments::command(), "minispine", &mut out);
            command::print(&String::from_utf8_lossy(&out))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Docs { page } => command::docs::run(&page),
    }
}

fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?
        .block_on(work)
}
