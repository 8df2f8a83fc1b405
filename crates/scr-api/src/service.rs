//! The service: what every request passes through, whatever it asks.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use conversion::Profile;
use domain::{Asid, PartyKey};
use mhs::{ClientSettings, Identity as SpineIdentity, SpineClient};
use sds::users::UserDirectory;
use store::Store;
use transport::{BoxFuture, Environment, Handler, Request, Response, Upstream};

use crate::access::{Mode, denied, forbidden};
use crate::caller::{Caller, Client, Person, URID};
use crate::config::{ConfigError, ScrApiConfig};
use crate::headers::Ids;
use crate::media::Format;
use crate::outcome::{Issue, Refusal, coding};
use crate::query::Query;
use crate::rate::Rates;
use crate::repeats::Repeats;
use crate::route::{Endpoint, not_allowed, under_base};
use crate::token::{Keys, TokenError, Verifier};
use crate::trail::Trail;
use crate::{alert, consent, found, metadata, open, openapi, retrieve, upload};

mod asked;
mod cors;
mod settling;

pub(crate) use asked::{Answer, Asked};
use settling::Settled;

/// Where the keys of the built-in issuer are, when there is one.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";

/// The Spine behind the API.
#[derive(Clone)]
pub struct Backend {
    /// The way to it. Each application asks over it under its own ASID, so the system whose
    /// certificate it shows must be registered to send for all of them.
    pub upstream: Arc<dyn Upstream>,
    /// The party key that uploads go out under.
    pub own_party_key: PartyKey,
    /// The Spine's ASID.
    pub asid: Asid,
    /// The Spine's party key.
    pub party_key: PartyKey,
    /// The agreement that uploads go out under.
    pub cpa_id: String,
    /// Its paths. How long answers are polled for is the API's own setting.
    pub settings: ClientSettings,
}

/// The SCR FHIR API: answers every path of a listener.
#[derive(Clone)]
pub struct ScrApi(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: ScrApiConfig,
    pub(crate) keys: Keys,
    pub(crate) store: Arc<dyn Store>,
    verifier: Verifier,
    users: UserDirectory,
    clients: HashMap<String, Arc<Client>>,
    rates: Rates,
    repeats: Repeats,
    upstream: Arc<dyn Upstream>,
    alert_path: String,
    env: Environment,
    jwks: Option<Bytes>,
}

impl ScrApi {
    /// A service; `keys` check its tokens, `users` are asked for the roles that tokens leave out.
    pub fn new(
        config: ScrApiConfig,
        keys: Keys,
        backend: Backend,
        users: UserDirectory,
        store: Arc<dyn Store>,
        env: Environment,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let default_rate = config.rate;
        let rates = config.applications.iter().map(|application| {
            let rate = application.rate.unwrap_or(default_rate);
            (application.client_id.as_str(), rate)
        });
        Ok(Self(Arc::new(Inner {
            rates: Rates::new(rates),
            clients: clients(&config, &backend, &env),
            verifier: Verifier::new(config.tokens.clone(), keys.clone(), env.clone()),
            repeats: Repeats::new(Arc::clone(&store), config.remember),
            alert_path: format!("{}/alert", backend.settings.clinical_path),
            upstream: backend.upstream,
            jwks: None,
            config,
            keys,
            users,
            store,
            env,
        })))
    }

    /// Gives these keys at [`JWKS_PATH`]: those of the built-in issuer.
    #[must_use]
    pub fn with_jwks(mut self, jwks: impl Into<Bytes>) -> Self {
        if let Some(inner) = Arc::get_mut(&mut self.0) {
            inner.jwks = Some(jwks.into());
        }
        self
    }

    async fn serve(&self, request: Request) -> Response {
        let inner = &*self.0;
        if let (JWKS_PATH, Some(jwks)) = (request.path.as_str(), &inner.jwks) {
            return Response::new(200, "application/json", jwks.clone());
        }
        let Some(path) = under_base(&request.path) else {
            let text = format!(
                "there is nothing here; the API is under {}\n",
                crate::BASE_PATH
            );
            return Response::text(404, text);
        };
        let origins = &inner.config.origins;
        if let Some(preflight) = cors::preflight(origins, &request) {
            return preflight;
        }
        let response = match self.open(&request, &path).await {
            Some(response) => response,
            None => self.restricted(&request, &path).await,
        };
        cors::allowing(origins, &request, response)
    }

