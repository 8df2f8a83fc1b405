//! The SMSP, from its part of the configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::code::smsp::CodeSet;
use itk::scr::Operation;
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use smsp::ScrService;
use smsp::config::{ActivityCodes, SmspConfig};
use smsp::registry::{AccessMethod, ClientRegistry, RegisteredClient};
use smsp::users::{RoleProfile, User, UserDirectory};
use store::Store;
use transport::{Environment, Handler, TlsUpstream, UpstreamSettings};

use crate::configuration as conf;

pub(crate) fn handler(
    smsp: &conf::Smsp,
    store: Arc<dyn Store>,
    env: Environment,
) -> Result<Arc<dyn Handler>> {
    let clients =
        ClientRegistry::new(smsp.clients.iter().map(client).collect()).context("smsp.clients")?;
    let users = UserDirectory::new(users(&smsp.users)?).context("smsp.users")?;
    let upstream = TlsUpstream::new(upstream(&smsp.spine)).context("smsp.spine")?;
    let config = config(smsp);
    Ok(Arc::new(ScrService::new(
        config,
        clients,
        users,
        store,
        Arc::new(upstream),
        env,
    )))
}

fn config(smsp: &conf::Smsp) -> SmspConfig {
    let rules = &smsp.rules;
    let mut config = SmspConfig::new(
        smsp.ods.clone(),
        smsp.spine.asid.clone(),
        smsp.spine.url.clone(),
    );
    config.own_url = format!("https://{}/smsp/scr", smsp.address);
    config.code_set = match rules.scr_codes {
        conf::ScrCodes::MessageSpecification => CodeSet::MessageSpecification,
        conf::ScrCodes::Spreadsheet2014 => CodeSet::Spreadsheet2014,
    };
    config.faults_for_spine_failures = rules.faults_for_spine_failures;
    config.skew = SignedDuration::from_secs(rules.clock_skew_seconds);
    config.activities = ActivityCodes {
        view: rules.view_activity.clone(),
        emergency: rules.emergency_activity.clone(),
    };
    config
}

fn upstream(spine: &conf::Upstream) -> UpstreamSettings {
    UpstreamSettings {
        connect_timeout: Duration::from_secs(spine.connect_seconds),
        response_timeout: Duration::from_secs(spine.response_seconds),
        total_timeout: Duration::from_secs(spine.total_seconds),
        concurrency: spine.concurrency,
        ..UpstreamSettings::new(spine.url.clone(), super::files(&spine.tls))
    }
}

fn client(client: &conf::Client) -> RegisteredClient {
    let named = |operation: &Operation| match &client.operations {
        Some(names) => names.iter().any(|name| name == operation.name()),
        None => true,
    };
    RegisteredClient {
        name: client.name.clone(),
        certificate: client.certificate.matcher(),
        ods: client.ods.clone(),
        asid: client.asid.clone(),
        username: client.username.clone(),
        operations: Operation::ALL.into_iter().filter(named).collect(),
        access: match client.access {
            conf::Access::Unattended => AccessMethod::Unattended,
            conf::Access::Attended => AccessMethod::Attended,
            conf::Access::Smartcard => AccessMethod::Smartcard,
            conf::Access::SessionAuthenticated => AccessMethod::SessionAuthenticated,
        },
    }
}

/// One user per person and organisation. A person with several role profiles stands in several
/// `[[smsp.users]]` tables; the first one's is used when a request names none.
fn users(tables: &[conf::User]) -> Result<Vec<User>> {
    let mut users: Vec<User> = Vec::new();
    for table in tables {
        let profile = RoleProfile {
            id: table.role_profile_id.clone(),
            job_role: table.job_role.clone(),
            activities: table.activities.clone(),
        };
        let same = |user: &&mut User| user.user == table.user_id && user.organisation == table.ods;
        match users.iter_mut().find(same) {
            Some(user) => user.role_profiles.push(profile),
            None => users.push(User {
                user: table.user_id.clone(),
                organisation: table.ods.clone(),
                name: table.name.clone(),
                role_profiles: vec![profile],
                valid_from: table.valid_from.map(start_of).transpose()?,
                valid_until: table.valid_until.map(end_of).transpose()?,
            }),
        }
    }
    Ok(users)
}

fn start_of(day: Date) -> Result<Timestamp> {
    Ok(day.to_zoned(TimeZone::get("Europe/London")?)?.timestamp())
}

fn end_of(day: Date) -> Result<Timestamp> {
    Ok(start_of(day.tomorrow()?)?.saturating_sub(SignedDuration::from_nanos(1))?)
}
