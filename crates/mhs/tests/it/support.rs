//! A world for the courier: another side that does what the test says, and a store that may fail.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use domain::permission::CareProfessional;
use domain::{DocumentId, MessageId, NhsNumber, PartyKey};
use ebxml::{Acknowledgment, ErrorCode, MessageError, Severity};
use jiff::{SignedDuration, Timestamp};
use mhs::{Contract, Courier, Outgoing, Pattern, RetryPolicy, Route, Routes};
use store::{
    AuditFilter, AuditRecord, Commit, Counts, Direction, MemoryStore, MessageFilter, MessageRecord,
    OutboxEntry, PatientRecord, Receipt, SeenKey, SeenMessage, Standing, Store, StoreError,
    StoreFuture,
};
use transport::{
    BoxFuture, Environment, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse,
};

/// What the other side does with one request.
#[derive(Debug, Clone)]
pub(crate) enum Does {
    /// Acknowledges.
    Acknowledges,
    /// Takes the message; its acknowledgment never comes back.
    LosesTheAnswer,
    /// Takes nothing: no connection.
    Refuses,
    /// Never answers.
    Hangs,
    /// Acknowledges some other message.
    AcknowledgesAnother,
    /// Acknowledges under this status.
    AcknowledgesUnder(u16),
    /// Sends an error list about the message.
    Errs(ErrorCode, Severity),
    /// Sends an error list about some other message.
    ErrsAboutAnother,
    /// Answers with these bytes.
    Answers(u16, &'static str, Vec<u8>),
}

/// The other side: the script first, then acknowledgments. It does nothing twice.
#[derive(Default)]
pub(crate) struct OtherSide {
    pub(crate) script: Mutex<VecDeque<Does>>,
    /// Every request, in order.
    pub(crate) requests: Mutex<Vec<UpstreamRequest>>,
    /// The messages whose effect was had, in order.
    pub(crate) effects: Mutex<Vec<MessageId>>,
    /// How many requests were under way at most, and are now.
    pub(crate) crowd: Mutex<(usize, usize)>,
    /// How long each answer takes.
    pub(crate) delay: Duration,
    /// The message of every request of which at least a part came through.
    pub(crate) arrivals: Mutex<Vec<MessageId>>,
}

impl OtherSide {
    pub(crate) fn that(does: impl IntoIterator<Item = Does>) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(does.into_iter().collect()),
            ..Self::default()
        })
    }

    pub(crate) fn sent(&self) -> usize {
        self.requests.lock().expect("the requests").len()
    }

    pub(crate) fn effects(&self) -> Vec<MessageId> {
        self.effects.lock().expect("the effects").clone()
    }

    /// How often a message came through, if only in part.
    pub(crate) fn arrived(&self, message: &MessageId) -> usize {
        let arrivals = self.arrivals.lock().expect("the arrivals");
        arrivals.iter().filter(|id| *id == message).count()
    }

    fn take(&self, message: &MessageId) {
        let mut effects = self.effects.lock().expect("the effects");
        if !effects.contains(message) {
            effects.push(message.clone());
        }
    }

    async fn answer(&self, request: &UpstreamRequest) -> Result<UpstreamResponse, UpstreamError> {
        let header = header_of(request);
        let does = self.script.lock().expect("the script").pop_front();
        if !matches!(does, Some(Does::Refuses)) {
            let mut arrivals = self.arrivals.lock().expect("the arrivals");
            arrivals.push(header.message_id.clone());
        }
        let id = MessageId::parse("0A4F2FC8-806A-4EE9-A23F-B6900A7756F2").expect("an id");
        let mut another = header.clone();
        another.message_id = id.clone();
        let now = Timestamp::UNIX_EPOCH;
        let xml = |status, body| Ok(response(status, "text/xml", body));
        match does.unwrap_or(Does::Acknowledges) {
            Does::Acknowledges => {
                self.take(&header.message_id);
                xml(202, Acknowledgment::write(&header, id, now))
            }
            Does::AcknowledgesUnder(status) => {
                self.take(&header.message_id);
                xml(status, Acknowledgment::write(&header, id, now))
            }
            Does::LosesTheAnswer => {
                self.take(&header.message_id);
                Err(UpstreamError::Timeout { phase: "response" })
            }
            Does::Refuses => Err(UpstreamError::Connect("nothing listens".to_owned())),
            Does::Hangs => std::future::pending().await,
            Does::AcknowledgesAnother => xml(202, Acknowledgment::write(&another, id, now)),
            Does::Errs(code, severity) => {
                let error = MessageError {
                    code,
                    severity,
                    description: "501319:not known, 999 012 3456".to_owned(),
                };
                xml(200, MessageError::write(&[error], &header, id))
            }
            Does::ErrsAboutAnother => {
                let error = MessageError::new(ErrorCode::Unknown, "no");
                xml(200, MessageError::write(&[error], &another, id))
            }
            Does::Answers(status, content_type, body) => Ok(response(status, content_type, body)),
        }
    }
}