    /// What needs no token.
    async fn open(&self, request: &Request, path: &str) -> Option<Response> {
        let inner = &*self.0;
        let profile = inner.config.profile;
        let methods = match path {
            "/_ping" | "/_status" => &["GET", "HEAD"][..],
            // The national API has no such thing.
            "/metadata" | "/openapi.json" | "/try" if profile == Profile::Full => &["GET"],
            _ => return None,
        };
        if !methods.contains(&request.method.as_str()) {
            let refusal = not_allowed(&request.method, &methods.join(","));
            return Some(refusal.response(profile, Format::Json));
        }
        let mut response = match path {
            "/_ping" => open::ping(&inner.config.build),
            "/_status" => open::status(inner, request).await,
            _ => openapi::open(path).unwrap_or_else(|| self.metadata(request)),
        };
        if request.method == "HEAD" {
            response.body = Bytes::new();
        }
        Some(response)
    }

    fn metadata(&self, request: &Request) -> Response {
        let profile = self.0.config.profile;
        let format = Query::read(&request.query).and_then(|query| {
            query.check_names(&[], profile)?;
            Format::wanted(&request.headers, &query, profile)
        });
        match format {
            Ok(format) => {
                let statement = metadata::statement(&self.0.config, profile);
                let (format, body) = format.encode(statement.to_string().into_bytes());
                Response::new(200, format.media_type(), body)
            }
            Err(refusal) => refusal.response(profile, Format::Json),
        }
    }

    /// What needs a token, on audit before it is answered.
    async fn restricted(&self, request: &Request, path: &str) -> Response {
        let inner = &*self.0;
        let mut trail = Trail::new(&inner.env, request);
        let mut settled = Settled::default();
        // Whoever is turned away finds the answer in the log by its ids too.
        let ids = Ids::read(&request.headers, &inner.env);
        trail.ids = ids.as_ref().ok().cloned();
        if inner.config.profile == Profile::Full {
            // For refusals on the way; what cannot be had is refused at its station.
            let query = Query::read(&request.query).unwrap_or_default();
            let wanted = Format::wanted(&request.headers, &query, Profile::Full);
            settled.format = wanted.unwrap_or(Format::Json);
        }
        let outcome = self
            .pass(request, path, ids, &mut trail, &mut settled)
            .await;
        let caller = trail.caller.as_ref();
        let profile = caller.map_or(inner.config.profile, |caller| caller.client.profile);
        let response = self.settle(outcome, &mut trail, settled, profile).await;
        match &trail.ids {
            Some(ids) => ids.mirrored(response),
            None => response,
        }
    }

    /// The stations in their order: the gateway's, then the service's.
    async fn pass(
        &self,
        request: &Request,
        path: &str,
        ids: Result<Ids, Refusal>,
        trail: &mut Trail,
        settled: &mut Settled,
    ) -> Result<Answer, Refusal> {
        let caller = self.caller(request).await?;
        let profile = caller.client.profile;
        trail.caller = Some(caller.clone());
        if profile == Profile::Compatible {
            settled.format = Format::Json;
        }
        self.take_turn(&caller)
            .inspect_err(|_| settled.unaudited = true)?;
        if profile == Profile::Compatible {
            caller.mode.check(&request.method, path, profile)?;
        }
        let ids = ids?;
        let endpoint = Endpoint::of(&request.method, path, &request.path)?;
        trail.operation = endpoint.operation();
        caller.mode.check(&request.method, path, profile)?;
        self.acts_for(request, &caller)?;
        let query = Query::read(&request.query)?;
        if endpoint.brings() {
            query.check_names(&[], profile)?;
            settled.body = Format::of_body(&request.headers, profile)?;
        }
        settled.format = Format::wanted(&request.headers, &query, profile)?;
        if endpoint == Endpoint::Health {
            settled.unaudited = true;
            return Ok(Answer::health(open::Health::of(&self.0).await.answer()));
        }
        let mut asked = Asked::new(self, request, query, trail, settled, caller, ids);
        match endpoint {
            Endpoint::Find => found::answer(&mut asked).await,
            Endpoint::Retrieve => retrieve::answer(&mut asked).await,
            Endpoint::Upload => upload::answer(&mut asked).await,
            Endpoint::Alert => alert::answer(&mut asked).await,
            Endpoint::SetPermission => consent::answer(&mut asked).await,
            Endpoint::Health => Ok(Answer::empty(200, "up")),
        }
    }

