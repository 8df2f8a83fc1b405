//! A file taken apart is the file: the same records, the same namespaces, the same errors, wherever
//! the chunks end.

mod refused;

use std::time::{Duration, Instant};

use proptest::prelude::*;
use proptest::sample::Index;

use crate::XmlErrorKind::Malformed;
use crate::{Cutter, Document, Element, Limits, Piece, PieceKind, PieceLimits, XmlError};

const NS: &str = "urn:x";
const PATHS: &[&[&str]] = &[&["r"], &["list", "item"]];

/// Everything in it that makes cutting hard.
const HARD: &str = "\u{feff}<?xml version='1.0'\r\n encoding=\"UTF-8\"?>\n<!-- <r> -->\n<?pi <r>?>\
<x:f xmlns:x='urn:x'\n xmlns='urn:y' a='1 > 0\r\n\t\"'>\n<x:h><x:r>no record</x:r></x:h>\
<r>not ours</r><x:list>\n\n<x:item b=\"'>'\"/><!-- - > <x:item/> --><x:item xmlns='urn:z'>é</x:item>\n\
<list>x</list></x:list ><x:r><x:r><![CDATA[</x:r>]]]]><![CDATA[>]]></x:r></x:r>\n<?pi ?><y:r xmlns:y='urn:x' \
b='/y:r>'><!-- </y:r> --><?y </y:r>?>ü</y:r\n><x:r/>\n<x:t>end</x:t><!-- x --></x:f>\n<!-- after -->\n";

fn cut_all(cutter: &mut Cutter, into: &mut Vec<Piece>) -> Result<(), XmlError> {
    while let Some(piece) = cutter.cut()? {
        into.push(piece);
    }
    Ok(())
}

/// All pieces; each record parsed, as whoever reads a file does.
fn pieces_within<'c>(
    chunks: impl IntoIterator<Item = &'c [u8]>,
    limits: PieceLimits,
) -> Result<Vec<Piece>, XmlError> {
    let mut cutter = Cutter::new(NS, PATHS, limits);
    let mut pieces = Vec::new();
    for chunk in chunks {
        cutter.push(chunk);
        cut_all(&mut cutter, &mut pieces)?;
    }
    cutter.finish();
    cut_all(&mut cutter, &mut pieces)?;
    assert!(cutter.cut()?.is_none(), "nothing after the end");
    for piece in &pieces {
        piece.parse()?;
    }
    Ok(pieces)
}

fn pieces(text: &[u8]) -> Result<Vec<Piece>, XmlError> {
    pieces_within([text], PieceLimits::FILE)
}

fn shape(pieces: &[Piece]) -> Vec<(PieceKind, u32, Vec<u8>)> {
    let shape = |p: &Piece| (p.kind, p.line, p.bytes().to_vec());
    pieces.iter().map(shape).collect()
}

/// The records of a document parsed whole, in order: which kind, and where.
fn records<'d, 'i>(root: Element<'d, 'i>) -> Vec<(usize, Element<'d, 'i>)> {
    let mut found = Vec::new();
    for child in root.children() {
        match (child.namespace(), child.name()) {
            (NS, "r") => found.push((0, child)),
            (NS, "list") => found.extend(child.children_named(NS, "item").map(|i| (1, i))),
            _ => {}
        }
    }
    found
}

/// The record of a piece.
fn record<'d, 'i>(document: &'d Document<'i>, path: usize) -> Element<'d, 'i> {
    document.root().path(NS, PATHS[path]).expect("the record")
}

fn bound(element: Element<'_, '_>) -> Vec<(String, String)> {
    let mut bound: Vec<_> = element
        .namespaces()
        .map(|(p, u)| (p.to_owned(), u.to_owned()))
        .collect();
    bound.sort();
    bound
}