fn response(status: u16, content_type: &str, body: Vec<u8>) -> UpstreamResponse {
    UpstreamResponse {
        headers: transport::Headers::default(),
        status,
        content_type: content_type.to_owned(),
        body: body.into(),
    }
}

/// The ebXML header of a request.
pub(crate) fn header_of(request: &UpstreamRequest) -> ebxml::MessageHeader {
    read(request).header
}

pub(crate) fn read(request: &UpstreamRequest) -> ebxml::Message<'_> {
    let (_, content_type) = request
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("content-type"))
        .expect("a content type");
    ebxml::read(content_type, &request.body).expect("an ebXML message")
}

impl Upstream for OtherSide {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        Box::pin(async move {
            {
                let mut crowd = self.crowd.lock().expect("the crowd");
                crowd.1 += 1;
                crowd.0 = crowd.0.max(crowd.1);
            }
            self.requests
                .lock()
                .expect("the requests")
                .push(request.clone());
            if !self.delay.is_zero() {
                tokio::time::sleep(self.delay).await;
            }
            let answer = self.answer(&request).await;
            self.crowd.lock().expect("the crowd").1 -= 1;
            answer
        })
    }
}

/// Where the process dies, or the store fails, in the course of its commits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fails {
    /// Before this commit is written; the future never resolves.
    DeadBefore(usize),
    /// After this commit is written; the future never resolves.
    DeadAfter(usize),
    /// This commit fails and nothing is written.
    Busy(usize),
}

/// A store that fails at one of its commits.
pub(crate) struct Frail {
    pub(crate) inner: Arc<dyn Store>,
    pub(crate) fails: Fails,
    pub(crate) commits: Mutex<usize>,
}

impl Store for Frail {
    fn commit(&self, commit: Commit) -> StoreFuture<'_, Receipt> {
        Box::pin(async move {
            let number = {
                let mut commits = self.commits.lock().expect("the count");
                *commits += 1;
                *commits
            };
            match self.fails {
                Fails::DeadBefore(n) if n == number => std::future::pending().await,
                Fails::Busy(n) if n == number => Err(StoreError::Busy),
                _ => {
                    let receipt = self.inner.commit(commit).await;
                    if self.fails == Fails::DeadAfter(number) {
                        std::future::pending::<()>().await;
                    }
                    receipt
                }
            }
        })
    }

    fn patient_record(
        &self,
        patient: NhsNumber,
        document: Option<DocumentId>,
    ) -> StoreFuture<'_, PatientRecord> {
        self.inner.patient_record(patient, document)
    }

    fn standing(
        &self,
        patient: NhsNumber,
        holder: CareProfessional,
        at: Timestamp,
    ) -> StoreFuture<'_, Standing> {
        self.inner.standing(patient, holder, at)
    }

    fn seen(&self, key: SeenKey) -> StoreFuture<'_, Option<SeenMessage>> {
        self.inner.seen(key)
    }

    fn outbox(&self, filter: store::OutboxFilter) -> StoreFuture<'_, Vec<OutboxEntry>> {
        self.inner.outbox(filter)
    }

    fn messages(&self, filter: MessageFilter) -> StoreFuture<'_, Vec<MessageRecord>> {
        self.inner.messages(filter)
    }

    fn dead_letters(&self, limit: usize) -> StoreFuture<'_, Vec<OutboxEntry>> {
        self.inner.dead_letters(limit)
    }

    fn audit_records(&self, after: u64, limit: usize) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.inner.audit_records(after, limit)
    }

    fn audit_search(&self, filter: AuditFilter) -> StoreFuture<'_, Vec<AuditRecord>> {
        self.inner.audit_search(filter)
    }

    fn patients(&self, after: Option<NhsNumber>, limit: usize) -> StoreFuture<'_, Vec<NhsNumber>> {
        self.inner.patients(after, limit)
    }

    fn counts(&self) -> StoreFuture<'_, Counts> {
        self.inner.counts()
    }
}

/// A store, a clock and messages.
pub(crate) struct World {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) env: Environment,
}

impl World {
    pub(crate) fn new() -> Self {
        let start = "2026-11-21T09:30:00Z".parse().expect("an instant");
        Self {
            store: Arc::new(MemoryStore::new()),
            env: Environment::simulated(start, 1),
        }
    }

    /// A world with this many messages in the outbox.
    pub(crate) async fn with(messages: usize) -> Self {
        let world = Self::new();
        for n in 0..messages {
            world.queue(&outgoing(n)).await;
        }
        world
    }

    pub(crate) async fn queue(&self, outgoing: &Outgoing) {
        self.put(outgoing.entry(LANE, Some(patient()), self.env.now()))
            .await;
    }

    /// Queues a message with its record, as whoever sends one does.
    pub(crate) async fn queue_with_record(&self, outgoing: &Outgoing, outcome: &str) {
        let now = self.env.now();
        let commit = Commit {
            outbox: vec![outgoing.entry(LANE, Some(patient()), now)],
            messages: vec![record_of(outgoing, outcome, now)],
            ..Commit::default()
        };
        self.store.commit(commit).await.expect("queued");
    }

