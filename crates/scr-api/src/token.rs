//! Bearer tokens: signed JWTs (RFC 7519, 7515), and the keys that they are checked with.
//!
//! A token is believed when a known key signed it by an allowed method, an expected issuer made
//! it, for us, and its time has come and not gone. Times are those of the [`Environment`], not of
//! the library. What a token then allows is for module `access`.

mod claims;
mod keys;
mod proven;
mod source;

use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{Header, Validation, decode, decode_header};
use transport::Environment;

pub use claims::{Claims, Role, Strings};
pub use keys::{Algorithm, KeySet};
pub use source::{KeyError, KeyFetch, Keys};

use proven::{Proven, TokenDigest};

/// The longest token, in bytes.
const LONGEST: usize = 16 << 10;

/// Which tokens are believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPolicy {
    /// Who may have made it (`iss`); at least one.
    pub issuers: Vec<String>,
    /// What it may be for (`aud`): any of these, at least one.
    pub audiences: Vec<String>,
    /// How it may be signed. Default: every [`Algorithm`].
    pub algorithms: Vec<Algorithm>,
    /// How far clocks may differ. Default 30 s.
    pub leeway: SignedDuration,
}

impl TokenPolicy {
    /// Tokens of one issuer for one audience, signed by any method we know.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuers: vec![issuer.into()],
            audiences: vec![audience.into()],
            algorithms: Algorithm::ALL.to_vec(),
            leeway: SignedDuration::from_secs(30),
        }
    }
}

/// Why a token is not believed. The texts go out; they hold nothing of the token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// There is none.
    #[error("the Authorization header is missing")]
    Missing,
    /// The header holds something else.
    #[error("the Authorization header must be \"Bearer\", a blank and a token")]
    Scheme,
    /// It is no signed JWT.
    #[error("the token is not a signed JWT")]
    Malformed,
    /// It is signed by a method that is not taken.
    #[error("the token is not signed by a method that is accepted here")]
    Algorithm,
    /// Its header demands something that we do not know.
    #[error("the token's header has critical parts that are not known here")]
    Critical,
    /// Nobody knows the key.
    #[error("the token is signed with a key that is not known here")]
    UnknownKey,
    /// The signature is wrong.
    #[error("the token's signature is wrong")]
    Signature,
    /// A claim is missing or of the wrong kind.
    #[error("the token's claims cannot be read")]
    Claims,
    /// Its time is over.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
    /// Somebody else made it.
    #[error("the token is of an issuer that is not accepted here")]
    Issuer,
    /// It is for somebody else.
    #[error("the token is meant for another audience")]
    Audience,
    /// The keys could not be had: our side is at fault.
    #[error("the keys that tokens are checked with are not available")]
    NoKeys,
}

/// Believes tokens or does not.
#[derive(Debug, Clone)]
pub struct Verifier {
    policy: TokenPolicy,
    keys: Keys,
    env: Environment,
}

impl Verifier {
    /// With this policy and these keys.
    pub fn new(policy: TokenPolicy, keys: Keys, env: Environment) -> Self {
        Self { policy, keys, env }
    }

    /// The claims of the token in an `Authorization` header.
    pub async fn verify(&self, authorization: Option<&str>) -> Result<Claims, TokenError> {
        let token = bearer(authorization)?;
        let digest = Proven::digest(token);
        let known = self
            .keys
            .current()
            .and_then(|set| set.proven.claims(&digest));
        let taken = |by: &Algorithm| self.policy.algorithms.contains(by);
        if let Some((_, claims)) = known.filter(|(by, _)| taken(by)) {
            self.check(&claims)?;
            return Ok(claims);
        }
        let claims = self.prove(token, digest).await?;
        self.check(&claims)?;
        Ok(claims)
    }

    /// The claims of a token that a known key signed.
    async fn prove(&self, token: &str, digest: TokenDigest) -> Result<Claims, TokenError> {
        // A method of no name that the library knows, such as "none", ends here too.
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        let algorithm = Algorithm::of(header.alg).filter(|a| self.policy.algorithms.contains(a));
        let algorithm = algorithm.ok_or(TokenError::Algorithm)?;
        if !is_plain(&header) {
            return Err(TokenError::Critical);
        }
        let found = self.keys.find(header.kid.as_deref(), algorithm, &self.env);
        let (key, set) = found.await?;
        let mut validation = Validation::new(header.alg);
        // Ours to check, by our clock.
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        let verified = decode::<Claims>(token, &key, &validation);
        let claims = verified.map_err(|error| explain(&error))?.claims;
        set.proven.remember(digest, algorithm, &claims);
        Ok(claims)
    }

    fn check(&self, claims: &Claims) -> Result<(), TokenError> {
        let policy = &self.policy;
        let now = seconds(self.env.now());
        let leeway = policy.leeway.as_secs_f64();
        let numbers = [Some(claims.exp), claims.nbf];
        if numbers.into_iter().flatten().any(|at| !at.is_finite()) {
            return Err(TokenError::Claims);
        }
        if claims.exp + leeway <= now {
            return Err(TokenError::Expired);
        }
        if claims.nbf.is_some_and(|nbf| nbf - leeway > now) {
            return Err(TokenError::NotYet);
        }
        if !policy.issuers.contains(&claims.iss) {
            return Err(TokenError::Issuer);
        }
        let mut meant = claims.aud.iter();
        match meant.any(|aud| policy.audiences.iter().any(|ours| ours == aud)) {
            true => Ok(()),
            false => Err(TokenError::Audience),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds of this era are exact")]
fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

/// The token of a header: the scheme in any case, then blanks, then the token.
fn bearer(authorization: Option<&str>) -> Result<&str, TokenError> {
    let text = authorization.ok_or(TokenError::Missing)?.trim();
    if text.is_empty() {
        return Err(TokenError::Missing);
    }
    let (scheme, token) = text.split_once(' ').ok_or(TokenError::Scheme)?;
    let token = token.trim();
    if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
        return Err(TokenError::Scheme);
    }
    match token.len() <= LONGEST && token.bytes().all(|b| b.is_ascii_graphic()) {
        true => Ok(token),
        false => Err(TokenError::Malformed),
    }
}

/// Whether nothing in the header changes how the rest is read.
fn is_plain(header: &Header) -> bool {
    header.crit.is_none()
        && header.enc.is_none()
        && header.zip.is_none()
        && !header.extras.inner().contains_key("b64")
}

fn explain(error: &jsonwebtoken::errors::Error) -> TokenError {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature => TokenError::Signature,
        ErrorKind::InvalidAlgorithm => TokenError::Algorithm,
        ErrorKind::Json(_) => TokenError::Claims,
        ErrorKind::InvalidToken | ErrorKind::Base64(_) | ErrorKind::Utf8(_) => {
            TokenError::Malformed
        }
        _ => TokenError::Signature,
    }
}
