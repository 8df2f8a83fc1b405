//! From a configuration to running roles: the one place where the parts are put together.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Error, Result, bail};
use store::{SqliteOptions, SqliteStore};
use transport::admin::{Admin, Check, Others};
use transport::{
    BoxFuture, Callers, Environment, Handler, HttpLimits, Listener, ListenerSettings, Shutdown,
    TlsFiles, TransportError, telemetry,
};

use crate::arguments::Role;
use crate::configuration::{self as conf, Configuration};

mod scr_api_role;
mod smsp_role;
mod spine_role;

/// Which roles to start.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Roles {
    smsp: bool,
    spine: bool,
    scr_api: bool,
}

impl Roles {
    /// The roles a command line names; each must stand in the configuration.
    pub(crate) fn named(role: Role, configuration: &Configuration) -> Result<Self> {
        let here = Self::all(configuration);
        let none = Self {
            smsp: false,
            spine: false,
            scr_api: false,
        };
        let (only, name) = match role {
            Role::All => return Ok(here),
            Role::Smsp => (
                Self {
                    smsp: here.smsp,
                    ..none
                },
                "smsp",
            ),
            Role::Spine => (
                Self {
                    spine: here.spine,
                    ..none
                },
                "spine",
            ),
            Role::ScrApi => (
                Self {
                    scr_api: here.scr_api,
                    ..none
                },
                "scr_api",
            ),
        };
        match only.smsp || only.spine || only.scr_api {
            true => Ok(only),
            false => bail!("the configuration has no [{name}]"),
        }
    }

    /// Every role of the configuration.
    pub(crate) fn all(configuration: &Configuration) -> Self {
        Self {
            smsp: configuration.smsp.is_some(),
            spine: configuration.spine.is_some(),
            scr_api: configuration.scr_api.is_some(),
        }
    }
}

/// Work beside the listeners, until told to stop.
type Background = Box<dyn FnOnce(Shutdown) -> BoxFuture<'static, ()> + Send>;

/// A role, put together.
struct Service {
    handler: Arc<dyn Handler>,
    background: Vec<Background>,
    /// Services behind it, for the operator.
    others: Vec<Others>,
}

/// Roles that listen, and the store they share.
pub(crate) struct Running {
    listeners: Vec<(&'static str, Listener)>,
    background: Vec<Background>,
    store: Arc<SqliteStore>,
}

impl Running {
    /// Where each role listens.
    pub(crate) fn addresses(&self) -> Vec<(&'static str, SocketAddr)> {
        self.listeners
            .iter()
            .map(|(name, listener)| (*name, listener.address()))
            .collect()
    }

    /// The store.
    pub(crate) fn store(&self) -> Arc<SqliteStore> {
        Arc::clone(&self.store)
    }

