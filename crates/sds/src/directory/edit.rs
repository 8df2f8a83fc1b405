//! Changing a file of systems without touching anything else in it.
//!
//! A change is made to the text: comments, order and layout of the other systems stay. The new text
//! is read again before it is written, and must be exactly the systems that were meant.

use std::path::{Path, PathBuf};

use super::file::{self, Found};
use super::unique;
use crate::text::{self, Fate};
use crate::{FileError, System};

/// A file of systems, to be looked at and changed.
#[derive(Debug, Clone)]
pub struct SystemsFile {
    path: PathBuf,
    text: String,
    found: Vec<Found>,
}

impl SystemsFile {
    /// Reads and checks a file.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        let path = path.into();
        let text = text::read(&path)?;
        Self::of(path, text)
    }

    /// Reads and checks a file; one that is not there is empty.
    pub fn open_or_new(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        let path = path.into();
        match transport::files::exists(&path) {
            true => Self::open(path),
            false => Self::of(path, String::new()),
        }
    }

    fn of(path: PathBuf, text: String) -> Result<Self, FileError> {
        let found = file::parse(&path, &text)?;
        unique::check(&text::listed(&path, &found))?;
        Ok(Self { path, text, found })
    }

    /// The systems, in the order of the file.
    pub fn systems(&self) -> impl Iterator<Item = &System> {
        self.found.iter().map(|found| &found.entry)
    }

    /// The system of this name.
    pub fn system(&self, name: &str) -> Option<&System> {
        self.systems().find(|system| system.name == name)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts in a system: in the place of the one of the same name if there is one, else at the end.
    /// Comments inside a system that is replaced go with it.
    pub fn put(&mut self, system: System) -> Result<(), FileError> {
        let is_known = self.system(&system.name).is_some();
        let fate = |known: &System| match known.name == system.name {
            true if *known == system => Fate::Stays,
            true => Fate::Becomes(system.clone()),
            false => Fate::Stays,
        };
        let fates = self.systems().map(fate).collect();
        let new = match is_known {
            true => Vec::new(),
            false => vec![system],
        };
        self.rewrite(fates, new)
    }

    /// Takes out the system of this name, and says whether there was one.
    pub fn remove(&mut self, name: &str) -> Result<bool, FileError> {
        let before = self.found.len();
        let fate = |known: &System| match known.name == name {
            true => Fate::Goes,
            false => Fate::Stays,
        };
        let fates = self.systems().map(fate).collect();
        self.rewrite(fates, Vec::new())?;
        Ok(self.found.len() < before)
    }

    /// Writes the file, whole or not at all.
    pub fn save(&self) -> Result<(), FileError> {
        text::save(&self.path, &self.text)
    }

    /// Makes the new text, and reads it again: it must be exactly the systems that were meant.
    fn rewrite(&mut self, fates: Vec<Fate<System>>, new: Vec<System>) -> Result<(), FileError> {
        let made = text::rewritten(&self.text, &self.found, fates, new, file::written, true);
        let made = made.map_err(|reason| FileError::unusable(&self.path, reason))?;
        let (text, meant) = made.ok_or_else(|| self.by_hand())?;
        let next = Self::of(self.path.clone(), text)?;
        if !next.systems().eq(&meant) {
            return Err(self.by_hand());
        }
        *self = next;
        Ok(())
    }

    fn by_hand(&self) -> FileError {
        let reason = "it is not laid out so that this can be done safely; change it by hand";
        FileError::unusable(&self.path, reason)
    }
}
