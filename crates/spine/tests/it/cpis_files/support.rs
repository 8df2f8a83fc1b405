//! Files as authorities write them, and what comes back.

use std::sync::Arc;

use domain::cpis::{
    Authority, AuthorityContact, Demographics, LocalId, Plan, PlanType, Standing, Subject,
};
use domain::{CheckDigit, Hl7Timestamp, NhsNumber, OdsCode};
use hl7v3::cpis::file::{Party, response, upload};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use spine::cpis::upload::{Round, UploadConfig, UploadWorker};
use store::{Commit, CpisChanges, MailMessage, MailState, Store};

use super::faulty_store::FaultyStore;
use crate::mail::support::{CPIS, Office, environment, post_over};
use crate::world::wait;

/// Names that must not leave.
pub(crate) const GIVEN: &str = "Secretta";
pub(crate) const FAMILY: &str = "Hidden";

/// The `index`-th NHS number of the 999 range that is valid.
pub(crate) fn number(index: usize) -> NhsNumber {
    let nine = (999_000_000_usize..).map(|nine| nine.to_string());
    let mut valid = nine.filter_map(|nine| NhsNumber::from_first_nine(&nine));
    valid.nth(index).expect("there are enough")
}

pub(crate) fn v145() -> Authority {
    Authority {
        code: OdsCode::parse("V145").expect("a code"),
        name: "Example Council".to_owned(),
    }
}

/// A child's plan, open since January.
pub(crate) fn plan(patient: NhsNumber) -> Plan {
    Plan {
        patient,
        authority: v145(),
        kind: PlanType::ChildProtection,
        start: "202401020000".parse().expect("a date"),
        end: None,
        delete: None,
        contact: AuthorityContact {
            office: Some("tel:02070000000".to_owned()),
            emergency: "tel:07000000000".to_owned(),
        },
        subject: Subject {
            given: GIVEN.to_owned(),
            family: FAMILY.to_owned(),
            birth_date: date(2018, 5, 3),
            local_id: Some(LocalId {
                id: "LA-1".to_owned(),
                assigned_by: Some("V145:Example Council".to_owned()),
            }),
        },
        file: "42".to_owned(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        inactive: false,
    }
}

/// What PDS has of the child of a plan.
pub(crate) fn person(patient: NhsNumber) -> Demographics {
    let subject = plan(patient).subject;
    Demographics {
        number: patient,
        given: vec![subject.given],
        family: subject.family,
        birth_date: subject.birth_date,
        sensitive: false,
        standing: Standing::Current,
    }
}

/// A file of one record for each plan.
pub(crate) fn file(number: &str, plans: &[Plan]) -> String {
    let records: Vec<String> = plans.iter().map(|plan| record(&[plan])).collect();
    file_of(number, &records)
}

pub(crate) fn record(plans: &[&Plan]) -> String {
    let record = upload::record(&upload::Record::of(plans)).expect("valid");
    String::from_utf8(record).expect("UTF-8")
}

pub(crate) fn file_of(number: &str, records: &[String]) -> String {
    let contact = plan(self::number(0)).contact;
    let heading = upload::Heading {
        created: Hl7Timestamp::parse("20240701120000+0000").expect("a time"),
        file: number.to_owned(),
        quantity: records.len() as u64,
        from: Party::of(&v145(), Some(&contact)),
    };
    let mut bytes = upload::start(&heading);
    for record in records {
        bytes.extend_from_slice(record.as_bytes());
    }
    bytes.extend_from_slice(&upload::end());
    String::from_utf8(bytes).expect("UTF-8")
}

/// The office of CP-IS, and who works there.
pub(crate) struct Desk {
    pub(crate) office: Office,
    pub(crate) store: Arc<FaultyStore>,
    pub(crate) worker: UploadWorker,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::over(Arc::new(FaultyStore::default()))
    }

    /// With what a process that ended has left.
    pub(crate) fn over(store: Arc<FaultyStore>) -> Self {
        Self::with(store, config(), usize::MAX)
    }

    pub(crate) fn with(store: Arc<FaultyStore>, config: UploadConfig, chunks_of: usize) -> Self {
        let env = environment();
        let post = post_over(store.clone(), &env).with_chunks_of(chunks_of);
        let office = Office {
            store: store.clone(),
            env,
            post: post.clone(),
        };
        Self {
            office,
            store,
            worker: UploadWorker::new(config, post),
        }
    }

    /// Islington sends a file, in chunks of so many bytes. Says the message's id.
    pub(crate) fn send(&self, file: &[u8], chunk: usize) -> String {
        self.send_as(file, chunk, "CPIS_UPLOAD")
    }

    pub(crate) fn send_as(&self, file: &[u8], chunk: usize, workflow: &str) -> String {
        let chunks: Vec<&[u8]> = file.chunks(chunk).collect();
        let of = chunks.len();
        let first = format!("1:{of}");
        let headers = [
            ("Mex-To", CPIS),
            ("Mex-WorkflowID", workflow),
            ("Mex-LocalID", "OUR-1"),
            ("Mex-Chunk-Range", &first),
        ];
        let system = Some("islington");
        let sent = self
            .office
            .call_with(system, "POST V145/outbox", &headers, chunks[0]);
        assert_eq!(sent.status(), 202, "{sent:?}");
        let id = sent.member("messageID");
        for (number, bytes) in (2..).zip(&chunks[1..]) {
            let range = format!("{number}:{of}");
            let line = format!("POST V145/outbox/{id}/{number}");
            let headers = [("Mex-Chunk-Range", range.as_str())];
            let sent = self.office.call_with(system, &line, &headers, bytes);
            assert_eq!(sent.status(), 202, "{sent:?}");
        }
        id
    }

    pub(crate) fn round(&self) -> Round {
        wait(self.worker.round())
    }

    /// Sends a file and has it read. Gives the acknowledgement.
    pub(crate) fn upload(&self, file: &str) -> Told {
        // Messages are listed by their time.
        self.office.env.advance(SignedDuration::from_secs(1));
        self.send(file.as_bytes(), 1 << 20);
        assert_eq!(
            self.round(),
            Round {
                answered: 1,
                waiting: 0
            }
        );
        self.told().pop().expect("an acknowledgement")
    }

    /// Every acknowledgement in Islington's mailbox, the oldest first.
    pub(crate) fn told(&self) -> Vec<Told> {
        let acknowledgements = self.acknowledgements();
        let told = acknowledgements
            .iter()
            .map(|one| Told::of(&self.office.content(one)));
        told.collect()
    }

    pub(crate) fn acknowledgements(&self) -> Vec<MailMessage> {
        let messages = self.office.messages().into_iter().filter(|message| {
            message.workflow == "CPIS_UPLOAD_ACK" && message.state == MailState::Accepted
        });
        messages
            .inspect(|message| assert_eq!(message.to, "V145"))
            .collect()
    }

    pub(crate) fn plans(&self, patient: NhsNumber) -> Vec<Plan> {
        wait(self.store.cpis_record(patient, None))
            .expect("readable")
            .plans
    }

    pub(crate) fn know(&self, people: Vec<Demographics>) {
        let cpis = CpisChanges {
            people,
            ..CpisChanges::default()
        };
        self.commit(cpis);
    }

    pub(crate) fn commit(&self, cpis: CpisChanges) {
        let commit = Commit {
            cpis,
            ..Commit::default()
        };
        wait(self.store.inner.commit(commit)).expect("written");
    }
}

