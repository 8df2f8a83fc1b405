//! What a test's own thread has logged.
//!
//! One subscriber serves the whole process: with one for each test, another test's thread can
//! settle that nobody listens before ours does, and then nothing is logged at all.

use std::cell::RefCell;
use std::io::Write;
use std::sync::Once;

thread_local! {
    static LINES: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        LINES.with_borrow_mut(|lines| lines.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Begins to listen on this thread, to everything at every level; forgets what was logged before.
pub fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(|| Lines)
            .init();
    });
    LINES.with_borrow_mut(Vec::clear);
}

/// What was logged on this thread since [`listen`], as text.
pub fn logged() -> String {
    String::from_utf8_lossy(&LINES.take()).into_owned()
}
