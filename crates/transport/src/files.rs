//! The seam to files: the one place that calls `std::fs`.
//!
//! Files are written to a temporary name beside the target, flushed, and renamed over it, so that
//! a reader sees the old content or the new and a crash leaves no half-written file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Mode of files that everyone may read, before the process's umask.
const PUBLIC: u32 = 0o644;
/// Mode of files that only we may read.
const PRIVATE: u32 = 0o600;
/// Mode of folders that only we may enter.
const PRIVATE_DIR: u32 = 0o700;

/// The bytes of a file.
pub fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    fs::read(path)
}

/// The text of a UTF-8 file.
pub fn read_to_string(path: impl AsRef<Path>) -> io::Result<String> {
    fs::read_to_string(path)
}

/// Writes a file that others may read, atomically and durably.
pub fn write_atomic(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    write(path.as_ref(), bytes.as_ref(), PUBLIC)
}

/// Writes a file that only we may read (mode 0600 from its first byte on), atomically and durably.
/// For keys and anything with patient data.
pub fn write_private(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    write(path.as_ref(), bytes.as_ref(), PRIVATE)
}

/// Writes new content to a file that may be there already, atomically and durably: who may read it
/// stays as it is. A new file may be read by others. A symbolic link is followed.
pub fn rewrite_atomic(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    let known = fs::canonicalize(&path).and_then(|path| Ok((fs::metadata(&path)?, path)));
    let (known, path) = match known {
        Ok(known) => known,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return write_atomic(path, bytes),
        Err(error) => return Err(error),
    };
    let mut writer = AtomicWriter::with_mode(&path, PRIVATE)?;
    let file = writer.file.get_ref();
    file.set_permissions(fs::Permissions::from_mode(
        known.permissions().mode() & 0o777,
    ))?;
    writer.write_all(bytes.as_ref())?;
    writer.finish()
}

/// Makes a folder, and those above it, that only we may enter (mode 0700). One that is there
/// already keeps its mode.
pub fn create_dir_private(path: impl AsRef<Path>) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(PRIVATE_DIR)
        .create(path)
}

/// Whether there is a file or folder of this name. One that we may not see counts as absent.
pub fn exists(path: impl AsRef<Path>) -> bool {
    path.as_ref().exists()
}

/// Whether this is a folder.
pub fn is_dir(path: impl AsRef<Path>) -> bool {
    path.as_ref().is_dir()
}

/// What is directly inside a folder, sorted by name.
pub fn list_dir(path: impl AsRef<Path>) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(path)?
        .map(|e| e.map(|e| e.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// Removes a file.
pub fn remove(path: impl AsRef<Path>) -> io::Result<()> {
    fs::remove_file(path)
}

/// Size of a file in bytes.
pub fn size(path: impl AsRef<Path>) -> io::Result<u64> {
    Ok(fs::metadata(path)?.len())
}

/// When a file was last changed and how long it is: enough to notice that it was replaced.
/// Symbolic links are followed, because that is how certificates are swapped in Kubernetes.
pub fn stamp(path: impl AsRef<Path>) -> io::Result<(std::time::SystemTime, u64)> {
    let metadata = fs::metadata(path)?;
    Ok((metadata.modified()?, metadata.len()))
}

/// Gives a file another name, durably: in the same folder or another one of the same file system.
/// A file that has that name already is replaced.
pub fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    fs::rename(from, to)?;
    sync_parent(to)?;
    match from.parent() == to.parent() {
        true => Ok(()),
        false => sync_parent(from),
    }
}

/// Whether this is a file itself: no folder, no symbolic link, no pipe.
pub fn is_plain_file(path: impl AsRef<Path>) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file())
}

/// Reads a long file bit by bit. Only a file itself is opened, no symbolic link to one: for folders
/// that others write to, who must not be able to have files read that they could not read.
#[derive(Debug)]
pub struct PlainReader {
    file: File,
}

