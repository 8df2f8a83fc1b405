//! The configuration and the people of the demo.

use std::net::{Ipv4Addr, SocketAddr};

use anyhow::Result;
use domain::{JobRole, RoleProfileId, SdsUserId};
use sds::users::Entry;
use sds::{Endpoint, Reliability, SystemsFile};
use serde::Serialize;
use transport::{CertificateMatch, files};

use super::{
    AUTHORITY_NAME, BOROUGH_NAME, CLIENT_NAME, Folder, Identities, SMSP_NAME, SPINE_CPA, SPINE_NAME,
};
use crate::configuration::{
    Access, Admin, Alerts, Application, Author, Certificate, Client, Configuration, CpisReliable,
    Faults, Limits, Listener, Log, LogFormat, Mail, Rules, ScrApi, Signature, Signatures, Smsp,
    SmspCpis, Spine, SpineBehind, SpineCpis, StoreFile, Tokens, Upstream, Way,
};

/// The agreement under which the demo's SMSP takes answers.
const ANSWER_CPA: &str = "S9900000A0000002";
/// What the Spine brings to the demo's SMSP: answers to alerts, and to queries of CP-IS that came as
/// messages.
const ANSWERS: [&str; 4] = [
    "urn:nhs:names:services:alerts:MCCI_IN010000UK13",
    "urn:nhs:names:services:cpisquery:REPC_IN000007GB01",
    "urn:nhs:names:services:cpisquery:QUQI_IN010000UK14",
    "urn:nhs:names:services:cpisquery:MCCI_IN010000UK13",
];
/// What the system of a local authority is listed with.
const AUTHORITY_MAY: [&str; 3] = [
    "urn:nhs:names:services:cpisquery:ACCESS_TO_SERVICE",
    "urn:nhs:names:services:cpisquery:INACTIVE_NHS_NUMBERS",
    "urn:nhs:names:services:cpisupload:REPC_IN000002SM01",
];
/// The name of the demo's organisation.
pub(super) const ORGANISATION_NAME: &str = "Example Hospital";

/// What the demo's Spine does beside its work, for those who test against it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rehearsals {
    /// The published trigger NHS numbers.
    pub(crate) scenarios: bool,
    /// Faults that requests ask for.
    pub(crate) faults: bool,
    /// Queries of CP-IS go to the Spine as messages.
    pub(crate) cpis_async: bool,
    /// Seed of what faults leave to chance.
    pub(crate) seed: u64,
    /// The SCR FHIR API over TLS.
    pub(crate) api_tls: bool,
}

/// The configuration of a folder: every role on loopback, on ports from `base`.
pub(crate) fn configuration(
    folder: &Folder,
    who: &Identities,
    base: u16,
    rehearsals: Rehearsals,
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
                cpa_id: SPINE_CPA.to_owned(),
                asid: None,
                answers_from: Some(named(SPINE_NAME)),
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
            cpis: Some(smsp_cpis(who, base, rehearsals)),
            users: Vec::new(),
            users_file: Some(folder.users()),
        }),
        spine: Some(Spine {
            address: local(1),
            url: Some(super::spine_url(base)),
            organisation: Some(who.spine_organisation.clone()),
            asid: who.spine_asid.clone(),
            party_key: who.spine_party.clone(),
            cpa_id: SPINE_CPA.to_owned(),
            // Peers bring agreements of their own, from the national directory.
            agreements: Some(vec!["S*".to_owned()]),
            strict_versions: false,
            tls: folder.tls("spine"),
            limits: Limits::default(),
            scenarios: rehearsals.scenarios,
            faults: rehearsals.faults.then(|| Faults {
                seed: rehearsals.seed,
                rules: Vec::new(),
            }),
            directory: Some(Listener { address: local(2) }),
            cpis: SpineCpis {
                test_numbers: rehearsals.scenarios,
                // Nobody who tries things out wants to wait a minute.
                notice_seconds: 1,
                ..SpineCpis::default()
            },
            mail: Some(Mail {
                folder: Some(folder.mesh()),
                folder_mailboxes: Some(vec![who.borough.to_string()]),
                folder_seconds: 1,
                ..Mail::default()
            }),
            systems: Vec::new(),
            systems_file: Some(folder.systems()),
            users_file: Some(folder.users()),
        }),
        scr_api: Some(scr_api(folder, who, base, rehearsals.api_tls)),
    }
}

