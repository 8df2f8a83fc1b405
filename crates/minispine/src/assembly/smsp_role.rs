//! The SMSP, from its part of the configuration: the mini services of the SCR and of CP-IS.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::PartyKey;
use domain::code::smsp::CodeSet;
use itk::Operation;
use itk::signature::{Sha1, Signer};
use jiff::SignedDuration;
use mhs::{Contract, Courier, Inbound, InboundConfig, Outgoing, RetryPolicy, Route};
use sds::users::UserDirectory;
use smsp::config::{ActivityCodes, CpisConfig, DefaultPermission, SmspConfig};
use smsp::registry::{AccessMethod, ClientRegistry, RegisteredClient, SignaturePolicy};
use smsp::{CpisService, CpisUpstream, Hl7Face, ScrService};
use store::Store;
use transport::admin::Others;
use transport::{
    ClientTrust, Environment, Resilient, ResilientSettings, Routes, Shutdown, TlsUpstream,
    Upstream, UpstreamSettings, files,
};

use super::{Background, Service};
use crate::configuration as conf;

/// How often the users' file and the signing authorities are looked at for a change.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The mini services, the plain HL7 V3 way in beside them, and what runs in the background.
pub(crate) fn service(
    smsp: &conf::Smsp,
    store: Arc<dyn Store>,
    env: Environment,
) -> Result<Service> {
    let clients = clients(smsp)?;
    let users = users(smsp)?;
    let resilient = Arc::new(spine(&smsp.spine, &env)?);
    let spine: Arc<dyn Upstream> = resilient.clone();
    let trust = Arc::new(trust(smsp)?);
    let config = config(smsp, trust.clone())?;
    let mut background: Vec<Background> = Vec::new();
    let directory = users.clone();
    background.push(Box::new(|shutdown| {
        Box::pin(directory.watch(LOOK_AGAIN, shutdown))
    }));
    background.push(Box::new(|shutdown| Box::pin(refresh(trust, shutdown))));
    if let Some(courier) = courier(smsp, store.clone(), &env)? {
        background.push(Box::new(|shutdown| {
            Box::pin(super::deliver(courier, shutdown))
        }));
    }
    let answers = answers(smsp, &store, &env);
    let cpis = match &smsp.cpis {
        Some(cpis) => {
            let upstream = cpis_upstream(cpis, &spine, answers.as_ref())?;
            let (config, clients, users) = (config.clone(), clients.clone(), users.clone());
            let (store, env) = (store.clone(), env.clone());
            Some(CpisService::new(
                config, clients, users, store, upstream, env,
            ))
        }
        None => None,
    };
    let scr = Arc::new(ScrService::new(config, clients, users, store, spine, env));
    let face = Arc::new(Hl7Face::new(scr.clone()));
    let mut handler = Routes::new()
        .with("/smsp/scr", scr)
        .with("/sync-service", face);
    if let Some(cpis) = cpis {
        handler = handler.with("/smsp/cpis", Arc::new(cpis));
    }
    if let Some(answers) = answers {
        handler = handler.with(smsp::INBOUND_PATH, Arc::new(answers));
    }
    Ok(Service {
        handler: Arc::new(handler),
        background,
        others: vec![told(resilient)],
    })
}

/// Takes what the Spine answers to alerts, and to queries of CP-IS that went as messages. Under
/// which agreement it does is its own directory's affair.
fn answers(smsp: &conf::Smsp, store: &Arc<dyn Store>, env: &Environment) -> Option<Inbound> {
    let alerts = smsp.alerts.as_ref();
    let alerts = alerts.and_then(|alerts| {
        let from = alerts.answers_from.as_ref()?;
        Some((alerts.from_party.clone(), from.matcher()))
    });
    let cpis = by_message(smsp);
    let cpis = cpis.map(|way| (way.from_party.clone(), way.answers_from.matcher()));
    let known: Vec<_> = alerts.into_iter().chain(cpis).collect();
    let (party_key, _) = known.first().cloned()?;
    let config = InboundConfig {
        lane: smsp::LANE.to_owned(),
        party_key,
        agreements: None,
        peers: known.into_iter().map(|(_, peer)| peer).collect(),
    };
    Some(smsp::inbound(config, store.clone(), env.clone()))
}

/// How CP-IS is asked by message, if it is.
fn by_message(smsp: &conf::Smsp) -> Option<&conf::CpisReliable> {
    let cpis = smsp.cpis.as_ref();
    let cpis = cpis.filter(|cpis| cpis.upstream == conf::Way::Async)?;
    cpis.reliable.as_ref()
}

fn cpis_upstream(
    cpis: &conf::SmspCpis,
    spine: &Arc<dyn Upstream>,
    answers: Option<&Inbound>,
) -> Result<CpisUpstream> {
    match (cpis.upstream, &cpis.reliable, answers) {
        (conf::Way::Sync, ..) => Ok(CpisUpstream::Sync(spine.clone())),
        (conf::Way::Async, Some(way), Some(answers)) => Ok(CpisUpstream::Async {
            answers: answers.correlation(),
            within: Duration::from_secs(way.answer_seconds),
        }),
        // The configuration has been checked for it.
        (conf::Way::Async, ..) => anyhow::bail!("[smsp.cpis.reliable] is needed"),
    }
}

