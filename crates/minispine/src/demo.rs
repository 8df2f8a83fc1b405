//! What `up` sets up in its data folder: a test authority, certificates, a configuration, a
//! client file and a request ready to send.
//!
//! Everything is made on the first start and kept: a second start finds it and is quick. The
//! identities below are made up and stand for nothing outside the folder.

use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use domain::{Asid, JobRole, NhsNumber, OdsCode, PartyKey, RoleProfileId, SdsUserId};
use serde::{Deserialize, Serialize};
use transport::pki::{Authority, IssueRequest};
use transport::{Environment, files};

use crate::configuration::Tls;

mod authority;
mod configuration;
mod issuer;

pub(crate) use authority::{AuthorityFile, authority_file, offices};
pub(crate) use configuration::{
    Rehearsals, configuration, missing_activity, write_systems, write_users,
};
pub(crate) use issuer::{API_AUDIENCE, API_CLIENT, API_ISSUER, load_issuer, make_issuer, token};

/// Common name of the demo client's certificate.
const CLIENT_NAME: &str = "demo-client.minispine.test";
/// Common name of the SMSP's certificate towards the Spine.
const SMSP_NAME: &str = "smsp.minispine.test";
/// Common name of the Spine's certificate.
const SPINE_NAME: &str = "spine.minispine.test";
/// Common name of the certificate of the local authority's system.
const AUTHORITY_NAME: &str = "authority.minispine.test";
/// Common name that the other authority's system would have a certificate of. It has none: its
/// mailbox is a folder.
const BOROUGH_NAME: &str = "borough.minispine.test";
/// The agreement that the demo's Spine lists its services with.
pub(crate) const SPINE_CPA: &str = "S9900000A0000001";
/// Days the certificates of a data folder are valid.
const CERTIFICATE_DAYS: u32 = 825;

/// The people and systems of the demo.
pub(crate) struct Identities {
    pub(crate) provider: OdsCode,
    pub(crate) organisation: OdsCode,
    pub(crate) spine_organisation: OdsCode,
    /// The local authority.
    pub(crate) authority: OdsCode,
    /// Another one, whose mailbox is a folder.
    pub(crate) borough: OdsCode,
    pub(crate) spine_asid: Asid,
    pub(crate) smsp_asid: Asid,
    pub(crate) client_asid: Asid,
    pub(crate) authority_asid: Asid,
    pub(crate) borough_asid: Asid,
    pub(crate) spine_party: PartyKey,
    pub(crate) smsp_party: PartyKey,
    pub(crate) client_party: PartyKey,
    pub(crate) authority_party: PartyKey,
    pub(crate) username: String,
    pub(crate) user: SdsUserId,
    pub(crate) role_profile: RoleProfileId,
    pub(crate) job_role: JobRole,
}

impl Identities {
    /// The made-up ones.
    pub(crate) fn made_up() -> Result<Self> {
        Ok(Self {
            provider: OdsCode::parse("Y90002")?,
            organisation: OdsCode::parse("Y90001")?,
            spine_organisation: OdsCode::parse("Y90000")?,
            authority: OdsCode::parse("Y90004")?,
            borough: OdsCode::parse("Y90005")?,
            spine_asid: Asid::parse("990000000001")?,
            smsp_asid: Asid::parse("990000000002")?,
            client_asid: Asid::parse("990000000003")?,
            authority_asid: Asid::parse("990000000004")?,
            borough_asid: Asid::parse("990000000005")?,
            spine_party: PartyKey::parse("Y90000-0000001")?,
            smsp_party: PartyKey::parse("Y90002-0000002")?,
            client_party: PartyKey::parse("Y90001-0000003")?,
            authority_party: PartyKey::parse("Y90004-0000004")?,
            username: CLIENT_NAME.to_owned(),
            user: SdsUserId::parse("999000000017")?,
            role_profile: RoleProfileId::parse("999000000025")?,
            job_role: JobRole::parse("S8000:G8000:R8000")?,
        })
    }
}

