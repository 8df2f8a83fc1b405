//! The cutter itself: from marks to pieces.

mod checks;
mod ways;

use std::fmt;

use super::around::{Around, name_of, on_one_line};
use super::marks::{Kind, Mark, Marks};
use super::place::{Place, characters};
use super::{Piece, PieceKind, PieceLimits};
use crate::encoding::is_wide;
use crate::{Document, Limits, XmlError, XmlErrorKind};

/// Takes a file apart.
///
/// ```
/// let mut cutter = xml::Cutter::new("urn:x", &[&["r"]], xml::PieceLimits::FILE);
/// let mut records = Vec::new();
/// for chunk in ["<f xmlns='urn:x'><h/><", "r>1</r><r>2</r>", "</f>"] {
///     cutter.push(chunk.as_bytes());
///     while let Some(piece) = cutter.cut()? {
///         if let xml::PieceKind::Record { .. } = piece.kind {
///             records.push(piece.parse()?.root().deep_text());
///         }
///     }
/// }
/// cutter.finish();
/// assert_eq!(cutter.cut()?.map(|piece| piece.kind), Some(xml::PieceKind::Tail));
/// assert!(cutter.cut()?.is_none());
/// assert_eq!(records, ["1", "2"]);
/// # Ok::<(), xml::XmlError>(())
/// ```
pub struct Cutter {
    namespace: &'static str,
    paths: &'static [&'static [&'static str]],
    limits: PieceLimits,
    buffer: Vec<u8>,
    /// Where in the buffer the piece begins that is being gathered, and where in the file that is.
    from: usize,
    place: Place,
    marks: Marks,
    around: Around,
    stage: Stage,
    /// What has been met since the last record.
    gap: Gap,
    /// What stood around the gap where it began, if that has changed since.
    around_gap: Option<Vec<u8>>,
    /// The record that is being gathered: its kind, and how many elements are around it.
    record: Option<(usize, usize)>,
    /// How many records of each kind there were.
    numbers: Vec<u64>,
    /// The last tag whose namespace was looked up in the present place, and whether it is ours.
    known: Option<(Vec<u8>, bool)>,
    headed: bool,
    finished: bool,
    failed: Option<XmlError>,
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing has been looked at.
    Start,
    /// Before the first mark.
    First,
    /// Before the document element.
    Prologue,
    /// Inside it, or after it.
    Document,
    /// All pieces have been given.
    End,
}

/// What stands between two records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    Blank,
    /// Comments and instructions too.
    Asides,
    Content,
}

impl Cutter {
    /// A cutter of records in this namespace. Each kind of record is given by the local names of
    /// the elements that lead to it from inside the document element, its own name last: `["record"]`
    /// are direct children. There may be 32 kinds at most; more are left out.
    pub fn new(
        namespace: &'static str,
        records: &'static [&'static [&'static str]],
        limits: PieceLimits,
    ) -> Self {
        Self {
            namespace,
            paths: records.get(..32).unwrap_or(records),
            limits,
            buffer: Vec::new(),
            from: 0,
            place: Place::START,
            marks: Marks::new(),
            around: Around::default(),
            stage: Stage::Start,
            gap: Gap::Blank,
            around_gap: None,
            record: None,
            numbers: vec![0; records.len()],
            known: None,
            headed: false,
            finished: false,
            failed: None,
        }
    }

    /// Takes the next bytes of the file. They are held until [`Self::cut`] has made pieces of them,
    /// so pieces are to be taken out after every chunk.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.finished || self.failed.is_some() {
            return;
        }
        if self.from > 0 {
            self.buffer.drain(..self.from);
            self.marks.dropped(self.from);
            self.from = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// There are no more bytes.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// The next piece; `None` when more bytes are needed, or, once [`Self::finish`] has been called,
    /// when the document was complete and all its pieces have been given.
    ///
    /// After an error there are no more pieces: the same error comes again.
    pub fn cut(&mut self) -> Result<Option<Piece>, XmlError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let cut = self.run();
        if let Err(error) = &cut {
            self.failed = Some(error.clone());
            self.buffer = Vec::new();
        }
        cut
    }

    /// How many bytes are held.
    #[cfg(test)]
    pub(crate) fn held(&self) -> usize {
        self.buffer.len()
    }

    fn run(&mut self) -> Result<Option<Piece>, XmlError> {
        if self.stage == Stage::Start && !self.begin()? {
            return Ok(None);
        }
        loop {
            let next = self.marks.next(&self.buffer);
            let mark = next.map_err(|flaw| self.flaw(flaw))?;
            let Some(mark) = mark else {
                self.check_unfinished()?;
                return match self.finished {
                    true => self.tail(),
                    false => Ok(None),
                };
            };
            self.check_mark(mark)?;
            let cut = match mark.kind {
                Kind::Text | Kind::Cdata | Kind::Aside => self.pass(mark),
                Kind::Open | Kind::Emptied => self.enter(mark),
                Kind::Close => self.leave(mark),
            };
            if let Some(piece) = cut? {
                return Ok(Some(piece));
            }
        }
    }

