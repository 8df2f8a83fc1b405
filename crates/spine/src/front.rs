//! Every service of this Spine behind one listener.

use std::sync::Arc;

use transport::{BoxFuture, Handler, Request, Response, Routes};

use crate::reliable::{self, ReliableService};
use crate::sync_service::{self, SyncService};

/// Hands each request to the service at its path.
pub struct Front(Routes);

impl Front {
    /// Both services, each at its own path.
    pub fn new(sync: SyncService, reliable: ReliableService) -> Self {
        Self(
            Routes::new()
                .with(sync_service::PATH, Arc::new(sync))
                .with(reliable::PATH, Arc::new(reliable)),
        )
    }
}

impl Handler for Front {
    fn handle(&self, request: Request) -> BoxFuture<'_, Response> {
        self.0.handle(request)
    }
}
