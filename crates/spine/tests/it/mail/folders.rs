//! Mailboxes through folders.
#![allow(
    clippy::disallowed_methods,
    reason = "tests of folders put files there and look at them"
)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hl7v3::cpis::file::control::{self, Control};
use jiff::SignedDuration;
use spine::mail::{Exchange, ExchangeConfig, MailboxId, Passed};
use store::{MailState, MemoryStore};

use super::support::{CPIS, Office};
use crate::cpis_files::faulty_store::{End, FaultyStore};
use crate::world::wait;

/// Folders of Islington, with a mailbox behind them.
struct Folders {
    dir: Arc<tempfile::TempDir>,
    office: Office,
    store: Arc<FaultyStore>,
    exchange: Exchange,
}

impl Folders {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        Self::over(Arc::new(dir), Arc::new(MemoryStore::new()))
    }

    /// What a process finds that comes after another.
    fn over(dir: Arc<tempfile::TempDir>, inner: Arc<MemoryStore>) -> Self {
        let store = Arc::new(FaultyStore::over(inner));
        let office = Office::over(store.clone());
        let mailbox = MailboxId::parse("V145").expect("an id");
        let mut config = ExchangeConfig::new(dir.path(), vec![mailbox]);
        config.chunk_bytes = 4;
        let exchange = Exchange::open(config, office.post.clone()).expect("opened");
        Self {
            dir,
            office,
            store,
            exchange,
        }
    }

    fn next_process(&self) -> Self {
        Self::over(self.dir.clone(), self.store.inner.clone())
    }

    fn round(&self) -> Passed {
        wait(self.exchange.round())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("V145").join(name)
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).expect("written");
    }

    /// A pair in `out`.
    fn put_pair(&self, name: &str, data: &[u8], control: &Control) {
        self.put(&format!("out/{name}.dat"), data);
        self.put(&format!("out/{name}.ctl"), &control::write(control));
    }

    /// The names in a folder.
    fn names(&self, folder: &str) -> Vec<String> {
        names(&self.path(folder))
    }

    fn report(&self, name: &str) -> String {
        fs::read_to_string(self.path(&format!("failed/{name}.txt"))).expect("a report")
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

fn slip() -> Control {
    Control {
        local_id: Some("OUR-1".to_owned()),
        subject: Some("A file".to_owned()),
        file_name: Some("plans.xml".to_owned()),
        ..Control::data("V145", CPIS, "CPIS_UPLOAD")
    }
}

const TAKEN: Passed = Passed {
    taken: 1,
    delivered: 0,
    failed: 0,
    again: 0,
};

#[test]
fn a_pair_becomes_a_message_once() {
    let folders = Folders::new();
    folders.put_pair("one", b"0123456789", &slip());
    folders.put("out/other.txt", b"left alone");
    assert_eq!(folders.round(), TAKEN);
    assert_eq!(folders.names("out"), ["other.txt"]);
    assert_eq!(folders.names("sent"), ["one.ctl", "one.dat"]);
    let [message] = &folders.office.messages()[..] else {
        panic!("one message");
    };
    assert_eq!((message.chunks, message.size), (3, 10));
    assert_eq!(message.state, MailState::Accepted);
    assert_eq!((&*message.from, &*message.to), ("V145", CPIS));
    assert_eq!(message.local_id.as_deref(), Some("OUR-1"));
    assert_eq!(message.file_name.as_deref(), Some("plans.xml"));
    assert_eq!(folders.office.content(message), b"0123456789");
    assert_eq!(folders.office.trail(), ["REPC_IN000002GB01 accepted"]);
    // The same pair under the same name is the same message; under another it is not.
    folders.put_pair("one", b"0123456789", &slip());
    assert_eq!(folders.round(), TAKEN);
    assert_eq!(folders.office.messages().len(), 1);
    assert_eq!(folders.names("sent").len(), 4, "nothing is written over");
    folders.put_pair("two", b"0123456789", &slip());
    folders.round();
    assert_eq!(folders.office.messages().len(), 2);
    assert_eq!(folders.round(), Passed::default());
}

#[test]
fn what_cannot_be_sent_goes_to_failed_with_a_report() {
    let with = |change: &dyn Fn(&mut Control)| {
        let mut slip = slip();
        change(&mut slip);
        control::write(&slip)
    };
    for (control, expected) in [
        (with(&|c| c.to = None), "08 TO_DTS missing"),
        (with(&|c| c.to = Some("X99".to_owned())), "12 Unregistered"),
        (with(&|c| c.to = Some("../x".to_owned())), "12 Unregistered"),
        (
            with(&|c| c.from = Some("V146".to_owned())),
            "07 Invalid From",
        ),
        (with(&|c| c.workflow_id = None), "06 Malformed"),
        (
            with(&|c| c.workflow_id = Some("LETTER".to_owned())),
            "17 Workflow",
        ),
        (with(&|c| c.is_compressed = Some(true)), "compressed"),
        (with(&|c| c.encrypted = Some(true)), "compressed"),
        (
            with(&|c| c.message_type = control::MessageType::Report),
            "11 Invalid",
        ),
        (with(&|c| c.subject = Some("x".repeat(501))), "06 Malformed"),
    ] {
        let folders = Folders::new();
        folders.put("out/a b.dat", b"x");
        folders.put("out/a b.ctl", &control);
        let passed = folders.round();
        assert_eq!((passed.failed, passed.taken), (1, 0), "{expected}");
        assert!(folders.names("out").is_empty());
        assert_eq!(folders.names("failed"), ["a b.ctl", "a b.dat", "a b.txt"]);
        assert!(folders.report("a b").contains(expected), "{expected}");
        assert!(folders.office.messages().is_empty());
    }
}

#[test]
fn halves_are_given_a_while() {
    type Put<'a> = &'a dyn Fn(&Folders);
    let cases: [(Put<'_>, &str); 5] = [
        (&|f| f.put("out/x.dat", b"x"), "no control file"),
        (
            &|f| f.put("out/x.ctl", &control::write(&slip())),
            "02 Data file is missing",
        ),
        (
            &|f| {
                f.put("out/x.dat", b"x");
                f.put("out/x.ctl", b"<DTSControl><Ver");
            },
            "06 Malformed control file",
        ),
        (
            &|f| {
                f.put("out/x.dat", b"x");
                f.put("out/x.ctl", &vec![b' '; 70_000]);
            },
            "too large",
        ),
        (&|f| f.put_pair("x", b"", &slip()), "02 Data file is empty"),
    ];
    for (put, expected) in cases {
        let folders = Folders::new();
        put(&folders);
        for _ in 0..3 {
            assert_eq!(folders.round(), Passed::default(), "{expected}");
            folders.office.env.advance(SignedDuration::from_mins(19));
        }
        folders.office.env.advance(SignedDuration::from_mins(19));
        assert_eq!(folders.round().failed, 1, "{expected}");
        assert!(folders.names("out").is_empty());
        assert!(folders.report("x").contains(expected), "{expected}");
    }
    // What a broken control file says is in the report, not in the log.
    testkit::logged::listen();
    let folders = Folders::new();
    folders.put("out/Smith.dat", b"x");
    folders.put("out/Smith.ctl", b"<DTSControl><Jones></DTSControl>");
    folders.round();
    folders.office.env.advance(SignedDuration::from_hours(2));
    assert_eq!(folders.round().failed, 1);
    assert!(folders.report("Smith").contains("Jones"));
    let log = testkit::logged::logged();
    assert!(log.contains("06 Malformed control file"), "{log}");
    assert!(!log.contains("Smith") && !log.contains("Jones"), "{log}");
    // The other half may come meanwhile.
    let folders = Folders::new();
    folders.put("out/x.dat", b"x");
    folders.round();
    folders.put("out/x.ctl", &control::write(&slip()));
    assert_eq!(folders.round(), TAKEN);
}

#[test]
fn what_is_no_file_is_left_alone_and_told() {
    testkit::logged::listen();
    let folders = Folders::new();
    let secret = folders.dir.path().join("secret");
    fs::write(&secret, b"the key").expect("written");
    std::os::unix::fs::symlink(&secret, folders.path("out/Smith.dat")).expect("linked");
    folders.put("out/Smith.ctl", &control::write(&slip()));
    fs::create_dir(folders.path("out/folder.dat")).expect("made");
    for _ in 0..2 {
        assert_eq!(folders.round(), Passed::default());
    }
    assert!(folders.office.messages().is_empty());
    let log = testkit::logged::logged();
    assert_eq!(
        log.matches("no plain file").count(),
        2,
        "once for each: {log}"
    );
    assert!(!log.contains("Smith"));
}

#[test]
fn what_may_not_be_read_waits() {
    let folders = Folders::new();
    folders.put_pair("x", b"x", &slip());
    let path = folders.path("out/x.dat");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).expect("set");
    if fs::read(&path).is_ok() {
        testkit::skip("what_may_not_be_read_waits", "root reads everything");
        return;
    }
    assert_eq!(folders.round().again, 1);
    assert_eq!(folders.names("out").len(), 2);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
    assert_eq!(folders.round(), TAKEN);
}

#[test]
fn a_crash_at_any_commit_takes_a_pair_once() {
    let whole = Folders::new();
    whole.put_pair("x", b"0123456789", &slip());
    whole.round();
    let commits = whole.store.count();
    assert!(commits >= 5, "{commits}");
    for end in [End::Before, End::After] {
        for at in 1..=commits {
            let first = Folders::new();
            first.put_pair("x", b"0123456789", &slip());
            first.store.end_at(at, end);
            assert_eq!(first.round().again, 1);
            let after = first.next_process();
            assert_eq!(after.round(), TAKEN, "{end:?} {at}");
            let [message] = &after.office.messages()[..] else {
                panic!("one message: {end:?} {at}");
            };
            assert_eq!(after.office.content(message), b"0123456789");
            assert_eq!(after.office.trail(), ["REPC_IN000002GB01 accepted"]);
            assert_eq!(after.names("sent"), ["x.ctl", "x.dat"]);
            assert!(after.names("out").is_empty());
        }
    }
}

#[test]
fn a_crash_between_the_moves_leaves_no_half() {
    let folders = Folders::new();
    folders.put_pair("x", b"0123456789", &slip());
    folders.round();
    // The data file was moved, the control file not yet.
    fs::rename(folders.path("sent/x.ctl"), folders.path("out/x.ctl")).expect("moved");
    let after = folders.next_process();
    assert_eq!(after.round(), TAKEN);
    assert_eq!(after.names("sent"), ["x.ctl", "x.dat"]);
    assert_eq!(after.office.messages().len(), 1);
    // Another control file without its data file is none of that.
    let mut other = slip();
    other.local_id = Some("OUR-2".to_owned());
    after.put("out/x.ctl", &control::write(&other));
    assert_eq!(after.round(), Passed::default());
}

/// A letter from Barnet waits for Islington.
fn with_a_letter(folders: &Folders) -> String {
    let headers = [
        ("Mex-To", "V145"),
        ("Mex-WorkflowID", "LETTER"),
        ("Mex-Subject", "About <nothing>"),
    ];
    let office = &folders.office;
    let sent = office.call_with(Some("barnet"), "POST V146/outbox", &headers, b"Dear all");
    sent.member("messageID")
}

#[test]
fn a_message_appears_in_the_folder_once() {
    let folders = Folders::new();
    let id = with_a_letter(&folders);
    let delivered = Passed {
        delivered: 1,
        ..Passed::default()
    };
    assert_eq!(folders.round(), delivered);
    assert_eq!(
        folders.names("in"),
        [format!("{id}.ctl"), format!("{id}.dat")]
    );
    assert!(folders.names("temp").is_empty());
    let data = fs::read(folders.path(&format!("in/{id}.dat"))).expect("there");
    assert_eq!(data, b"Dear all");
    let written = fs::read(folders.path(&format!("in/{id}.ctl"))).expect("there");
    let control = control::read(&written).expect("a control file");
    assert_eq!(control.from.as_deref(), Some("V146"));
    assert_eq!(control.subject.as_deref(), Some("About <nothing>"));
    assert_eq!(control.dts_id.as_deref(), Some(&*id));
    assert!(control.status.expect("a status").is_success());
    assert_eq!(
        folders.office.trail(),
        ["mail accepted", "mail delivered", "mail acknowledged"]
    );
    assert_eq!(folders.office.messages()[0].state, MailState::Acknowledged);
    assert_eq!(folders.round(), Passed::default());
}

#[test]
fn a_crash_while_delivering_neither_loses_nor_repeats() {
    for end in [End::Before, End::After] {
        for at in 1..=2 {
            let first = Folders::new();
            let id = with_a_letter(&first);
            first.store.end_at(at, end);
            assert_eq!(first.round().again, 1);
            let control = first.path(&format!("in/{id}.ctl"));
            let appeared = control.exists();
            assert_eq!(appeared, at == 2, "{end:?} {at}");
            if appeared {
                // Whoever waited takes it at once.
                fs::remove_file(&control).expect("taken");
                fs::remove_file(first.path(&format!("in/{id}.dat"))).expect("taken");
            }
            let after = first.next_process();
            after.round();
            assert_eq!(after.names("in").is_empty(), appeared, "{end:?} {at}");
            assert_eq!(after.office.messages()[0].state, MailState::Acknowledged);
            after.round();
            let left: Vec<_> = after.names("temp");
            assert!(left.iter().all(|name| name.ends_with(".mark")), "{left:?}");
        }
    }
}

#[test]
fn a_folder_that_cannot_be_written_loses_nothing() {
    let folders = Folders::new();
    with_a_letter(&folders);
    // A file in the place of the folder: nothing can be put there.
    fs::remove_dir(folders.path("temp")).expect("removed");
    fs::write(folders.path("temp"), b"").expect("written");
    assert_eq!(folders.round().again, 1);
    assert_eq!(folders.office.messages()[0].state, MailState::Accepted);
    fs::remove_file(folders.path("temp")).expect("removed");
    fs::create_dir(folders.path("temp")).expect("made");
    assert_eq!(folders.round().delivered, 1);
}

#[test]
fn what_an_earlier_process_left_is_tidied() {
    let folders = Folders::new();
    let id = with_a_letter(&folders);
    for name in [".x.dat.1-0.new", "GONE.mark", "GONE.ctl", "keep.txt"] {
        folders.put(&format!("temp/{name}"), b"");
    }
    folders.put(&format!("temp/{id}.dat"), b"half");
    let (trigger, shutdown) = transport::Shutdown::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build();
    let (temp, inbox) = (folders.path("temp"), folders.path("in"));
    runtime.expect("a runtime").block_on(async {
        let delivered = || names(&inbox).contains(&format!("{id}.ctl"));
        let stop = async {
            while !delivered() || names(&temp) != ["keep.txt"] {
                tokio::task::yield_now().await;
            }
            trigger.fire();
        };
        let run = async { tokio::join!(folders.exchange.run(shutdown), stop) };
        let done = tokio::time::timeout(std::time::Duration::from_secs(60), run).await;
        assert!(done.is_ok(), "tidied and delivered");
    });
}
