//! The SMSP, from its part of the configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use domain::code::smsp::CodeSet;
use itk::scr::Operation;
use itk::signature::{Sha1, Signer};
use jiff::SignedDuration;
use mhs::{Contract, Courier, Inbound, InboundConfig, RetryPolicy, Route};
use sds::users::UserDirectory;
use smsp::config::{ActivityCodes, DefaultPermission, SmspConfig};
use smsp::registry::{AccessMethod, ClientRegistry, RegisteredClient, SignaturePolicy};
use smsp::{Hl7Face, ScrService};
use store::Store;
use transport::{
    CertificateMatch, ClientTrust, Environment, Resilient, ResilientSettings, Routes, Shutdown,
    TlsUpstream, Upstream, UpstreamSettings, files,
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
    let clients =
        ClientRegistry::new(smsp.clients.iter().map(client).collect()).context("smsp.clients")?;
    let users = users(smsp)?;
    let spine = spine(&smsp.spine, &env)?;
    let trust = Arc::new(trust(smsp)?);
    let config = config(smsp, trust.clone())?;
    let mut background: Vec<Background> = Vec::new();
    let directory = users.clone();
    background.push(Box::new(|shutdown| {
        Box::pin(directory.watch(LOOK_AGAIN, shutdown))
    }));
    background.push(Box::new(|shutdown| Box::pin(refresh(trust, shutdown))));
    if let Some(alerts) = &smsp.alerts {
        let courier = courier(alerts, &smsp.spine, store.clone(), &env)?;
        background.push(Box::new(|shutdown| {
            Box::pin(super::deliver(courier, shutdown))
        }));
    }
    let answers = smsp.alerts.as_ref().and_then(|alerts| {
        let peer = alerts.answers_from.as_ref()?.matcher();
        Some(answers(alerts, peer, &store, &env))
    });
    let scr = Arc::new(ScrService::new(config, clients, users, store, spine, env));
    let face = Arc::new(Hl7Face::new(scr.clone()));
    let mut handler = Routes::new()
        .with("/smsp/scr", scr)
        .with("/sync-service", face);
    if let Some(answers) = answers {
        handler = handler.with(smsp::INBOUND_PATH, Arc::new(answers));
    }
    Ok(Service {
        handler: Arc::new(handler),
        background,
    })
}

/// Takes what the Spine answers to alerts. Under which agreement it does is its own directory's
/// affair.
fn answers(
    alerts: &conf::Alerts,
    peer: CertificateMatch,
    store: &Arc<dyn Store>,
    env: &Environment,
) -> Inbound {
    let config = InboundConfig {
        lane: smsp::LANE.to_owned(),
        party_key: alerts.from_party.clone(),
        agreements: None,
        peers: vec![peer],
    };
    smsp::inbound(config, store.clone(), env.clone())
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
        ..ActivityCodes::default()
    };
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
fn spine(spine: &conf::Upstream, env: &Environment) -> Result<Arc<dyn Upstream>> {
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
    Ok(Arc::new(Resilient::new(endpoints, settings, env.clone())))
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

/// Carries alerts from the outbox to the Spine. Alerts are never given up for age.
fn courier(
    alerts: &conf::Alerts,
    spine: &conf::Upstream,
    store: Arc<dyn Store>,
    env: &Environment,
) -> Result<Courier> {
    let mut contract = Contract::new(
        alerts.from_party.clone(),
        alerts.to_party.clone(),
        alerts.cpa_id.clone(),
    );
    // The path of the configured URL is used.
    contract.path = String::new();
    let upstream = TlsUpstream::new(upstream(spine, &alerts.url)).context("smsp.alerts")?;
    let route = Route {
        contract,
        upstream: Arc::new(upstream),
    };
    Ok(Courier::new(
        smsp::LANE,
        Arc::new(route),
        RetryPolicy::default(),
        store,
        env.clone(),
    ))
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
        operations: Operation::ALL
            .into_iter()
            .filter(named)
            .map(itk::Operation::from)
            .collect(),
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
