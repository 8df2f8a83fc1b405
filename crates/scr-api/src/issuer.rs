//! A built-in issuer of tokens, for demonstrations and tests: `minispine up` and `minispine token`.
//! It stands for the national API platform and logs nobody in: whoever has its key is everybody.

use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet, KeyOperations, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use transport::Environment;
use transport::pki::Authority;

use crate::access::SCOPES;
use crate::token::{Claims, Role, Strings};

/// Makes tokens.
pub struct Issuer {
    issuer: String,
    audience: String,
    key: EncodingKey,
    key_pem: String,
    jwk: Jwk,
    env: Environment,
}

/// Whom a token is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An application alone.
    Application,
    /// A person, logged in with assurance level 3.
    User {
        /// Their SDS user id.
        user: String,
        /// Their name.
        name: Option<String>,
        /// Their roles.
        roles: Vec<Role>,
    },
}

/// Why there is no issuer, or no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IssuerError {
    /// The key is no ECDSA P-256 key in PEM (PKCS #8).
    #[error("the issuer's key cannot be used: {0}")]
    Key(String),
    /// Signing failed.
    #[error("the token cannot be signed: {0}")]
    Signing(String),
}

impl Issuer {
    /// An issuer with a new key.
    pub fn create(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        env: Environment,
    ) -> Result<Self, IssuerError> {
        // An authority's key is a fresh ECDSA P-256 key; its certificate is not used.
        let authority = Authority::create("token issuer", &env);
        let authority = authority.map_err(|error| IssuerError::Key(error.to_string()))?;
        Self::load(issuer, audience, &authority.key_pem(), env)
    }

    /// An issuer with the key that another had.
    pub fn load(
        issuer: impl Into<String>,
        audience: impl Into<String>,
        key_pem: &str,
        env: Environment,
    ) -> Result<Self, IssuerError> {
        let wrong = |error: jsonwebtoken::errors::Error| IssuerError::Key(error.to_string());
        let key = EncodingKey::from_ec_pem(key_pem.as_bytes()).map_err(wrong)?;
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).map_err(wrong)?;
        jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256).map_err(wrong)?);
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        jwk.common.key_operations = Some(vec![KeyOperations::Verify]);
        Ok(Self {
            issuer: issuer.into(),
            audience: audience.into(),
            key_pem: key_pem.to_owned(),
            key,
            jwk,
            env,
        })
    }

    /// Its private key in PEM, to be kept in a private file.
    pub fn key_pem(&self) -> &str {
        &self.key_pem
    }

    /// Its public key, as a key set in JSON.
    pub fn jwks(&self) -> Vec<u8> {
        let set = JwkSet {
            keys: vec![self.jwk.clone()],
        };
        // Text alone can always be written.
        serde_json::to_vec_pretty(&set).unwrap_or_default()
    }

    /// A token for an application, valid from now on.
    pub fn token(
        &self,
        client_id: &str,
        subject: &Subject,
        valid: Duration,
    ) -> Result<String, IssuerError> {
        self.sign(&self.claims(client_id, subject, valid))
    }

    /// What such a token says.
    #[expect(clippy::cast_precision_loss, reason = "seconds of this era are exact")]
    pub fn claims(&self, client_id: &str, subject: &Subject, valid: Duration) -> Claims {
        let now = self.env.now().as_second() as f64;
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: Strings::One(self.audience.clone()),
            exp: now + valid.as_secs_f64().floor(),
            nbf: Some(now),
            iat: Some(now),
            jti: Some(self.env.uuid()),
            sub: Some(client_id.to_owned()),
            client_id: Some(client_id.to_owned()),
            azp: None,
            scope: Strings::One(SCOPES[0].to_owned()),
            nhsid_useruid: None,
            name: None,
            selected_roleid: None,
            nhsid_nrbac_roles: Vec::new(),
        };
        match subject {
            Subject::Application => claims,
            Subject::User { user, name, roles } => Claims {
                sub: Some(user.clone()),
                scope: Strings::One(SCOPES[2].to_owned()),
                nhsid_useruid: Some(user.clone()),
                name: name.clone(),
                nhsid_nrbac_roles: roles.clone(),
                ..claims
            },
        }
    }

    /// Signs claims as they are.
    pub fn sign(&self, claims: &Claims) -> Result<String, IssuerError> {
        let mut header = Header::new(Algorithm::ES256);
        header.kid.clone_from(&self.jwk.common.key_id);
        encode(&header, claims, &self.key).map_err(|error| IssuerError::Signing(error.to_string()))
    }
}

impl std::fmt::Debug for Issuer {
    /// Not the key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Issuer")
            .field("issuer", &self.issuer)
            .field("audience", &self.audience)
            .finish_non_exhaustive()
    }
}
