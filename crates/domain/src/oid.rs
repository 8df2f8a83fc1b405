//! The object identifiers (OIDs) of HL7 V3 messages in England, one constant each.

/// NHS number.
pub const NHS_NUMBER: &str = "2.16.840.1.113883.2.1.4.1";
/// Accredited system id (ASID).
pub const ASID: &str = "1.2.826.0.1285.0.2.0.107";
/// SDS user id.
pub const SDS_USER: &str = "1.2.826.0.1285.0.2.0.65";
/// SDS role profile id.
pub const SDS_ROLE_PROFILE: &str = "1.2.826.0.1285.0.2.0.67";
/// SDS job role.
pub const SDS_JOB_ROLE: &str = "1.2.826.0.1285.0.2.1.104";
/// SDS organisation (ODS code).
pub const ODS: &str = "1.2.826.0.1285.0.1.10";
/// SDS work group; accepted as an organisation author's id too.
pub const SDS_WORK_GROUP: &str = "1.2.826.0.1285.0.2.0.109";
/// HL7 V3 interaction ids.
pub const INTERACTION: &str = "2.16.840.1.113883.2.1.3.2.4.12";
/// SNOMED CT as the Spine numbers it.
pub const SNOMED_CT: &str = "2.16.840.1.113883.2.1.3.2.4.15";
/// HL7 V3 message types.
pub const MESSAGE_TYPE: &str = "2.16.840.1.113883.2.1.3.2.4.18.17";
/// Templates.
pub const TEMPLATE: &str = "2.16.840.1.113883.2.1.3.2.4.18.2";
/// Detected issues of PSIS, ACS and LRS.
pub const DETECTED_ISSUE: &str = "2.16.840.1.113883.2.1.3.2.4.17.33";
/// Detected issues of ACS and LRS, Spine 1 style.
pub const DETECTED_ISSUE_ACS: &str = "2.16.840.1.113883.2.1.3.2.4.17.12";
/// Details of a rejecting acknowledgement.
pub const ACKNOWLEDGEMENT_DETAIL: &str = "2.16.840.1.113883.2.1.3.2.4.17.32";
/// Query warnings and errors of TMS.
pub const QUERY_WARNING: &str = "2.16.840.1.113883.2.1.3.2.4.17.42";
/// Qualifier of a detected issue: ER, WG, IF.
pub const ISSUE_QUALIFIER: &str = "2.16.840.1.113883.2.1.3.2.4.17.104";
/// State of a PSIS document.
pub const PSIS_DATA_STATUS: &str = "2.16.840.1.113883.2.1.3.2.4.17.59";
/// Dissent override.
pub const DISSENT_OVERRIDE: &str = "2.16.840.1.113883.2.1.3.2.4.17.60";
/// Text type: PresentationText, SupportingText.
pub const TEXT_TYPE: &str = "2.16.840.1.113883.2.1.3.2.4.17.126";
/// Query act types: DCOL, PDMD and their parts.
pub const QUERY_ACT_TYPE: &str = "2.16.840.1.113883.2.1.3.2.4.17.177";
/// Data quality state of a document.
pub const DOCUMENT_DQ_STATE: &str = "2.16.840.1.113883.2.1.3.2.4.17.189";
/// Prescription annotation: DI, AD.
pub const PRESCRIPTION_ANNOTATION: &str = "2.16.840.1.113883.2.1.3.2.4.17.30";
/// Generic error codes used by the published test templates.
pub const GENERIC_ERROR: &str = "2.16.840.1.113883.2.1.3.2.4.16.34";
/// Consent values of the SCR mini services.
pub const SCR_MINI_SERVICE_CONSENT: &str = "2.16.840.1.113883.2.1.3.2.4.17.502";
/// Response codes of the SCR mini services.
pub const SCR_MINI_SERVICE_RESPONSE: &str = "2.16.840.1.113883.2.1.3.2.4.17.506";
/// Error codes of ITK SOAP faults.
pub const ITK_ERROR_CODE: &str = "2.16.840.1.113883.2.1.3.2.4.17.268";
/// ITK address type.
pub const ITK_ADDRESS: &str = "2.16.840.1.113883.2.1.3.2.4.18.22";
/// ITK identity type.
pub const ITK_IDENTITY: &str = "2.16.840.1.113883.2.1.3.2.4.18.27";
/// Response codes of the CP-IS mini service.
pub const CPIS_MINI_SERVICE_RESPONSE: &str = "2.16.840.1.113883.2.1.3.2.4.17.499";
/// Outcomes of one record of a CP-IS upload: CPR01 to CPR07.
pub const CPIS_UPLOAD_RECORD_RESPONSE: &str = "2.16.840.1.113883.2.1.3.2.4.17.473";
/// Outcomes of a CP-IS upload file: CPF01 to CPF06. Never on the wire: the schema prohibits it there.
pub const CPIS_UPLOAD_FILE_RESPONSE: &str = "2.16.840.1.113883.2.1.3.2.4.17.474";
/// Job role codes in authors of CP-IS messages.
pub const CPIS_JOB_ROLE: &str = "2.16.840.1.113883.2.1.3.2.4.17.196";
/// A local authority's own number for a child or mother.
pub const LOCAL_PERSON: &str = "2.16.840.1.113883.2.1.3.2.4.18.24";
/// Template and class of a templated element (`npfitlc:contentId`).
pub const CONTENT_ID: &str = "2.16.840.1.113883.2.1.3.2.4.18.16";
/// An organisation's ODS code, in CP-IS messages.
pub const ODS_ORGANISATION: &str = "2.16.840.1.113883.2.1.3.2.4.19.1";
/// An organisation site's ODS code, in CP-IS messages.
pub const ODS_SITE: &str = "2.16.840.1.113883.2.1.3.2.4.19.2";
