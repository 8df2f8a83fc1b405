//! What R4 has no element for: the extensions that both directions know.
//!
//! Profile Full writes them on the way to FHIR and reads them on the way back; Compatible knows
//! only the national one. None of them is needed to read a resource: each says what the plain
//! elements beside it cannot, so that a document comes back as it went. Where the plain elements
//! would come back as they were, the extension is left out.
//!
//! A section of the presentation text with nothing under its heading has a narrative of status
//! `empty`, whose words R4 wants and the document does not have: they do not go back.

/// National: `valueCodeableConcept` on `Encounter.participant`: how somebody took part.
pub const MODE_CODE: &str = fhir::system::MODE_CODE;

/// `valueCode` on the resource of an entry: its kind, the name of its element without the part
/// before the dot (`Finding`, `Smoking`). On every resource that stands for an entry.
pub const ENTRY: &str = "urn:minispine:scr:entry";

/// `valueCoding` on the resource of an entry: code and display name of its section
/// (`pertinentCREType/code`), on resources without `category` or with one of its own meaning
/// (Encounter, AllergyIntolerance, MedicationStatement, MedicationRequest).
pub const SECTION: &str = "urn:minispine:scr:section";

/// `valueCode` on the resource of an entry: the `statusCode`, where the plain status would come
/// back as another.
pub const STATUS: &str = "urn:minispine:scr:status";

/// Complex, on the resource of an entry: the `effectiveTime`, where the plain elements would
/// come back as another. Parts `value`, `low`, `center`, `high` (`valueString`: the HL7
/// timestamp as written), `width` (`valueQuantity`).
pub const TIME: &str = "urn:minispine:scr:time";

/// `valueString` on the resource of an entry that has no `note` (Encounter): supporting text.
pub const SUPPORTING_TEXT: &str = "urn:minispine:scr:supporting-text";

/// Complex, on the resource of an entry: a link to another entry that no plain element says.
/// Parts `kind` (`valueCode`: the name of the element pointed with, `Diagnosis`), `relation`
/// (`valueCode`: the element around it, where it is not the usual one of this kind of entry),
/// `target` (`valueReference` to the other resource, with `identifier.value` = the id).
pub const LINK: &str = "urn:minispine:scr:link";

/// Complex, on a `Coding`: what narrows its meaning. Parts `name`, `value` (`valueCoding`).
pub const QUALIFIER: &str = "urn:minispine:scr:qualifier";

/// `valueCode` on the resource of an entry: its mood, where it is not the usual one of its kind.
pub const MOOD: &str = "urn:minispine:scr:mood";

/// `value[x]` on the resource of an entry that has a value and no element for it (Condition): the
/// value, of the type it would have in an Observation.
pub const VALUE: &str = "urn:minispine:scr:value";

/// Complex, on a `MedicationStatement`: how much and for how long. Parts `quantity`
/// (`valueQuantity`), `duration` (`valueQuantity`), `period` (`valuePeriod`). A MedicationRequest has
/// `dispenseRequest` for it.
pub const SUPPLY: &str = "urn:minispine:scr:supply";

/// `valueString` on a Communication: the title of a document.
pub const TITLE: &str = "urn:minispine:scr:title";

/// `valueString` on a Communication: the version of a document.
pub const VERSION: &str = "urn:minispine:scr:version";