    /// The records of messages, as (direction, id, outcome), the ids in order.
    pub(crate) async fn records(&self) -> Vec<(Direction, MessageId, String)> {
        let filter = MessageFilter {
            owner: Some(LANE.to_owned()),
            limit: 1000,
            ..MessageFilter::default()
        };
        let records = self.store.messages(filter).await.expect("records");
        let mut records: Vec<_> = records
            .into_iter()
            .map(|record| (record.direction, record.message, record.outcome))
            .collect();
        records.sort();
        records
    }

    pub(crate) async fn put(&self, entry: OutboxEntry) {
        let commit = Commit {
            outbox: vec![entry],
            ..Commit::default()
        };
        self.store.commit(commit).await.expect("queued");
    }

    pub(crate) fn courier(&self, upstream: &Arc<OtherSide>) -> Courier {
        self.courier_over(Arc::clone(&self.store), upstream, policy())
    }

    pub(crate) fn courier_over(
        &self,
        store: Arc<dyn Store>,
        upstream: &Arc<OtherSide>,
        policy: RetryPolicy,
    ) -> Courier {
        self.courier_by(store, Arc::new(way(upstream, contract())), policy)
    }

    pub(crate) fn courier_by(
        &self,
        store: Arc<dyn Store>,
        routes: Arc<dyn Routes>,
        policy: RetryPolicy,
    ) -> Courier {
        Courier::new(LANE, routes, policy, store, self.env.clone())
    }

    pub(crate) fn later(&self, seconds: i64) {
        self.env.advance(SignedDuration::from_secs(seconds));
    }

    /// Everything that waits.
    pub(crate) async fn waiting(&self) -> Vec<OutboxEntry> {
        self.store
            .outbox(store::OutboxFilter {
                limit: 1000,
                ..Default::default()
            })
            .await
            .expect("the outbox")
    }

    pub(crate) async fn dead(&self) -> Vec<OutboxEntry> {
        self.store.dead_letters(1000).await.expect("dead letters")
    }

    /// The audit, as (operation, outcome, message).
    pub(crate) async fn audit(&self) -> Vec<(String, String, Option<MessageId>)> {
        let records = self.store.audit_records(0, 1000).await.expect("the audit");
        records
            .into_iter()
            .map(|record| {
                assert_eq!(record.event.role, "mhs");
                let event = record.event;
                (event.operation, event.outcome, event.message)
            })
            .collect()
    }
}

/// Whose messages these are.
pub(crate) const LANE: &str = "smsp";

/// The way of every message: to this other side, under this contract.
pub(crate) fn way(upstream: &Arc<OtherSide>, contract: Contract) -> Route {
    let upstream: Arc<dyn Upstream> = Arc::<OtherSide>::clone(upstream);
    Route { contract, upstream }
}

pub(crate) fn record_of(outgoing: &Outgoing, outcome: &str, at: Timestamp) -> MessageRecord {
    MessageRecord {
        owner: LANE.to_owned(),
        direction: Direction::Out,
        message: outgoing.message.clone(),
        conversation: Some(outgoing.conversation.as_str().to_owned()),
        ref_to: None,
        service: outgoing.service.clone(),
        interaction: outgoing.interaction.clone(),
        from: "RKE-000001".to_owned(),
        to: "YES-0000806".to_owned(),
        patient: Some(patient()),
        document: None,
        at,
        outcome: outcome.to_owned(),
        body: Some(outgoing.payload.clone().into_bytes()),
    }
}

/// A short wait for an answer, for the other side that hangs.
pub(crate) fn policy() -> RetryPolicy {
    RetryPolicy {
        jitter_percent: 0,
        answer_within: Duration::from_millis(50),
        poll: Duration::from_millis(5),
        ..RetryPolicy::default()
    }
}

pub(crate) fn contract() -> Contract {
    let party = |text| PartyKey::parse(text).expect("a party key");
    Contract::new(
        party("RKE-000001"),
        party("YES-0000806"),
        "S2001924A2012004",
    )
}

pub(crate) fn patient() -> NhsNumber {
    NhsNumber::parse("9990000018").expect("an NHS number")
}

pub(crate) fn outgoing(n: usize) -> Outgoing {
    let message = MessageId::parse(&format!("B7A1{n:04}-7F8E-4B0C-9A8B-3C6D7E8F9A0B"));
    let message = message.expect("a message id");
    Outgoing {
        conversation: message.clone(),
        message,
        service: "urn:nhs:names:services:alerts".to_owned(),
        interaction: "COMT_IN000001UK01".to_owned(),
        payload: "<COMT_IN000001UK01 xmlns=\"urn:hl7-org:v3\"/>".to_owned(),
        pattern: Pattern::Reliable,
        to_party: None,
        ref_to: None,
    }
}
