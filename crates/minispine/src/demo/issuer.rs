//! The demo's issuer of bearer tokens, which stands for the national API platform.
//!
//! Its key is made on the first start and kept; its public half is in a key set beside it, which
//! the SCR FHIR API of the demo reads.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use scr_api::token::Role;
use scr_api::{Issuer, Subject};
use transport::{Environment, files};

use super::{Folder, Identities};

/// How long the token that `up` prints is valid.
const VALID: Duration = Duration::from_secs(24 * 3600);
/// Who the demo's tokens are by (`iss`).
pub(crate) const API_ISSUER: &str = "https://issuer.minispine.test";
/// Whom they are for (`aud`).
pub(crate) const API_AUDIENCE: &str = "https://scr-api.minispine.test";
/// The application that they are given to.
pub(crate) const API_CLIENT: &str = "demo-client";

impl Folder {
    /// The public keys that the demo's API believes.
    pub(crate) fn jwks(&self) -> PathBuf {
        self.root.join("jwks.json")
    }

    fn issuer_key(&self) -> PathBuf {
        self.tls_file("issuer", "key")
    }
}

/// Makes the issuer of a folder, unless it is there, and writes its key set.
pub(crate) fn make_issuer(folder: &Folder, env: &Environment) -> Result<Issuer> {
    let key = folder.issuer_key();
    let issuer = match files::exists(&key) {
        true => load_issuer(folder, env)?,
        false => {
            let issuer = Issuer::create(API_ISSUER, API_AUDIENCE, env.clone())?;
            files::create_dir_private(folder.root.join("tls"))?;
            files::write_private(&key, issuer.key_pem().as_bytes())?;
            issuer
        }
    };
    files::write_atomic(folder.jwks(), issuer.jwks())?;
    Ok(issuer)
}

/// A token for the demo's clinician, for as long as somebody may try things in a day.
pub(crate) fn token(issuer: &Issuer, who: &Identities) -> Result<String> {
    let subject = Subject::User {
        user: who.user.to_string(),
        name: None,
        roles: vec![Role {
            person_roleid: who.role_profile.to_string(),
            role_code: Some(who.job_role.to_string()),
            org_code: Some(who.organisation.to_string()),
        }],
    };
    Ok(issuer.token(API_CLIENT, &subject, VALID)?)
}

/// The issuer of a folder that `up` has made.
pub(crate) fn load_issuer(folder: &Folder, env: &Environment) -> Result<Issuer> {
    let key = folder.issuer_key();
    let pem = files::read_to_string(&key).with_context(|| {
        let key = key.display();
        format!("no issuer of tokens at {key}: start `minispine up` first, or name its --data")
    })?;
    Ok(Issuer::load(API_ISSUER, API_AUDIENCE, &pem, env.clone())?)
}
