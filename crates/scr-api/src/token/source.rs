//! Where the keys come from: a file that may change, or another service.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use jsonwebtoken::DecodingKey;
use transport::{Environment, Method, Shutdown, Upstream, UpstreamRequest, files};

use super::TokenError;
use super::keys::{Algorithm, KeySet, LARGEST};

/// The shortest time between two fetches, however many unknown keys are met.
const BETWEEN_FETCHES: Duration = Duration::from_secs(30);
/// How long keys may be used before they are fetched again, so that withdrawn ones go.
const REFRESH: Duration = Duration::from_secs(600);

/// Why there are no keys to begin with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The file cannot be read, or holds no key set: the operator is at fault.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// The set cannot be used.
    #[error("the key set: {0}")]
    Set(String),
}

/// A service that gives a key set for a GET.
#[derive(Clone)]
pub struct KeyFetch {
    /// The service.
    pub upstream: Arc<dyn Upstream>,
    /// The path there, such as `/.well-known/jwks.json`; empty for the one of its URL.
    pub path: String,
}

/// Keys, as they are known now. Clones share them.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    current: ArcSwapOption<KeySet>,
    source: Source,
    stamp: Mutex<Option<(SystemTime, u64)>>,
    /// When they were last fetched, or tried to be. Held while it is done.
    fetched: tokio::sync::Mutex<Option<Duration>>,
}

enum Source {
    Fixed,
    File(PathBuf),
    Service(KeyFetch),
}

impl Keys {
    /// Keys that stay as they are.
    pub fn fixed(set: KeySet) -> Self {
        Self::new(Some(set), Source::Fixed, None)
    }

    /// The keys of a file. It is read again by [`Keys::watch`] when it changes.
    pub fn file(path: impl Into<PathBuf>) -> Result<Self, KeyError> {
        let path = path.into();
        // First the stamp: a change in between is found at the next look.
        let stamp = files::stamp(&path).ok();
        let set = read(&path)?;
        Ok(Self::new(Some(set), Source::File(path), stamp))
    }

    /// The keys of a service. They are fetched when [`Keys::watch`] begins, every ten minutes, and
    /// when a token names a key that is not known, but never twice within half a minute.
    pub fn service(fetch: KeyFetch) -> Self {
        Self::new(None, Source::Service(fetch), None)
    }

    fn new(set: Option<KeySet>, source: Source, stamp: Option<(SystemTime, u64)>) -> Self {
        Self(Arc::new(Inner {
            current: ArcSwapOption::from_pointee(set),
            source,
            stamp: Mutex::new(stamp),
            fetched: tokio::sync::Mutex::new(None),
        }))
    }

    /// Whether there are any.
    pub fn are_known(&self) -> bool {
        self.0.current.load().is_some()
    }

    /// Keeps the keys as their source has them until the process stops: looks at the file every so
    /// often, or fetches. Ends at once for keys that stay as they are.
    pub async fn watch(self, every: Duration, env: Environment, mut shutdown: Shutdown) {
        let every = match self.0.source {
            Source::Fixed => return,
            Source::File(_) => every.max(Duration::from_millis(10)),
            // Often enough to be there soon after the service is.
            Source::Service(_) => BETWEEN_FETCHES,
        };
        let mut look = tokio::time::interval(every);
        loop {
            tokio::select! {
                () = shutdown.recv() => return,
                _ = look.tick() => {}
            }
            match &self.0.source {
                Source::Fixed => return,
                Source::File(path) => self.reload_if_changed(path),
                Source::Service(fetch) => {
                    let age = match self.are_known() {
                        true => REFRESH,
                        false => Duration::ZERO,
                    };
                    self.fetch(fetch, age, &env).await;
                }
            }
        }
    }

    /// The set that is known now.
    pub(super) fn current(&self) -> Option<Arc<KeySet>> {
        self.0.current.load_full()
    }

    /// The key that a token names, fetched if it has to be, and the set that it belongs to.
    pub(super) async fn find(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
        env: &Environment,
    ) -> Result<(DecodingKey, Arc<KeySet>), TokenError> {
        if let Some(key) = self.known(id, algorithm) {
            return Ok(key);
        }
        if let Source::Service(fetch) = &self.0.source {
            self.fetch(fetch, BETWEEN_FETCHES, env).await;
        }
        match (self.known(id, algorithm), self.are_known()) {
            (Some(key), _) => Ok(key),
            (None, true) => Err(TokenError::UnknownKey),
            (None, false) => Err(TokenError::NoKeys),
        }
    }

    fn known(&self, id: Option<&str>, algorithm: Algorithm) -> Option<(DecodingKey, Arc<KeySet>)> {
        let set = self.current()?;
        Some((set.find(id, algorithm)?, set))
    }

    /// Fetches the keys, unless that was done less than `age` ago. Whoever comes while it is being
    /// done waits for it.
    async fn fetch(&self, fetch: &KeyFetch, age: Duration, env: &Environment) {
        let mut fetched = self.0.fetched.lock().await;
        let now = env.monotonic();
        if fetched.is_some_and(|at| now.saturating_sub(at) < age) {
            return;
        }
        *fetched = Some(now);
        match fetch.fetch().await {
            Ok(set) => self.take_over(set),
            Err(why) => refused(&why),
        }
    }

    fn reload_if_changed(&self, path: &Path) {
        let stamp = files::stamp(path).ok();
        {
            let mut known = self.0.stamp.lock().unwrap_or_else(PoisonError::into_inner);
            if *known == stamp {
                return;
            }
            *known = stamp;
        }
        match read(path) {
            Ok(set) => self.take_over(set),
            Err(error) => refused(&error.to_string()),
        }
    }

    fn take_over(&self, set: KeySet) {
        tracing::info!(keys = set.len(), "keys of tokens loaded");
        metrics::counter!("minispine_scr_api_key_reloads_total", "outcome" => "loaded")
            .increment(1);
        self.0.current.store(Some(Arc::new(set)));
    }
}

impl KeyFetch {
    async fn fetch(&self) -> Result<KeySet, String> {
        let request = UpstreamRequest {
            method: Method::Get,
            path: self.path.clone(),
            headers: vec![("Accept", "application/json".to_owned())],
            safe: true,
            ..UpstreamRequest::default()
        };
        let response = self.upstream.send(request).await;
        let response = response.map_err(|error| error.to_string())?;
        match response.status {
            200 => KeySet::parse(&response.body),
            status => Err(format!("HTTP status {status}")),
        }
    }
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let source = match &self.0.source {
            Source::Fixed => "fixed".to_owned(),
            Source::File(path) => path.display().to_string(),
            Source::Service(_) => "service".to_owned(),
        };
        f.debug_tuple("Keys").field(&source).finish()
    }
}

/// What was known before stays.
fn refused(why: &str) {
    metrics::counter!("minispine_scr_api_key_reloads_total", "outcome" => "refused").increment(1);
    tracing::error!(
        why,
        "the keys of tokens cannot be used; those known before stay"
    );
}

fn read(path: &Path) -> Result<KeySet, KeyError> {
    let wrong = |why: String| KeyError::File {
        path: path.to_owned(),
        why,
    };
    let size = files::size(path).map_err(|error| wrong(error.to_string()))?;
    if size > LARGEST as u64 {
        return Err(wrong(format!("a key set has at most {LARGEST} bytes")));
    }
    let json = files::read(path).map_err(|error| wrong(error.to_string()))?;
    KeySet::parse(&json).map_err(wrong)
}
