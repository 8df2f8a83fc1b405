//! The elements that are open where a document is being cut: what has to stand around a piece so
//! that it is a document of its own.

/// The elements around a place.
#[derive(Debug, Default)]
pub(super) struct Around {
    /// The XML declaration, and the start tags of the elements on the way to records, each on one
    /// line.
    starts: Vec<u8>,
    /// Open elements, outermost first.
    open: Vec<Open>,
    /// Their names, one after the other.
    names: Vec<u8>,
}

/// An open element.
#[derive(Debug)]
struct Open {
    /// Where its name begins.
    name: usize,
    /// Where its start tag begins, if it is on the way to records.
    start: Option<usize>,
    /// To which kinds of records it is on the way, one bit each.
    ways: u32,
}

impl Around {
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }

    /// To which kinds of records the innermost element is on the way.
    pub(super) fn ways(&self) -> u32 {
        self.open.last().map_or(0, |open| open.ways)
    }

    /// What stands before a piece.
    pub(super) fn starts(&self) -> &[u8] {
        &self.starts
    }

    /// What stands after a piece.
    pub(super) fn ends(&self, out: &mut Vec<u8>) {
        for name in self.names_inwards().rev() {
            out.extend_from_slice(b"</");
            out.extend_from_slice(name);
            out.push(b'>');
        }
    }

    /// The names of the open elements, outermost first.
    pub(super) fn names_inwards(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        (0..self.open.len()).map(|at| self.name(at))
    }

    fn name(&self, at: usize) -> &[u8] {
        let start = self.open.get(at).map_or(0, |open| open.name);
        let next = self.open.get(at + 1);
        let end = next.map_or(self.names.len(), |open| open.name);
        self.names.get(start..end).unwrap_or_default()
    }

    /// Whether the innermost element has this name.
    pub(super) fn is_innermost(&self, name: &[u8]) -> bool {
        let last = self.open.len().checked_sub(1);
        last.is_some_and(|last| self.name(last) == name)
    }

    /// The XML declaration has been read.
    pub(super) fn declare(&mut self, declaration: &[u8]) {
        on_one_line(declaration, &mut self.starts);
    }

    /// An element opens that is not on the way to records, or inside one.
    pub(super) fn open(&mut self, name: &[u8]) {
        self.push(name, None, 0);
    }

    /// An element opens that is on the way to records.
    pub(super) fn open_way(&mut self, tag: &[u8], ways: u32) {
        let start = self.starts.len();
        on_one_line(tag, &mut self.starts);
        self.push(name_of(tag), Some(start), ways);
    }

    fn push(&mut self, name: &[u8], start: Option<usize>, ways: u32) {
        self.open.push(Open {
            name: self.names.len(),
            start,
            ways,
        });
        self.names.extend_from_slice(name);
    }

    /// The innermost element closes.
    pub(super) fn close(&mut self) {
        let Some(open) = self.open.pop() else {
            return;
        };
        self.names.truncate(open.name);
        if let Some(start) = open.start {
            self.starts.truncate(start);
        }
    }
}

/// The name in a tag.
pub(super) fn name_of(tag: &[u8]) -> &[u8] {
    let inside = tag.strip_prefix(b"</").or(tag.strip_prefix(b"<"));
    let inside = inside.unwrap_or_default();
    let ends = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n' | b'/' | b'>');
    let end = inside.iter().position(ends).unwrap_or(inside.len());
    inside.get(..end).unwrap_or_default()
}

/// A tag or declaration with blanks for line ends: between attributes they are the same, and a
/// line end in a value is read as a blank. So lines inside a piece are counted from its own first.
pub(super) fn on_one_line(tag: &[u8], out: &mut Vec<u8>) {
    let mut before = 0;
    for byte in tag {
        match (before, *byte) {
            (b'\r', b'\n') => {}
            (_, b'\r' | b'\n') => out.push(b' '),
            (_, byte) => out.push(byte),
        }
        before = *byte;
    }
}
