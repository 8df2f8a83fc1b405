//! A child with a plan, an emergency department that asks, and the one way to ask.

use std::sync::Arc;

use domain::code::cpis::ResponseCode;
use domain::cpis::{
    Author, Authority, Device, JobTitle, Organisation, Person, PersonName, PlanType, Responsible,
    Subject,
};
use domain::{JobRole, OdsCode, RoleProfileId, SdsUserId};
use hl7v3::cpis::answer::{
    self, Answer as Held, Contact, Record, Role, Seen, ShownPlan, ShownSubject,
};
use hl7v3::cpis::query::{self, Query};
use itk::client_request::{self, Parts};
use itk::envelope::Caller;
use jiff::SignedDuration;
use jiff::civil::date;
use transport::{Environment, Handler, Request, Response, Upstream};

use super::spine::{FakeCpis, Reply};
use crate::tests::world::{
    Answer, PROFILE_UNSCHEDULED, USER, World, id, patient, read, request, time,
};
use crate::{CpisService, CpisUpstream};

pub(super) const CHILD: [&str; 3] = ["Tessa", "O'Example", "20150529"];

/// A provider with CP-IS behind it.
pub(super) struct Cpis {
    pub(super) world: World,
    pub(super) spine: Arc<FakeCpis>,
}

impl Cpis {
    pub(super) fn new() -> Self {
        Self::answering(Reply::Held)
    }

    pub(super) fn answering(reply: Reply) -> Self {
        let world = World::new();
        let spine = Arc::new(FakeCpis::new(world.env.clone(), reply));
        Self { world, spine }
    }

    pub(super) fn service(&self) -> CpisService {
        let upstream = Arc::clone(&self.spine) as Arc<dyn Upstream>;
        self.service_over(CpisUpstream::Sync(upstream))
    }

    pub(super) fn service_over(&self, upstream: CpisUpstream) -> CpisService {
        let world = &self.world;
        CpisService::new(
            world.config.clone(),
            world.clients(),
            world.users(),
            Arc::clone(&world.store),
            upstream,
            world.env.clone(),
        )
    }

    /// Asks in full.
    pub(super) async fn respond(&self, message: &[u8]) -> Response {
        self.service().handle(self.request(message)).await
    }

    /// Asks, and reads what comes back.
    pub(super) async fn check(&self, message: &[u8]) -> Answer {
        read(&self.respond(message).await)
    }

    pub(super) fn request(&self, message: &[u8]) -> Request {
        Request {
            path: "/smsp/cpis".to_owned(),
            ..request(message, &self.world)
        }
    }

    /// The decision of the last event on audit.
    pub(super) async fn decision(&self) -> String {
        let last = self.world.audit().await.pop().expect("an event");
        last.event.decision.unwrap_or_default()
    }
}

/// A request as a test varies it.
#[derive(Clone)]
pub(super) struct Ask {
    pub(super) query: Query,
    pub(super) organisation: &'static str,
    pub(super) user: Option<&'static str>,
    pub(super) profile: Option<&'static str>,
    pub(super) job_role: Option<&'static str>,
}

impl Ask {
    /// By the user, with a smartcard.
    pub(super) fn new(env: &Environment) -> Self {
        Self {
            query: Query {
                id: env.uuid(),
                at: time("20260302085959+0000"),
                author: person(),
                patient: patient(),
                silent: false,
            },
            organisation: "RKE",
            user: Some(USER),
            profile: None,
            job_role: None,
        }
    }

    /// By the client's own system, for nobody in particular.
    pub(super) fn by_system(env: &Environment) -> Self {
        let mut ask = Self::new(env);
        ask.query.author = device();
        ask.user = None;
        ask
    }

    pub(super) fn person(&mut self) -> &mut Person {
        match &mut self.query.author {
            Author::Person(person) => person,
            Author::Device(_) => panic!("no person"),
        }
    }

