//! What can be checked of a configuration without starting anything: one sentence per fault, with
//! the key.

mod addresses;
mod cpis;

use anyhow::{Context, Result, bail};
use itk::Operation;

use super::{Certificate, Client, Configuration, Limits, ScrApi, Smsp, Spine};
use addresses::check_url;

impl Configuration {
    /// Everything that does not need the files it names.
    pub(super) fn check(&self) -> Result<()> {
        if self.smsp.is_none() && self.spine.is_none() && self.scr_api.is_none() {
            bail!("the configuration has no role: give [smsp], [spine], [scr_api] or several");
        }
        transport::telemetry::check_level(&self.log.level).context("log.level")?;
        self.smsp.iter().try_for_each(smsp)?;
        self.spine.iter().try_for_each(spine)?;
        self.scr_api.iter().try_for_each(scr_api)?;
        addresses::check_listeners(&self.listeners())
    }
}

fn smsp(smsp: &Smsp) -> Result<()> {
    for (at, one) in smsp.clients.iter().enumerate() {
        client(&format!("smsp.clients[{at}] ({})", one.name), one)?;
    }
    let alerts = smsp
        .alerts
        .iter()
        .map(|alerts| ("smsp.alerts.url", &alerts.url));
    let others = smsp
        .spine
        .other_urls
        .iter()
        .map(|url| ("smsp.spine.other_urls", url));
    let urls = [("smsp.spine.url", &smsp.spine.url)]
        .into_iter()
        .chain(others)
        .chain(alerts);
    for (key, url) in urls {
        check_url(key, url)?;
    }
    let answers = smsp.alerts.as_ref().and_then(|a| a.answers_from.as_ref());
    if let Some(certificate) = answers {
        check_certificate("smsp.alerts.answers_from", certificate)?;
    }
    let rules = &smsp.rules;
    if !(0..=300).contains(&rules.clock_skew_seconds) {
        bail!("smsp.rules.clock_skew_seconds must be from 0 to 300");
    }
    if !(1..=100_000).contains(&rules.report_lines) {
        bail!("smsp.rules.report_lines must be from 1 to 100000");
    }
    if !(60..=2_592_000).contains(&rules.remember_seconds) {
        bail!("smsp.rules.remember_seconds must be from 60 to 2592000 (30 days)");
    }
    if rules
        .permission_hours
        .is_some_and(|hours| !(1..=672).contains(&hours))
    {
        bail!("smsp.rules.permission_hours must be from 1 to 672 (28 days)");
    }
    if smsp.spine.failures_to_open == 0 || !(1..=60).contains(&smsp.spine.pause_seconds) {
        bail!("smsp.spine: failures_to_open must not be 0, pause_seconds must be from 1 to 60");
    }
    if smsp.limits.request_seconds < 3 * smsp.spine.total_seconds {
        bail!(
            "smsp.limits.request_seconds must be at least three times smsp.spine.total_seconds: \
             a query makes several exchanges and should fail with a code, not with a 503"
        );
    }
    let signatures = &smsp.signatures;
    if signatures.certificate.is_some() != signatures.key.is_some() {
        bail!("smsp.signatures: certificate and key are given together or not at all");
    }
    if let Some(cpis) = &smsp.cpis {
        cpis::smsp(cpis, smsp.limits.request_seconds)?;
        // All answers come to one place, which is of one party.
        let party = cpis.reliable.as_ref().map(|way| &way.from_party);
        let alerts = smsp.alerts.as_ref().map(|alerts| &alerts.from_party);
        if party.zip(alerts).is_some_and(|(one, other)| one != other) {
            bail!("smsp.cpis.reliable.from_party must be that of smsp.alerts");
        }
    }
    check_limits("smsp.limits", &smsp.limits)
}

fn client(key: &str, client: &Client) -> Result<()> {
    check_certificate(&format!("{key}.certificate"), &client.certificate)?;
    let known = |name: &&String| Operation::all().any(|o| o.name() == name.as_str());
    let unknown = client.operations.iter().flatten().find(|name| !known(name));
    if let Some(unknown) = unknown {
        let names: Vec<_> = Operation::all().map(Operation::name).collect();
        bail!(
            "{key}.operations: {unknown:?} is none of {}",
            names.join(", ")
        );
    }
    Ok(())
}

