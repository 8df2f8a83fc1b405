//! tmp
#![allow(clippy::all, missing_docs)]
use std::time::Instant;
fn time(name: &str, mut f: impl FnMut()) {
    for _ in 0..200 { f(); }
    let n = 3000;
    let t = Instant::now();
    for _ in 0..n { f(); }
    println!("{name}: {:.1} us", t.elapsed().as_secs_f64() * 1e6 / n as f64);
}
fn main() {
    let population = synthetic::population(1);
    let body = population.patient(1).summary_of_size(20 << 10);
    let doc = format!("<r xmlns='urn:hl7-org:v3' xmlns:a='b'>{}</r>", String::from_utf8_lossy(body.as_ref()).trim_start_matches(|c| c != '>').trim_start_matches('>'));
    let bytes = if xml::Document::parse(doc.as_bytes()).is_ok() { doc.into_bytes() } else { println!("plain"); body.to_vec() };
    std::fs::write("/tmp/doc20.xml", &bytes).unwrap();
    println!("{} bytes", bytes.len());
    let d = xml::Document::parse(&bytes).unwrap();
    println!("elements {} ns decls in scope at root child {}", d.root().descendants().count(), d.root().children().next().unwrap().namespaces().count());
    time("parse", || { std::hint::black_box(xml::Document::parse(&bytes).unwrap()); });
    let env = format!("<e:E xmlns:e='urn:e' xmlns='urn:hl7-org:v3' xmlns:a='b'><x>{}</x></e:E>", std::str::from_utf8(&bytes).unwrap());
    let d = xml::Document::parse(env.as_bytes()).unwrap();
    let e = d.root().children().next().unwrap().children().next().unwrap();
    println!("{}", e.source().len());
    time("slice", || { std::hint::black_box(e.slice()); });
    let s = std::str::from_utf8(&bytes).unwrap();
    time("memcpy", || { std::hint::black_box(bytes.clone()); });
    time("roxmltree", || { std::hint::black_box(roxmltree::Document::parse(s).unwrap()); });
}
