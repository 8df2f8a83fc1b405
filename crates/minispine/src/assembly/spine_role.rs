//! The local Spine, from its part of the configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::SignedDuration;
use mhs::{Courier, RetryPolicy};
use sds::users::UserDirectory;
use sds::{Directory, FhirService, Own};
use spine::clinical::{ClinicalConfig, ClinicalService};
use spine::cpis::notices::NoticeWorker;
use spine::cpis::upload::UploadWorker;
use spine::faults::{FaultInjection, FaultPlan, FaultRule};
use spine::mail::{Exchange, ExchangeConfig, MailService, Mailbox, MailboxId, Mailboxes, Post};
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
    let post = spine
        .mail
        .as_ref()
        .map(|mail| post(mail, &directory, &store, &env))
        .transpose()?;
    let mut front = front;
    if let Some(post) = &post {
        front = front.below(spine::mail::PATH, Arc::new(MailService::new(post.clone())));
    }
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
    let mut background: Vec<Background> = vec![
        Box::new(|shutdown| Box::pin(super::deliver(courier, shutdown))),
        Box::new(|shutdown| Box::pin(directory.watch(LOOK_AGAIN, shutdown))),
        Box::new(|shutdown| Box::pin(users.watch(LOOK_AGAIN, shutdown))),
    ];
    if let (Some(post), Some(mail)) = (post, &spine.mail) {
        background.extend(mail_workers(spine, mail, post)?);
    }
    let service = Service {
        handler,
        background,
        others: Vec::new(),
    };
    Ok((service, look_ups))
}

/// The mailboxes.
fn post(
    mail: &conf::Mail,
    directory: &Directory,
    store: &Arc<dyn Store>,
    env: &Environment,
) -> Result<Post> {
    let mut configured = Vec::new();
    for mailbox in &mail.mailboxes {
        configured.push(Mailbox {
            id: MailboxId::parse(&mailbox.id).context("spine.mail.mailboxes")?,
            organisation: mailbox.organisation.clone(),
            system: mailbox.system.clone(),
        });
    }
    let own = MailboxId::parse(&mail.own).context("spine.mail.own")?;
    let mailboxes = Mailboxes::new(own, configured, directory.clone());
    let mailboxes = mailboxes.context("spine.mail.mailboxes")?;
    let workflows = mail.workflows.workflows();
    Ok(Post::new(store.clone(), env.clone(), mailboxes, workflows))
}

/// What works on mailboxes: uploads are taken, notices are put there, and files go between them and
/// folders.
fn mail_workers(spine: &conf::Spine, mail: &conf::Mail, post: Post) -> Result<Vec<Background>> {
    let uploads = UploadWorker::new(spine.cpis.uploads(), post.clone());
    let notices = NoticeWorker::new(spine.cpis.notices(), post.clone());
    let mut background: Vec<Background> = vec![
        Box::new(|shutdown| Box::pin(uploads.run(shutdown))),
        Box::new(|shutdown| Box::pin(notices.run(shutdown))),
    ];
    if let Some(folder) = &mail.folder {
        let with_folder = with_folder(mail, &post)?;
        let config = ExchangeConfig {
            poll: Duration::from_secs(mail.folder_seconds),
            grace: Duration::from_secs(mail.folder_patience_seconds),
            ..ExchangeConfig::new(folder, with_folder)
        };
        let exchange = Exchange::open(config, post);
        let exchange = exchange.context("spine.mail.folder cannot be used")?;
        background.push(Box::new(|shutdown| Box::pin(exchange.run(shutdown))));
    }
    Ok(background)
}

/// The mailboxes that have a folder: those of the configuration, or one for each organisation.
fn with_folder(mail: &conf::Mail, post: &Post) -> Result<Vec<MailboxId>> {
    let Some(named) = &mail.folder_mailboxes else {
        let organisations = post.mailboxes().organisations().into_iter();
        return Ok(organisations.map(|(_, mailbox)| mailbox).collect());
    };
    let ids = named.iter().map(|id| MailboxId::parse(id));
    let ids = ids.collect::<Result<_, _>>();
    ids.context("spine.mail.folder_mailboxes")
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
    let cpis = || (spine.cpis.config(), users.clone());
    let with = cpis();
    let sync = SyncService::new(config, directory(), store(), scenarios, env.clone())
        .with_cpis(with.0, with.1);
    let config = ReliableConfig {
        own: own.clone(),
        strict_versions: spine.strict_versions,
    };
    let with = cpis();
    let reliable = ReliableService::new(config, directory(), store(), env.clone())
        .with_cpis(with.0, with.1)
        .with_scenarios(scenarios)
        .with_faults(plan.clone());
    let with = cpis();
    let express = ExpressService::new(own.clone(), directory(), store(), env.clone())
        .with_cpis(with.0, with.1)
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
