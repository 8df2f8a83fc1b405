//! Where messages go.

use std::sync::Arc;

use transport::Upstream;

use crate::{Contract, Outgoing};

/// Knows where a message goes. Asked anew at every try, so that what is registered meanwhile
/// counts.
pub trait Routes: Send + Sync {
    /// The way of a message; an error says in plain words why there is none (yet).
    fn route(&self, outgoing: &Outgoing) -> Result<Route, String>;
}

/// The way of a message.
#[derive(Clone)]
pub struct Route {
    /// Under which agreement.
    pub contract: Contract,
    /// The other side's host.
    pub upstream: Arc<dyn Upstream>,
}

/// One way for everything.
impl Routes for Route {
    fn route(&self, _: &Outgoing) -> Result<Route, String> {
        Ok(self.clone())
    }
}
