//! Requests as a client writes them, and ways to spoil them.

use domain::oid;
use domain::{Asid, DocumentId, Hl7Timestamp, JobRole, NhsNumber, RoleProfileId, SdsUserId};
use hl7v3::acs::{
    self, AccessControlSet, ConsentFunction, Criteria, HasQuery, NewSetting, PermissionsQuery,
    SetPermissions,
};
use hl7v3::psis::event::{EventListQuery, EventQuery, write_event_list_query, write_event_query};
use hl7v3::psis::{self, DissentOverride, DocumentListQuery, DocumentQuery, ListFilter, Selector};
use hl7v3::wrapper::Author;
use hl7v3::{Interaction, RequestParts};

pub(crate) const REQUEST_ID: &str = "12AC1810-8211-11E3-8AA7-00059A3C7800";
pub(crate) const SPINE_ASID: &str = "655159266510";
pub(crate) const CLIENT_ASID: &str = "276827251543";
pub(crate) const FROM: &str = "http://192.0.2.7:1/dial?me";

pub(crate) fn asid(digits: &str) -> Asid {
    Asid::parse(digits).expect("digits")
}

pub(crate) fn patient() -> NhsNumber {
    NhsNumber::parse("9990000018").expect("valid")
}

pub(crate) fn id(text: &str) -> DocumentId {
    DocumentId::parse(text).expect("a UUID")
}

pub(crate) fn time(text: &str) -> Hl7Timestamp {
    Hl7Timestamp::parse(text).expect("a timestamp")
}

pub(crate) fn author() -> Author {
    Author {
        role_profile: RoleProfileId::parse("100180580981").expect("digits"),
        user: SdsUserId::parse("100180579988").expect("digits"),
        job_role: JobRole::parse("S0080:G0450:R5080").expect("a job role"),
    }
}

/// What a test varies in a PSIS query.
#[derive(Clone)]
pub(crate) struct Asked {
    pub(crate) patient: NhsNumber,
    pub(crate) dissent_override: u8,
    pub(crate) author: bool,
}

/// The usual patient, no override, a person asking.
pub(crate) fn asked() -> Asked {
    Asked {
        patient: patient(),
        dissent_override: 0,
        author: true,
    }
}

impl Asked {
    pub(crate) fn of(patient: NhsNumber) -> Self {
        Self { patient, ..asked() }
    }

    pub(crate) fn overriding(code: u8) -> Self {
        Self {
            dissent_override: code,
            ..asked()
        }
    }

    pub(crate) fn list(&self, filter: ListFilter) -> String {
        let query = DocumentListQuery {
            patient: self.patient,
            dissent_override: self.dissent_override(),
            filter,
        };
        self.write(|parts| psis::write_list_query(parts, &query))
    }

    /// A list query for everything there is.
    pub(crate) fn whole_list(&self) -> String {
        self.list(between("1900", "2100"))
    }

    pub(crate) fn document(&self, document: &str) -> String {
        self.select(Selector::Document(id(document)))
    }

    pub(crate) fn set(&self, set: &str) -> String {
        self.select(Selector::Set(id(set)))
    }

    /// An event list query, of either interaction.
    pub(crate) fn events(&self, sm: bool) -> String {
        let query = EventListQuery {
            patient: self.patient,
            dissent_override: self.dissent_override(),
        };
        self.write(|parts| write_event_list_query(parts, &query, sm))
    }

    pub(crate) fn event(&self, event: &str) -> String {
        let query = EventQuery {
            patient: self.patient,
            dissent_override: self.dissent_override(),
            event: id(event),
        };
        self.write(|parts| write_event_query(parts, &query))
    }

