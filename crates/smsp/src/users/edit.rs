//! Changing a file of users without touching anything else in it.
//!
//! A change is made to the text: comments, order and layout of the rest stay. The new text is read
//! again before it is written, and must be exactly the entries that were meant.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use domain::identifier::{OdsCode, RoleProfileId, SdsUserId};

use super::UsersError;
use super::entry::{Entry, Listed, gather};
use super::file::{self, Form, Found};

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
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, UsersError> {
        let path = path.into();
        let form = Form::of(&path)?;
        let text = file::text(&path)?;
        Self::of(path, form, text)
    }

    /// Reads and checks a file; one that is not there is empty.
    pub fn open_or_new(path: impl Into<PathBuf>) -> Result<Self, UsersError> {
        let path = path.into();
        if transport::files::exists(&path) {
            return Self::open(path);
        }
        let form = Form::of(&path)?;
        Self::of(path, form, form.empty())
    }

    fn of(path: PathBuf, form: Form, text: String) -> Result<Self, UsersError> {
        let found = file::parse(&path, form, &text)?;
        let file = Self {
            path,
            form,
            text,
            found,
        };
        gather(file.listed())?;
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
    pub fn put(&mut self, entry: Entry) -> Result<(), UsersError> {
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
    pub fn remove(&mut self, is_meant: impl Fn(&Entry) -> bool) -> Result<usize, UsersError> {
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
    pub fn import(&mut self, other: &Self, exactly: Exactly) -> Result<Imported, UsersError> {
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
    pub fn save(&self) -> Result<(), UsersError> {
        transport::files::rewrite_atomic(&self.path, &self.text).map_err(|source| {
            UsersError::Unwritable {
                path: self.path.clone(),
                source,
            }
        })
    }

    fn listed(&self) -> Vec<Listed> {
        let listed = |found: &Found| Listed {
            place: format!("{}, line {}", self.path.display(), found.line),
            entry: found.entry.clone(),
        };
        self.found.iter().map(listed).collect()
    }

    fn change(
        &mut self,
        fate: impl FnMut(usize, &Entry) -> Fate,
        new: Vec<Entry>,
    ) -> Result<(), UsersError> {
        self.rewrite(self.fates(fate), new)
    }

    fn fates(&self, mut fate: impl FnMut(usize, &Entry) -> Fate) -> Vec<Fate> {
        let entries = self.entries().enumerate();
        entries.map(|(at, entry)| fate(at, entry)).collect()
    }

    /// Makes the new text: everything between the entries as it is, each entry as its fate has it,
    /// and new ones at the end.
    fn rewrite(&mut self, fates: Vec<Fate>, new: Vec<Entry>) -> Result<(), UsersError> {
        let mut text = String::new();
        let mut meant = Vec::new();
        let mut copied = 0;
        for (found, fate) in self.found.iter().zip(fates) {
            if let Fate::Stays = fate {
                meant.push(found.entry.clone());
                continue;
            }
            let before = self.text.get(copied..found.span.start);
            let before = before.filter(|_| !found.span.is_empty());
            text.push_str(before.ok_or_else(|| self.by_hand())?);
            copied = found.span.end;
            if let Fate::Becomes(entry) = fate {
                text.push_str(&self.written(&entry)?);
                meant.push(entry);
            }
        }
        text.push_str(self.text.get(copied..).unwrap_or_default());
        for entry in new {
            self.append(&mut text, &self.written(&entry)?);
            meant.push(entry);
        }
        // What was meant must be what is read.
        let next = Self::of(self.path.clone(), self.form, text)?;
        if !next.entries().eq(&meant) {
            return Err(self.by_hand());
        }
        *self = next;
        Ok(())
    }

    fn written(&self, entry: &Entry) -> Result<String, UsersError> {
        let written = self.form.written(&self.text, entry);
        written.map_err(|reason| file::unusable(&self.path, reason))
    }

    fn append(&self, text: &mut String, written: &str) {
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        if self.form == Form::Toml && !text.is_empty() {
            text.push('\n');
        }
        text.push_str(written);
    }

    fn by_hand(&self) -> UsersError {
        let reason = "it is not laid out so that this can be done safely; change it by hand";
        file::unusable(&self.path, reason.to_owned())
    }
}

/// What becomes of an entry.
enum Fate {
    Stays,
    Goes,
    Becomes(Entry),
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
