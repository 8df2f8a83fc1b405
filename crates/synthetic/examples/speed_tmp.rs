//! tmp
fn main() {
    let p = synthetic::population(1);
    let n: u32 = std::env::args().nth(1).unwrap().parse().unwrap();
    let mode = std::env::args().nth(2).unwrap();
    let mut total = 0usize;
    if mode == "hist" {
        let mut v: Vec<usize> = p.iter(n).map(|x| x.summary().len()).collect();
        v.sort();
        for q in [0, 5, 10, 25, 50, 75, 90, 95, 99] { eprintln!("{q}% {}", v[v.len() * q / 100]); }
        eprintln!("max {}", v[v.len() - 1]);
        return;
    }
    if mode == "show" { use std::io::Write; std::io::stdout().write_all(&p.patient(n).summary()).unwrap(); return; }
    for x in p.iter(n) { total += if mode == "20" { x.summary_of_size(20_000).len() } else { x.summary().len() }; }
    eprintln!("{total}");
}