/// Cut or parsed whole, a text is the same.
fn check_same(text: &str) {
    let whole = Document::parse_within(text.as_bytes(), &Limits::MESSAGE);
    let cut = pieces(text.as_bytes());
    let (whole, cut) = match (&whole, &cut) {
        (Ok(whole), Ok(cut)) => (whole, cut),
        (Err(_), Err(_)) => return,
        _ => panic!("{text:?}\nwhole: {whole:?}\ncut: {cut:?}"),
    };
    let expected = records(whole.root());
    let mut found = Vec::new();
    for piece in cut {
        let document = piece.parse().expect("parsed before");
        if let PieceKind::Record { path, number } = piece.kind {
            let element = record(&document, path);
            found.push((
                path,
                element.source().to_owned(),
                bound(element),
                piece.line,
            ));
            let so_far = found.iter().filter(|f| f.0 == path).count() as u64;
            assert_eq!(number, so_far, "{text:?}");
        } else {
            assert_eq!(records(document.root()).len(), 0, "{text:?}");
        }
    }
    let expected: Vec<_> = expected
        .into_iter()
        .map(|(path, e)| (path, e.source().to_owned(), bound(e), e.location().line))
        .collect();
    assert_eq!(found, expected, "{text:?}");
    assert_eq!(cut[0].kind, PieceKind::Head);
    assert_eq!(cut[cut.len() - 1].kind, PieceKind::Tail);
    let plain = |e: Element<'_, '_>| {
        let attributes = e.attributes().map(|(n, l, v)| format!("{n}|{l}={v}"));
        (
            e.name().to_owned(),
            bound(e),
            attributes.collect::<Vec<_>>(),
        )
    };
    for piece in cut {
        let document = piece.parse().expect("parsed before");
        assert_eq!(plain(document.root()), plain(whole.root()), "{text:?}");
    }
}

#[test]
fn a_hard_file() {
    check_same(HARD);
    let cut = pieces(HARD.as_bytes()).expect("well formed");
    let kinds: Vec<_> = cut.iter().map(|p| (p.kind, p.line)).collect();
    let item = |number| PieceKind::Record { path: 1, number };
    let r = |number| PieceKind::Record { path: 0, number };
    assert_eq!(
        kinds,
        [
            (PieceKind::Head, 1),
            (item(1), 9),
            (item(2), 9),
            (PieceKind::Between, 9),
            (r(1), 10),
            (r(2), 11),
            (r(3), 12),
            (PieceKind::Tail, 12),
        ]
    );
    let between = String::from_utf8(cut[3].bytes().to_vec()).expect("text");
    assert!(
        between.ends_with("\n<list>x</list></x:list ></x:f>"),
        "{between}"
    );
    assert!(between.starts_with("<?xml version='1.0'  encoding=\"UTF-8\"?><x:f"));
}

#[test]
fn chunks_may_end_anywhere() {
    let bytes = HARD.as_bytes();
    let expected = shape(&pieces(bytes).expect("well formed"));
    for at in 0..=bytes.len() {
        let (one, two) = bytes.split_at(at);
        let cut = pieces_within([one, two], PieceLimits::FILE).expect("well formed");
        assert_eq!(shape(&cut), expected, "cut at {at}");
    }
    for size in 1..40 {
        let cut = pieces_within(bytes.chunks(size), PieceLimits::FILE).expect("well formed");
        assert_eq!(shape(&cut), expected, "chunks of {size}");
    }
}

#[test]
fn a_file_that_ends_too_soon_is_refused() {
    let bytes = HARD.as_bytes();
    let root_ends = HARD.find("</x:f>").expect("an end tag") + "</x:f>".len();
    for end in 0..root_ends {
        let error = pieces(&bytes[..end]).expect_err("cut short");
        assert_eq!(error.kind, Malformed, "cut at {end}: {error}");
    }
    // After the document element only a comment can be cut short.
    for end in root_ends..bytes.len() {
        let in_comment = Document::parse(&bytes[..end]).is_err();
        assert_eq!(pieces(&bytes[..end]).is_err(), in_comment, "cut at {end}");
    }
}

#[test]
fn an_error_comes_again() {
    let mut cutter = Cutter::new(NS, PATHS, PieceLimits::FILE);
    cutter.push(b"<f><g></h>");
    let error = cutter.cut().expect_err("refused");
    cutter.push(b"</g></f>");
    cutter.finish();
    assert_eq!(cutter.cut().expect_err("still refused"), error);
}

/// A file of any length needs no more than a chunk and a piece.
#[test]
fn memory_is_bounded() {
    let record = format!("<r>{}</r>\n", "<a b='c'>d</a>".repeat(100));
    let chunk = record.repeat(100);
    let mut cutter = Cutter::new(NS, PATHS, PieceLimits::FILE);
    cutter.push(b"<f xmlns='urn:x'>\n");
    let mut found = 0;
    for _ in 0..200 {
        // Chunks that end inside records.
        let (one, two) = chunk.as_bytes().split_at(chunk.len() - record.len() / 2);
        for part in [one, two] {
            cutter.push(part);
            assert!(
                cutter.held() <= chunk.len() + record.len(),
                "{}",
                cutter.held()
            );
            while cutter.cut().expect("well formed").is_some() {
                found += 1;
            }
        }
    }
    cutter.push(b"</f>");
    cutter.finish();
    let mut last = Vec::new();
    cut_all(&mut cutter, &mut last).expect("complete");
    assert_eq!((found, last.len()), (20_001, 1));
}