/// Records are decided two at a time, so that small files have many commits.
pub(crate) fn config() -> UploadConfig {
    UploadConfig {
        batch: 2,
        ..UploadConfig::default()
    }
}

/// An acknowledgement.
pub(crate) struct Told {
    /// `CPF03 42/3 stored 2 refused 1: CPR06 CPR06 ADULT`
    pub(crate) line: String,
    pub(crate) bytes: Vec<u8>,
}

impl Told {
    /// Reads it, after it has been held against the schema.
    fn of(bytes: &[u8]) -> Self {
        testkit::xsd::assert_valid_cpis("REPC_MT000003GB01", bytes);
        let read = response::read_whole(bytes, CheckDigit::Ignored);
        let response::Whole {
            summary,
            details,
            messages,
        } = read.expect("an acknowledgement");
        let counts = [summary.stored, summary.failed].map(|count| count.expect("a count"));
        let repeated = u64::try_from(messages.len()).expect("few");
        assert!(repeated <= counts[0] + counts[1]);
        let quantity = summary.quantity.map_or("-1".to_owned(), |n| n.to_string());
        let mut line = format!(
            "{} {}/{quantity} stored {} refused {}:",
            summary.codes[0].code,
            summary.file.as_deref().unwrap_or("-1"),
            counts[0],
            counts[1],
        );
        for detail in details {
            let said = detail.fault.map_or(detail.code.code, |fault| fault.code);
            line.push(' ');
            line.push_str(&said);
        }
        Self {
            line: line.trim_end_matches(':').to_owned(),
            bytes: bytes.to_vec(),
        }
    }
}
