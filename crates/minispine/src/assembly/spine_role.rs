//! The local Spine, from its part of the configuration.

use std::sync::Arc;

use sds::{Directory, System};
use spine::{Front, ReliableConfig, ReliableService, ScenarioPack, SpineConfig, SyncService};
use store::Store;
use transport::Environment;

use super::Service;
use crate::configuration as conf;

pub(crate) fn service(spine: &conf::Spine, store: Arc<dyn Store>, env: Environment) -> Service {
    let config = SpineConfig {
        asid: spine.asid.clone(),
        url: format!("https://{}/sync-service", spine.address),
    };
    let directory = Directory::new(spine.systems.iter().map(system).collect());
    let scenarios = spine.scenarios.then(ScenarioPack::published);
    let sync = SyncService::new(
        config,
        directory.clone(),
        store.clone(),
        scenarios,
        env.clone(),
    );
    let reliable = ReliableConfig {
        asid: spine.asid.clone(),
        party_key: spine.party_key.clone(),
        agreements: spine.agreements.clone(),
    };
    let reliable = ReliableService::new(reliable, directory, store, env);
    Service {
        handler: Arc::new(Front::new(sync, reliable)),
        background: Vec::new(),
    }
}

fn system(system: &conf::System) -> System {
    System {
        name: system.name.clone(),
        certificate: system.certificate.matcher(),
        asids: system.asids.clone(),
        party_key: system.party_key.clone(),
        interactions: system.interactions.clone(),
        organisation: None,
        manufacturer: None,
        endpoints: Vec::new(),
    }
}