    /// Serves until told to stop, then lets running requests finish and closes the store.
    pub(crate) async fn run(self, shutdown: Shutdown) -> Result<()> {
        let mut serving: Vec<_> = self
            .listeners
            .into_iter()
            .map(|(_, listener)| tokio::spawn(listener.run(shutdown.clone())))
            .collect();
        serving.extend(
            self.background
                .into_iter()
                .map(|work| tokio::spawn(work(shutdown.clone()))),
        );
        for task in serving {
            task.await.context("a service ended unexpectedly")?;
        }
        // Everything acknowledged is on disk already; this only tidies up.
        if let Err(error) = self.store.checkpoint() {
            tracing::warn!(%error, "the store's log could not be emptied");
        }
        Ok(())
    }
}

/// Opens the store and binds every listener. Nothing is served before [`Running::run`].
pub(crate) async fn start(
    configuration: &Configuration,
    roles: Roles,
    env: Environment,
) -> Result<Running> {
    check_store(&configuration.store)?;
    let store = Arc::new(open_store(&configuration.store.path)?);
    let mut listeners = Vec::new();
    let (mut background, mut others) = (Vec::new(), Vec::new());
    if let (true, Some(spine)) = (roles.spine, &configuration.spine) {
        let (service, look_ups) = spine_role::service(spine, store.clone(), env.clone())?;
        let settings = settings("spine", spine.address, &spine.tls, &spine.limits);
        let listener = bind("spine.address", settings, service.handler, &env).await?;
        listeners.push(("spine", listener));
        background.extend(service.background);
        if let Some(directory) = &spine.directory {
            let settings = plain("directory", directory.address);
            let key = "spine.directory.address";
            listeners.push(("directory", bind(key, settings, look_ups, &env).await?));
        }
    }
    if let (true, Some(smsp)) = (roles.smsp, &configuration.smsp) {
        let service = smsp_role::service(smsp, store.clone(), env.clone())?;
        let settings = settings("smsp", smsp.address, &smsp.tls, &smsp.limits);
        let listener = bind("smsp.address", settings, service.handler, &env).await?;
        listeners.push(("smsp", listener));
        background.extend(service.background);
        others.extend(service.others);
    }
    if let (true, Some(api)) = (roles.scr_api, &configuration.scr_api) {
        let service = scr_api_role::service(api, store.clone(), env.clone())?;
        let settings = api_settings(api);
        let listener = bind("scr_api.address", settings, service.handler, &env).await?;
        listeners.push(("scr_api", listener));
        background.extend(service.background);
    }
    if let Some(admin) = &configuration.admin {
        let handler = Arc::new(admin_handler(store.clone(), others));
        let settings = plain("admin", admin.address);
        let listener = bind("admin.address", settings, handler, &env).await?;
        listeners.push(("admin", listener));
    }
    Ok(Running {
        listeners,
        background,
        store,
    })
}

/// Opens the store for writing.
pub(crate) fn open_store(path: &Path) -> Result<SqliteStore> {
    SqliteStore::open(path, SqliteOptions::default())
        .with_context(|| format!("cannot open the store {}", path.display()))
}

/// Checks that the store has a place: the file is made when it is not there, its folder is not.
pub(crate) fn check_store(store: &conf::StoreFile) -> Result<()> {
    let path = &store.path;
    if transport::files::is_dir(path) {
        bail!("store.path: {} is a folder", path.display());
    }
    let folder = match path.parent() {
        // A name without a folder is one in the current folder.
        Some(folder) if folder != Path::new("") => folder,
        Some(_) => return Ok(()),
        None => bail!("store.path: {} names no file", path.display()),
    };
    match transport::files::is_dir(folder) {
        true => Ok(()),
        false => bail!("store.path: there is no folder {}", folder.display()),
    }
}

/// Whether an address could not be listened on.
pub(crate) fn is_address_trouble(error: &Error) -> bool {
    let trouble = error.downcast_ref::<TransportError>();
    matches!(trouble, Some(TransportError::Bind { .. }))
}

/// Starts logging to standard error.
pub(crate) fn start_logs(log: &conf::Log) {
    let format = match log.format {
        conf::LogFormat::Text => telemetry::LogFormat::Text,
        conf::LogFormat::Json => telemetry::LogFormat::Json,
    };
    telemetry::init(format, &log.level);
}

/// Checks the clients, the users and the signing authorities, as far as files tell.
pub(crate) fn check_smsp(smsp: &conf::Smsp) -> Result<()> {
    smsp_role::clients(smsp)?;
    smsp_role::users(smsp)?;
    smsp_role::trust(smsp)?;
    Ok(())
}

/// Checks the systems and the faults, as far as files tell.
pub(crate) fn check_spine(spine: &conf::Spine) -> Result<()> {
    spine_role::directory(spine)?;
    spine
        .faults
        .as_ref()
        .map(spine_role::fault_plan)
        .transpose()?;
    Ok(())
}

/// Checks the tokens' keys and the way to the Spine, as far as files tell.
pub(crate) fn check_scr_api(api: &conf::ScrApi) -> Result<()> {
    scr_api_role::check(api)
}

/// Checks that the files of one `tls` table can be read and belong together.
pub(crate) fn check_tls(key: &str, tls: &conf::Tls) -> Result<()> {
    files(tls)
        .check()
        .with_context(|| format!("{key} is not usable"))
}

fn files(tls: &conf::Tls) -> TlsFiles {
    TlsFiles {
        certificate: tls.certificate.clone(),
        key: tls.key.clone(),
        authorities: tls.authorities.clone(),
        revoked: tls.revoked.clone(),
    }
}

/// Its callers are known by their tokens.
fn api_settings(api: &conf::ScrApi) -> ListenerSettings {
    let limits = http_limits(&api.limits);
    ListenerSettings {
        name: "scr_api",
        address: api.address,
        tls: api.tls.as_ref().map(files),
        callers: Callers::Anybody,
        limits,
    }
}

fn settings(
    name: &'static str,
    address: SocketAddr,
    tls: &conf::Tls,
    limits: &conf::Limits,
) -> ListenerSettings {
    ListenerSettings {
        name,
        address,
        tls: Some(files(tls)),
        callers: Callers::Certified,
        limits: http_limits(limits),
    }
}

fn http_limits(limits: &conf::Limits) -> HttpLimits {
    HttpLimits {
        body_bytes: limits.body_bytes,
        connections: limits.connections,
        concurrency: limits.concurrency,
        request_timeout: Duration::from_secs(limits.request_seconds),
        body_timeout: Duration::from_secs(limits.body_seconds),
        drain: Duration::from_secs(limits.drain_seconds),
        ..HttpLimits::default()
    }
}

/// A listener that knows no callers.
fn plain(name: &'static str, address: SocketAddr) -> ListenerSettings {
    ListenerSettings {
        name,
        address,
        tls: None,
        callers: Callers::Anybody,
        limits: HttpLimits::default(),
    }
}

async fn bind(
    key: &str,
    settings: ListenerSettings,
    handler: Arc<dyn Handler>,
    env: &Environment,
) -> Result<Listener> {
    let address = settings.address;
    let bound = Listener::bind(settings, handler, env.clone()).await;
    bound.map_err(|error| match error {
        // It names the address itself.
        TransportError::Bind { .. } => Error::new(error).context(key.to_owned()),
        _ => Error::new(error).context(format!("{key}: cannot listen on {address}")),
    })
}

fn admin_handler(store: Arc<SqliteStore>, others: Vec<Others>) -> Admin {
    let check = Check {
        name: "store",
        check: Box::new(move || {
            let store = store.clone();
            Box::pin(async move { store.health().await.map_err(|e| e.to_string()) })
        }),
    };
    Admin::new(telemetry::metrics(), vec![check]).with_others(others)
}

/// Works as the only courier of its lane, which a role is on its store.
async fn deliver(courier: mhs::Courier, shutdown: Shutdown) {
    courier.take_over().await;
    courier.run(shutdown).await;
}