    /// Who calls, by the token.
    async fn caller(&self, request: &Request) -> Result<Caller, Refusal> {
        let inner = &*self.0;
        if request.headers.all("authorization").count() > 1 {
            // A gateway before us may have looked at the other.
            return Err(denied(&TokenError::Scheme));
        }
        let claims = inner.verifier.verify(request.header("authorization")).await;
        let claims = claims.map_err(|error| denied(&error))?;
        let mode = Mode::of(&claims)
            .ok_or_else(|| forbidden("The token has none of the scopes of this API"))?;
        let client = claims
            .client()
            .and_then(|id| inner.clients.get(id))
            .cloned();
        let client = client.ok_or_else(|| forbidden("The application is not registered here"))?;
        let person = match mode {
            Mode::Application => None,
            Mode::User => Some(Person::of(
                &claims,
                request.header(URID),
                &inner.users,
                inner.env.now(),
            )?),
        };
        Ok(Caller {
            client,
            mode,
            person,
        })
    }

    /// An application without a user acts for whoever is registered for it, and for nobody else.
    fn acts_for(&self, request: &Request, caller: &Caller) -> Result<(), Refusal> {
        let given = request
            .header(URID)
            .map(str::trim)
            .filter(|text| !text.is_empty());
        let (Some(given), Mode::Application, Profile::Full) =
            (given, caller.mode, caller.client.profile)
        else {
            return Ok(());
        };
        let author = caller.client.application.author.as_ref();
        match author.is_some_and(|author| author.role_profile.as_str() == given) {
            true => Ok(()),
            false => {
                let text = format!(
                    "{URID} goes with a user's token, or names who is registered for the application"
                );
                Err(Refusal::rule(text).at(format!("http.{URID}")))
            }
        }
    }

    fn take_turn(&self, caller: &Caller) -> Result<(), Refusal> {
        let id = &caller.client.application.client_id;
        let Err(wait) = self.0.rates.take(id, self.0.env.monotonic()) else {
            return Ok(());
        };
        metrics::counter!("minispine_scr_api_throttled_total").increment(1);
        let text = "Too many requests: the application has used up its rate";
        let issue = Issue::error("throttled", text, coding::TOO_MANY);
        let seconds = wait
            .saturating_add(Duration::from_millis(999))
            .as_secs()
            .max(1);
        Err(Refusal::new(429, issue, "rate")
            .by_gateway()
            .with_header("retry-after", seconds.to_string()))
    }
}

impl Handler for ScrApi {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        Box::pin(self.serve(request))
    }

    fn worded(&self, plain: Response) -> Response {
        let (code, of) = match plain.status {
            408 => ("timeout", coding::TIMEOUT),
            413 => ("too-long", coding::TOO_LARGE),
            503 => ("throttled", coding::NOT_AVAILABLE),
            400 => ("structure", coding::NOT_WELL_FORMED),
            _ => ("exception", coding::UNKNOWN),
        };
        let text = String::from_utf8_lossy(plain.body.trim_ascii()).into_owned();
        let issue = Issue::error(code, text, of);
        let refusal = Refusal::new(plain.status, issue, "refused before it was read");
        let worded = refusal.response(self.0.config.profile, Format::Json);
        plain
            .headers
            .into_iter()
            .fold(worded, |worded, (name, value)| {
                match name.eq_ignore_ascii_case("content-type") {
                    true => worded,
                    false => worded.with_header(name, value),
                }
            })
    }
}

fn clients(
    config: &ScrApiConfig,
    backend: &Backend,
    env: &Environment,
) -> HashMap<String, Arc<Client>> {
    let settings = ClientSettings {
        answer_within: config.poll_within,
        ..backend.settings.clone()
    };
    let client = |application: &crate::Application| {
        let identity = SpineIdentity {
            asid: application.asid.clone(),
            spine_asid: backend.asid.clone(),
            party_key: application
                .party_key
                .clone()
                .unwrap_or_else(|| backend.own_party_key.clone()),
            spine_party_key: backend.party_key.clone(),
            cpa_id: backend.cpa_id.clone(),
        };
        let spine = SpineClient::new(identity, Arc::clone(&backend.upstream), env.clone());
        let client = Client {
            spine: spine.with_settings(settings.clone()),
            profile: application.profile.unwrap_or(config.profile),
            application: application.clone(),
        };
        (application.client_id.clone(), Arc::new(client))
    };
    config.applications.iter().map(client).collect()
}