impl PlainReader {
    /// Opens a file.
    pub fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let named = fs::symlink_metadata(&path)?;
        let refused = || io::Error::new(io::ErrorKind::InvalidInput, "not a plain file");
        if !named.is_file() {
            return Err(refused());
        }
        let file = File::open(path)?;
        let opened = file.metadata()?;
        // Between the look and the opening, somebody may have put a link in its place.
        match (named.dev(), named.ino()) == (opened.dev(), opened.ino()) {
            true => Ok(Self { file }),
            false => Err(refused()),
        }
    }

    /// The next so many bytes; fewer only at the end, none after it.
    pub fn read_up_to(&mut self, most: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let limit = u64::try_from(most).unwrap_or(u64::MAX);
        Read::by_ref(&mut self.file)
            .take(limit)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Writes a long file bit by bit; nothing is seen under its name before
/// [`finish`](Self::finish). Dropped before that, it leaves nothing behind.
///
/// The file is private (mode 0600). A symbolic link is followed. What is no file (a pipe, a device)
/// stays what it is and is written to at once.
pub struct AtomicWriter {
    target: PathBuf,
    /// What is renamed in the end; nothing where the target is no file.
    temporary: Option<PathBuf>,
    file: BufWriter<File>,
    finished: bool,
}

impl AtomicWriter {
    /// Starts a private file.
    pub fn create(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        match fs::metadata(path) {
            Ok(there) if there.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(there) if !there.is_file() => Ok(Self {
                target: path.to_owned(),
                temporary: None,
                file: BufWriter::new(OpenOptions::new().write(true).open(path)?),
                finished: false,
            }),
            Ok(_) => Self::with_mode(&fs::canonicalize(path)?, PRIVATE),
            Err(_) => Self::with_mode(path, PRIVATE),
        }
    }

    /// Adds to the end.
    pub fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)
    }

    /// Flushes to disk and puts the file in its place.
    pub fn finish(mut self) -> io::Result<()> {
        self.file.flush()?;
        let Some(temporary) = &self.temporary else {
            return Ok(());
        };
        self.file.get_ref().sync_all()?;
        fs::rename(temporary, &self.target)?;
        self.finished = true;
        sync_parent(&self.target)
    }

    fn with_mode(target: &Path, mode: u32) -> io::Result<Self> {
        let temporary = beside(target)?;
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(mode)
            .open(&temporary)?;
        Ok(Self {
            target: target.to_owned(),
            temporary: Some(temporary),
            file: BufWriter::new(file),
            finished: false,
        })
    }
}

impl Drop for AtomicWriter {
    fn drop(&mut self) {
        if let (false, Some(temporary)) = (self.finished, &self.temporary) {
            // Nothing can be done about a failure here; the name says what it is.
            let _ = fs::remove_file(temporary);
        }
    }
}

fn write(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut writer = AtomicWriter::with_mode(path, mode)?;
    if mode == PRIVATE {
        // The mode given at creation passes through the umask; a private file states it exactly.
        writer
            .file
            .get_ref()
            .set_permissions(fs::Permissions::from_mode(PRIVATE))?;
    }
    writer.write_all(bytes)?;
    writer.finish()
}

/// A name in the same folder that nobody else uses: the process and a random number.
fn beside(target: &Path) -> io::Result<PathBuf> {
    let name = target.file_name().ok_or_else(|| {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("{} names no file", target.display()),
        )
    })?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    temporary.push(format!(
        ".{}-{:016x}.new",
        std::process::id(),
        rand::random::<u64>()
    ));
    Ok(target.with_file_name(temporary))
}