fn spine(spine: &Spine) -> Result<()> {
    spine
        .own()
        .context("spine.organisation is needed: the party key does not start with one")?;
    check_url("spine.url", &spine.base_url())?;
    if spine.cpa_id.is_empty() {
        bail!("spine.cpa_id must not be empty");
    }
    for (at, system) in spine.systems.iter().enumerate() {
        let key = format!("spine.systems[{at}] ({})", system.name);
        system
            .check()
            .map_err(|reason| anyhow::anyhow!("{key}: {reason}"))?;
    }
    cpis::spine(&spine.cpis)?;
    spine.mail.iter().try_for_each(cpis::mail)?;
    check_limits("spine.limits", &spine.limits)
}

fn scr_api(api: &ScrApi) -> Result<()> {
    if api.tokens.keys_file.is_some() == api.tokens.keys.is_some() {
        bail!("scr_api.tokens needs either keys_file or keys");
    }
    check_url("scr_api.spine.url", &api.spine.url)?;
    if let Some(keys) = &api.tokens.keys {
        check_url("scr_api.tokens.keys.url", &keys.url)?;
    }
    if !(0..=300).contains(&api.tokens.leeway_seconds) {
        bail!("scr_api.tokens.leeway_seconds must be from 0 to 300");
    }
    if !(11..=300).contains(&api.upload_seconds) {
        bail!("scr_api.upload_seconds must be from 11 to 300");
    }
    if api.limits.request_seconds <= api.upload_seconds {
        bail!(
            "scr_api.limits.request_seconds must be more than scr_api.upload_seconds, so that a late \
             upload is answered as such"
        );
    }
    if api.per_second == 0 || api.per_minute == 0 {
        bail!("scr_api.per_second and per_minute must not be 0");
    }
    check_limits("scr_api.limits", &api.limits)
}

fn check_certificate(key: &str, certificate: &Certificate) -> Result<()> {
    match (&certificate.common_name, &certificate.fingerprint) {
        (Some(name), None) if !name.is_empty() => Ok(()),
        (None, Some(hex)) if hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit()) => {
            Ok(())
        }
        (None, Some(_)) => bail!("{key}.fingerprint must be 64 hex digits (SHA-256)"),
        _ => bail!("{key} needs either common_name or fingerprint"),
    }
}

fn check_limits(key: &str, limits: &Limits) -> Result<()> {
    let values = [
        ("body_bytes", limits.body_bytes as u64),
        ("connections", limits.connections as u64),
        ("concurrency", limits.concurrency as u64),
        ("request_seconds", limits.request_seconds),
        ("body_seconds", limits.body_seconds),
    ];
    for (name, value) in values {
        if value == 0 {
            bail!("{key}.{name} must not be 0");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the operator's guide is one that works.
    #[test]
    fn the_documented_configuration_is_valid() {
        let guide = include_str!("../../../../docs/user/operate.md");
        let parts = guide.split("```toml").skip(1);
        let example: String = parts.filter_map(|rest| rest.split("```").next()).collect();
        let configuration: Configuration = toml::from_str(&example).expect("readable");
        configuration.check().expect("valid");
        assert!(configuration.smsp.is_some() && configuration.spine.is_some());
        assert!(configuration.scr_api.is_some());
    }

    #[test]
    fn a_certificate_is_matched_in_one_way() {
        let certificate = |name: Option<&str>, hex: Option<&str>| Certificate {
            common_name: name.map(str::to_owned),
            fingerprint: hex.map(str::to_owned),
        };
        let hex = "ab".repeat(32);
        assert!(check_certificate("k", &certificate(Some("a"), None)).is_ok());
        assert!(check_certificate("k", &certificate(None, Some(&hex))).is_ok());
        for wrong in [
            certificate(None, None),
            certificate(Some(""), None),
            certificate(Some("a"), Some(&hex)),
            certificate(None, Some("ab")),
        ] {
            let error = check_certificate("k", &wrong).expect_err("refused");
            assert!(error.to_string().starts_with('k'), "{error}");
        }
    }
}