    /// A confirmation query about the role profile of the usual author. Nothing writes one, so
    /// another query is turned into it.
    pub(crate) fn relationship(&self, historic: bool) -> String {
        let other = self.events(false);
        let (start, rest) = other.split_once("<query>").expect("a query");
        let (_, end) = rest.split_once("</query>").expect("an end");
        let code = if historic { "02" } else { "01" };
        let parameter = |name: &str, value: &str| {
            format!("<{name}><value {value}/><semanticsText>{name}</semanticsText></{name}>")
        };
        let query = [
            parameter(
                "patient.id",
                &format!(
                    "root=\"{}\" extension=\"{}\"",
                    oid::NHS_NUMBER,
                    self.patient.as_str()
                ),
            ),
            parameter(
                "response.Type",
                &format!("code=\"{code}\" codeSystem=\"2.16.840.1.113883.2.1.3.2.4.17.9\""),
            ),
            "<parameterList>".to_owned(),
            parameter(
                "userRoleProfileID",
                &format!(
                    "root=\"{}\" extension=\"{}\"",
                    oid::SDS_ROLE_PROFILE,
                    author().role_profile
                ),
            ),
            "</parameterList>".to_owned(),
        ];
        let whole = format!("{start}<query>{}</query>{end}", query.concat());
        let asked = Interaction::RelationshipQuery;
        whole
            .replace(&Interaction::EventListQuery.action(), &asked.action())
            .replace(Interaction::EventListQuery.id(), asked.id())
    }

    pub(crate) fn permissions(&self, code: Option<&str>) -> String {
        let query = PermissionsQuery {
            patient: self.patient,
            criteria: code.map(|code| Criteria {
                context: "Consent".to_owned(),
                code: Some(code.to_owned()),
                resource_types: vec!["SCR".to_owned()],
            }),
        };
        self.write(|parts| acs::write_query(parts, &query))
    }

    /// Asks what everybody is permitted.
    pub(crate) fn has(&self, functions: &[ConsentFunction]) -> String {
        let query = HasQuery {
            patient: self.patient,
            sets: functions
                .iter()
                .map(|function| AccessControlSet::consent(*function))
                .collect(),
        };
        self.write(|parts| acs::write_has(parts, &query))
    }

    /// Sets the consent.
    pub(crate) fn setting(&self, setting: NewSetting) -> String {
        let permissions = SetPermissions {
            patient: self.patient,
            setting,
        };
        self.write(|parts| acs::write_set(parts, &permissions))
    }

    fn select(&self, selector: Selector) -> String {
        let query = DocumentQuery {
            patient: self.patient,
            dissent_override: self.dissent_override(),
            selector,
        };
        self.write(|parts| psis::write_document_query(parts, &query))
    }

    fn dissent_override(&self) -> DissentOverride {
        if self.dissent_override == 0 {
            return DissentOverride::none();
        }
        DissentOverride {
            code: self.dissent_override,
            display_name: Some("Access made in the public interest".to_owned()),
            original_text: Some("found unconscious".to_owned()),
        }
    }

    fn write(&self, write: impl FnOnce(&RequestParts<'_>) -> Vec<u8>) -> String {
        let bytes = write(&RequestParts {
            id: REQUEST_ID,
            now: "2024-07-01T12:00:00Z".parse().expect("a time"),
            to: "https://spine.example/sync-service",
            from: FROM,
            receiver: &asid(SPINE_ASID),
            sender: &asid(CLIENT_ASID),
            author: self.author.then(author).as_ref(),
        });
        String::from_utf8(bytes).expect("UTF-8")
    }
}

/// A filter by period, both ends as written.
pub(crate) fn between(from: &str, to: &str) -> ListFilter {
    ListFilter {
        from: Some(time(from)),
        to: Some(time(to)),
        ..ListFilter::default()
    }
}

/// A filter by SNOMED CT code.
pub(crate) fn of_type(code: &str) -> ListFilter {
    ListFilter {
        document_type: Some((code.to_owned(), oid::SNOMED_CT.to_owned())),
        ..ListFilter::default()
    }
}

/// A filter by set.
pub(crate) fn of_set(set: &str) -> ListFilter {
    ListFilter {
        set_id: Some(id(set)),
        ..ListFilter::default()
    }
}

/// Replaces exactly what is there, so that a mutation cannot silently do nothing.
pub(crate) fn mutate(message: &str, from: &str, to: &str) -> String {
    assert!(
        message.contains(from),
        "the message does not contain {from}"
    );
    message.replace(from, to)
}

/// The interaction that a request's first action names, for its SOAPAction.
pub(crate) fn soap_action(message: &str) -> Option<String> {
    Interaction::ALL
        .into_iter()
        .map(Interaction::action)
        .find(|action| message.contains(&format!("<wsa:Action>{action}</wsa:Action>")))
}
