//! The code systems and identifier systems of the national profiles, one constant each.

/// SNOMED CT.
pub const SNOMED: &str = "http://snomed.info/sct";
/// UUIDs as identifiers.
pub const UUID: &str = "https://tools.ietf.org/html/rfc4122";
/// NHS numbers.
pub const NHS_NUMBER: &str = "https://fhir.nhs.uk/Id/nhs-number";
/// Identifiers of Summary Care Records.
pub const SCR_UUID: &str = "https://fhir.nhs.uk/Id/nhsSCRUUID";
/// Organisations.
pub const ODS: &str = "https://fhir.nhs.uk/Id/ods-organization-code";
/// Users of the Spine directory.
pub const SDS_USER: &str = "https://fhir.nhs.uk/Id/sds-user-id";
/// Role profiles of the Spine directory.
pub const SDS_ROLE_PROFILE: &str = "http://fhir.nhs.net/Id/sds-role-profile-id";
/// Devices of the Spine directory.
pub const SDS_DEVICE: &str = "https://fhir.nhs.uk/Id/SDSDevice";
/// Systems by their ASID.
pub const ASID: &str = "https://fhir.nhs.uk/Id/nhsSpineASID";
/// Permission to view.
pub const ACS_PERMISSION: &str = "https://fhir.nhs.uk/CodeSystem/SCR-ACSPermission";
/// Kinds of privacy alerts.
pub const ALERT_TYPE: &str = "https://fhir.nhs.uk/CodeSystem/SCR-AlertType";
/// Reasons of privacy alerts.
pub const ALERT_REASON: &str = "https://fhir.nhs.uk/CodeSystem/SCR-AlertReason";
/// The extension with the text of a privacy alert.
pub const NOTIFICATION_MESSAGE: &str =
    "https://fhir.nhs.uk/StructureDefinition/Extension-SCR-NotificationMessage";
/// Job roles.
pub const JOB_ROLE: &str = "https://fhir.nhs.uk/CodeSystem/HL7v3-SDSJobRoleName";
/// How somebody related is related.
pub const PERSON_RELATIONSHIP: &str = "https://fhir.nhs.uk/STU3/ValueSet/PersonRelationshipType-1";
/// The extension with the mode of a participation, as the national service writes it.
pub const MODE_CODE: &str = "https://fhir.nhs.uk/StructureDefinition/Extension-SCR-ModeCode";
/// HL7: how somebody took part.
pub const PARTICIPATION_TYPE: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationType";
/// HL7: by what means somebody took part.
pub const PARTICIPATION_MODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ParticipationMode";
/// HL7: kinds of acts, of encounters among them.
pub const ACT_CODE: &str = "http://terminology.hl7.org/CodeSystem/v3-ActCode";
/// HL7: why something is not said.
pub const NULL_FLAVOR: &str = "http://terminology.hl7.org/CodeSystem/v3-NullFlavor";
/// Clinical status of conditions.
pub const CONDITION_CLINICAL: &str = "http://terminology.hl7.org/CodeSystem/condition-clinical";
/// Verification status of conditions.
pub const CONDITION_VERIFICATION: &str =
    "http://terminology.hl7.org/CodeSystem/condition-ver-status";
/// Clinical status of allergies.
pub const ALLERGY_CLINICAL: &str =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical";
/// Verification status of allergies.
pub const ALLERGY_VERIFICATION: &str =
    "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification";
/// Units of measure.
pub const UCUM: &str = "http://unitsofmeasure.org";
/// Spine error codes in outcomes of the national APIs.
pub const SPINE_ERROR: &str = "https://fhir.nhs.uk/CodeSystem/Spine-ErrorOrWarningCode";
