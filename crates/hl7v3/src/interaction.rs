//! The interactions this house speaks, with their services, actions and answer wrappers
//! (interaction catalogue of MIM 4.2 to 7.2).

/// An HL7 V3 interaction of the Spine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Interaction {
    /// `QUPC_IN160101UK05`: which documents does PSIS hold of a patient?
    DocumentListQuery,
    /// `QUPC_IN160102UK05`: its answer.
    DocumentListAnswer,
    /// `QUPC_IN160103UK05`: give me one document.
    DocumentQuery,
    /// `QUPC_IN160104UK05`: its answer.
    DocumentAnswer,
    /// `QUQI_IN010000UK14`: a query failed.
    QueryFailed,
    /// `MCCI_IN010000UK13`: an application acknowledgement.
    Acknowledgement,
    /// `GET_RESOURCE_PERMISSIONS_INUK01`: what is a patient's consent?
    PermissionsQuery,
    /// `GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01`: its answer.
    PermissionsAnswer,
    /// `HAS_RESOURCE_PERMISSIONS_INUK01`: what of this is permitted?
    HasPermissions,
    /// `HAS_RESOURCE_PERMISSIONS_RESPONSE_INUK01`: its answer.
    HasPermissionsAnswer,
    /// `SET_RESOURCE_PERMISSIONS_INUK01`: a patient's consent is to be so from now on.
    SetPermissions,
    /// `COMT_IN000001UK01`: a privacy alert was raised. It travels reliably, in ebXML.
    Alert,
    /// `QUPC_IN180000UK04`: which events does PSIS hold of a patient?
    EventListQuery,
    /// `QUPC_IN180000SM04`: the same, as the SCR FHIR API asks it; its answer tells the consent.
    EventListQuerySm,
    /// `QUPC_IN200000UK04`: the answer to `QUPC_IN180000UK04`.
    EventListAnswer,
    /// `QUPC_IN200000SM04`: the answer to `QUPC_IN180000SM04`.
    EventListAnswerSm,
    /// `QUPC_IN190000UK04`: give me one event.
    EventQuery,
    /// `QUPC_IN210000UK04`: its answer.
    EventAnswer,
    /// `REPC_IN150015UK05`: an initial GP Summary, text only. Like all uploads it travels reliably.
    InitialSummary,
    /// `REPC_IN150016UK05`: a GP Summary.
    Summary,
    /// `REPC_IN150016SM05`: a GP Summary as the SCR FHIR API sends it: posted, and then polled for.
    SummarySm,
    /// `REPC_IN150017UK02`: withdraw an initial GP Summary.
    WithdrawInitialSummary,
    /// `REPC_IN150018UK02`: withdraw a GP Summary.
    WithdrawSummary,
    /// `QUPC_IN010000UK32`: does this legitimate relationship exist?
    RelationshipQuery,
    /// `QUPC_IN060000UK32`: its answer.
    RelationshipAnswer,
    /// `REPC_IN010000UK15`: create a legitimate relationship.
    CreateRelationship,
    /// `REPC_IN020000UK13`: it was created.
    RelationshipCreated,
    /// `QUPC_IN000006GB01`: what does CP-IS hold of a child or an expectant mother?
    CpisQuery,
    /// `REPC_IN000007GB01`: its answer, when there is a record.
    CpisAnswer,
    /// `ACCESS_TO_SERVICE`: a local authority asks who looked.
    CpisAccessPull,
    /// `REPC_IN000004GB01`: its answer, an access to service notification.
    CpisAccessNotice,
    /// `INACTIVE_NHS_NUMBERS`: a local authority asks which numbers went out of use.
    CpisInactivePull,
    /// `REPC_IN000005GB01`: its answer, an inactive NHS number notification.
    CpisInactiveNotice,
    /// `REPC_IN000002SM01`: one record of an upload file, inside the Spine.
    CpisUpload,
    /// `REPC_IN000003GB01`: the acknowledgement of an upload file.
    CpisUploadAnswer,
}

use Interaction::{
    Acknowledgement, Alert, CpisAccessNotice, CpisAccessPull, CpisAnswer, CpisInactiveNotice,
    CpisInactivePull, CpisQuery, CpisUpload, CpisUploadAnswer, CreateRelationship, DocumentAnswer,
    DocumentListAnswer, DocumentListQuery, DocumentQuery, EventAnswer, EventListAnswer,
    EventListAnswerSm, EventListQuery, EventListQuerySm, EventQuery, HasPermissions,
    HasPermissionsAnswer, InitialSummary, PermissionsAnswer, PermissionsQuery, QueryFailed,
    RelationshipAnswer, RelationshipCreated, RelationshipQuery, SetPermissions, Summary, SummarySm,
    WithdrawInitialSummary, WithdrawSummary,
};

/// What every service name starts with.
const SERVICES: &str = "urn:nhs:names:services:";

