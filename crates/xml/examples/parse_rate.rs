//! How long reading and writing take:
//! `cargo run --release -p minispine-xml --example parse_rate FILE...`
//!
//! Prints microseconds for each file: our tree, the slice of its largest element, the same
//! elements written again, and roxmltree's tree beside it. `read` and `write` are functions of
//! their own, so that `valgrind --tool=callgrind` counts their instructions.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring tool reads files and the clock"
)]

use std::borrow::Cow;
use std::hint::black_box;
use std::time::{Duration, Instant};

use xml::{Content, Document, Element, Writer};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!(
        "{:>8} {:>8} {:>8} {:>8} {:>10}  file",
        "bytes", "tree", "slice", "write", "roxmltree"
    );
    for file in std::env::args().skip(1) {
        let text = std::fs::read_to_string(&file)?;
        let document = Document::parse(text.as_bytes())?;
        let largest = document
            .root()
            .descendants()
            .skip(1)
            .max_by_key(|e| e.range().len());
        let largest = largest.unwrap_or(document.root());
        let plan = Plan::of(document.root());
        let tree = best(|| read(&text));
        let slice = best(|| largest.slice());
        let written = best(|| write(&plan));
        let other = best(|| roxmltree::Document::parse(&text).is_ok());
        println!(
            "{:>8} {tree:>8.1} {slice:>8.1} {written:>8.1} {other:>10.1}  {file}",
            text.len()
        );
    }
    Ok(())
}

#[inline(never)]
fn read(text: &str) -> Option<usize> {
    let document = Document::parse(text.as_bytes()).ok()?;
    Some(document.source().len())
}

#[inline(never)]
fn write(plan: &Plan<'_>) -> usize {
    let mut w = Writer::with_capacity(4 << 10);
    plan.write(&mut w);
    w.finish().len()
}

/// What is to be written, without the work of finding it. Prefixes are left out.
struct Plan<'d> {
    name: &'d str,
    attributes: Vec<(&'d str, &'d str)>,
    content: Vec<Part<'d>>,
}

enum Part<'d> {
    Text(Cow<'d, str>),
    Element(Plan<'d>),
}

impl<'d> Plan<'d> {
    fn of(element: Element<'d, 'd>) -> Self {
        let content = element.content().map(|content| match content {
            Content::Text(text) => Part::Text(text),
            Content::Element(element) => Part::Element(Self::of(element)),
        });
        Self {
            name: element.name(),
            attributes: element.attributes().map(|(_, n, v)| (n, v)).collect(),
            content: content.collect(),
        }
    }

    fn write(&self, w: &mut Writer) {
        if self.content.is_empty() {
            return w.empty(self.name, &self.attributes);
        }
        w.element(self.name, &self.attributes, |w| {
            for part in &self.content {
                match part {
                    Part::Text(text) => w.text(text),
                    Part::Element(plan) => plan.write(w),
                }
            }
        });
    }
}

/// The quickest of many rounds, microseconds.
fn best<T>(work: impl Fn() -> T) -> f64 {
    let mut best = Duration::MAX;
    for _ in 0..300 {
        let start = Instant::now();
        drop(black_box(work()));
        best = best.min(start.elapsed());
    }
    best.as_secs_f64() * 1e6
}
