//! What one flush of the disk takes. A durable answer cannot come sooner than its flush ends, so
//! this is the measure of how long it took.

use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use transport::Environment;

/// Flushes of one measurement.
const FLUSHES: u64 = 200;
/// Bytes written before each: a page of the store.
const BLOCK: usize = 4096;

/// Writes a block and flushes it, so many times, in a folder on the disk in question. The file has
/// its full length from the start, as the store's log has after its first round: a growing file
/// takes longer to flush, and would make everything compared with it look better.
pub(crate) fn flushes(folder: &Path, env: &Environment) -> Result<Vec<Duration>> {
    let measure = || -> std::io::Result<Vec<Duration>> {
        let file = tempfile::tempfile_in(folder)?;
        file.write_all_at(&vec![0; BLOCK * FLUSHES as usize], 0)?;
        file.sync_all()?;
        (0..FLUSHES)
            .map(|block| {
                let from = env.monotonic();
                file.write_all_at(&[block as u8; BLOCK], block * BLOCK as u64)?;
                file.sync_data()?;
                Ok(env.monotonic().saturating_sub(from))
            })
            .collect()
    };
    measure().context("a flush of the disk cannot be measured")
}

/// The median of them, milliseconds.
pub(crate) fn median_ms(mut flushes: Vec<Duration>) -> Option<f64> {
    flushes.sort_unstable();
    let median = flushes.get(flushes.len() / 2)?;
    Some(median.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_is_flushed_as_often_as_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let flushes = flushes(folder.path(), &Environment::system()).expect("flushed");
        assert_eq!(flushes.len() as u64, FLUSHES);
        assert!(flushes.iter().all(|flush| !flush.is_zero()));
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        let of = |all: &[u64]| median_ms(all.iter().copied().map(Duration::from_millis).collect());
        assert_eq!(of(&[9, 1, 2]), Some(2.0));
        assert_eq!(of(&[7]), Some(7.0));
        assert_eq!(of(&[]), None);
    }
}