/// The demo's CP-IS mini service. Published packs have numbers whose check digits are wrong, so
/// those are taken where the published triggers are.
fn smsp_cpis(who: &Identities, base: u16, rehearsals: Rehearsals) -> SmspCpis {
    SmspCpis {
        test_numbers: rehearsals.scenarios,
        scenarios: rehearsals.scenarios,
        upstream: match rehearsals.cpis_async {
            true => Way::Async,
            false => Way::Sync,
        },
        reliable: Some(CpisReliable {
            url: super::reliable_url(base),
            from_party: who.smsp_party.clone(),
            to_party: who.spine_party.clone(),
            cpa_id: SPINE_CPA.to_owned(),
            answers_from: Certificate {
                common_name: Some(SPINE_NAME.to_owned()),
                fingerprint: None,
            },
            answer_seconds: 10,
        }),
        ..SmspCpis::default()
    }
}

/// The demo's SCR FHIR API: one application, as which the demo's client calls.
fn scr_api(folder: &Folder, who: &Identities, base: u16, over_tls: bool) -> ScrApi {
    ScrApi {
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, base + 3)),
        url: super::scr_api_origin(base, over_tls),
        tls: over_tls.then(|| folder.tls("spine")),
        limits: Limits {
            body_bytes: 12 << 20,
            request_seconds: 90,
            ..Limits::default()
        },
        compatible: false,
        tokens: Tokens {
            issuers: vec![super::API_ISSUER.to_owned()],
            audiences: vec![super::API_AUDIENCE.to_owned()],
            keys_file: Some(folder.jwks()),
            keys: None,
            leeway_seconds: 30,
        },
        spine: SpineBehind {
            url: super::spine_url(base),
            asid: who.spine_asid.clone(),
            party_key: who.spine_party.clone(),
            own_party_key: who.client_party.clone(),
            cpa_id: SPINE_CPA.to_owned(),
            tls: folder.tls("client"),
        },
        applications: vec![Application {
            client_id: super::API_CLIENT.to_owned(),
            name: "demo-client".to_owned(),
            asid: who.client_asid.clone(),
            ods: who.organisation.clone(),
            party_key: None,
            author: Some(Author {
                user_id: who.user.clone(),
                role_profile_id: who.role_profile.clone(),
                job_role: who.job_role.clone(),
            }),
            // Tests and demonstrations are not to be slowed down.
            per_second: Some(10_000),
            per_minute: Some(600_000),
            compatible: None,
        }],
        users_file: Some(folder.users()),
        per_second: 5,
        per_minute: 300,
        origins: Vec::new(),
        status_key: Some("demo".to_owned()),
        upload_seconds: 60,
        remember_seconds: 86_400,
    }
}

/// Registers the systems of the demo, unless somebody has: what an operator has changed stays, but
/// for the port of the demo's own SMSP.
pub(crate) fn write_systems(folder: &Folder, who: &Identities, base: u16) -> Result<()> {
    let is_new = !files::exists(folder.systems());
    let mut file = SystemsFile::open_or_new(folder.systems())?;
    if is_new {
        for system in systems(who) {
            file.put(system)?;
        }
    }
    // A folder of an earlier version has none yet.
    for authority in authorities(who) {
        if file.system(&authority.name).is_none() {
            file.put(authority)?;
        }
    }
    if let Some(mut smsp) = file.system("smsp").cloned() {
        for interaction in ANSWERS {
            set_endpoint(&mut smsp, interaction, super::inbound_url(base));
        }
        file.put(smsp)?;
    }
    Ok(file.save()?)
}

fn set_endpoint(system: &mut sds::System, interaction: &str, address: String) {
    let mut known = system.endpoints.iter_mut();
    match known.find(|endpoint| endpoint.interaction == interaction) {
        Some(known) => known.address = address,
        None => system.endpoints.push(Endpoint {
            interaction: interaction.to_owned(),
            address,
            cpa_id: ANSWER_CPA.to_owned(),
            reliability: Reliability::default(),
        }),
    }
}