    pub(super) fn device(&mut self) -> &mut Device {
        match &mut self.query.author {
            Author::Device(device) => device,
            Author::Person(_) => panic!("no system"),
        }
    }

    pub(super) fn bytes(&self, env: &Environment) -> Vec<u8> {
        let caller = Caller {
            organisation: id::<OdsCode>(self.organisation),
            user: self.user.map(id::<SdsUserId>),
            role_profile: self.profile.map(id::<RoleProfileId>),
            job_role: self.job_role.map(id::<JobRole>),
        };
        let (message_id, tracking_id, payload_id) = (env.uuid(), env.uuid(), env.uuid());
        let parts = Parts {
            message_id: &message_id,
            to: "https://smsp.example/smsp/cpis",
            now: env.now(),
            expires_after: SignedDuration::from_mins(5),
            username: "ward-system",
            tracking_id: &tracking_id,
            payload_id: &payload_id,
            operation: itk::cpis::Operation::Query.into(),
            caller: &caller,
            signer: None,
        };
        client_request::write(&parts, |w| query::write_stub(w, &self.query))
    }
}

fn title() -> JobTitle {
    JobTitle {
        code: "S0010:G0020:R0050".to_owned(),
        display_name: "Consultant".to_owned(),
    }
}

fn organisation() -> Organisation {
    Organisation {
        code: "RKE".to_owned(),
        site: false,
        name: "EXAMPLE HOSPITAL NHS TRUST".to_owned(),
    }
}

pub(super) fn person() -> Author {
    Author::Person(Person {
        role: title(),
        user: USER.to_owned(),
        role_profile: Some(PROFILE_UNSCHEDULED.to_owned()),
        name: PersonName {
            prefix: vec!["Dr".to_owned()],
            given: vec!["Alex".to_owned()],
            family: vec!["Author".to_owned()],
            ..PersonName::default()
        },
        organisation: organisation(),
    })
}

pub(super) fn device() -> Author {
    Author::Device(Device {
        asid: "200000000115".to_owned(),
        responsible: vec![Responsible {
            role: title(),
            name: PersonName {
                text: Some("Lead Author".to_owned()),
                ..PersonName::default()
            },
        }],
        organisation: organisation(),
    })
}

/// What CP-IS holds of the patient of a query: one plan, and this access alone.
pub(super) fn held(query: &Query) -> Held {
    let [given, family, _] = CHILD;
    Held {
        id: query.id.clone(),
        at: time("20260302090000+0000"),
        accesses: vec![Seen {
            id: query.id.clone(),
            at: query.at.clone(),
            author: query.author.clone(),
            patient: query.patient,
        }],
        records: vec![Record {
            authority: Authority {
                code: id("V145"),
                name: "Example Council".to_owned(),
            },
            site: false,
            contact: Contact {
                office: Some("tel:01632960001".to_owned()),
                emergency: Some("tel:01632960002".to_owned()),
            },
            plans: vec![ShownPlan {
                kind: PlanType::ChildProtection,
                start: "202501020930".parse().expect("a date"),
                end: None,
            }],
            subjects: vec![ShownSubject {
                role: Role::Child,
                patient: Some(query.patient),
                person: Subject {
                    given: given.to_owned(),
                    family: family.to_owned(),
                    birth_date: date(2015, 5, 29),
                    local_id: None,
                },
            }],
        }],
    }
}

/// The payload of an answer that found something.
pub(super) fn found(answer: &Answer) -> Held {
    assert_eq!(answer.outcome, "SMSP-0000", "{}", answer.text);
    let document = xml::Document::parse(&answer.payload).expect("well-formed");
    answer::read(document.root()).expect("a payload")
}

/// The code of an answer, which goes with its text.
pub(super) fn code(answer: &Answer) -> ResponseCode {
    let code = ResponseCode::of(&answer.outcome).expect("a code of CP-IS");
    assert_eq!(answer.text, code.code().1);
    code
}
