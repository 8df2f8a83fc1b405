//! What every command that asks an SMSP shares: as whom it asks, and how a refusal reads.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use client::{ClientIdentity, Outcome, Refused, ScrClient};
use transport::{Environment, TlsFiles, TlsUpstream, TransportError, UpstreamSettings, files};

use crate::arguments::Endpoint;
use crate::demo::{ClientFile, Folder};

/// Prints what was asked for, or says why there is nothing.
pub(crate) fn answer<T>(
    outcome: Outcome<T>,
    print: impl FnOnce(T) -> Result<()>,
) -> Result<ExitCode> {
    match outcome {
        Outcome::Value(value) => {
            print(value)?;
            Ok(ExitCode::SUCCESS)
        }
        Outcome::Refused(refused) => refuse(&refused),
        Outcome::Fault(fault) => fault_of(&fault),
    }
}

/// Says a response code, what it means, and who can mend it.
pub(crate) fn refuse(refused: &Refused) -> Result<ExitCode> {
    super::complain(&format!("minispine: {} {}", refused.code, refused.display));
    if let Some(words) = in_plain_words(refused) {
        super::complain(&format!("  {words}"));
    }
    Ok(ExitCode::FAILURE)
}

/// Says a SOAP fault.
pub(crate) fn fault_of(fault: &itk::fault::Fault) -> Result<ExitCode> {
    super::complain(&format!(
        "minispine: the SMSP answered with a SOAP fault: {fault}"
    ));
    Ok(ExitCode::FAILURE)
}

/// By display name, because two published sets give one code different meanings.
fn in_plain_words(refused: &Refused) -> Option<&'static str> {
    Some(match refused.display.to_ascii_lowercase().as_str() {
        "input message validation error" => {
            "something in the request cannot be right; the provider's audit names the field"
        }
        "response message validation error" => {
            "the Spine's answer could not be used; the provider's operator can see why"
        }
        "could not connect to spine" => {
            "try again shortly; the provider's operator can see the cause"
        }
        "author credentials error" => {
            "the provider does not know this user in this organisation, or they may not do this; \
             the provider's operator keeps the list of users"
        }
        "rbac check failed" => {
            "the user's role does not allow it; the provider's operator keeps the rights"
        }
        "acs check failed" => {
            "the patient does not consent to sharing the record; nothing overrides that here"
        }
        "ptv check failed" => {
            "ask the patient for permission to view, and say so; \
             or use emergency access when the patient cannot be asked"
        }
        "scr not found" => "the patient has no Summary Care Record",
        _ => return None,
    })
}

/// The client file that a command line names, or the one of its data folder.
pub(crate) fn client_file(data: &Path, given: Option<&Path>) -> Result<ClientFile> {
    let path = match given {
        Some(path) => path.to_owned(),
        None => Folder::new(data).client_file(),
    };
    let text = files::read_to_string(&path).with_context(|| {
        format!(
            "cannot read the client file {}: is `minispine up` running?",
            path.display()
        )
    })?;
    toml::from_str(&text).with_context(|| format!("{} is not valid", path.display()))
}

impl Endpoint {
    /// The client file, with what the command line gives instead.
    pub(crate) fn client_file(&self) -> Result<ClientFile> {
        let mut file = client_file(&self.data, self.client.as_deref())?;
        set(&mut file.url, &self.url);
        set(&mut file.ca, &self.ca);
        set(&mut file.cert, &self.cert);
        set(&mut file.key, &self.key);
        set(&mut file.username, &self.username);
        set(&mut file.ods, &self.ods);
        set(&mut file.user_id, &self.user_id);
        set(&mut file.role_profile_id, &self.role_profile_id);
        // Another user's job role is not known.
        if self.user_id.is_some() || self.role_profile_id.is_some() || self.job_role.is_some() {
            file.job_role.clone_from(&self.job_role);
        }
        Ok(file)
    }
}

fn set<T: Clone>(value: &mut T, given: &Option<T>) {
    if let Some(given) = given {
        value.clone_from(given);
    }
}

/// A way to a URL with the certificate of a client file.
pub(crate) fn upstream(file: &ClientFile, url: &str) -> Result<TlsUpstream> {
    let tls = TlsFiles {
        certificate: file.cert.clone(),
        key: file.key.clone(),
        authorities: file.ca.clone(),
        revoked: None,
    };
    let settings = UpstreamSettings {
        total_timeout: Duration::from_secs(60),
        ..UpstreamSettings::new(url.to_owned(), tls)
    };
    TlsUpstream::new(settings).map_err(|error| match error {
        // A wrong address, say, is no fault of theirs.
        TransportError::Url { .. } => error.into(),
        error => anyhow::Error::new(error).context("the client's certificate or key"),
    })
}

/// A client of the SMSP that a client file names.
pub(crate) fn client_of(file: &ClientFile, env: &Environment) -> Result<ScrClient> {
    let upstream = upstream(file, &file.url)?;
    let identity = ClientIdentity {
        user: Some(file.user_id.clone()),
        role_profile: Some(file.role_profile_id.clone()),
        job_role: file.job_role.clone(),
        ..ClientIdentity::new(file.url.clone(), file.username.clone(), file.ods.clone())
    };
    Ok(ScrClient::new(identity, Arc::new(upstream), env.clone()))
}
