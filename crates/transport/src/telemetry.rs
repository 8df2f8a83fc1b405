//! Logs and metrics.
//!
//! Logs go to standard error, one event a line, as text or JSON. Neither logs nor metrics carry
//! patient data: paths are masked before they are logged, and labels come from fixed lists.

use std::io::IsTerminal;
use std::sync::OnceLock;
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::TransportError;

/// How often the recorder tidies up what histograms have gathered.
const UPKEEP: Duration = Duration::from_secs(5);

/// Upper bounds of every duration histogram, seconds: fine where answers usually are, up to the
/// longest time-out.
const SECONDS: [f64; 14] = [
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0,
];

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// For people; in colour on a terminal.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// The migration runner's part of the log.
const MIGRATIONS: &str = "refinery_core";

/// Starts logging, the first time it is called; later calls change nothing.
///
/// `level` is `error`, `warn`, `info`, `debug`, `trace` or `off`, alone or for a part of the
/// program, separated by commas: `info,transport=debug`. One that cannot be read counts as `info`
/// and is warned of; [`check_level`] tells beforehand.
pub fn init(format: LogFormat, level: &str) {
    let (targets, wrong) = match targets(level) {
        Ok(targets) => (targets, None),
        Err(error) => (Targets::new().with_default(LevelFilter::INFO), Some(error)),
    };
    let layer = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let layer = match format {
        LogFormat::Text => layer.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => layer.json().flatten_event(true).with_ansi(false).boxed(),
    };
    let started = tracing_subscriber::registry()
        .with(layer.with_filter(targets))
        .try_init();
    if started.is_err() {
        return;
    }
    if let Some(error) = wrong {
        tracing::warn!(%error, "logging at level info instead");
    }
    log_panics();
}

/// Whether [`init`] can read a level.
pub fn check_level(level: &str) -> Result<(), TransportError> {
    targets(level).map(|_| ())
}

/// The metrics of this process. The first call installs the recorder; values recorded before are
/// lost, so listeners and upstreams make this call when they are set up.
pub fn metrics() -> MetricsHandle {
    static HANDLE: OnceLock<MetricsHandle> = OnceLock::new();
    HANDLE.get_or_init(install).clone()
}

/// Access to what has been recorded.
#[derive(Clone)]
pub struct MetricsHandle(PrometheusHandle);

impl MetricsHandle {
    /// All metrics in the Prometheus text format.
    pub fn render(&self) -> String {
        self.0.render()
    }
}

fn install() -> MetricsHandle {
    let builder = PrometheusBuilder::new();
    // Fails for an empty list of bounds only; then durations are summaries instead.
    let builder = builder
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)
        .unwrap_or_else(|_| PrometheusBuilder::new());
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    if metrics::set_global_recorder(recorder).is_err() {
        tracing::error!("another metrics recorder is installed; /metrics will stay empty");
    }
    describe();
    let upkeep = handle.clone();
    let spawned = std::thread::Builder::new()
        .name("metrics-upkeep".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(UPKEEP);
                upkeep.run_upkeep();
            }
        });
    if let Err(error) = spawned {
        tracing::error!(%error, "no thread for the upkeep of metrics");
    }
    MetricsHandle(handle)
}

