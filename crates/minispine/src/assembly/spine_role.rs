//! The local Spine, from its part of the configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::SignedDuration;
use mhs::{Courier, RetryPolicy};
use sds::users::UserDirectory;
use sds::{Directory, FhirService, Own};
use spine::clinical::{ClinicalConfig, ClinicalService};
use spine::faults::{FaultInjection, FaultPlan, FaultRule};
use spine::{
    DirectoryRoutes, ExpressService, Front, IntermediaryService, ReliableConfig, ReliableService,
    ScenarioPack, SpineConfig, SyncService,
};
use store::Store;
use transport::{Environment, Handler};

use super::{Background, Service};
use crate::configuration as conf;

/// How often the files of systems and users are looked at for a change.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How long an answer waits for a system that has no endpoint, or whose contract says nothing.
const KEPT: SignedDuration = SignedDuration::from_hours(5 * 24);

/// The Spine's services, and its directory for a listener without certificates.
pub(crate) fn service(
    spine: &conf::Spine,
    store: Arc<dyn Store>,
    env: Environment,
) -> Result<(Service, Arc<dyn Handler>)> {
    let own = spine.own()?;
    let directory = directory(spine)?;
    let users =
        UserDirectory::open(Vec::new(), spine.users_file.clone()).context("spine.users_file")?;
    let plan = spine.faults.as_ref().map(fault_plan).transpose()?;
    let look_ups: Arc<dyn Handler> = Arc::new(FhirService::new(
        own.clone(),
        directory.clone(),
        users.clone(),
        env.clone(),
    ));
    let front = front(spine, &own, &directory, &users, plan.clone(), &store, &env)
        .below(sds::BASE_PATH, look_ups.clone());
    let handler: Arc<dyn Handler> = match plan {
        Some(plan) => Arc::new(FaultInjection::new(plan, Arc::new(front))),
        None => Arc::new(front),
    };
    let tls = super::files(&spine.tls);
    let routes = DirectoryRoutes::over_tls(directory.clone(), own, tls);
    let policy = RetryPolicy {
        give_up_after: Some(KEPT),
        ..RetryPolicy::default()
    };
    let courier = Courier::new(spine::LANE, Arc::new(routes), policy, store, env);
    let background: Vec<Background> = vec![
        Box::new(|shutdown| Box::pin(super::deliver(courier, shutdown))),
        Box::new(|shutdown| Box::pin(directory.watch(LOOK_AGAIN, shutdown))),
        Box::new(|shutdown| Box::pin(users.watch(LOOK_AGAIN, shutdown))),
    ];
    let service = Service {
        handler,
        background,
    };
    Ok((service, look_ups))
}

/// The systems of the configuration and of the file beside it, as they are now.
pub(crate) fn directory(spine: &conf::Spine) -> Result<Directory> {
    Directory::open(spine.systems.clone(), spine.systems_file.clone()).context("spine.systems")
}

/// What is to go wrong on purpose.
pub(crate) fn fault_plan(faults: &conf::Faults) -> Result<FaultPlan> {
    let mut rules = Vec::new();
    for (at, rule) in faults.rules.iter().enumerate() {
        rules.push(FaultRule {
            patient: rule.patient,
            fault: rule
                .fault
                .parse()
                .with_context(|| format!("spine.faults.rules[{at}].fault: {:?}", rule.fault))?,
            percent: rule.percent,
        });
    }
    Ok(FaultPlan::new(faults.seed, rules))
}

/// Every service at its path.
fn front(
    spine: &conf::Spine,
    own: &Own,
    directory: &Directory,
    users: &UserDirectory,
    plan: Option<FaultPlan>,
    store: &Arc<dyn Store>,
    env: &Environment,
) -> Front {
    let scenarios = spine.scenarios.then(ScenarioPack::published);
    let config = SpineConfig {
        asid: own.asid.clone(),
        url: format!("{}/sync-service", own.url),
    };
    let (directory, store) = (|| directory.clone(), || store.clone());
    let sync = SyncService::new(config, directory(), store(), scenarios, env.clone());
    let config = ReliableConfig {
        own: own.clone(),
        strict_versions: spine.strict_versions,
    };
    let reliable = ReliableService::new(config, directory(), store(), env.clone())
        .with_scenarios(scenarios)
        .with_faults(plan.clone());
    let express = ExpressService::new(own.clone(), directory(), store(), env.clone())
        .with_scenarios(scenarios)
        .with_faults(plan.clone());
    let signals = IntermediaryService::new(own.clone(), directory(), store(), env.clone());
    let config = ClinicalConfig {
        own: own.clone(),
        strict_versions: spine.strict_versions,
        ready_after: SignedDuration::ZERO,
    };
    let people = users.clone();
    let job_roles = Arc::new(move |profile: &domain::RoleProfileId| {
        people
            .role_profile(profile)
            .map(|(_, profile)| profile.job_role)
    });
    let clinical = ClinicalService::new(config, directory(), store(), env.clone())
        .with_scenarios(scenarios)
        .with_faults(plan)
        .with_job_roles(job_roles);
    Front::new()
        .sync(sync)
        .reliable(reliable)
        .express(express)
        .intermediary(signals)
        .clinical(clinical)
}
