//! Which service is tested, as whom, about whom, and which scenarios.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use domain::cpis::JobTitle;
use domain::{Asid, JobRole, NhsNumber, OdsCode, RoleProfileId, SdsUserId};
use itk::Face;
use itk::signature::Signer;
use transport::TlsFiles;

use crate::Scenario;
use crate::scenario::{Effect, Group};

/// The service under test, and everything that is said to it.
///
/// What is optional and missing makes the scenarios that need it skip themselves.
#[derive(Debug, Clone)]
pub struct Target {
    /// `https://host:port/path` of the SCR service.
    pub url: String,
    /// Our certificate and key, and the authorities of the service's certificate.
    pub tls: TlsFiles,
    /// The name in the service's certificate, when it is not the host of the URL.
    pub server_name: Option<String>,
    /// The user name the service knows this client by (`wsse:Username`).
    pub username: String,
    /// The organisation this client is registered for.
    pub organisation: OdsCode,
    /// The user, as most operations need one.
    pub user: Option<SdsUserId>,
    /// The user's role profile; createPTV needs it.
    pub role_profile: Option<RoleProfileId>,
    /// The user's job role.
    pub job_role: Option<JobRole>,
    /// The patients to ask about.
    pub patients: Patients,
    /// Its CP-IS mini service, if it offers one.
    pub cpis: Option<CpisTarget>,
    /// Signs the scenarios about signatures. Its certificate's subject must be `username`.
    pub signer: Option<Arc<Signer>>,
    /// Time-outs and sizes.
    pub limits: Limits,
}

/// Test patients that the service knows. Never real ones.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Patients {
    /// Has a Summary Care Record and agrees to sharing it.
    pub with_record: Option<NhsNumber>,
    /// Is known and has no Summary Care Record.
    pub without_record: Option<NhsNumber>,
    /// Has a Summary Care Record and does not agree to sharing it.
    pub dissenting: Option<NhsNumber>,
    /// Has a Summary Care Record, and nobody of the organisation has permission to view it. No
    /// scenario records one.
    pub untouched: Option<NhsNumber>,
}

impl fmt::Debug for Patients {
    /// Which are given, and no number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patients")
            .field("with_record", &self.with_record.is_some())
            .field("without_record", &self.without_record.is_some())
            .field("dissenting", &self.dissenting.is_some())
            .field("untouched", &self.untouched.is_some())
            .finish()
    }
}

/// The CP-IS mini service of a target, and what is said to it.
#[derive(Clone, PartialEq, Eq)]
pub struct CpisTarget {
    /// Its path. Default: that of the SCR service with `cpis` for `scr` at its end, else
    /// `/smsp/cpis`.
    pub path: Option<String>,
    /// A number with a plan. Every query for it is an access that the local authority is told of.
    pub found: Option<NhsNumber>,
    /// A number that CP-IS holds nothing of; most scenarios ask for it, and leave no access.
    pub not_found: Option<NhsNumber>,
    /// The ASID of this client, for queries whose author is a system.
    pub asid: Option<Asid>,
    /// What the user does, as a query says it.
    pub role: JobTitle,
    /// The user's name, as a query says it.
    pub name: String,
    /// What the organisation is called, as a query says it.
    pub organisation: String,
}

impl Default for CpisTarget {
    fn default() -> Self {
        Self {
            path: None,
            found: None,
            not_found: None,
            asid: None,
            role: JobTitle {
                code: "S8000:G8000:R8000".to_owned(),
                display_name: "Clinical Practitioner Access Role".to_owned(),
            },
            name: "Acceptance Test".to_owned(),
            organisation: "Acceptance Test".to_owned(),
        }
    }
}

impl fmt::Debug for CpisTarget {
    /// Which numbers are given, and none of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CpisTarget")
            .field("path", &self.path)
            .field("found", &self.found.is_some())
            .field("not_found", &self.not_found.is_some())
            .finish_non_exhaustive()
    }
}

/// How long the run waits, and how much it takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// For the TCP connection, and again for the TLS handshake. Default 5 s.
    pub connect: Duration,
    /// For one answer, whole. Default 30 s.
    pub answer: Duration,
    /// For the whole run; what has not begun by then is skipped. Default 15 min.
    pub run: Duration,
    /// The largest answer that is read, bytes. Default 8 MiB.
    pub answer_bytes: usize,
    /// The size of the request that is meant to be too large, bytes. Default 20 MiB.
    pub oversize_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(30),
            run: Duration::from_secs(900),
            answer_bytes: 8 << 20,
            oversize_bytes: 20 << 20,
        }
    }
}