impl Interaction {
    /// Every interaction.
    pub const ALL: [Self; 35] = [
        DocumentListQuery,
        DocumentListAnswer,
        DocumentQuery,
        DocumentAnswer,
        QueryFailed,
        Acknowledgement,
        PermissionsQuery,
        PermissionsAnswer,
        HasPermissions,
        HasPermissionsAnswer,
        SetPermissions,
        Alert,
        EventListQuery,
        EventListQuerySm,
        EventListAnswer,
        EventListAnswerSm,
        EventQuery,
        EventAnswer,
        InitialSummary,
        Summary,
        SummarySm,
        WithdrawInitialSummary,
        WithdrawSummary,
        RelationshipQuery,
        RelationshipAnswer,
        CreateRelationship,
        RelationshipCreated,
        CpisQuery,
        CpisAnswer,
        CpisAccessPull,
        CpisAccessNotice,
        CpisInactivePull,
        CpisInactiveNotice,
        CpisUpload,
        CpisUploadAnswer,
    ];

    /// The interaction id, which is also the name of the message's root element.
    pub const fn id(self) -> &'static str {
        match self {
            DocumentListQuery => "QUPC_IN160101UK05",
            DocumentListAnswer => "QUPC_IN160102UK05",
            DocumentQuery => "QUPC_IN160103UK05",
            DocumentAnswer => "QUPC_IN160104UK05",
            QueryFailed => "QUQI_IN010000UK14",
            Acknowledgement => "MCCI_IN010000UK13",
            PermissionsQuery => "GET_RESOURCE_PERMISSIONS_INUK01",
            PermissionsAnswer => "GET_RESOURCE_PERMISSIONS_RESPONSE_INUK01",
            HasPermissions => "HAS_RESOURCE_PERMISSIONS_INUK01",
            HasPermissionsAnswer => "HAS_RESOURCE_PERMISSIONS_RESPONSE_INUK01",
            SetPermissions => "SET_RESOURCE_PERMISSIONS_INUK01",
            Alert => "COMT_IN000001UK01",
            EventListQuery => "QUPC_IN180000UK04",
            EventListQuerySm => "QUPC_IN180000SM04",
            EventListAnswer => "QUPC_IN200000UK04",
            EventListAnswerSm => "QUPC_IN200000SM04",
            EventQuery => "QUPC_IN190000UK04",
            EventAnswer => "QUPC_IN210000UK04",
            InitialSummary => "REPC_IN150015UK05",
            Summary => "REPC_IN150016UK05",
            SummarySm => "REPC_IN150016SM05",
            WithdrawInitialSummary => "REPC_IN150017UK02",
            WithdrawSummary => "REPC_IN150018UK02",
            RelationshipQuery => "QUPC_IN010000UK32",
            RelationshipAnswer => "QUPC_IN060000UK32",
            CreateRelationship => "REPC_IN010000UK15",
            RelationshipCreated => "REPC_IN020000UK13",
            CpisQuery => "QUPC_IN000006GB01",
            CpisAnswer => "REPC_IN000007GB01",
            CpisAccessPull => "ACCESS_TO_SERVICE",
            CpisAccessNotice => "REPC_IN000004GB01",
            CpisInactivePull => "INACTIVE_NHS_NUMBERS",
            CpisInactiveNotice => "REPC_IN000005GB01",
            CpisUpload => "REPC_IN000002SM01",
            CpisUploadAnswer => "REPC_IN000003GB01",
        }
    }

    /// The interaction of an id.
    pub fn of(id: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|interaction| interaction.id() == id)
    }

    /// The service it belongs to, without the common prefix. A failed query or an
    /// acknowledgement travels under the service of the request it answers; their own is the
    /// one they answer most.
    pub const fn service(self) -> &'static str {
        match self {
            PermissionsQuery | PermissionsAnswer | HasPermissions | HasPermissionsAnswer
            | RelationshipQuery | RelationshipAnswer => "lrsquery",
            SetPermissions | CreateRelationship | RelationshipCreated => "lrs",
            InitialSummary | Summary | SummarySm | WithdrawInitialSummary | WithdrawSummary => {
                "psis"
            }
            Alert => "alerts",
            CpisQuery | CpisAnswer | CpisAccessPull | CpisAccessNotice | CpisInactivePull
            | CpisInactiveNotice => "cpisquery",
            CpisUpload | CpisUploadAnswer => "cpisupload",
            _ => "psisquery",
        }
    }

    /// The action under its own service: the SOAPAction of a request.
    pub fn action(self) -> String {
        self.action_of(self.service())
    }

    /// The action under a given service.
    pub fn action_of(self, service: &str) -> String {
        [SERVICES, service, "/", self.id()].concat()
    }

    /// Whether it asks or tells the Spine something, rather than answering.
    pub const fn is_request(self) -> bool {
        match self {
            DocumentListQuery | DocumentQuery | PermissionsQuery | HasPermissions
            | SetPermissions | Alert | EventListQuery | EventListQuerySm | EventQuery
            | RelationshipQuery => true,
            CreateRelationship | CpisQuery | CpisAccessPull | CpisInactivePull | CpisUpload => true,
            DocumentListAnswer | DocumentAnswer | QueryFailed | Acknowledgement
            | PermissionsAnswer | HasPermissionsAnswer | EventListAnswer | EventListAnswerSm
            | EventAnswer | RelationshipAnswer | RelationshipCreated | CpisAnswer
            | CpisAccessNotice | CpisInactiveNotice | CpisUploadAnswer => false,
            _ => self.is_upload(),
        }
    }

    /// Whether it brings a document to PSIS, or withdraws one.
    pub const fn is_upload(self) -> bool {
        matches!(
            self,
            InitialSummary | Summary | SummarySm | WithdrawInitialSummary | WithdrawSummary
        )
    }

    /// Whether it brings a GP Summary.
    pub const fn brings_summary(self) -> bool {
        matches!(self, InitialSummary | Summary | SummarySm)
    }

    /// Whether it is a request that is answered on the connection, in SOAP. Alerts, uploads and
    /// new relationships are not: they travel reliably.
    pub(crate) const fn is_synchronous(self) -> bool {
        let is_reliable =
            self.is_upload() || matches!(self, Alert | CreateRelationship | CpisUpload);
        self.is_request() && !is_reliable
    }

    /// Whether it is one of Child Protection - Information Sharing.
    pub const fn is_cpis(self) -> bool {
        matches!(
            self,
            CpisQuery
                | CpisAnswer
                | CpisAccessPull
                | CpisAccessNotice
                | CpisInactivePull
                | CpisInactiveNotice
                | CpisUpload
                | CpisUploadAnswer
        )
    }

    /// Whether a local authority asks with it for its notices.
    pub const fn is_cpis_pull(self) -> bool {
        matches!(self, CpisAccessPull | CpisInactivePull)
    }

    /// Whether it is a query of PSIS, which refuses by a failed query; everything else that asks
    /// is refused by an acknowledgement.
    pub(crate) const fn is_psis_query(self) -> bool {
        matches!(
            self,
            DocumentListQuery | DocumentQuery | EventListQuery | EventListQuerySm | EventQuery
        )
    }

    /// The element around every answer to this request on synchronous SOAP, in the HL7
    /// namespace. The first two are by analogy with `eventListQueryResponse`: no example of them
    /// is published, so readers find the answer by its own name.
    pub const fn answer_wrapper(self) -> &'static str {
        match self {
            DocumentListQuery | DocumentListAnswer => "documentListQueryResponse",
            DocumentQuery | DocumentAnswer => "documentQueryResponse",
            PermissionsQuery | PermissionsAnswer => "getResourcePermissionsResponse",
            HasPermissions | HasPermissionsAnswer => "hasResourcePermissionsResponse",
            SetPermissions => "setResourcePermissionsResponse",
            EventListQuery | EventListQuerySm | EventListAnswer | EventListAnswerSm => {
                "eventListQueryResponse"
            }
            EventQuery | EventAnswer => "eventQueryResponse",
            // The same name as the payload's own, which is found below `subject`.
            CpisQuery | CpisAnswer => "CP-ISNHSQueryResponse",
            _ => "response",
        }
    }

    /// The `versionCode` we write. The Spine only asks that there be one; these are the values
    /// met in published examples.
    pub(crate) const fn version_code(self) -> &'static str {
        match self {
            QueryFailed
            | EventListQuery
            | EventListQuerySm
            | EventListAnswer
            | EventListAnswerSm
            | EventQuery
            | EventAnswer
            | InitialSummary
            | Summary
            | SummarySm
            | WithdrawInitialSummary
            | WithdrawSummary => "V3NPfIT4.2.00",
            RelationshipQuery | RelationshipAnswer | CreateRelationship | RelationshipCreated => {
                "V3NPfIT6.2.00"
            }
            Acknowledgement | PermissionsQuery | PermissionsAnswer | HasPermissions
            | HasPermissionsAnswer | SetPermissions | Alert | CpisUpload | CpisUploadAnswer => {
                "V3NPfIT3.0"
            }
            CpisQuery | CpisAnswer | CpisAccessPull | CpisAccessNotice | CpisInactivePull
            | CpisInactiveNotice => "v3INF_DMSv5.7:FIN",
            _ => "V3NPfIT2.0",
        }
    }
}

/// Splits an action like `urn:nhs:names:services:psisquery/QUPC_IN160101UK05` into the service,
/// without the common prefix, and the interaction id.
pub fn split_action(action: &str) -> Option<(&str, &str)> {
    action.strip_prefix(SERVICES)?.split_once('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_actions_are_two_way() {
        for interaction in Interaction::ALL {
            assert_eq!(Interaction::of(interaction.id()), Some(interaction));
            let action = interaction.action();
            assert_eq!(
                split_action(&action),
                Some((interaction.service(), interaction.id()))
            );
        }
        assert_eq!(Interaction::of("QUPC_IN160101UK06"), None);
        assert_eq!(split_action("urn:other/QUPC_IN160101UK05"), None);
    }
}
