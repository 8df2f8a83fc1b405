//! What a token says.

use serde::{Deserialize, Serialize};

/// The claims that we look at. Whatever else a token claims is nothing to us (RFC 7519, 4).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// Who made the token.
    pub iss: String,
    /// Whom it is for.
    pub aud: Strings,
    /// The first second at which it is no longer valid.
    pub exp: f64,
    /// The first second at which it is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<f64>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<f64>,
    /// Its own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// Whom it is about: the user, or the application itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The application that it was given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The same, as OpenID Connect has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// What it allows.
    #[serde(default)]
    pub scope: Strings,
    /// The SDS user id (NHS CIS2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nhsid_useruid: Option<String>,
    /// The user's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The role profile that the user chose at log-in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selected_roleid: Option<String>,
    /// Every role of the user (national RBAC, NHS CIS2).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nhsid_nrbac_roles: Vec<Role>,
}

/// A role of a user, as NHS CIS2 tells it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// The role profile ("URP", "URID").
    pub person_roleid: String,
    /// The job role: `S8000:G8000:R8001`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_code: Option<String>,
    /// Where: an ODS code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_code: Option<String>,
}

/// One text or several: an array, or (of scopes) one text with blanks between.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Strings {
    /// One text.
    One(String),
    /// An array.
    Many(Vec<String>),
}

impl Strings {
    /// Each text.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let all = match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        };
        all.iter().map(String::as_str)
    }

    /// Each word.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.iter().flat_map(str::split_ascii_whitespace)
    }
}

impl Default for Strings {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl Claims {
    /// The application: who it was given to, or whom it is about when it is about no user.
    pub fn client(&self) -> Option<&str> {
        let given = self.client_id.as_deref().or(self.azp.as_deref());
        given.or(self.sub.as_deref())
    }
}

impl std::fmt::Debug for Claims {
    /// Not who the user is.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claims")
            .field("iss", &self.iss)
            .field("client", &self.client_id)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
