//! `minispine pki init | issue | show`

use std::path::Path;
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
            issue(&dir, &request)?;
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
    files::write_private(&key, authority.key_pem().as_bytes())?;
    files::write_atomic(&certificate, authority.certificate_pem().as_bytes())?;
    wrote(&[&certificate, &key])
}

fn issue(dir: &Path, request: &IssueRequest) -> Result<()> {
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
    let (certificate, key) = (
        dir.join(format!("{file_name}.pem")),
        dir.join(format!("{file_name}.key")),
    );
    let issued = authority.issue(request, &Environment::system())?;
    files::write_private(&key, issued.key_pem.as_bytes())?;
    files::write_atomic(&certificate, issued.certificate_pem.as_bytes())?;
    wrote(&[&certificate, &key])
}

fn wrote(paths: &[&Path]) -> Result<()> {
    for path in paths {
        super::print_line(&format!("wrote {}", path.display()))?;
    }
    Ok(())
}

fn show(paths: &[std::path::PathBuf], json: bool) -> Result<()> {
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
