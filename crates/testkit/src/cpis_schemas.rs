//! The CP-IS schemas, mended on the fly.
//!
//! libxml2 refuses the published set: some attributes with `use="prohibited"` hold an inline
//! `simpleType`, which may not stand there. What is prohibited needs no type, so in a temporary copy
//! each of these becomes an empty element. The published files are never touched.
#![allow(clippy::disallowed_methods, reason = "tests look at files directly")]

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::vectors;

const PUBLISHED: &str = "schemas/CPIS";

/// The folder of the mended set, made once; `None` when the published one is not here.
pub(crate) fn mended() -> Option<&'static Path> {
    static MENDED: OnceLock<Option<PathBuf>> = OnceLock::new();
    let made = MENDED.get_or_init(|| {
        let published = vectors(PUBLISHED)?;
        Some(copy(&published).unwrap_or_else(|error| panic!("the CP-IS schemas: {error}")))
    });
    made.as_deref()
}

/// Copies under a name of the content, so that all tests of all processes share one copy, and one
/// that was interrupted is never used.
fn copy(published: &Path) -> io::Result<PathBuf> {
    let mut files = Vec::new();
    read(published, Path::new(""), &mut files)?;
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    let name = format!("minispine-cpis-schemas-{:016x}", hasher.finish());
    let target = std::env::temp_dir().join(name);
    if target.exists() {
        return Ok(target);
    }
    let unfinished = target.with_extension(std::process::id().to_string());
    for (relative, text) in &files {
        let file = unfinished.join(relative);
        std::fs::create_dir_all(file.parent().unwrap_or(&unfinished))?;
        std::fs::write(file, mend(text))?;
    }
    // Somebody else may have been quicker; theirs is the same.
    match std::fs::rename(&unfinished, &target) {
        Err(_) if target.exists() => std::fs::remove_dir_all(&unfinished)?,
        moved => moved?,
    }
    Ok(target)
}

fn read(root: &Path, below: &Path, files: &mut Vec<(PathBuf, String)>) -> io::Result<()> {
    let mut entries: Vec<_> = std::fs::read_dir(root.join(below))?.collect::<Result<_, _>>()?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let relative = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            read(root, &relative, files)?;
        } else {
            files.push((relative, std::fs::read_to_string(entry.path())?));
        }
    }
    Ok(())
}

/// Makes each attribute that is prohibited and holds something an empty element.
fn mend(schema: &str) -> String {
    const OPEN: &str = "<xs:attribute";
    const CLOSE: &str = "</xs:attribute>";
    let mut out = String::with_capacity(schema.len());
    let mut rest = schema;
    while let Some(at) = rest.find(OPEN) {
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let (before, tag) = (&rest[..at], &rest[at..end]);
        out.push_str(before);
        rest = &rest[end..];
        let is_attribute = tag[OPEN.len()..].starts_with(char::is_whitespace);
        let is_open = is_attribute && !tag.ends_with("/>");
        match rest.find(CLOSE) {
            Some(close) if is_open && value(tag, "use") == Some("prohibited") => {
                let name = value(tag, "name").unwrap_or_default();
                out.push_str(&format!("{OPEN} name=\"{name}\" use=\"prohibited\"/>"));
                rest = &rest[close + CLOSE.len()..];
            }
            _ => out.push_str(tag),
        }
    }
    out + rest
}

fn value<'t>(tag: &'t str, attribute: &str) -> Option<&'t str> {
    let (_, after) = tag.split_once(&format!(" {attribute}=\""))?;
    Some(after.split_once('"')?.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_prohibited_and_not_empty_is_mended() {
        let check = |from: &str, to: &str| assert_eq!(mend(from), to);
        check(
            "<a><xs:attribute name=\"b\" use=\"prohibited\">\n<xs:simpleType/></xs:attribute></a>",
            "<a><xs:attribute name=\"b\" use=\"prohibited\"/></a>",
        );
        for kept in [
            "<xs:attribute name=\"b\" use=\"prohibited\" fixed=\"c\"/><d/>",
            "<xs:attribute name=\"b\" use=\"required\"><xs:simpleType/></xs:attribute>",
            "<xs:attributeGroup ref=\"b\" use=\"prohibited\"></xs:attributeGroup>",
            "no attribute",
        ] {
            check(kept, kept);
        }
    }
}
