//! How long reading takes: `cargo run --release -p minispine-xml --example parse_rate FILE...`
//!
//! Prints microseconds for each file: our tree, our tree with the slice of its largest element,
//! and roxmltree's tree beside it.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring tool reads files and the clock"
)]

use std::time::{Duration, Instant};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{:>8} {:>8} {:>8} {:>10}  file",
        "bytes", "tree", "slice", "roxmltree"
    );
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file)?;
        let document = xml::Document::parse(text.as_bytes())?;
        let largest = document
            .root()
            .descendants()
            .skip(1)
            .max_by_key(|e| e.range().len());
        let largest = largest.unwrap_or(document.root());
        let tree = best(|| drop(xml::Document::parse(text.as_bytes()).map(|d| d.source().len())));
        let slice = best(|| drop(largest.slice()));
        let other = best(|| drop(roxmltree::Document::parse(&text)));
        println!(
            "{:>8} {tree:>8.1} {slice:>8.1} {other:>10.1}  {file}",
            text.len()
        );
    }
    Ok(())
}

/// The quickest of many rounds, microseconds.
fn best(work: impl Fn()) -> f64 {
    let mut best = Duration::MAX;
    for _ in 0..300 {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed());
    }
    best.as_secs_f64() * 1e6
}
