//! Progress of long work: a bar on a terminal, nothing elsewhere.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` steps. indicatif hides it by itself when standard error is no terminal.
pub(crate) fn bar(total: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len}  {eta}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}

/// A bar over so many bytes.
pub(crate) fn bytes(total: u64, what: &'static str) -> ProgressBar {
    let bar = ProgressBar::new(total);
    if let Ok(style) = ProgressStyle::with_template("{msg} {wide_bar} {bytes}/{total_bytes}  {eta}")
    {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
