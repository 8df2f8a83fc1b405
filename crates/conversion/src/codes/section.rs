//! The headings of the presentation text, and the coded sections that stand behind them.

use domain::code::cre_type::{self, CreType};
use hl7v3::gp_summary::model::EntryKind;

/// What the headings stand for: the id of the `h2` and the coded section.
const HEADERS: [(&str, CreType); 23] = [
    ("AllergiesHeader", cre_type::ALLERGIES),
    ("AcuteMedsHeader", cre_type::MEDICATION),
    ("RepeatMedsHeader", cre_type::MEDICATION),
    ("DiscRepeatMedsHeader", cre_type::MEDICATION),
    ("ProceduresHeader", cre_type::ADMINISTRATIVE),
    ("EventsHeader", cre_type::CARE_EVENTS),
    ("DocumentationHeader", cre_type::DOCUMENTATION),
    ("ObservationsHeader", cre_type::FINDINGS),
    ("DiagnosesHeader", cre_type::DIAGNOSES),
    ("HistoryHeader", cre_type::FAMILY_HISTORY),
    ("ResultsHeader", cre_type::INVESTIGATION_RESULTS),
    ("InvestigationsHeader", cre_type::INVESTIGATIONS),
    ("LifestyleHeader", cre_type::LIFESTYLE),
    (
        "PatientCarerCorrespondenceHeader",
        cre_type::PATIENT_CORRESPONDENCE,
    ),
    ("PreferencesHeader", cre_type::PERSONAL_PREFERENCES),
    ("ProblemsHeader", cre_type::PROBLEMS),
    ("AdviceHeader", cre_type::ADVICE),
    ("RisksToPatientHeader", cre_type::RISKS_TO_PATIENT),
    ("CircumstancesHeader", cre_type::SOCIAL_CIRCUMSTANCES),
    ("TreatmentsHeader", cre_type::TREATMENTS),
    ("RisksToProfessionalHeader", cre_type::RISKS_TO_OTHERS),
    ("ServicesHeader", cre_type::SERVICES),
    (
        "ThirdPartyCorrespondenceHeader",
        cre_type::THIRD_PARTY_CORRESPONDENCE,
    ),
];

/// The headings over medications, by the beginning of their text: the rest names a period.
const MEDICATIONS: [(&str, &str); 3] = [
    ("AcuteMedsHeader", cre_type::MEDICATION_HEADINGS[0]),
    ("RepeatMedsHeader", cre_type::MEDICATION_HEADINGS[1]),
    ("DiscRepeatMedsHeader", cre_type::MEDICATION_HEADINGS[2]),
];

/// The id of the heading that a section of the presentation text stands under: the one it has, when
/// it is a known one, else the one its text goes with.
pub fn header_of(id: Option<&str>, title: Option<&str>) -> Option<&'static str> {
    let by_id = HEADERS.iter().find(|row| Some(row.0) == id);
    if let Some(row) = by_id {
        return Some(row.0);
    }
    let title = title?.trim();
    let starts = |heading: &str| {
        let start = title.get(..heading.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(heading))
    };
    let medication = MEDICATIONS
        .iter()
        .find(|row| starts(row.1))
        .map(|row| row.0);
    let said = |cre: &CreType| {
        [cre.heading, cre.display_name]
            .iter()
            .any(|name| name.eq_ignore_ascii_case(title))
    };
    let other = || HEADERS.iter().find(|row| said(&row.1)).map(|row| row.0);
    medication.or_else(other)
}

/// The id of the heading that an entry belongs under, by the code of its coded section and its
/// kind.
pub fn header_for(section: &str, kind: EntryKind) -> Option<&'static str> {
    if section == cre_type::MEDICATION.code {
        return Some(match kind {
            EntryKind::CurrentRepeatMedication => "RepeatMedsHeader",
            EntryKind::DiscontinuedRepeatMedication => "DiscRepeatMedsHeader",
            _ => "AcuteMedsHeader",
        });
    }
    let row = HEADERS.iter().find(|row| row.1.code == section);
    row.map(|row| row.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_by_id_or_by_text() {
        for (id, title, header) in [
            (
                Some("ResultsHeader"),
                Some("Anything"),
                Some("ResultsHeader"),
            ),
            (None, Some("Investigation Results"), Some("ResultsHeader")),
            (Some("x1"), Some("family history "), Some("HistoryHeader")),
            (
                None,
                Some("Acute Medications (For the 12 month period 14-May-2019 to 14-May-2020)"),
                Some("AcuteMedsHeader"),
            ),
            (Some("Title"), Some("General Practice Summary"), None),
            (None, None, None),
        ] {
            assert_eq!(header_of(id, title), header, "{id:?} {title:?}");
        }
    }

    #[test]
    fn every_coded_section_has_a_heading() {
        for cre in &cre_type::ALL {
            assert!(
                header_for(cre.code, EntryKind::Finding).is_some(),
                "{}",
                cre.code
            );
        }
    }
}