/// Where things are in a data folder.
pub(crate) struct Folder {
    root: PathBuf,
}

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// What a running `up` holds. It stays when `up` ends, and means nothing then.
    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("up.lock")
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.root.join("store.sqlite")
    }

    pub(crate) fn client_file(&self) -> PathBuf {
        self.root.join("client.toml")
    }

    pub(crate) fn configuration(&self) -> PathBuf {
        self.root.join("minispine.toml")
    }

    /// The users of the demo, made once and then the operator's own.
    pub(crate) fn users(&self) -> PathBuf {
        self.root.join("users.toml")
    }

    /// The systems that the demo's Spine knows, made once and then the operator's own.
    pub(crate) fn systems(&self) -> PathBuf {
        self.root.join("systems.toml")
    }

    pub(crate) fn request(&self) -> PathBuf {
        self.root.join("query-scr.xml")
    }

    /// A query of CP-IS, ready to send.
    pub(crate) fn cpis_request(&self) -> PathBuf {
        self.root.join("query-cpis.xml")
    }

    /// How the command line reaches the mailboxes, and as which authority.
    pub(crate) fn authority_file(&self) -> PathBuf {
        self.root.join("authority.toml")
    }

    /// The folders of mailboxes, by the MESH client's convention.
    pub(crate) fn mesh(&self) -> PathBuf {
        self.root.join("mesh")
    }

    /// There while made-up patients are being filed: a start that finds it goes on with them.
    pub(crate) fn seeding(&self) -> PathBuf {
        self.root.join("seeding")
    }

    pub(crate) fn authority(&self) -> PathBuf {
        self.tls_file("ca", "pem")
    }

    pub(crate) fn tls(&self, name: &str) -> Tls {
        Tls {
            certificate: self.tls_file(name, "pem"),
            key: self.tls_file(name, "key"),
            authorities: self.authority(),
            revoked: None,
        }
    }

    fn tls_file(&self, name: &str, extension: &str) -> PathBuf {
        self.root.join("tls").join(format!("{name}.{extension}"))
    }
}

/// The client file: how the command line reaches an SMSP, and as whom.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientFile {
    /// URL of the SCR mini services.
    pub(crate) url: String,
    /// URL of the CP-IS mini service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cpis_url: Option<String>,
    /// Authorities the SMSP's certificate is checked against.
    pub(crate) ca: PathBuf,
    /// Our certificate.
    pub(crate) cert: PathBuf,
    /// Our private key.
    pub(crate) key: PathBuf,
    /// WS-Security user name.
    pub(crate) username: String,
    /// Our organisation.
    pub(crate) ods: OdsCode,
    /// The asking user.
    pub(crate) user_id: SdsUserId,
    /// Their role profile.
    pub(crate) role_profile_id: RoleProfileId,
    /// Their job role.
    pub(crate) job_role: Option<JobRole>,
    /// What CP-IS shows to others of who asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) shown: Option<Shown>,
    /// How the Spine itself is reached.
    pub(crate) spine: Option<SpineOfClient>,
}

/// `[shown]` of the client file: the names of what stands there in codes. Whoever asks CP-IS is
/// shown by name to others, and to the local authority.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Shown {
    /// Given name of the user.
    pub(crate) given: String,
    /// Family name of the user.
    pub(crate) family: String,
    /// What their job role is called.
    pub(crate) job_title: String,
    /// What their organisation is called.
    pub(crate) organisation: String,
}

/// `[spine]` of the client file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpineOfClient {
    /// `https://host:port`
    pub(crate) url: String,
    /// The Spine's ASID.
    pub(crate) asid: Asid,
    /// The Spine's party key.
    pub(crate) party_key: PartyKey,
    /// Our ASID.
    pub(crate) own_asid: Asid,
    /// Our party key.
    pub(crate) own_party_key: PartyKey,
    /// The agreement that messages go out under.
    pub(crate) cpa_id: String,
}

/// Makes the certificates of a folder, unless they are there.
pub(crate) fn make_certificates(folder: &Folder, env: &Environment) -> Result<()> {
    files::create_dir_private(folder.root.join("tls"))
        .with_context(|| format!("cannot make the folder {}", folder.root.display()))?;
    let (certificate, key) = (folder.authority(), folder.tls_file("ca", "key"));
    let known = files::exists(&key) && files::exists(&certificate);
    let authority = if known {
        Authority::load(
            &files::read_to_string(&certificate)?,
            &files::read_to_string(&key)?,
        )?
    } else {
        let authority = Authority::create("minispine demo CA", env)?;
        files::write_private(&key, authority.key_pem().as_bytes())?;
        files::write_atomic(&certificate, authority.certificate_pem().as_bytes())?;
        authority
    };
    for (file, name) in [
        ("client", CLIENT_NAME),
        ("smsp", SMSP_NAME),
        ("spine", SPINE_NAME),
        ("authority", AUTHORITY_NAME),
    ] {
        // What an earlier authority issued is of no use to a new one.
        if known && files::exists(folder.tls_file(file, "key")) {
            continue;
        }
        let issued = authority.issue(
            &IssueRequest {
                common_name: name.to_owned(),
                dns_names: vec!["localhost".to_owned(), name.to_owned()],
                ip_addresses: vec![IpAddr::V4(Ipv4Addr::LOCALHOST)],
                client: true,
                server: true,
                valid_for_days: CERTIFICATE_DAYS,
                ..IssueRequest::default()
            },
            env,
        )?;
        files::write_atomic(
            folder.tls_file(file, "pem"),
            issued.certificate_pem.as_bytes(),
        )?;
        files::write_private(folder.tls_file(file, "key"), issued.key_pem.as_bytes())?;
    }
    Ok(())
}

