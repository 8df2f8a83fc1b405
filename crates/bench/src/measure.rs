//! One measurement: so many connections, each sending its next request when the last was
//! answered, for so long.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::Serialize;
use transport::{Environment, Upstream, UpstreamRequest, UpstreamResponse};

use crate::process::{Server, Usage};

/// Makes the next request: every one is a new message.
pub(crate) type MakeRequest = Arc<dyn Fn(u64) -> UpstreamRequest + Send + Sync>;

/// How far into an answer its success is looked for: what comes later is a document.
const HEAD: usize = 8 << 10;

/// What is sent, and where.
#[derive(Clone)]
pub(crate) struct Load {
    pub(crate) upstream: Arc<dyn Upstream>,
    pub(crate) make: MakeRequest,
    /// The status of every answer.
    pub(crate) status: u16,
    /// What every answer has to say.
    pub(crate) success: Option<&'static str>,
    pub(crate) connections: usize,
    pub(crate) duration: Duration,
    pub(crate) env: Environment,
}

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

impl Load {
    /// Runs one measurement against a server.
    pub(crate) async fn measure(&self, server: &Server) -> Result<Figures> {
        let probe = self.exchange(0).await?;
        let stop = Arc::new(AtomicBool::new(false));
        let workers: Vec<_> = (1..=self.connections as u64)
            .map(|worker| tokio::spawn(self.clone().work(worker << 32, stop.clone())))
            .collect();
        let (from, before) = (self.env.monotonic(), Usage::of(server.pid)?);
        tokio::time::sleep(self.duration).await;
        let (elapsed, after) = (
            self.env.monotonic().saturating_sub(from),
            Usage::of(server.pid)?,
        );
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

    /// One connection's requests until it is told to stop, and what each took, microseconds.
    async fn work(self, first: u64, stop: Arc<AtomicBool>) -> Result<Vec<u32>> {
        let mut latencies: Vec<u32> = Vec::with_capacity(100_000);
        let mut number = first;
        while !stop.load(Ordering::Relaxed) {
            number += 1;
            let from = self.env.monotonic();
            self.exchange(number).await.context("under load")?;
            let taken = self.env.monotonic().saturating_sub(from).as_micros();
            latencies.push(u32::try_from(taken).unwrap_or(u32::MAX));
        }
        Ok(latencies)
    }

    async fn exchange(&self, number: u64) -> Result<UpstreamResponse> {
        let answer = self.upstream.send((self.make)(number)).await?;
        if answer.status != self.status
            || self.success.is_some_and(|text| !says(&answer.body, text))
        {
            bail!(
                "the server answers HTTP {}: {}",
                answer.status,
                String::from_utf8_lossy(&answer.body[..answer.body.len().min(HEAD)])
            );
        }
        Ok(answer)
    }
}

/// Whether an answer has this text near its beginning or its end: a record stands in between.
fn says(body: &[u8], text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let near = body.len().min(HEAD);
    // What the load costs here is not the server's to pay, on a machine that both share.
    let finder = memchr::memmem::Finder::new(text);
    let has = |part: &[u8]| finder.find(part).is_some();
    has(&body[..near]) || has(&body[body.len() - near..])
}

/// The run whose rate is the median of several.
pub(crate) fn median(mut runs: Vec<Figures>) -> Option<Figures> {
    runs.sort_by(|a, b| a.requests_per_second.total_cmp(&b.requests_per_second));
    let middle = runs.len() / 2;
    runs.into_iter().nth(middle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_read_near_both_ends_of_an_answer() {
        let filler = || vec![b'x'; 2 * HEAD];
        let with = |before: usize, after: usize| {
            let mut body = filler()[..before].to_vec();
            body.extend_from_slice(b"SMSP-0000");
            body.extend_from_slice(&filler()[..after]);
            says(&body, "SMSP-0000")
        };
        assert!(with(0, 2 * HEAD) && with(2 * HEAD, 0) && with(0, 0));
        assert!(with(HEAD - 9, 2 * HEAD) && with(2 * HEAD, HEAD - 9));
        assert!(!with(2 * HEAD, 2 * HEAD));
        assert!(!says(b"SMSP", "SMSP-0000") && !says(b"", "SMSP-0000"));
        assert!(says(b"", "") && says(b"SMSP", ""));
    }

    #[test]
    fn the_median_run_is_the_one_in_the_middle() {
        let run = |requests_per_second| Figures {
            requests_per_second,
            p50_ms: 0.0,
            p99_ms: 0.0,
            server_cpu_us: 0.0,
            answer_bytes: 0,
        };
        let median = median(vec![run(9.0), run(1.0), run(2.0)]).expect("a run");
        assert_eq!(median.requests_per_second, 2.0);
        assert!(super::median(Vec::new()).is_none());
    }
}
