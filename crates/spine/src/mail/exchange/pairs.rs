//! What lies in `out`: pairs of a data file and its control file, and halves of pairs.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use transport::files;

/// The longest name of a pair, bytes: with an ending and a suffix it still is a file name.
const LONGEST_NAME: usize = 200;

/// A data file and its control file, or one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) data: Option<PathBuf>,
    pub(super) control: Option<PathBuf>,
}

/// What lies in a folder.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Lying {
    /// By the name that both files have before their endings.
    pub(super) pairs: BTreeMap<String, Pair>,
    /// Files of a pair that are no files, or whose names cannot be used. They are left alone.
    pub(super) odd: Vec<String>,
}

/// Which half of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Data,
    Control,
}

/// Lists a folder. What has another ending (a file that is still being written) or begins with a
/// point is not seen.
pub(super) fn list(folder: &Path) -> io::Result<Lying> {
    let mut lying = Lying::default();
    for path in files::list_dir(folder)? {
        let Some(half) = half_of(&path) else {
            continue;
        };
        match name_of(&path) {
            Some(name) if files::is_plain_file(&path) => {
                let pair = lying.pairs.entry(name.to_owned()).or_default();
                let place = match half {
                    Half::Data => &mut pair.data,
                    Half::Control => &mut pair.control,
                };
                place.get_or_insert(path);
            }
            _ => lying.odd.push(path.to_string_lossy().into_owned()),
        }
    }
    Ok(lying)
}

fn half_of(path: &Path) -> Option<Half> {
    let ending = path.extension()?;
    let is = |wanted: &str| ending.eq_ignore_ascii_case(OsStr::new(wanted));
    match (is("dat"), is("ctl")) {
        (true, _) => Some(Half::Data),
        (_, true) => Some(Half::Control),
        _ => None,
    }
}

/// The name before the ending, if it is one that can be used.
fn name_of(path: &Path) -> Option<&str> {
    let name = path.file_stem()?.to_str()?;
    let is_plain = !name.starts_with('.') && !name.chars().any(char::is_control);
    (is_plain && (1..=LONGEST_NAME).contains(&name.len())).then_some(name)
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use super::*;

    #[test]
    fn pairs_are_found_whatever_else_lies_about() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = |name: &str| dir.path().join(name);
        for name in [
            "a.dat",
            "a.ctl",
            "b.DAT",
            "c.ctl",
            "c.ctl.tmp",
            "notes.txt",
            ".hidden",
            "d e.dat",
        ] {
            files::write_private(path(name), b"x").expect("written");
        }
        files::create_dir_private(path("folder.dat")).expect("made");
        std::os::unix::fs::symlink("/etc/passwd", path("link.dat")).expect("linked");
        let broken = dir.path().join(OsStr::from_bytes(b"\xff.dat"));
        files::write_private(broken, b"x").expect("written");
        files::write_private(path("line\nbreak.ctl"), b"x").expect("written");
        let lying = list(dir.path()).expect("listed");
        let halves = |pair: &Pair| (pair.data.is_some(), pair.control.is_some());
        let found: Vec<_> = lying
            .pairs
            .iter()
            .map(|(name, pair)| (name.as_str(), halves(pair)))
            .collect();
        assert_eq!(
            found,
            [
                ("a", (true, true)),
                ("b", (true, false)),
                ("c", (false, true)),
                ("d e", (true, false)),
            ]
        );
        assert_eq!(lying.odd.len(), 4, "{:?}", lying.odd);
    }
}
