//! One measurement: so many connections, each sending its next request when the last was
//! answered, for so long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use transport::{Environment, Upstream, UpstreamRequest};

use crate::process::{Server, Usage};

/// Makes the next request: every one is a new message.
pub(crate) type MakeRequest = Arc<dyn Fn(u64) -> UpstreamRequest + Send + Sync>;

/// What was measured.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Figures {
    /// Answered requests per second.
    pub(crate) requests_per_second: f64,
    /// Median time from request to answer, milliseconds.
    pub(crate) p50_ms: f64,
    /// 99th percentile of the same.
    pub(crate) p99_ms: f64,
    /// Processor time of the server per request, microseconds.
    pub(crate) server_cpu_us: f64,
    /// Bytes of one answer.
    pub(crate) answer_bytes: usize,
}

/// Runs one measurement against a server.
pub(crate) async fn measure(
    upstream: Arc<dyn Upstream>,
    make: MakeRequest,
    server: &Server,
    connections: usize,
    duration: Duration,
    env: &Environment,
) -> Result<Figures> {
    let probe = upstream
        .send(make(0))
        .await
        .context("the server does not answer")?;
    if probe.status != 200 {
        bail!(
            "HTTP {}: {}",
            probe.status,
            String::from_utf8_lossy(&probe.body)
        );
    }
    let stop = Arc::new(AtomicBool::new(false));
    let workers: Vec<_> = (0..connections)
        .map(|worker| {
            let (upstream, make, stop, env) =
                (upstream.clone(), make.clone(), stop.clone(), env.clone());
            tokio::spawn(async move {
                let mut latencies: Vec<u32> = Vec::with_capacity(100_000);
                let mut number = (worker as u64 + 1) << 32;
                while !stop.load(Ordering::Relaxed) {
                    number += 1;
                    let from = env.monotonic();
                    let answer = upstream
                        .send(make(number))
                        .await
                        .context("during the load")?;
                    if answer.status != 200 {
                        bail!("HTTP {} under load", answer.status);
                    }
                    let taken = env.monotonic().saturating_sub(from).as_micros();
                    latencies.push(u32::try_from(taken).unwrap_or(u32::MAX));
                }
                anyhow::Ok(latencies)
            })
        })
        .collect();
    let (from, before) = (env.monotonic(), Usage::of(server.pid)?);
    tokio::time::sleep(duration).await;
    let (elapsed, after) = (env.monotonic().saturating_sub(from), Usage::of(server.pid)?);
    stop.store(true, Ordering::Relaxed);

    let mut latencies = Vec::new();
    for worker in workers {
        latencies.extend(worker.await.context("a worker failed")??);
    }
    latencies.sort_unstable();
    let count = latencies.len().max(1);
    let at = |share: f64| {
        let index = ((count as f64 * share) as usize).min(count - 1);
        f64::from(latencies.get(index).copied().unwrap_or(0)) / 1_000.0
    };
    Ok(Figures {
        requests_per_second: latencies.len() as f64 / elapsed.as_secs_f64(),
        p50_ms: at(0.5),
        p99_ms: at(0.99),
        server_cpu_us: after.cpu.saturating_sub(before.cpu).as_micros() as f64 / count as f64,
        answer_bytes: probe.body.len(),
    })
}

/// The run whose rate is the median of several.
pub(crate) fn median(mut runs: Vec<Figures>) -> Option<Figures> {
    runs.sort_by(|a, b| a.requests_per_second.total_cmp(&b.requests_per_second));
    let middle = runs.len() / 2;
    runs.into_iter().nth(middle)
}