    /// Looks at the first bytes; `false` when there are too few.
    fn begin(&mut self) -> Result<bool, XmlError> {
        if self.buffer.len() < 4 && !self.finished {
            return Ok(false);
        }
        if is_wide(&self.buffer) {
            let message = "the document is in UTF-16 or UTF-32, not in UTF-8";
            return Err(self.error(0, XmlErrorKind::Encoding, message));
        }
        if self.buffer.starts_with(b"\xEF\xBB\xBF") {
            self.from = 3;
            self.marks.go_to(3);
        }
        self.stage = Stage::First;
        Ok(true)
    }

    /// Text, a comment, an instruction, a CDATA section.
    fn pass(&mut self, mark: Mark) -> Result<Option<Piece>, XmlError> {
        let is_first = self.stage == Stage::First;
        if is_first {
            self.stage = Stage::Prologue;
        }
        if self.record.is_some() {
            return Ok(None);
        }
        let bytes = self.bytes(mark.start, mark.end);
        let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
        let met = match mark.kind {
            Kind::Text if bytes.iter().all(blank) => Gap::Blank,
            Kind::Aside => Gap::Asides,
            _ => Gap::Content,
        };
        let declares = is_first && is_declaration(bytes);
        self.gap = self.gap.max(met);
        match declares {
            true => self.declare(mark),
            false => Ok(None),
        }
    }

    /// The XML declaration: another encoding is refused before anything else is read.
    fn declare(&mut self, mark: Mark) -> Result<Option<Piece>, XmlError> {
        let declaration = self.bytes(mark.start, mark.end);
        let mut document = declaration.to_vec();
        document.extend_from_slice(b"<x/>");
        Document::parse(&document)?;
        let declaration = declaration.to_vec();
        self.around.declare(&declaration);
        self.check_around(mark.start)?;
        Ok(None)
    }

    /// A start tag, or that of an empty element.
    fn enter(&mut self, mark: Mark) -> Result<Option<Piece>, XmlError> {
        let depth = self.around.depth();
        if depth >= Limits::MESSAGE.depth {
            let most = Limits::MESSAGE.depth;
            let message = format!("elements are nested deeper than {most} levels");
            return Err(self.error(mark.start, XmlErrorKind::Limit, message));
        }
        if self.record.is_some() {
            return self.open(mark);
        }
        if depth == 0 {
            return self.enter_root(mark);
        }
        let ways = self.ways(mark)?;
        let ends_here = |(at, path): (usize, &&[&str])| {
            (ways & (1 << at) != 0 && path.len() == depth).then_some(at)
        };
        if let Some(path) = self.paths.iter().enumerate().find_map(ends_here) {
            return self.enter_record(mark, path);
        }
        self.gap = Gap::Content;
        match ways != 0 && mark.kind == Kind::Open {
            true => self.open_way(mark, ways),
            false => self.open(mark),
        }
    }

    fn enter_root(&mut self, mark: Mark) -> Result<Option<Piece>, XmlError> {
        if self.stage == Stage::Document {
            let message = "there is a second document element";
            return Err(self.error(mark.start, XmlErrorKind::Malformed, message));
        }
        self.stage = Stage::Document;
        self.gap = Gap::Content;
        // Whatever is wrong with it is to be said here, and not for each record.
        self.is_ours(mark)?;
        if mark.kind == Kind::Open {
            self.open_way(mark, u32::MAX)?;
            self.around_gap = Some(Vec::new());
            return Ok(None);
        }
        // An element without content is head and tail in one: the tail repeats it.
        let mut after = self.around.starts().to_vec();
        on_one_line(self.bytes(mark.start, mark.end), &mut after);
        self.around_gap = Some(Vec::new());
        let head = self.gap_piece(PieceKind::Head, mark.end)?;
        self.around_gap = Some(after);
        Ok(Some(head))
    }

    fn enter_record(&mut self, mark: Mark, path: usize) -> Result<Option<Piece>, XmlError> {
        if let Some(piece) = self.end_gap(mark.start)? {
            self.marks.go_to(mark.start);
            return Ok(Some(piece));
        }
        let before: u64 = self.numbers.iter().sum();
        if before >= self.limits.records {
            let message = format!("there are more than {} records", self.limits.records);
            return Err(self.error(mark.start, XmlErrorKind::Limit, message));
        }
        if let Some(number) = self.numbers.get_mut(path) {
            *number += 1;
        }
        self.record = Some((path, self.around.depth()));
        self.open(mark)
    }

    /// An element opens; an empty one closes too.
    fn open(&mut self, mark: Mark) -> Result<Option<Piece>, XmlError> {
        if mark.kind == Kind::Open {
            let tag = self.buffer.get(mark.start..mark.end).unwrap_or_default();
            self.around.open(name_of(tag));
            return Ok(None);
        }
        self.end_record(mark)
    }