/// What an attacker sends in single bytes costs no more than its length.
#[test]
#[expect(
    clippy::disallowed_methods,
    reason = "a test of how long cutting takes"
)]
fn long_marks_in_small_chunks_are_read_once() {
    const QUICKLY: Duration = Duration::from_secs(5);
    let long = "x".repeat(250_000);
    for text in [
        format!("<f><!--{long}--></f>"),
        format!("<f><![CDATA[{long}]]></f>"),
        format!("<f><?x {long}?></f>"),
        format!("<f>{long}</f>"),
        format!("<f xmlns='urn:x'><r>{}</r></f>", "<a/>".repeat(60_000)),
        format!("<f xmlns='urn:x'><r>{}</r></f>", "]]".repeat(120_000)),
    ] {
        let start = Instant::now();
        pieces_within(text.as_bytes().chunks(1), PieceLimits::FILE).expect("well formed");
        assert!(start.elapsed() < QUICKLY, "took {:?}", start.elapsed());
    }
}

/// What damages a file, or does not.
const MARKS: [&str; 24] = [
    "<",
    ">",
    "/",
    "'",
    "\"",
    "=",
    "&",
    "<!--",
    "-->",
    "--",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "<r>",
    "</r>",
    "<item>",
    "</list>",
    "</f>",
    "<!",
    "\u{1}",
    "]]",
    "xmlns:p='u'",
    "<p:r/>",
];

/// Bits of files, well-formed by themselves.
const BITS: [&str; 16] = [
    "<r/>",
    "<r a='&lt;>'>x<r/></r>",
    "<list><item/>\n<item>y</item></list>",
    "<list/>",
    "<list a='b'>\n</list>",
    "<list><x><item/></x></list>",
    "<x:r xmlns:x='urn:x'><x:a/></x:r>",
    "<list xmlns='urn:y'><item/><x:item xmlns:x='urn:x'/></list>",
    "<r xmlns=''><b/></r>",
    "<!-- <r> -->",
    "<?pi <r> ?>",
    "<![CDATA[<r>]]>",
    " text &amp; more ",
    "\r\n\t ",
    "<o><r/></o>",
    "<r\n>\u{10348}</r\t>",
];

fn file() -> impl Strategy<Value = String> {
    let start = prop_oneof![
        Just("<f xmlns='urn:x'>"),
        Just("<?xml version='1.0'?>\n<f xmlns:p='urn:q'\nxmlns='urn:x'>"),
        Just("\u{feff}<f xmlns='urn:x' a='>\n'>"),
        Just("<f>"),
    ];
    let bits = prop::collection::vec(prop::sample::select(BITS.to_vec()), 0..12);
    (start, bits).prop_map(|(start, bits)| format!("{start}{}</f>\n", bits.concat()))
}

proptest! {
    #[test]
    fn files_are_cut_as_they_are_read(text in file()) {
        check_same(&text);
    }

    #[test]
    fn damaged_files_too(
        text in file(),
        places in prop::collection::vec((any::<Index>(), prop::sample::select(MARKS.to_vec())), 1..4),
    ) {
        let mut text = text;
        for (place, mark) in places {
            let at = text.floor_char_boundary(place.index(text.len()));
            text.insert_str(at, mark);
        }
        check_same(&text);
    }

    #[test]
    fn and_files_with_holes(text in file(), from in any::<Index>(), length in 1_usize..10) {
        let from = text.floor_char_boundary(from.index(text.len()));
        let to = text.ceil_char_boundary((from + length).min(text.len()));
        check_same(&format!("{}{}", &text[..from], &text[to..]));
    }

    #[test]
    fn chunks_never_matter(text in file(), ends in prop::collection::vec(any::<Index>(), 0..6)) {
        let bytes = text.as_bytes();
        let mut ends: Vec<usize> = ends.into_iter().map(|end| end.index(bytes.len())).collect();
        ends.extend([0, bytes.len()]);
        ends.sort_unstable();
        let chunks = ends.windows(2).map(|two| &bytes[two[0]..two[1]]);
        let whole = pieces(bytes).expect("well formed");
        let cut = pieces_within(chunks, PieceLimits::FILE).expect("well formed");
        prop_assert_eq!(shape(&cut), shape(&whole));
    }
}