/// The registered clients, no two of which may be taken for each other.
pub(crate) fn clients(smsp: &conf::Smsp) -> Result<ClientRegistry> {
    ClientRegistry::new(smsp.clients.iter().map(client).collect()).context("smsp.clients")
}

/// The users of the configuration and of the file beside it, as they are now.
pub(crate) fn users(smsp: &conf::Smsp) -> Result<UserDirectory> {
    let file = smsp.users_file.clone();
    UserDirectory::open(smsp.users.clone(), file).context("smsp.users")
}

fn config(smsp: &conf::Smsp, trust: Arc<ClientTrust>) -> Result<SmspConfig> {
    let rules = &smsp.rules;
    let mut config = SmspConfig::new(
        smsp.ods.clone(),
        smsp.spine.asid.clone(),
        smsp.spine.url.clone(),
    );
    config.own_url = format!("https://{}/smsp/scr", smsp.address);
    if let Some(asid) = smsp.alerts.as_ref().and_then(|alerts| alerts.asid.clone()) {
        config.alert_asid = asid;
    }
    config.code_set = match rules.scr_codes {
        conf::ScrCodes::MessageSpecification => CodeSet::MessageSpecification,
        conf::ScrCodes::Spreadsheet2014 => CodeSet::Spreadsheet2014,
    };
    config.faults_for_spine_failures = rules.faults_for_spine_failures;
    config.skew = SignedDuration::from_secs(rules.clock_skew_seconds);
    config.activities = ActivityCodes {
        view: rules.view_activity.clone(),
        emergency: rules.emergency_activity.clone(),
        consent: rules.consent_activity.clone(),
        report: rules.report_activity.clone(),
        cpis: rules.cpis_activity.clone(),
    };
    if let Some(cpis) = &smsp.cpis {
        config.cpis = cpis_config(smsp, cpis);
    }
    config.report_limit = rules.report_lines;
    config.retention = SignedDuration::try_from(Duration::from_secs(rules.remember_seconds))?;
    if let Some(hours) = rules.permission_hours {
        config.permission = DefaultPermission::For(SignedDuration::from_hours(hours.into()));
    }
    config.sha1 = match smsp.signatures.sha1 {
        true => Sha1::Accepted,
        false => Sha1::Refused,
    };
    config.trust = Some(trust);
    if smsp.clients.iter().any(|client| client.sign_answers) {
        config.signer = Some(Arc::new(signer(smsp)?));
    }
    Ok(config)
}

fn cpis_config(smsp: &conf::Smsp, cpis: &conf::SmspCpis) -> CpisConfig {
    CpisConfig {
        own_url: format!("https://{}/smsp/cpis", smsp.address),
        spine_asid: cpis.asid.clone(),
        spine_url: None,
        check_digit: conf::check_digit(cpis.test_numbers),
        same_author: !cpis.any_author,
        same_organisation: !cpis.any_organisation,
        require_known_users: cpis.require_known_users,
        trace: cpis.trace,
        same_query_id: !cpis.any_query_id,
        scenarios: cpis.scenarios,
    }
}

fn signer(smsp: &conf::Smsp) -> Result<Signer> {
    let signatures = &smsp.signatures;
    let certificate = signatures
        .certificate
        .as_ref()
        .unwrap_or(&smsp.tls.certificate);
    let key = signatures.key.as_ref().unwrap_or(&smsp.tls.key);
    let read = |path| files::read_to_string(path).with_context(|| format!("cannot read {path:?}"));
    Signer::from_pem(&read(certificate)?, &read(key)?)
        .context("smsp.signatures: the certificate and key cannot sign")
}

/// Whose signatures are trusted.
pub(crate) fn trust(smsp: &conf::Smsp) -> Result<ClientTrust> {
    let signatures = &smsp.signatures;
    let authorities = signatures
        .authorities
        .as_ref()
        .unwrap_or(&smsp.tls.authorities);
    let revoked = signatures.revoked.as_ref().or(smsp.tls.revoked.as_ref());
    ClientTrust::load(authorities, revoked.map(|path| path.as_path())).context("smsp.signatures")
}

async fn refresh(trust: Arc<ClientTrust>, mut shutdown: Shutdown) {
    let mut look = tokio::time::interval(LOOK_AGAIN);
    loop {
        tokio::select! {
            () = shutdown.recv() => return,
            _ = look.tick() => {}
        }
        let looked = trust.clone();
        match tokio::task::spawn_blocking(move || looked.refresh()).await {
            Ok(Ok(true)) => tracing::info!("signing authorities reloaded"),
            Ok(Err(error)) => {
                tracing::error!(%error, "the changed signing authorities cannot be used; the ones known before stay");
            }
            _ => {}
        }
    }
}

