//! How a SQLite store is run.

use std::time::Duration;

/// Settings, with defaults that fit one busy machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SqliteOptions {
    /// Threads, each with a connection, that read and that compress new documents; and as many
    /// connections more for short reads, which are done by whoever asks. Default 4; at least 1.
    pub readers: usize,
    /// How many calls may wait for the writer, and how many for the readers; one more gets
    /// [`crate::StoreError::Busy`]. Default 4,096 each.
    pub queue: usize,
    /// How many waiting commits share one flush at most. Default 512; at least 1.
    pub batch: usize,
    /// How long commits may wait for more to share their flush. They wait only after a group of
    /// several, and only until as many are there as those just answered and those that were waiting
    /// by then; so a lone caller never waits, and a few wait for each other and no longer. Zero: never.
    /// Default 300 us, no longer than a flush takes: more brings no larger groups.
    pub group_wait: Duration,
    /// Page cache of each connection in bytes; a limit, not a reservation. Default 32 MiB, of which
    /// the writer's connection takes 8 MiB at most, and each of those for short reads 1 MiB.
    pub cache_bytes: u64,
    /// Pages (of 4 KiB) in the write-ahead log at which it is copied into the database file: more
    /// means fewer copies of a page that changes often, and a longer pause when it happens.
    /// Default 8,000.
    pub checkpoint_pages: u32,
    /// The size in bytes that the database file may have; past it commits get
    /// [`crate::StoreError::Full`]. The write-ahead log comes on top. Default: what the disk has.
    pub max_bytes: Option<u64>,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            readers: 4,
            queue: 4_096,
            batch: 512,
            group_wait: Duration::from_micros(300),
            cache_bytes: 32 * 1024 * 1024,
            checkpoint_pages: 8_000,
            max_bytes: None,
        }
    }
}
