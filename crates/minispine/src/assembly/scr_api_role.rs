//! The SCR FHIR API, from its part of the configuration.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use hl7v3::wrapper::Author;
use jiff::SignedDuration;
use mhs::ClientSettings;
use scr_api::token::{KeyFetch, Keys, TokenPolicy};
use scr_api::{Application, Backend, Build, Profile, RateLimit, ScrApi, ScrApiConfig};
use sds::users::UserDirectory;
use store::Store;
use transport::{Environment, TlsUpstream, Upstream, UpstreamSettings};

use super::{Background, Service};
use crate::configuration as conf;

/// How often files are looked at for a change.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How much less than an upload its answer is polled for: the rest is for asking and answering.
const NOT_POLLING: Duration = Duration::from_secs(10);

/// The API, and what keeps its keys and users as they are meant to be.
pub(crate) fn service(
    api: &conf::ScrApi,
    store: Arc<dyn Store>,
    env: Environment,
) -> Result<Service> {
    let keys = keys(&api.tokens)?;
    let users =
        UserDirectory::open(Vec::new(), api.users_file.clone()).context("scr_api.users_file")?;
    let backend = backend(&api.spine)?;
    let service = ScrApi::new(
        config(api)?,
        keys.clone(),
        backend,
        users.clone(),
        store,
        env.clone(),
    )
    .context("scr_api")?;
    let background: Vec<Background> = vec![
        Box::new(move |shutdown| Box::pin(keys.watch(LOOK_AGAIN, env, shutdown))),
        Box::new(|shutdown| Box::pin(users.watch(LOOK_AGAIN, shutdown))),
    ];
    Ok(Service {
        handler: Arc::new(service),
        background,
        others: Vec::new(),
    })
}

/// Everything that can be checked without listening.
pub(crate) fn check(api: &conf::ScrApi) -> Result<()> {
    keys(&api.tokens)?;
    backend(&api.spine)?;
    config(api)?.check().context("scr_api")
}

fn keys(tokens: &conf::Tokens) -> Result<Keys> {
    match (&tokens.keys_file, &tokens.keys) {
        (Some(file), None) => Keys::file(file).context("scr_api.tokens.keys_file"),
        (None, Some(service)) => {
            let upstream = upstream(&service.url, &service.tls);
            Ok(Keys::service(KeyFetch {
                upstream: upstream.context("scr_api.tokens.keys")?,
                path: String::new(),
            }))
        }
        _ => bail!("scr_api.tokens needs either keys_file or keys"),
    }
}

fn backend(spine: &conf::SpineBehind) -> Result<Backend> {
    Ok(Backend {
        upstream: upstream(&spine.url, &spine.tls).context("scr_api.spine")?,
        own_party_key: spine.own_party_key.clone(),
        asid: spine.asid.clone(),
        party_key: spine.party_key.clone(),
        cpa_id: spine.cpa_id.clone(),
        settings: ClientSettings::default(),
    })
}

fn upstream(url: &str, tls: &conf::Tls) -> Result<Arc<dyn Upstream>> {
    let settings = UpstreamSettings::new(url.to_owned(), super::files(tls));
    Ok(Arc::new(TlsUpstream::new(settings)?))
}

fn config(api: &conf::ScrApi) -> Result<ScrApiConfig> {
    let tokens = TokenPolicy {
        issuers: api.tokens.issuers.clone(),
        audiences: api.tokens.audiences.clone(),
        leeway: SignedDuration::from_secs(api.tokens.leeway_seconds),
        ..TokenPolicy::new("", "")
    };
    let base_url = format!("{}{}", api.url.trim_end_matches('/'), scr_api::BASE_PATH);
    let mut config = ScrApiConfig::new(base_url, tokens);
    config.profile = profile(api.compatible);
    config.applications = api.applications.iter().map(application).collect();
    config.rate = RateLimit {
        per_second: api.per_second,
        per_minute: api.per_minute,
    };
    for (application, written) in config.applications.iter_mut().zip(&api.applications) {
        if written.per_second.is_some() || written.per_minute.is_some() {
            application.rate = Some(RateLimit {
                per_second: written.per_second.unwrap_or(api.per_second),
                per_minute: written.per_minute.unwrap_or(api.per_minute),
            });
        }
    }
    config.status_key.clone_from(&api.status_key);
    config.origins.clone_from(&api.origins);
    config.upload_within = Duration::from_secs(api.upload_seconds);
    config.poll_within = config.upload_within.saturating_sub(NOT_POLLING);
    config.remember = SignedDuration::try_from(Duration::from_secs(api.remember_seconds))?;
    config.build = Build {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..Build::default()
    };
    Ok(config)
}

fn profile(compatible: bool) -> Profile {
    match compatible {
        true => Profile::Compatible,
        false => Profile::Full,
    }
}

fn application(application: &conf::Application) -> Application {
    Application {
        client_id: application.client_id.clone(),
        name: application.name.clone(),
        asid: application.asid.clone(),
        organisation: application.ods.clone(),
        party_key: application.party_key.clone(),
        author: application.author.as_ref().map(|author| Author {
            user: author.user_id.clone(),
            role_profile: author.role_profile_id.clone(),
            job_role: author.job_role.clone(),
        }),
        rate: None,
        profile: application.compatible.map(profile),
    }
}
