//! Every service of this Spine behind one listener.

use std::sync::Arc;

use transport::{BoxFuture, Handler, Request, Response};

use crate::clinical::{self, ClinicalService};
use crate::express::{self, ExpressService};
use crate::reliable::{self, IntermediaryService, ReliableService};
use crate::sync_service::{self, SyncService};

/// Hands each request to the service at its path.
#[derive(Default)]
pub struct Front(Vec<Place>);

/// A service and where it is.
struct Place {
    path: String,
    /// Whether it also has everything below.
    below: bool,
    service: Arc<dyn Handler>,
}

impl Front {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// With the synchronous service at its path.
    #[must_use]
    pub fn sync(self, service: SyncService) -> Self {
        self.at(sync_service::PATH, Arc::new(service))
    }

    /// With the reliable service at its path.
    #[must_use]
    pub fn reliable(self, service: ReliableService) -> Self {
        self.at(reliable::PATH, Arc::new(service))
    }

    /// With the express service at its path.
    #[must_use]
    pub fn express(self, service: ExpressService) -> Self {
        self.at(express::PATH, Arc::new(service))
    }

    /// With the service for signals at its paths.
    #[must_use]
    pub fn intermediary(self, service: IntermediaryService) -> Self {
        let service = Arc::new(service);
        let paths = reliable::SIGNAL_PATHS.into_iter();
        paths.fold(self, |front, path| front.at(path, service.clone()))
    }

    /// With the service of the SCR FHIR API at its paths.
    #[must_use]
    pub fn clinical(self, service: ClinicalService) -> Self {
        self.below(clinical::PATH, Arc::new(service))
    }

    /// With any service at exactly this path. The first that fits a request gets it.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, service: Arc<dyn Handler>) -> Self {
        self.0.push(Place {
            path: path.into(),
            below: false,
            service,
        });
        self
    }

    /// With any service at this path and everything below it.
    #[must_use]
    pub fn below(mut self, path: impl Into<String>, service: Arc<dyn Handler>) -> Self {
        self.0.push(Place {
            path: path.into(),
            below: true,
            service,
        });
        self
    }

    fn not_found(&self) -> Response {
        let paths: Vec<&str> = self.0.iter().map(|place| place.path.as_str()).collect();
        let services = paths.join(", ");
        Response::text(
            404,
            format!("there is nothing here; services: {services}\n"),
        )
    }
}

impl Place {
    fn has(&self, path: &str) -> bool {
        match path.strip_prefix(self.path.as_str()) {
            Some("") => true,
            Some(rest) => self.below && rest.starts_with('/'),
            None => false,
        }
    }
}

impl Handler for Front {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        match self.0.iter().find(|place| place.has(&request.path)) {
            Some(place) => place.service.handle(request),
            None => Box::pin(async { self.not_found() }),
        }
    }
}
