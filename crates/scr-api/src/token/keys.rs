//! The keys of a JSON Web Key Set (RFC 7517), and what each may be used for.

use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{
    AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse,
};

use super::proven::Proven;

/// The largest set, in bytes.
pub(super) const LARGEST: usize = 256 << 10;
/// The most keys of a set.
const MOST: usize = 64;
/// The shortest RSA modulus, in base64 characters: 2048 bits.
const SHORTEST_MODULUS: usize = 2048_usize.div_ceil(6);

/// How tokens may be signed. Nothing symmetric, and nothing without a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSA PKCS #1 v1.5 with SHA-256.
    Rs256,
    /// RSA PKCS #1 v1.5 with SHA-512, as the national API platform has it.
    Rs512,
    /// ECDSA on P-256.
    Es256,
    /// ECDSA on P-384.
    Es384,
    /// RSA PSS with SHA-256.
    Ps256,
}

impl Algorithm {
    /// Every one.
    pub const ALL: [Self; 5] = [
        Self::Rs256,
        Self::Rs512,
        Self::Es256,
        Self::Es384,
        Self::Ps256,
    ];

    /// As tokens and configurations name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs512 => "RS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Ps256 => "PS256",
        }
    }

    /// The one of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name() == name)
    }

    pub(super) fn of(algorithm: jsonwebtoken::Algorithm) -> Option<Self> {
        use jsonwebtoken::Algorithm as Jwa;
        Some(match algorithm {
            Jwa::RS256 => Self::Rs256,
            Jwa::RS512 => Self::Rs512,
            Jwa::ES256 => Self::Es256,
            Jwa::ES384 => Self::Es384,
            Jwa::PS256 => Self::Ps256,
            _ => return None,
        })
    }

    fn of_key(algorithm: KeyAlgorithm) -> Option<Self> {
        jsonwebtoken::Algorithm::try_from(algorithm)
            .ok()
            .and_then(Self::of)
    }
}

/// Keys that signatures can be checked with, and the tokens that were.
#[derive(Debug, Default)]
pub struct KeySet {
    keys: Vec<Key>,
    pub(super) proven: Proven,
}

#[derive(Debug, Clone)]
struct Key {
    id: Option<String>,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

impl KeySet {
    /// Reads a set. Keys for other purposes and of other kinds are left out, as RFC 7517 asks; a
    /// set without a usable key, a secret in it, or the same key id twice is an error, in words.
    pub fn parse(json: &[u8]) -> Result<Self, String> {
        #[derive(serde::Deserialize)]
        struct Set {
            keys: Vec<serde_json::Value>,
        }
        if json.len() > LARGEST {
            return Err(format!("a key set has at most {LARGEST} bytes"));
        }
        let set: Set = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        if set.keys.len() > MOST {
            return Err(format!("a key set has at most {MOST} keys"));
        }
        let mut keys: Vec<Key> = Vec::new();
        for (at, value) in set.keys.into_iter().enumerate() {
            let place = |why: &str| format!("keys[{at}]: {why}");
            if ["k", "d", "p", "q"]
                .iter()
                .any(|name| value.get(name).is_some())
            {
                return Err(place("this is a secret, not a public key"));
            }
            let jwk: Jwk = serde_json::from_value(value).map_err(|e| place(&e.to_string()))?;
            let Some(key) = Key::of(&jwk).map_err(|why| place(&why))? else {
                continue;
            };
            if key.id.is_some() && keys.iter().any(|known| known.id == key.id) {
                return Err(place("another key has the same kid"));
            }
            keys.push(key);
        }
        match keys.is_empty() {
            true => Err("no key in it can check a signature that is accepted here".to_owned()),
            false => Ok(Self {
                keys,
                proven: Proven::default(),
            }),
        }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The key that a token names, if it may be used so. A token that names none is checked with
    /// the only key of that kind, and if there are several, with none.
    pub(super) fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
        let fits = |key: &&Key| {
            key.algorithms.contains(&algorithm) && (id.is_none() || key.id.as_deref() == id)
        };
        let mut fitting = self.keys.iter().filter(fits);
        match (fitting.next(), fitting.next()) {
            (Some(only), None) => Some(only.key.clone()),
            _ => None,
        }
    }
}

impl Key {
    /// `None` for a key that is for something else.
    fn of(jwk: &Jwk) -> Result<Option<Self>, String> {
        let common = &jwk.common;
        let is_other_use =
            matches!(&common.public_key_use, Some(u) if *u != PublicKeyUse::Signature);
        let verifies =
            |operations: &Vec<KeyOperations>| operations.contains(&KeyOperations::Verify);
        if is_other_use || common.key_operations.as_ref().is_some_and(|o| !verifies(o)) {
            return Ok(None);
        }
        let possible: &[Algorithm] = match &jwk.algorithm {
            AlgorithmParameters::RSA(rsa) if rsa.n.len() < SHORTEST_MODULUS => {
                return Err("an RSA key has at least 2048 bits".to_owned());
            }
            AlgorithmParameters::RSA(_) => &[Algorithm::Rs256, Algorithm::Rs512, Algorithm::Ps256],
            AlgorithmParameters::EllipticCurve(ec) => match ec.curve {
                EllipticCurve::P256 => &[Algorithm::Es256],
                EllipticCurve::P384 => &[Algorithm::Es384],
                _ => &[],
            },
            _ => &[],
        };
        let mut algorithms = possible.to_vec();
        if let Some(only) = common.key_algorithm {
            algorithms.retain(|algorithm| Algorithm::of_key(only) == Some(*algorithm));
        }
        if algorithms.is_empty() {
            return Ok(None);
        }
        let key = DecodingKey::from_jwk(jwk).map_err(|error| error.to_string())?;
        Ok(Some(Self {
            id: common.key_id.clone(),
            algorithms,
            key,
        }))
    }
}