    fn open_way(&mut self, mark: Mark, ways: u32) -> Result<Option<Piece>, XmlError> {
        self.keep_around();
        let tag = self.buffer.get(mark.start..mark.end).unwrap_or_default();
        self.around.open_way(tag, ways);
        self.known = None;
        self.check_around(mark.start)?;
        Ok(None)
    }

    /// An end tag.
    fn leave(&mut self, mark: Mark) -> Result<Option<Piece>, XmlError> {
        let name = name_of(self.bytes(mark.start, mark.end));
        if !self.around.is_innermost(name) {
            let message = match self.around.depth() {
                0 => "an end tag has no start tag",
                _ => "an end tag does not match its start tag",
            };
            return Err(self.error(mark.start, XmlErrorKind::Malformed, message));
        }
        if self.record.is_some() {
            self.around.close();
            return self.end_record(mark);
        }
        if self.around.depth() == 1 && !self.headed {
            let head = self.gap_piece(PieceKind::Head, mark.start)?;
            self.marks.go_to(mark.start);
            return Ok(Some(head));
        }
        if self.around.ways() != 0 {
            self.keep_around();
            self.known = None;
        }
        self.around.close();
        self.gap = Gap::Content;
        Ok(None)
    }

    /// An element of a record has closed: perhaps the record itself.
    fn end_record(&mut self, mark: Mark) -> Result<Option<Piece>, XmlError> {
        let Some((path, depth)) = self.record else {
            return Ok(None);
        };
        if self.around.depth() != depth {
            return Ok(None);
        }
        self.check_length(mark.end)?;
        self.record = None;
        let number = self.numbers.get(path).copied().unwrap_or_default();
        let kind = PieceKind::Record { path, number };
        Ok(Some(self.piece(kind, mark.end, None)))
    }

    /// A record begins here: what has come since the last one is a piece, or need not be kept.
    fn end_gap(&mut self, end: usize) -> Result<Option<Piece>, XmlError> {
        if !self.headed {
            return self.gap_piece(PieceKind::Head, end).map(Some);
        }
        match self.gap {
            Gap::Blank => {
                self.place = self.place.after(self.bytes(self.from, end));
                self.from = end;
                Ok(None)
            }
            Gap::Asides => {
                self.gap_piece(PieceKind::Between, end)?;
                Ok(None)
            }
            Gap::Content => self.gap_piece(PieceKind::Between, end).map(Some),
        }
    }

    /// The end of the file.
    fn tail(&mut self) -> Result<Option<Piece>, XmlError> {
        if self.stage == Stage::End {
            return Ok(None);
        }
        let wrong = match self.marks.cut_short(&self.buffer) {
            Some(wrong) => Some(wrong),
            None if self.around.depth() > 0 => Some("the document ends before its elements do"),
            None if self.stage != Stage::Document => Some("the document has no element"),
            None => None,
        };
        let end = self.buffer.len();
        if let Some(wrong) = wrong {
            return Err(self.error(end, XmlErrorKind::Malformed, wrong));
        }
        let tail = self.gap_piece(PieceKind::Tail, end)?;
        self.stage = Stage::End;
        Ok(Some(tail))
    }

    /// What is no record is checked here and now.
    fn gap_piece(&mut self, kind: PieceKind, end: usize) -> Result<Piece, XmlError> {
        self.check_length(end)?;
        let around = self.around_gap.take();
        let piece = self.piece(kind, end, around);
        piece.parse()?;
        self.headed = true;
        self.gap = Gap::Blank;
        Ok(piece)
    }

    /// Cuts here. `around` is what stood around the beginning, if it was not what is now.
    fn piece(&mut self, kind: PieceKind, end: usize, around: Option<Vec<u8>>) -> Piece {
        let mut bytes = around.unwrap_or_else(|| self.around.starts().to_vec());
        let before = characters(&bytes);
        let inside = self.buffer.get(self.from..end).unwrap_or_default();
        bytes.extend_from_slice(inside);
        self.around.ends(&mut bytes);
        let place = self.place;
        self.place = place.after(inside);
        self.from = end;
        Piece {
            kind,
            line: place.line,
            bytes,
            place,
            before,
        }
    }

    /// What is around will change: the gap began in what is around now.
    fn keep_around(&mut self) {
        let starts = self.around.starts();
        self.around_gap.get_or_insert_with(|| starts.to_vec());
    }

    fn bytes(&self, start: usize, end: usize) -> &[u8] {
        self.buffer.get(start..end).unwrap_or_default()
    }
}

impl fmt::Debug for Cutter {
    /// Nothing of the content: it may be a patient's.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cutter")
            .field("stage", &self.stage)
            .field("line", &self.place.line)
            .field("records", &self.numbers)
            .finish_non_exhaustive()
    }
}

fn is_declaration(instruction: &[u8]) -> bool {
    match instruction.strip_prefix(b"<?xml") {
        Some([next, ..]) => next.is_ascii_whitespace() || *next == b'?',
        _ => false,
    }
}
