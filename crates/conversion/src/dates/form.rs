//! The time of an entry. V3 has one form for all: a point, some time around a point, or a period.
//! R4 has a point or a period, and which of the V3 forms a point stands for is told by the kind of
//! entry.

use fhir::FhirDateTime;
use hl7v3::gp_summary::model::{EntryKind, Period, Scalar};

use super::{DateError, to_fhir, to_v3};
use crate::Profile;

/// What a single time of an entry is in V3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeForm {
    /// `@value`.
    Point,
    /// `center`.
    Around,
    /// `low`.
    From,
}

/// When something was, in R4's terms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// At a time.
    At(FhirDateTime),
    /// In a period, one end of which may be open.
    Span(Option<FhirDateTime>, Option<FhirDateTime>),
}

impl When {
    /// The time, or the beginning of the period.
    pub fn start(&self) -> Option<&FhirDateTime> {
        match self {
            Self::At(at) => Some(at),
            Self::Span(start, _) => start.as_ref(),
        }
    }

    /// The end of the period.
    pub fn end(&self) -> Option<&FhirDateTime> {
        match self {
            Self::At(_) => None,
            Self::Span(_, end) => end.as_ref(),
        }
    }
}

/// What a single time of this kind of entry is.
pub fn time_form(kind: EntryKind) -> TimeForm {
    use EntryKind as K;
    match kind {
        K::AcuteMedication
        | K::FindingOrganizer
        | K::BloodPressure
        | K::Height
        | K::Weight
        | K::Temperature
        | K::Refusal
        | K::CareProfessionalDocumentation
        | K::PatientCarerCorrespondence
        | K::ThirdPartyCorrespondence => TimeForm::Point,
        K::CurrentRepeatMedication
        | K::DiscontinuedRepeatMedication
        | K::MedicationAdministration
        | K::Finding => TimeForm::Around,
        _ => TimeForm::From,
    }
}

/// Whether a beginning without an end is written as a period: where the national service does.
fn open_is_period(kind: EntryKind) -> bool {
    use EntryKind as K;
    matches!(
        kind,
        K::FamilyHistory | K::LifeStyle | K::Smoking | K::AlcoholIntake
    ) || time_form(kind) != TimeForm::From
}

/// The time of an entry, of one that has any that can be read. `center` is met misspelt as
/// `centre`, which the model keeps aside.
pub fn when(kind: EntryKind, time: &Period) -> Option<When> {
    let read = |text: Option<&str>| to_fhir(text?, Profile::Full).ok();
    let bound = |scalar: &Option<Scalar>| read(scalar.as_ref()?.value.as_deref());
    let point = read(time.value.as_deref()).or_else(|| bound(&time.center));
    let point = point.or_else(|| read(misspelt_centre(time)));
    match (point, bound(&time.low), bound(&time.high)) {
        (None, None, None) => None,
        (Some(at), None, None) => Some(When::At(at)),
        (None, Some(low), None) if !open_is_period(kind) => Some(When::At(low)),
        (point, low, high) => Some(When::Span(low.or(point), high)),
    }
}

fn misspelt_centre(time: &Period) -> Option<&str> {
    use hl7v3::gp_summary::model::Piece;
    time.extra.pieces().find_map(|piece| match piece {
        Piece::Element(raw) if raw.name == "centre" => {
            let value = raw.attributes.iter().find(|it| it.name == "value");
            value.map(|it| it.value.as_str())
        }
        _ => None,
    })
}

/// The V3 time that a time comes back as.
pub fn back(kind: EntryKind, when: &When) -> Result<Period, DateError> {
    let v3 = |time: &FhirDateTime| to_v3(time, Profile::Full);
    let bound = |time: &Option<FhirDateTime>| {
        let text = time.as_ref().map(v3).transpose();
        text.map(|text| text.map(|text| Scalar::new(&text)))
    };
    Ok(match when {
        When::At(at) => match time_form(kind) {
            TimeForm::Point => Period::at(&v3(at)?),
            TimeForm::Around => Period::around(&v3(at)?),
            TimeForm::From => Period::from(&v3(at)?, None),
        },
        When::Span(low, high) => Period {
            low: bound(low)?,
            high: bound(high)?,
            ..Period::default()
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(kind: EntryKind, time: &Period, is_point: bool, comes_back: bool) {
        let found = when(kind, time).expect("a time");
        assert_eq!(matches!(found, When::At(_)), is_point, "{kind:?}");
        let same = back(kind, &found).expect("a time of ours") == *time;
        assert_eq!(same, comes_back, "{kind:?}");
    }

    #[test]
    fn the_form_of_a_kind_comes_back() {
        let day = "20200401";
        check(EntryKind::Finding, &Period::around(day), true, true);
        check(EntryKind::Finding, &Period::from(day, None), false, true);
        check(EntryKind::Finding, &Period::at(day), true, false);
        check(EntryKind::Weight, &Period::at(day), true, true);
        check(EntryKind::Treatment, &Period::from(day, None), true, true);
        check(
            EntryKind::Treatment,
            &Period::from(day, Some("20200402")),
            false,
            true,
        );
        check(
            EntryKind::FamilyHistory,
            &Period::from("2020", None),
            false,
            true,
        );
        check(
            EntryKind::CareEvent,
            &Period::from("202004", None),
            true,
            true,
        );
    }

    #[test]
    fn what_cannot_be_read_is_none() {
        assert_eq!(when(EntryKind::Finding, &Period::at("soon")), None);
        assert_eq!(when(EntryKind::Finding, &Period::default()), None);
    }
}
