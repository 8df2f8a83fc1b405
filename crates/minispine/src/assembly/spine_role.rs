//! The local Spine, from its part of the configuration.

use std::sync::Arc;

use spine::{Directory, ScenarioPack, SpineConfig, SyncService, System};
use store::Store;
use transport::{Environment, Handler};

use crate::configuration as conf;

pub(crate) fn handler(
    spine: &conf::Spine,
    store: Arc<dyn Store>,
    env: Environment,
) -> Arc<dyn Handler> {
    let config = SpineConfig {
        asid: spine.asid.clone(),
        url: format!("https://{}/sync-service", spine.address),
    };
    let systems = spine.systems.iter().map(system).collect();
    let scenarios = spine.scenarios.then(ScenarioPack::published);
    Arc::new(SyncService::new(
        config,
        Directory::new(systems),
        store,
        scenarios,
        env,
    ))
}

fn system(system: &conf::System) -> System {
    System {
        name: system.name.clone(),
        certificate: system.certificate.matcher(),
        asids: system.asids.clone(),
        interactions: system.interactions.clone(),
    }
}