/// The client file of a folder.
pub(crate) fn client_file(folder: &Folder, who: &Identities, base: u16) -> ClientFile {
    let tls = folder.tls("client");
    ClientFile {
        url: scr_url(base),
        cpis_url: Some(cpis_url(base)),
        ca: tls.authorities,
        cert: tls.certificate,
        key: tls.key,
        username: who.username.clone(),
        ods: who.organisation.clone(),
        user_id: who.user.clone(),
        role_profile_id: who.role_profile.clone(),
        job_role: Some(who.job_role.clone()),
        shown: Some(Shown {
            given: "Demo".to_owned(),
            family: "Clinician".to_owned(),
            job_title: "Clinical Practitioner".to_owned(),
            organisation: configuration::ORGANISATION_NAME.to_owned(),
        }),
        spine: Some(SpineOfClient {
            url: spine_url(base),
            asid: who.spine_asid.clone(),
            party_key: who.spine_party.clone(),
            own_asid: who.client_asid.clone(),
            own_party_key: who.client_party.clone(),
            cpa_id: SPINE_CPA.to_owned(),
        }),
    }
}

/// Where the demo's SMSP takes plain HL7 V3.
pub(crate) fn hl7v3_url(base: u16) -> String {
    format!("https://localhost:{base}/sync-service")
}

/// Where the demo's SMSP takes the Spine's answers.
pub(crate) fn inbound_url(base: u16) -> String {
    format!("https://localhost:{base}/inbound")
}

/// Where the demo's Spine is.
pub(crate) fn spine_url(base: u16) -> String {
    format!("https://localhost:{}", base + 1)
}

/// Where the demo's Spine takes reliable messages.
pub(crate) fn reliable_url(base: u16) -> String {
    spine_url(base) + "/reliablemessaging/reliablerequest"
}

/// Where the demo's SCR FHIR API is, without its path.
pub(crate) fn scr_api_origin(base: u16, over_tls: bool) -> String {
    match over_tls {
        true => format!("https://localhost:{}", base + 3),
        false => format!("http://127.0.0.1:{}", base + 3),
    }
}

/// Where the demo's SCR FHIR API is.
pub(crate) fn scr_api_url(base: u16, over_tls: bool) -> String {
    scr_api_origin(base, over_tls) + scr_api::BASE_PATH
}

/// Where the demo's directory is looked up, in plain HTTP.
pub(crate) fn directory_url(base: u16) -> String {
    format!("http://127.0.0.1:{}/spine-directory/FHIR/R4", base + 2)
}

/// Where the demo's SCR mini services are.
pub(crate) fn scr_url(base: u16) -> String {
    format!("https://localhost:{base}/smsp/scr")
}

/// Where the demo's CP-IS mini service is.
pub(crate) fn cpis_url(base: u16) -> String {
    format!("https://localhost:{base}/smsp/cpis")
}

/// Where the demo's mailboxes are.
pub(crate) fn mail_url(base: u16) -> String {
    spine_url(base) + spine::mail::PATH
}

/// The command that sends a ready-made request of the folder to a mini service: pasted as it is, it
/// returns a record.
pub(crate) fn curl(folder: &Folder, request: &Path, url: &str) -> String {
    let tls = folder.tls("client");
    format!(
        "curl --silent --show-error --cacert '{}' --cert '{}' --key '{}' \\\n  \
         -H 'Content-Type: text/xml; charset=utf-8' \\\n  \
         -H 'SOAPAction: urn:nhs-itk:services:201005:sendRecvDistEnvelope' \\\n  \
         --data-binary '@{}' {}",
        tls.authorities.display(),
        tls.certificate.display(),
        tls.key.display(),
        request.display(),
        url,
    )
}

/// How long a ready-made request is valid: the longest that one is taken.
pub(crate) const READY_MADE_FOR: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);

/// A querySCR request for a patient that stays valid for a day, the longest that one is taken.
pub(crate) fn ready_made_request(
    client: &client::ScrClient,
    patient: NhsNumber,
) -> Result<Vec<u8>> {
    let options = client::QueryOptions::with_permission();
    Ok(client.query_request(patient, &options, READY_MADE_FOR))
}