/// Every address of the Spine behind one upstream that knows which of them answer.
fn spine(spine: &conf::Upstream, env: &Environment) -> Result<Resilient> {
    let mut endpoints = Vec::new();
    for url in [&spine.url].into_iter().chain(&spine.other_urls) {
        let upstream = TlsUpstream::new(upstream(spine, url)).context("smsp.spine")?;
        endpoints.push((url.clone(), Arc::new(upstream) as Arc<dyn Upstream>));
    }
    let pause = Duration::from_secs(spine.pause_seconds);
    let defaults = ResilientSettings::default();
    let settings = ResilientSettings {
        failures: spine.failures_to_open,
        pause,
        longest_pause: defaults.longest_pause.max(pause),
        requests: spine.concurrency,
        retry_within: Duration::from_secs(spine.total_seconds),
        is_answer: smsp::is_message,
        ..defaults
    };
    Ok(Resilient::new(endpoints, settings, env.clone()))
}

/// How each address of the Spine is, for the operator.
fn told(spine: Arc<Resilient>) -> Others {
    let states = move || {
        let described = spine.described().into_iter();
        described
            .map(|(address, state)| (address, state.to_string()))
            .collect()
    };
    Others {
        name: "spine",
        states: Box::new(states),
    }
}

fn upstream(spine: &conf::Upstream, url: &str) -> UpstreamSettings {
    UpstreamSettings {
        connect_timeout: Duration::from_secs(spine.connect_seconds),
        response_timeout: Duration::from_secs(spine.response_seconds),
        total_timeout: Duration::from_secs(spine.total_seconds),
        concurrency: spine.concurrency,
        ..UpstreamSettings::new(url.to_owned(), super::files(&spine.tls))
    }
}

/// Where messages of the outbox go: each service under its own agreement.
struct Ways {
    alerts: Option<Route>,
    cpis: Option<Route>,
}

impl mhs::Routes for Ways {
    fn route(&self, outgoing: &Outgoing) -> Result<Route, String> {
        let (route, table) = match outgoing.interaction == QUERY {
            true => (&self.cpis, "smsp.cpis.reliable"),
            false => (&self.alerts, "smsp.alerts"),
        };
        let route = route.clone();
        route.ok_or_else(|| format!("the configuration has no [{table}]"))
    }
}

/// The query of CP-IS; whatever else goes out is an alert.
const QUERY: &str = "QUPC_IN000006GB01";

/// Carries alerts, and queries of CP-IS, from the outbox to the Spine. Alerts are never given up
/// for age; a query says itself how long it is waited for.
fn courier(smsp: &conf::Smsp, store: Arc<dyn Store>, env: &Environment) -> Result<Option<Courier>> {
    let alerts = smsp.alerts.as_ref();
    let alerts = alerts
        .map(|to| {
            let contract = contract(&to.from_party, &to.to_party, &to.cpa_id);
            route(smsp, contract, &to.url).context("smsp.alerts")
        })
        .transpose()?;
    let cpis = by_message(smsp)
        .map(|to| {
            let contract = contract(&to.from_party, &to.to_party, &to.cpa_id);
            route(smsp, contract, &to.url).context("smsp.cpis.reliable")
        })
        .transpose()?;
    if alerts.is_none() && cpis.is_none() {
        return Ok(None);
    }
    let mut policy = RetryPolicy::default();
    if cpis.is_some() {
        // Somebody waits for the answer.
        policy.poll = Duration::from_millis(100);
        policy.concurrency = smsp.spine.concurrency;
    }
    let ways = Arc::new(Ways { alerts, cpis });
    let courier = Courier::new(smsp::LANE, ways, policy, store, env.clone());
    Ok(Some(courier))
}

fn contract(from: &PartyKey, to: &PartyKey, cpa_id: &str) -> Contract {
    let mut contract = Contract::new(from.clone(), to.clone(), cpa_id);
    // The path of the configured URL is used.
    contract.path = String::new();
    contract
}

fn route(smsp: &conf::Smsp, contract: Contract, url: &str) -> Result<Route> {
    let upstream = TlsUpstream::new(upstream(&smsp.spine, url))?;
    Ok(Route {
        contract,
        upstream: Arc::new(upstream),
    })
}

fn client(client: &conf::Client) -> RegisteredClient {
    let named = |operation: &Operation| match &client.operations {
        Some(names) => names.iter().any(|name| name == operation.name()),
        None => true,
    };
    let name = client.organisation_name.clone();
    RegisteredClient {
        name: client.name.clone(),
        certificate: client.certificate.matcher(),
        ods: client.ods.clone(),
        organisation_name: name.unwrap_or_else(|| client.ods.to_string()),
        asid: client.asid.clone(),
        username: client.username.clone(),
        operations: Operation::all().filter(named).collect(),
        access: match client.access {
            conf::Access::Unattended => AccessMethod::Unattended,
            conf::Access::Attended => AccessMethod::Attended,
            conf::Access::Smartcard => AccessMethod::Smartcard,
            conf::Access::SessionAuthenticated => AccessMethod::SessionAuthenticated,
        },
        signature: match client.signature {
            conf::Signature::Optional => SignaturePolicy::Optional,
            conf::Signature::Required => SignaturePolicy::Required,
        },
        sign_answers: client.sign_answers,
    }
}
