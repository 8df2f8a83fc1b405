//! Status codes: V3 has one set for all acts, R4 one for each type of resource.

use hl7v3::gp_summary::model::EntryKind;

use super::kind::{EntryResource, resource_of};

/// `active`, `completed` and `nullified` as the status of an R4 resource. Types with two (Condition,
/// AllergyIntolerance) give what the verification or clinical status is made of:
/// `entered-in-error`, `confirmed`, `inactive`, `active`.
///
/// `None` for a status that V3 does not have.
pub fn status_to_fhir(kind: EntryKind, status: &str) -> Option<&'static str> {
    use EntryResource as R;
    let resource = resource_of(kind);
    // The national adaptor uploads the status of FHIR as it is.
    let status = if status == "final" {
        "completed"
    } else {
        status
    };
    Some(match (status, resource) {
        ("nullified", _) => "entered-in-error",
        ("normal" | "active", R::Condition | R::AllergyIntolerance) => "active",
        ("completed", R::Condition) if kind == EntryKind::Problem => "inactive",
        ("completed", R::Condition) => "confirmed",
        ("completed", R::AllergyIntolerance) => "active",
        ("aborted" | "cancelled" | "obsolete", R::Condition | R::AllergyIntolerance) => "inactive",
        ("new" | "held" | "suspended", R::Condition | R::AllergyIntolerance) => "active",

        ("normal" | "active" | "completed", R::Observation) => "final",
        ("aborted" | "cancelled", R::Observation) => "cancelled",
        ("new" | "held" | "suspended", R::Observation) => "registered",

        ("normal" | "completed", R::Procedure | R::Communication) => "completed",
        ("active", R::Communication) => "completed",
        ("active", R::Procedure) => "in-progress",
        ("aborted", R::Procedure | R::Communication) => "stopped",
        ("cancelled", R::Procedure | R::Communication) => "not-done",
        ("held" | "suspended", R::Procedure | R::Communication) => "on-hold",
        ("new", R::Procedure | R::Communication) => "preparation",

        ("normal" | "completed" | "active", R::Encounter) => "finished",
        ("aborted" | "cancelled", R::Encounter) => "cancelled",
        ("new" | "held" | "suspended", R::Encounter) => "planned",

        ("completed", R::MedicationStatement)
            if kind == EntryKind::DiscontinuedRepeatMedication =>
        {
            "stopped"
        }
        ("normal" | "active", R::MedicationStatement | R::MedicationRequest) => "active",
        ("completed", R::MedicationStatement | R::MedicationRequest) => "completed",
        ("aborted", R::MedicationStatement | R::MedicationRequest) => "stopped",
        ("cancelled", R::MedicationRequest) => "cancelled",
        ("cancelled", R::MedicationStatement) => "not-taken",
        ("held" | "suspended", R::MedicationStatement | R::MedicationRequest) => "on-hold",
        ("new", R::MedicationStatement) => "intended",
        ("new", R::MedicationRequest) => "draft",
        ("obsolete", _) => "unknown",
        _ => return None,
    })
}

/// The V3 status that an R4 status comes back as, for a kind of entry.
pub fn status_to_v3(kind: EntryKind, status: &str) -> &'static str {
    use EntryResource as R;
    let usual = kind.status().unwrap_or("completed");
    match (status, resource_of(kind)) {
        ("entered-in-error", _) => "nullified",
        ("confirmed", R::Condition) => "completed",
        ("inactive" | "resolved" | "remission", _) => "completed",
        ("active", R::Condition) => "active",
        ("active", R::AllergyIntolerance) => "completed",
        ("active" | "draft" | "intended", _) => "active",
        ("in-progress", _) => "active",
        ("stopped", R::MedicationStatement) if kind == EntryKind::DiscontinuedRepeatMedication => {
            "completed"
        }
        ("stopped", _) => "aborted",
        ("not-done" | "not-taken", _) => "cancelled",
        ("cancelled", R::Observation) => "completed",
        ("cancelled", _) => "cancelled",
        ("on-hold", _) => "suspended",
        ("preparation" | "planned", _) => "new",
        ("completed", R::MedicationStatement | R::MedicationRequest) => "completed",
        ("unknown" | "other", _) => "nullified",
        _ => usual,
    }
}

/// The status of an observation as the national service writes it; `None` for one it fails on.
pub fn national_observation_status(status: &str) -> Option<&'static str> {
    match status {
        "normal" | "active" | "completed" => Some("final"),
        "nullified" => Some("entered-in-error"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is usual for a kind comes back without an extension.
    #[test]
    fn the_usual_status_comes_back() {
        for kind in EntryKind::ALL {
            let Some(usual) = kind.status() else { continue };
            let status = status_to_fhir(*kind, usual);
            let back = status.map(|status| status_to_v3(*kind, status));
            let lenient = *kind == EntryKind::Diagnosis && back == Some("active");
            assert!(
                back == Some(usual) || lenient,
                "{kind:?} {status:?} {back:?}"
            );
        }
    }

    #[test]
    fn what_is_nullified_is_an_error_everywhere() {
        for kind in EntryKind::ALL {
            assert_eq!(status_to_fhir(*kind, "nullified"), Some("entered-in-error"));
            assert_eq!(status_to_v3(*kind, "entered-in-error"), "nullified");
        }
    }

    #[test]
    fn unknown_is_none() {
        assert_eq!(status_to_fhir(EntryKind::Finding, "odd"), None);
        assert_eq!(status_to_fhir(EntryKind::Finding, "final"), Some("final"));
        assert_eq!(national_observation_status("final"), None);
    }
}