/// The systems of two local authorities: one has its mailbox over HTTP, the other in a folder. They
/// upload, and ask what they are to be told.
fn authorities(who: &Identities) -> [sds::System; 2] {
    let may = Some(AUTHORITY_MAY.map(str::to_owned).to_vec());
    let system = |name: &str, certificate: &str| sds::System {
        name: name.to_owned(),
        organisation: None,
        manufacturer: None,
        certificate: CertificateMatch::CommonName(certificate.to_owned()),
        asids: Vec::new(),
        sends_for: Vec::new(),
        party_key: None,
        interactions: may.clone(),
        endpoints: Vec::new(),
    };
    [
        sds::System {
            organisation: Some(who.authority.clone()),
            asids: vec![who.authority_asid.clone()],
            party_key: Some(who.authority_party.clone()),
            ..system("authority", AUTHORITY_NAME)
        },
        sds::System {
            organisation: Some(who.borough.clone()),
            asids: vec![who.borough_asid.clone()],
            ..system("borough", BOROUGH_NAME)
        },
    ]
}

fn systems(who: &Identities) -> [sds::System; 2] {
    let named = |name: &str| CertificateMatch::CommonName(name.to_owned());
    [
        sds::System {
            name: "smsp".to_owned(),
            organisation: Some(who.provider.clone()),
            manufacturer: None,
            certificate: named(SMSP_NAME),
            asids: vec![who.smsp_asid.clone()],
            sends_for: vec![who.client_asid.clone()],
            party_key: Some(who.smsp_party.clone()),
            interactions: None,
            endpoints: Vec::new(),
        },
        sds::System {
            name: "demo-client".to_owned(),
            organisation: Some(who.organisation.clone()),
            manufacturer: None,
            certificate: named(CLIENT_NAME),
            asids: vec![who.client_asid.clone()],
            sends_for: Vec::new(),
            party_key: Some(who.client_party.clone()),
            interactions: None,
            endpoints: Vec::new(),
        },
    ]
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

/// What the clinician of the demo lacks in the users file, as a file of an earlier version does, to
/// ask what `up` prints: for people. The file is an operator's, who adds it or does not.
pub(crate) fn missing_activity(folder: &Folder, who: &Identities) -> Option<String> {
    let path = folder.users();
    // A file that cannot be read is the business of whoever starts with it.
    let file = sds::users::UsersFile::open(&path).ok()?;
    let activity = Rules::default().cpis_activity;
    let theirs = |entry: &&Entry| {
        let role = (&entry.user_id, &entry.ods, &entry.role_profile_id);
        role == (&who.user, &who.organisation, &who.role_profile)
    };
    let entry = file.entries().find(theirs)?;
    (!entry.activities.contains(&activity)).then(|| {
        format!(
            "{}: user {} has no activity {activity}, so the CP-IS query of `up` is refused \
             (SMSP-0005); add \"{activity}\" to their activities there",
            path.display(),
            who.user,
        )
    })
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
            &[
                "B0370", "B0168", "B0257", "B0020", "B0380", "B0011", "B0107",
            ],
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_users_file_is_told_what_it_lacks_and_not_changed() {
        let root = tempfile::tempdir().expect("a folder");
        let (folder, who) = (
            Folder::new(root.path()),
            Identities::made_up().expect("valid"),
        );
        assert_eq!(missing_activity(&folder, &who), None, "there is none");
        write_users(&folder, &who).expect("written");
        assert_eq!(missing_activity(&folder, &who), None, "a new one has all");
        let new = files::read_to_string(folder.users()).expect("read");
        let old = new.replacen("\"B0107\"", "\"B0099\"", 1);
        assert_ne!(new, old);
        files::write_atomic(folder.users(), &old).expect("written");
        write_users(&folder, &who).expect("left alone");
        let said = missing_activity(&folder, &who).expect("it is said");
        let path = folder.users().display().to_string();
        for part in [path.as_str(), who.user.as_str(), "B0107", "SMSP-0005"] {
            assert!(said.contains(part), "{said}");
        }
        assert!(!said.contains('\n'));
        assert_eq!(files::read_to_string(folder.users()).expect("read"), old);
        // Somebody else's file is somebody else's.
        files::write_atomic(folder.users(), "users = []\n").expect("written");
        assert_eq!(missing_activity(&folder, &who), None);
    }
}
