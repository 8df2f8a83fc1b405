//! Which elements are records, and which lead to records.

use super::Cutter;
use crate::names::split;
use crate::pieces::around::name_of;
use crate::pieces::marks::{Kind, Mark};
use crate::pieces::place::characters;
use crate::{Document, XmlError};

impl Cutter {
    /// To which kinds of records an element is on the way, or of which it is one.
    pub(super) fn ways(&mut self, mark: Mark) -> Result<u32, XmlError> {
        let depth = self.around.depth();
        let name = name_of(self.bytes(mark.start, mark.end));
        let local = split(std::str::from_utf8(name).unwrap_or_default()).1;
        let mut ways = 0;
        for (at, path) in self.paths.iter().enumerate() {
            let here = depth.checked_sub(1).and_then(|depth| path.get(depth));
            if here.is_some_and(|name| *name == local) {
                ways |= 1 << at;
            }
        }
        ways &= self.around.ways();
        match ways != 0 && self.is_ours(mark)? {
            true => Ok(ways),
            false => Ok(0),
        }
    }

    /// Whether an element is in our namespace. Most tags of records are the same, byte for byte.
    pub(super) fn is_ours(&mut self, mark: Mark) -> Result<bool, XmlError> {
        let tag = self.bytes(mark.start, mark.end);
        if let Some((known, ours)) = &self.known
            && known == tag
        {
            return Ok(*ours);
        }
        let mut document = self.around.starts().to_vec();
        document.extend_from_slice(tag);
        if mark.kind == Kind::Open {
            document.extend_from_slice(b"</");
            document.extend_from_slice(name_of(tag));
            document.push(b'>');
        }
        self.around.ends(&mut document);
        let before = characters(self.around.starts());
        let parsed = Document::parse(&document)
            .map_err(|error| self.place_of(mark.start).locate(before, error))?;
        let innermost = parsed.root().descendants().last();
        let ours = innermost.is_some_and(|element| element.namespace() == self.namespace);
        self.known = Some((tag.to_vec(), ours));
        Ok(ours)
    }
}