/// Makes the rename itself durable.
fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("metadata").permissions().mode() & 0o777
    }

    #[test]
    fn private_files_are_private_even_over_public_ones() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("secret.key");
        write_atomic(&path, b"old").expect("written");
        assert_ne!(mode(&path), PRIVATE);
        write_private(&path, b"new").expect("written");
        assert_eq!(mode(&path), PRIVATE);
        assert_eq!(read(&path).expect("read"), b"new");
        assert_eq!(list_dir(dir.path()).expect("listed"), [path]);
    }

    #[test]
    fn a_file_written_anew_is_read_by_those_who_could() {
        let dir = tempfile::tempdir().expect("a folder");
        let (path, link) = (dir.path().join("users.csv"), dir.path().join("link.csv"));
        rewrite_atomic(&path, b"one").expect("written");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        for wanted in [0o600, 0o640, 0o664] {
            fs::set_permissions(&path, fs::Permissions::from_mode(wanted)).expect("set");
            rewrite_atomic(&link, b"two").expect("written");
            assert_eq!(mode(&path), wanted);
            assert_eq!(read(&path).expect("read"), b"two");
        }
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        assert_eq!(list_dir(dir.path()).expect("listed"), [link, path]);
    }

    #[test]
    fn private_folders_are_private() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("a/b");
        create_dir_private(&path).expect("made");
        create_dir_private(&path).expect("still there");
        assert_eq!(mode(&path), PRIVATE_DIR);
        assert_eq!(mode(&dir.path().join("a")), PRIVATE_DIR);
    }

    #[test]
    fn a_long_file_goes_where_a_link_leads_and_into_what_is_no_file() {
        let dir = tempfile::tempdir().expect("a folder");
        let (path, link) = (dir.path().join("there.jsonl"), dir.path().join("link"));
        fs::write(&path, b"old").expect("written");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        let mut writer = AtomicWriter::create(&link).expect("started");
        writer.write_all(b"new").expect("written");
        assert_eq!(read(&path).expect("read"), b"old");
        writer.finish().expect("finished");
        assert_eq!(read(&path).expect("read"), b"new");
        assert!(fs::symlink_metadata(&link).expect("there").is_symlink());
        let mut writer = AtomicWriter::create("/dev/null").expect("started");
        writer.write_all(b"gone").expect("written");
        writer.finish().expect("finished");
        let null = fs::symlink_metadata("/dev/null").expect("there");
        assert!(!null.is_file(), "it is still a device");
        assert!(AtomicWriter::create(dir.path()).is_err());
    }

    #[test]
    fn an_unfinished_file_is_never_seen() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("export.jsonl");
        let mut writer = AtomicWriter::create(&path).expect("started");
        writer.write_all(b"half").expect("written");
        assert!(!exists(&path));
        drop(writer);
        assert!(list_dir(dir.path()).expect("listed").is_empty());

        let mut writer = AtomicWriter::create(&path).expect("started");
        writer.write_all(b"whole").expect("written");
        writer.finish().expect("finished");
        assert_eq!(
            (read_to_string(&path).expect("read").as_str(), mode(&path)),
            ("whole", 0o600)
        );
    }

    #[test]
    fn a_long_file_is_read_bit_by_bit_and_no_link_is() {
        let dir = tempfile::tempdir().expect("a folder");
        let (path, link) = (dir.path().join("x.dat"), dir.path().join("link.dat"));
        write_atomic(&path, b"abcdefg").expect("written");
        std::os::unix::fs::symlink(&path, &link).expect("linked");
        let mut reader = PlainReader::open(&path).expect("opened");
        let mut parts = Vec::new();
        loop {
            let part = reader.read_up_to(3).expect("read");
            if part.is_empty() {
                break;
            }
            parts.push(part);
        }
        assert_eq!(parts, [b"abc".to_vec(), b"def".to_vec(), b"g".to_vec()]);
        for other in [&link, &dir.path().to_owned()] {
            let refused = PlainReader::open(other).map_err(|error| error.kind());
            assert_eq!(refused.map(|_| ()), Err(io::ErrorKind::InvalidInput));
            assert!(!is_plain_file(other));
        }
        assert!(is_plain_file(&path) && !is_plain_file(dir.path().join("absent")));
    }

    #[test]
    fn a_renamed_file_replaces_what_was_there() {
        let dir = tempfile::tempdir().expect("a folder");
        create_dir_private(dir.path().join("in")).expect("made");
        let (from, to) = (dir.path().join("temp"), dir.path().join("in/x.dat"));
        write_atomic(&to, b"old").expect("written");
        write_atomic(&from, b"new").expect("written");
        rename(&from, &to).expect("renamed");
        assert_eq!(read(&to).expect("read"), b"new");
        assert!(!exists(&from) && rename(&from, &to).is_err());
    }

    #[test]
    fn a_target_without_a_name_or_folder_is_an_error() {
        assert!(write_atomic("/", b"").is_err());
        let dir = tempfile::tempdir().expect("a folder");
        assert!(write_atomic(dir.path().join("absent/file"), b"").is_err());
    }
}
