//! `minispine pki init | issue | show`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use transport::pki::{self, Authority, IssueRequest};
use transport::{Environment, PeerCertificate, files};

use crate::arguments::Pki;

pub(crate) fn run(pki: Pki) -> Result<ExitCode> {
    match pki {
        Pki::Init { dir, name } => init(&dir, &name)?,
        Pki::Issue {
            name,
            dir,
            client,
            server,
            dns,
            ip,
            days,
            replace,
        } => {
            let both = !client && !server;
            let request = IssueRequest {
                dns_names: if dns.is_empty() {
                    vec![name.clone()]
                } else {
                    dns
                },
                common_name: name,
                ip_addresses: ip,
                client: client || both,
                server: server || both,
                valid_for_days: days,
                ..IssueRequest::default()
            };
            issue(&dir, &request, replace)?;
        }
        Pki::Show { files, json } => show(&files, json)?,
    }
    Ok(ExitCode::SUCCESS)
}

fn init(dir: &Path, name: &str) -> Result<()> {
    let (certificate, key) = (dir.join("ca.pem"), dir.join("ca.key"));
    if files::exists(&key) {
        bail!(
            "{} is there already: a new authority would orphan its certificates",
            key.display()
        );
    }
    files::create_dir_private(dir).with_context(|| format!("cannot make {}", dir.display()))?;
    let authority = Authority::create(name, &Environment::system())?;
    write(&key, &authority.key_pem(), files::write_private)?;
    write(
        &certificate,
        authority.certificate_pem(),
        files::write_atomic,
    )?;
    wrote(&[&certificate, &key])
}

fn issue(dir: &Path, request: &IssueRequest, replace: bool) -> Result<()> {
    let read = |name: &str| {
        let path = dir.join(name);
        files::read_to_string(&path).with_context(|| {
            format!(
                "cannot read {}: make an authority with `minispine pki init`",
                path.display()
            )
        })
    };
    let authority = Authority::load(&read("ca.pem")?, &read("ca.key")?)?;
    let file_name = request.common_name.replace(['/', '\\'], "_");
    // Whatever the file system makes of letter case: this name is taken.
    if file_name.eq_ignore_ascii_case("ca") {
        bail!("{file_name} is the name of the authority's own files: take another one");
    }
    let (certificate, key) = (
        dir.join(format!("{file_name}.pem")),
        dir.join(format!("{file_name}.key")),
    );
    if let Some(there) = [&key, &certificate]
        .into_iter()
        .find(|file| files::exists(file))
        && !replace
    {
        bail!(
            "{} is there already, and whoever uses it would lose it: take another name, or --replace",
            there.display()
        );
    }
    let issued = authority.issue(request, &Environment::system())?;
    write(&key, &issued.key_pem, files::write_private)?;
    write(&certificate, &issued.certificate_pem, files::write_atomic)?;
    wrote(&[&certificate, &key])
}

/// Writes a file in one of two ways.
fn write(path: &Path, text: &str, how: fn(PathBuf, String) -> std::io::Result<()>) -> Result<()> {
    how(path.to_owned(), text.to_owned())
        .with_context(|| format!("cannot write {}", path.display()))
}

fn wrote(paths: &[&Path]) -> Result<()> {
    for path in paths {
        super::print_line(&format!("wrote {}", path.display()))?;
    }
    Ok(())
}

fn show(paths: &[PathBuf], json: bool) -> Result<()> {
    let mut rows = vec![
        [
            "file",
            "common name",
            "issuer",
            "names",
            "valid until",
            "SHA-256",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    for path in paths {
        let pem = files::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let certificates = pki::describe(&pem)
            .with_context(|| format!("{} holds no readable certificate", path.display()))?;
        for certificate in certificates {
            if json {
                super::print_line(&as_json(path, &certificate).to_string())?;
            }
            rows.push(vec![
                path.display().to_string(),
                certificate.common_name,
                certificate.issuer,
                certificate.dns_names.join(" "),
                certificate.not_after.strftime("%Y-%m-%d").to_string(),
                certificate.fingerprint,
            ]);
        }
    }
    if json {
        Ok(())
    } else {
        super::print(&super::table(&rows))
    }
}

fn as_json(path: &Path, certificate: &PeerCertificate) -> serde_json::Value {
    serde_json::json!({
        "file": path.display().to_string(),
        "common_name": certificate.common_name,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "serial": certificate.serial,
        "dns_names": certificate.dns_names,
        "not_after": certificate.not_after.to_string(),
        "fingerprint": certificate.fingerprint,
    })
}
