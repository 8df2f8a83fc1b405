//! The configuration and the people of the demo.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use domain::{JobRole, RoleProfileId, SdsUserId};
use serde::Serialize;
use smsp::users::Entry;
use transport::files;

use super::{CLIENT_NAME, Folder, Identities, SMSP_NAME};
use crate::configuration::{
    Access, Admin, Alerts, Certificate, Client, Configuration, Limits, Log, LogFormat, Rules,
    Signature, Signatures, Smsp, Spine, StoreFile, System, Upstream,
};

/// The agreement under which the demo's SMSP sends alerts.
const ALERT_CPA: &str = "S9900000A0000001";
/// The name of the demo's organisation.
const ORGANISATION_NAME: &str = "Example Hospital";

/// The configuration of a folder: every role on loopback, on ports from `base`.
pub(crate) fn configuration(
    folder: &Folder,
    who: &Identities,
    base: u16,
    scenarios: bool,
    log: (LogFormat, String),
) -> Configuration {
    let local = |offset: u16| SocketAddr::from((Ipv4Addr::LOCALHOST, base + offset));
    let named = |name: &str| Certificate {
        common_name: Some(name.to_owned()),
        fingerprint: None,
    };
    Configuration {
        log: Log {
            format: log.0,
            level: log.1,
        },
        admin: Some(Admin { address: local(9) }),
        store: StoreFile {
            path: folder.store(),
        },
        smsp: Some(Smsp {
            address: local(0),
            ods: who.provider.clone(),
            tls: folder.tls("smsp"),
            limits: Limits::default(),
            rules: Rules::default(),
            alerts: Some(Alerts {
                url: super::reliable_url(base),
                from_party: who.smsp_party.clone(),
                to_party: who.spine_party.clone(),
                cpa_id: ALERT_CPA.to_owned(),
                asid: None,
            }),
            signatures: Signatures::default(),
            spine: Upstream::new(
                format!("https://localhost:{}/sync-service", base + 1),
                who.spine_asid.clone(),
                folder.tls("smsp"),
            ),
            clients: vec![Client {
                name: "demo-client".to_owned(),
                certificate: named(CLIENT_NAME),
                ods: who.organisation.clone(),
                organisation_name: Some(ORGANISATION_NAME.to_owned()),
                asid: who.client_asid.clone(),
                username: who.username.clone(),
                access: Access::Attended,
                operations: None,
                signature: Signature::Optional,
                sign_answers: false,
            }],
            users: Vec::new(),
            users_file: Some(folder.users()),
        }),
        spine: Some(Spine {
            address: local(1),
            asid: who.spine_asid.clone(),
            party_key: who.spine_party.clone(),
            agreements: Some(vec![ALERT_CPA.to_owned()]),
            tls: folder.tls("spine"),
            limits: Limits::default(),
            scenarios,
            systems: vec![
                System {
                    name: "smsp".to_owned(),
                    certificate: named(SMSP_NAME),
                    // Its own, and that of the client it asks for.
                    asids: vec![who.smsp_asid.clone(), who.client_asid.clone()],
                    party_key: Some(who.smsp_party.clone()),
                    interactions: None,
                },
                System {
                    name: "demo-client".to_owned(),
                    certificate: named(CLIENT_NAME),
                    asids: vec![who.client_asid.clone()],
                    party_key: Some(who.client_party.clone()),
                    interactions: None,
                },
            ],
        }),
    }
}

/// Writes the users of the demo, unless there are some: what an operator has changed stays.
pub(crate) fn write_users(folder: &Folder, who: &Identities) -> Result<()> {
    if files::exists(folder.users()) {
        return Ok(());
    }
    let file = UsersFile {
        users: people(who)?,
    };
    files::write_atomic(folder.users(), toml::to_string(&file)?.as_bytes())?;
    Ok(())
}

#[derive(Serialize)]
struct UsersFile {
    users: Vec<Entry>,
}

/// Somebody who may do everything, somebody who may view with permission only, and somebody who
/// may see who looked but no record.
fn people(who: &Identities) -> Result<Vec<Entry>> {
    let person =
        |user: &SdsUserId, profile: &RoleProfileId, role: &JobRole, name: &str, may: &[&str]| {
            Entry {
                user_id: user.clone(),
                ods: who.organisation.clone(),
                role_profile_id: profile.clone(),
                job_role: role.clone(),
                name: name.to_owned(),
                activities: may.iter().map(|activity| (*activity).to_owned()).collect(),
                valid_from: None,
                valid_until: None,
            }
        };
    Ok(vec![
        person(
            &who.user,
            &who.role_profile,
            &who.job_role,
            "Dr Demo Clinician",
            &["B0370", "B0168", "B0257", "B0020", "B0380", "B0011"],
        ),
        person(
            &SdsUserId::parse("999000000033")?,
            &RoleProfileId::parse("999000000041")?,
            &JobRole::parse("S8000:G8000:R8001")?,
            "Nurse Demo",
            &["B0370", "B0257"],
        ),
        person(
            &SdsUserId::parse("999000000058")?,
            &RoleProfileId::parse("999000000066")?,
            &JobRole::parse("S8002:G8003:R0001")?,
            "Privacy Officer Demo",
            &["B0011", "B0015", "B0016"],
        ),
    ])
}
