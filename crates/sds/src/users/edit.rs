//! Changing a file of users without touching anything else in it.
//!
//! A change is made to the text: comments, order and layout of the rest stay. The new text is read
//! again before it is written, and must be exactly the entries that were meant.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use domain::identifier::{OdsCode, RoleProfileId, SdsUserId};

use super::entry::{Entry, gather};
use super::file::{self, Form, Found};
use crate::FileError;
use crate::text::{self, Fate};

/// A file of users, to be looked at and changed.
#[derive(Debug, Clone)]
pub struct UsersFile {
    path: PathBuf,
    form: Form,
    text: String,
    found: Vec<Found>,
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Entries that were not there.
    pub added: usize,
    /// Entries that said something else of the same role.
    pub changed: usize,
    /// Entries that were there already, just so.
    pub same: usize,
    /// Entries taken out because the other file does not have them.
    pub removed: usize,
}

impl UsersFile {
    /// Reads and checks a file.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        let path = path.into();
        let form = Form::of(&path)?;
        let text = text::read(&path)?;
        Self::of(path, form, text)
    }

    /// Reads and checks a file; one that is not there is empty.
    pub fn open_or_new(path: impl Into<PathBuf>) -> Result<Self, FileError> {
        let path = path.into();
        if transport::files::exists(&path) {
            return Self::open(path);
        }
        let form = Form::of(&path)?;
        Self::of(path, form, form.empty())
    }

    fn of(path: PathBuf, form: Form, text: String) -> Result<Self, FileError> {
        let found = file::parse(&path, form, &text)?;
        let file = Self {
            path,
            form,
            text,
            found,
        };
        gather(text::listed(&file.path, &file.found))?;
        Ok(file)
    }

    /// The entries, in the order of the file.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.found.iter().map(|found| &found.entry)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts in an entry: in the place of the one of the same role if there is one, else at the end.
    pub fn put(&mut self, entry: Entry) -> Result<(), FileError> {
        let same = |found: &Found| found.entry.is_same_role(&entry);
        let Some(at) = self.found.iter().position(same) else {
            return self.change(|_, _| Fate::Stays, vec![entry]);
        };
        self.change(
            |here, _| match here == at {
                true => Fate::Becomes(entry.clone()),
                false => Fate::Stays,
            },
            Vec::new(),
        )
    }

    /// Takes out every entry that is meant, and says how many there were.
    pub fn remove(&mut self, is_meant: impl Fn(&Entry) -> bool) -> Result<usize, FileError> {
        let before = self.found.len();
        let fate = |_, entry: &Entry| match is_meant(entry) {
            true => Fate::Goes,
            false => Fate::Stays,
        };
        self.change(fate, Vec::new())?;
        Ok(before - self.found.len())
    }

    /// Takes over the entries of another file. With [`Exactly::Yes`], what the other does not have
    /// goes. Only what differs is written: the rest keeps its comments.
    pub fn import(&mut self, other: &Self, exactly: Exactly) -> Result<Imported, FileError> {
        let mut done = Imported::default();
        let mut theirs: HashMap<_, _> = other.entries().map(|e| (role(e), e)).collect();
        let fate = |_, mine: &Entry| match theirs.remove(&role(mine)) {
            Some(their) if their == mine => {
                done.same += 1;
                Fate::Stays
            }
            Some(their) => {
                done.changed += 1;
                Fate::Becomes(their.clone())
            }
            None if exactly == Exactly::Yes => {
                done.removed += 1;
                Fate::Goes
            }
            None => Fate::Stays,
        };
        let fates = self.fates(fate);
        let is_new = |entry: &&Entry| theirs.contains_key(&role(entry));
        let new: Vec<Entry> = other.entries().filter(is_new).cloned().collect();
        done.added = new.len();
        self.rewrite(fates, new)?;
        Ok(done)
    }

    /// Writes the file, whole or not at all.
    pub fn save(&self) -> Result<(), FileError> {
        text::save(&self.path, &self.text)
    }

    fn change(
        &mut self,
        fate: impl FnMut(usize, &Entry) -> Fate<Entry>,
        new: Vec<Entry>,
    ) -> Result<(), FileError> {
        self.rewrite(self.fates(fate), new)
    }

    fn fates(&self, mut fate: impl FnMut(usize, &Entry) -> Fate<Entry>) -> Vec<Fate<Entry>> {
        let entries = self.entries().enumerate();
        entries.map(|(at, entry)| fate(at, entry)).collect()
    }

    /// Makes the new text, and reads it again: it must be exactly the entries that were meant.
    fn rewrite(&mut self, fates: Vec<Fate<Entry>>, new: Vec<Entry>) -> Result<(), FileError> {
        let written = |entry: &Entry| self.form.written(&self.text, entry);
        let tables = self.form == Form::Toml;
        let made = text::rewritten(&self.text, &self.found, fates, new, written, tables);
        let made = made.map_err(|reason| FileError::unusable(&self.path, reason))?;
        let (text, meant) = made.ok_or_else(|| self.by_hand())?;
        let next = Self::of(self.path.clone(), self.form, text)?;
        if !next.entries().eq(&meant) {
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

/// What tells the role of a user from every other.
fn role(entry: &Entry) -> (SdsUserId, OdsCode, RoleProfileId) {
    let Entry {
        user_id,
        ods,
        role_profile_id,
        ..
    } = entry;
    (user_id.clone(), ods.clone(), role_profile_id.clone())
}

/// Whether an import makes a file the same as the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exactly {
    /// What the other file does not have goes.
    Yes,
    /// What the other file does not have stays.
    No,
}
