//! The servers under load, each a process of its own, and what the system says of them.
#![allow(
    clippy::disallowed_methods,
    reason = "reads /proc, which is no file of the product"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Clock ticks per second in /proc: fixed at 100 for user space on Linux.
const TICKS: u64 = 100;

/// A running server; it is stopped when dropped.
pub(crate) struct Server {
    pub(crate) pid: u32,
    /// The line of JSON it printed when it was ready.
    pub(crate) ready: serde_json::Value,
    child: Child,
}

impl Server {
    /// Starts a program and waits for its line of JSON.
    pub(crate) fn start(command: &mut Command) -> Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .context("the server cannot be started")?;
        let stdout = child.stdout.take().context("the server has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        if line.trim().is_empty() {
            let status = child.wait()?;
            bail!("the server ended before it was ready ({status})");
        }
        let ready = serde_json::from_str(&line).context("the server's first line is not JSON")?;
        Ok(Self {
            pid: child.id(),
            ready,
            child,
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing can be done about a server that is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a process has used.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// User and system time.
    pub(crate) cpu: Duration,
    /// Resident memory now, bytes.
    pub(crate) memory: u64,
    /// Highest resident memory so far, bytes.
    pub(crate) peak_memory: u64,
}

impl Usage {
    /// Reads /proc for a process.
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))
            .context("the server has ended (or this is not Linux)")?;
        // The second field is the program's name in brackets and may hold blanks.
        let after_name = stat
            .rsplit_once(')')
            .map(|(_, rest)| rest)
            .unwrap_or_default();
        let field = |at: usize| -> u64 {
            after_name
                .split_whitespace()
                .nth(at)
                .and_then(|f| f.parse().ok())
                .unwrap_or(0)
        };
        let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
        let kilobytes = |key: &str| -> u64 {
            status
                .lines()
                .find_map(|line| line.strip_prefix(key))
                .and_then(|rest| rest.split_whitespace().next()?.parse().ok())
                .unwrap_or(0)
        };
        Ok(Self {
            cpu: Duration::from_millis((field(11) + field(12)) * 1_000 / TICKS),
            memory: kilobytes("VmRSS:") * 1_024,
            peak_memory: kilobytes("VmHWM:") * 1_024,
        })
    }
}
