//! Mailboxes, their owners and a store.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use domain::OdsCode;
use domain::audit::AuditEvent;
use sds::{Directory, System};
use serde_json::Value;
use spine::mail::{MailService, MailboxId, Mailboxes, Post, Workflows};
use store::{MailFilter, MailMessage, MemoryStore, Store};
use transport::{CertificateMatch, Environment, Handler, Headers, Peer, Request, Response};

use crate::world::{certificate, wait};

/// The mailbox of CP-IS.
pub(crate) const CPIS: &str = "CPIS";

pub(crate) struct Office {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) env: Environment,
    pub(crate) post: Post,
}

/// A system of an organisation; its certificate is its name's.
pub(crate) fn system(name: &str, organisation: &str, interactions: Option<&[&str]>) -> System {
    System {
        name: name.to_owned(),
        organisation: OdsCode::parse(organisation).ok(),
        manufacturer: None,
        certificate: CertificateMatch::CommonName(format!("{name}.example")),
        asids: Vec::new(),
        sends_for: Vec::new(),
        party_key: None,
        interactions: interactions.map(|all| all.iter().map(|&one| one.to_owned()).collect()),
        endpoints: Vec::new(),
    }
}

/// One whose ids no other has.
pub(crate) fn environment() -> Environment {
    static SEED: AtomicU64 = AtomicU64::new(0);
    let start = "2024-07-01T12:00:01Z".parse().expect("a time");
    Environment::simulated(start, SEED.fetch_add(1, Ordering::Relaxed))
}

pub(crate) fn post_over(store: Arc<dyn Store>, env: &Environment) -> Post {
    workflows_over(store, env, Workflows::default())
}

pub(crate) fn workflows_over(
    store: Arc<dyn Store>,
    env: &Environment,
    workflows: Workflows,
) -> Post {
    let directory = Directory::new(vec![
        system("islington", "V145", None),
        system("barnet", "V146", None),
        system("hospital", "RKE", Some(&["QUPC_IN000006GB01"])),
    ]);
    let own = MailboxId::parse(CPIS).expect("an id");
    let mailboxes = Mailboxes::new(own, Vec::new(), directory).expect("mailboxes");
    Post::new(store, env.clone(), mailboxes, workflows)
}

impl Office {
    pub(crate) fn new() -> Self {
        Self::over(Arc::new(MemoryStore::new()))
    }

    pub(crate) fn over(store: Arc<dyn Store>) -> Self {
        let env = environment();
        let post = post_over(store.clone(), &env);
        Self { store, env, post }
    }

    /// Every audit event so far, as `operation outcome`.
    pub(crate) fn trail(&self) -> Vec<String> {
        let event = |event: AuditEvent| format!("{} {}", event.operation, event.outcome);
        self.events().into_iter().map(event).collect()
    }

    pub(crate) fn events(&self) -> Vec<AuditEvent> {
        let records = wait(self.store.audit_records(0, usize::MAX)).expect("readable");
        records.into_iter().map(|record| record.event).collect()
    }

    /// All messages.
    pub(crate) fn messages(&self) -> Vec<MailMessage> {
        let filter = MailFilter {
            limit: usize::MAX,
            ..MailFilter::default()
        };
        wait(self.store.mail(filter)).expect("readable")
    }

    /// The whole content of a message.
    pub(crate) fn content(&self, message: &MailMessage) -> Vec<u8> {
        let chunk = |number| {
            let found = wait(self.store.mail_chunk(message.id.clone(), number));
            found.expect("readable").expect("there")
        };
        (1..=message.chunks).flat_map(chunk).collect()
    }

    /// A call over HTTP by a system, `None` for one without a certificate.
    pub(crate) fn call(&self, system: Option<&str>, line: &str, headers: &[(&str, &str)]) -> Reply {
        self.call_with(system, line, headers, b"")
    }

    pub(crate) fn call_with(
        &self,
        system: Option<&str>,
        line: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Reply {
        let (method, target) = line.split_once(' ').expect("a method and a path");
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut all = Headers::default();
        for (name, value) in headers {
            assert!(all.add(name, value));
        }
        let service = MailService::new(self.post.clone());
        let response = wait(service.handle(Request {
            method: method.to_owned(),
            path: format!("/messageexchange/{path}"),
            query: query.to_owned(),
            headers: all,
            body: body.to_vec().into(),
            peer: Peer::local(system.map(|name| certificate(&format!("{name}.example")))),
        }));
        Reply(response)
    }
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply(pub(crate) Response);

impl Reply {
    pub(crate) fn status(&self) -> u16 {
        self.0.status
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.0.body).unwrap_or(Value::Null)
    }

    /// A member of the body, as text.
    pub(crate) fn member(&self, name: &str) -> String {
        match &self.json()[name] {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        }
    }

    /// `417 12`
    pub(crate) fn error(&self) -> String {
        let code = self.member("errorCode");
        format!("{} {code}", self.status()).trim_end().to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.0.header(name).unwrap_or_default()
    }
}