/// Panics become log events like any other. What a panic says is shown only when it is a literal of
/// the program: a formatted one may hold what came from a message.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let message = panic.payload().downcast_ref::<&'static str>().copied();
        let says = message.unwrap_or("(formatted message withheld)");
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        tracing::error!(place, says, "panic");
    }));
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!(
        "minispine_requests_total",
        "Requests answered, by listener and status"
    );
    describe_histogram!(
        "minispine_request_seconds",
        "Time from headers to answer, by listener"
    );
    describe_counter!(
        "minispine_handshake_failures_total",
        "TLS handshakes refused, by reason"
    );
    describe_counter!(
        "minispine_connections_refused_total",
        "Connections closed for their number"
    );
    describe_gauge!("minispine_connections_open", "Connections open now");
    describe_counter!(
        "minispine_certificate_reloads_total",
        "Reloads of TLS files, by outcome"
    );
    describe_counter!(
        "minispine_upstream_requests_total",
        "Requests sent, by upstream and outcome"
    );
    describe_histogram!(
        "minispine_upstream_seconds",
        "Time of a request sent, by upstream"
    );
    describe_gauge!(
        "minispine_upstream_circuit",
        "Whether an endpoint is asked: 0 closed (it is), 1 half-open, 2 open (it is left alone)"
    );
    describe_counter!(
        "minispine_upstream_retries_total",
        "Failures after which a request may go to another endpoint, by the one that failed"
    );
    describe_counter!(
        "minispine_upstream_unavailable_total",
        "Requests refused at once because no endpoint took them"
    );
}

fn targets(level: &str) -> Result<Targets, TransportError> {
    let wrong = |reason: String| TransportError::Level {
        level: level.to_owned(),
        reason,
    };
    // A bare word that is no level would be read as the name of a part, with everything on.
    for item in level.split(',').map(str::trim) {
        let named = item.rsplit_once('=').map_or(item, |(_, level)| level);
        if named.is_empty() || named.parse::<LevelFilter>().is_err() {
            let known = "the levels are error, warn, info, debug, trace and off";
            return Err(wrong(format!("{item:?} is not understood; {known}")));
        }
    }
    let targets: Targets = level
        .replace(' ', "")
        .parse()
        .map_err(|error| wrong(format!("{error}")))?;
    // The migration runner tells at `info`, with file names of the build, what it always does.
    Ok(match targets.default_level() {
        Some(level) if level >= LevelFilter::INFO && !targets_of(&targets, MIGRATIONS) => {
            targets.with_target(MIGRATIONS, LevelFilter::WARN)
        }
        _ => targets,
    })
}

/// Whether the level of a part of the program was asked for by name.
fn targets_of(targets: &Targets, name: &str) -> bool {
    targets.iter().any(|(target, _)| target == name)
}

/// A path as it may be logged: without any run of nine or more digits (an NHS number has ten) and
/// at most 100 characters long.
pub(crate) fn loggable(path: &str) -> String {
    let mut out = String::with_capacity(path.len().min(100));
    let mut digits = 0;
    for c in path.chars().take(100) {
        out.push(if c.is_control() { '?' } else { c });
        digits = if c.is_ascii_digit() { digits + 1 } else { 0 };
        if digits >= 9 {
            let start = out.len() - digits;
            out.replace_range(start.., &"#".repeat(digits));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_understood_or_refused() {
        for good in [
            "info",
            "off",
            "WARN",
            "info,transport=debug",
            "warn, hyper=error",
        ] {
            assert!(check_level(good).is_ok(), "{good}");
        }
        for bad in ["", "loud", "transport", "info,transport=loud", "info,"] {
            assert!(check_level(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_are_logged_without_numbers_of_patients() {
        for (path, expected) in [
            ("/smsp/scr", "/smsp/scr"),
            ("/Patient/9990000018", "/Patient/##########"),
            ("/a/9990000018/b/12345678", "/a/##########/b/12345678"),
            ("/99900000180000", "/##############"),
            ("/line\nbreak", "/line?break"),
        ] {
            assert_eq!(loggable(path), expected);
        }
        assert_eq!(loggable(&"é".repeat(500)).chars().count(), 100);
    }

    #[test]
    fn metrics_are_installed_once_and_rendered() {
        let (one, other) = (metrics(), metrics());
        metrics::counter!("minispine_test_total").increment(2);
        metrics::histogram!("minispine_test_seconds").record(0.004);
        for handle in [one, other] {
            let text = handle.render();
            assert!(text.contains("minispine_test_total 2"), "{text}");
            assert!(
                text.contains("minispine_test_seconds_bucket{le=\"0.005\"} 1"),
                "{text}"
            );
        }
    }
}
