//! Resources as the SDS FHIR API writes them. What is not known is left out.

use serde_json::{Map, Value, json};
use transport::Environment;

use super::parameters::percent_decoded;
use crate::lookup::{AccreditedSystem, ContractProperties, MessageHandling};
use crate::users::RoleProfile;

/// Where the identifiers of NHS systems are.
const ID: &str = "https://fhir.nhs.uk/Id/";
const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
const SERVICE: &str = "https://fhir.nhs.uk/Id/nhsServiceInteractionId";
const EXTENSION: &str = "https://fhir.nhs.uk/StructureDefinition/Extension-SDS-";

/// A searchset of resources, each with a fresh id. `here` is the address asked for, without
/// `query`.
pub(super) fn bundle(found: Vec<Value>, here: &str, query: &str, env: &Environment) -> Value {
    let decoded = percent_decoded(query).unwrap_or_else(|| query.to_owned());
    let url = match query.is_empty() {
        true => here.to_owned(),
        false => format!("{here}?{decoded}"),
    };
    let entry = |mut resource: Value| {
        let id = env.uuid();
        if let Value::Object(resource) = &mut resource {
            resource.insert("id".to_owned(), json!(id));
        }
        json!({
            "fullUrl": format!("{here}/{id}"),
            "resource": resource,
            "search": { "mode": "match" },
        })
    };
    json!({
        "resourceType": "Bundle",
        "id": env.uuid(),
        "type": "searchset",
        "total": found.len(),
        "link": [{ "relation": "self", "url": url }],
        "entry": found.into_iter().map(entry).collect::<Vec<_>>(),
    })
}

/// `Device`: an accredited system.
pub(super) fn device(system: &AccreditedSystem) -> Value {
    let asid = Some(identifier("nhsSpineASID", system.asid.as_str()));
    let party = system.party_key.as_ref();
    let party = party.map(|key| identifier("nhsMhsPartyKey", key.as_str()));
    let manufacturer = system.manufacturer.as_ref();
    let manufacturer =
        manufacturer.map(|ods| reference("ManufacturingOrganisation", ODS, ods.as_str()));
    let interactions = system.service_interactions.iter();
    let interactions = interactions.map(|i| reference("NhsServiceInteractionId", SERVICE, i));
    json!({
        "resourceType": "Device",
        "identifier": asid.into_iter().chain(party).collect::<Vec<_>>(),
        "extension": manufacturer.into_iter().chain(interactions).collect::<Vec<_>>(),
        "owner": { "identifier": { "system": ODS, "value": system.organisation } },
    })
}

/// `Endpoint`: where messages of one service and interaction go.
pub(super) fn endpoint(found: &MessageHandling) -> Value {
    let mut resource = json!({
        "resourceType": "Endpoint",
        "status": "active",
        "connectionType": {
            "system": "http://terminology.hl7.org/CodeSystem/endpoint-connection-type",
            "code": "hl7-fhir-msg",
            "display": "HL7 FHIR Messaging",
        },
        "payloadType": [{
            "coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/endpoint-payload-type",
                "code": "any",
                "display": "Any",
            }],
        }],
        "address": found.address,
        "identifier": [
            identifier("nhsMhsFQDN", &found.fqdn),
            identifier("nhsMhsPartyKey", found.party_key.as_str()),
            identifier("nhsMhsCPAId", &found.cpa_id),
            identifier("nhsMHSId", &found.cpa_id),
        ],
        "extension": [
            contract(&found.contract),
            reference("NhsServiceInteractionId", SERVICE, &found.service_interaction),
        ],
    });
    if let (Value::Object(resource), Some(ods)) = (&mut resource, &found.organisation) {
        let organisation = json!({ "identifier": { "system": ODS, "value": ods } });
        resource.insert("managingOrganization".to_owned(), organisation);
    }
    resource
}

/// `PractitionerRole`: the job role of a role profile.
pub(super) fn practitioner_role(profile: &RoleProfile) -> Value {
    json!({
        "resourceType": "PractitionerRole",
        "code": [{
            "coding": [{
                "system": "https://fhir.nhs.uk/CodeSystem/NHSDigital-SDS-JobRoleCode",
                "code": profile.job_role,
            }],
        }],
    })
}

fn contract(contract: &ContractProperties) -> Value {
    let string = |url: &str, value: Option<&str>| {
        value.map(|value| json!({ "url": url, "valueString": value }))
    };
    let retries = contract.retries;
    let parts = [
        string("nhsMHSSyncReplyMode", contract.sync_reply_mode),
        string("nhsMHSRetryInterval", contract.retry_interval.as_deref()),
        retries.map(|retries| json!({ "url": "nhsMHSRetries", "valueInteger": retries })),
        string(
            "nhsMHSPersistDuration",
            contract.persist_duration.as_deref(),
        ),
        string(
            "nhsMHSDuplicateElimination",
            Some(contract.duplicate_elimination),
        ),
        string("nhsMHSAckRequested", Some(contract.ack_requested)),
        string("nhsMHSActor", contract.actor),
    ];
    json!({
        "url": format!("{EXTENSION}ReliabilityConfiguration"),
        "extension": parts.into_iter().flatten().collect::<Vec<_>>(),
    })
}

fn identifier(name: &str, value: &str) -> Value {
    json!({ "system": format!("{ID}{name}"), "value": value })
}

fn reference(name: &str, system: &str, value: &str) -> Value {
    json!({
        "url": format!("{EXTENSION}{name}"),
        "valueReference": { "identifier": { "system": system, "value": value } },
    })
}

/// What the route look-up of the message handling adaptor gives: attributes by their LDAP names;
/// one that is not there is an empty list, as an LDAP client has it.
pub(super) fn attributes(parts: &[(&str, Option<String>)]) -> Map<String, Value> {
    let value = |value: &Option<String>| match value {
        Some(text) => json!(text),
        None => json!([]),
    };
    let named = parts.iter();
    named
        .map(|(name, v)| ((*name).to_owned(), value(v)))
        .collect()
}