impl Target {
    /// A target with no user, no patients, no signer, and no CP-IS.
    pub fn new(
        url: impl Into<String>,
        tls: TlsFiles,
        username: impl Into<String>,
        organisation: OdsCode,
    ) -> Self {
        Self {
            url: url.into(),
            tls,
            server_name: None,
            username: username.into(),
            organisation,
            user: None,
            role_profile: None,
            job_role: None,
            patients: Patients::default(),
            cpis: None,
            signer: None,
            limits: Limits::default(),
        }
    }
}

/// Which scenarios are run. The default is all of the published interface, those with lasting
/// effects included; those of CP-IS where the target offers it, or where they are named.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// Only scenarios whose id begins with one of these, or that are in the group of this name,
    /// in any case of letters. Empty means all.
    pub only: Vec<String>,
    /// Not those, named in the same way.
    pub without: Vec<String>,
    /// Nothing that leaves a trace beyond audit: no permission, no alert, no consent, no access to
    /// child protection information.
    pub read_only: bool,
    /// Also the two consent operations, an extension of our own that no other service need know.
    pub extension: bool,
}

impl Target {
    /// The path of one of its services.
    pub(crate) fn path(&self, face: Face, scr: &str) -> String {
        let own = self.cpis.as_ref().and_then(|cpis| cpis.path.clone());
        match (face, own, scr.strip_suffix("scr")) {
            (Face::Scr, _, _) => scr.to_owned(),
            (Face::Cpis, Some(path), _) => path,
            (Face::Cpis, None, Some(before)) => format!("{before}cpis"),
            (Face::Cpis, None, None) => "/smsp/cpis".to_owned(),
        }
    }

    /// The URL of one of its services.
    pub(crate) fn url_of(&self, face: Face) -> String {
        let host = self.url.find("://").map_or(0, |at| at + 3);
        let path = self.url[host..].find('/').map(|at| host + at);
        let (origin, path) = self.url.split_at(path.unwrap_or(self.url.len()));
        format!("{origin}{}", self.path(face, path))
    }
}

impl Selection {
    /// The names in `only` and `without` that name nothing: typing errors.
    pub fn unknown(&self) -> Vec<String> {
        let names_nothing = |name: &&String| {
            !crate::scenarios().any(|scenario| names(name, scenario.id, scenario.group))
        };
        let all = self.only.iter().chain(&self.without);
        all.filter(names_nothing).cloned().collect()
    }

    /// Whether a scenario is asked for at all; what is not is not in the report.
    pub(crate) fn takes(&self, scenario: &Scenario, has_cpis: bool) -> bool {
        let named = |list: &[String]| {
            list.iter()
                .any(|name| names(name, scenario.id, scenario.group))
        };
        (self.only.is_empty() || named(&self.only))
            && !named(&self.without)
            && (self.extension || scenario.group != Group::Extension)
            && (has_cpis || named(&self.only) || scenario.group != Group::Cpis)
            && (!self.read_only || scenario.effect == Effect::None)
    }
}

fn names(name: &str, id: &str, group: Group) -> bool {
    let begins = id
        .get(..name.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(name));
    !name.is_empty() && (begins || group.name().eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpis_is_beside_the_scr() {
        let tls = TlsFiles {
            certificate: "c".into(),
            key: "k".into(),
            authorities: "a".into(),
            revoked: None,
        };
        let ods = OdsCode::parse("RKE").expect("a code");
        for (url, path, expected) in [
            ("https://a:1/smsp/scr", None, "https://a:1/smsp/cpis"),
            ("https://a/x", None, "https://a/smsp/cpis"),
            ("https://a", None, "https://a/smsp/cpis"),
            ("https://a/smsp/scr", Some("/b"), "https://a/b"),
        ] {
            let mut target = Target::new(url, tls.clone(), "c", ods.clone());
            target.cpis = Some(CpisTarget {
                path: path.map(str::to_owned),
                ..CpisTarget::default()
            });
            assert_eq!(target.url_of(Face::Cpis), expected);
            assert_eq!(target.url_of(Face::Scr), url);
        }
    }
}
