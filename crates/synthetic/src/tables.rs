//! What the made-up records are made of. Our own words throughout; see the crate's page on what
//! the codes are worth.

pub(crate) mod allergies;
pub(crate) mod care;
pub(crate) mod conditions;
pub(crate) mod measurements;
pub(crate) mod medicines;
pub(crate) mod names;
pub(crate) mod notes;
pub(crate) mod places;
pub(crate) mod preferences;

use crate::fact::Concept;

/// A row of a table of concepts.
pub(crate) const fn concept(code: &'static str, term: &'static str) -> Concept {
    Concept { code, term }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn every_concept() -> Vec<Concept> {
        let mut all: Vec<Concept> = Vec::new();
        all.extend(allergies::ALL.iter().map(|row| row.concept));
        all.push(allergies::NONE_KNOWN);
        all.extend(conditions::ALL.iter().map(|row| row.concept));
        let medicines = medicines::ALL.iter().chain(medicines::GIVEN);
        all.extend(medicines.map(|row| Concept {
            code: row.code,
            term: row.name,
        }));
        all.extend(measurements::TESTS.iter().map(|row| row.concept));
        all.extend(measurements::PANELS.iter().map(|row| row.concept));
        all.extend(measurements::SINGLE);
        all.extend(
            care::EVENTS
                .iter()
                .flat_map(|(event, place)| [*event, *place]),
        );
        for table in care::TABLES.iter().chain(preferences::TABLES) {
            all.extend_from_slice(table);
        }
        all
    }

    /// Verhoeff's check digit, which every SNOMED CT identifier ends with.
    fn checks(code: &str) -> bool {
        const TURN: [u8; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
        let times = |a: u8, b: u8| match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => 5 + (a + b) % 5,
            (false, true) => 5 + (a + 10 - 5 - b) % 5,
            (false, false) => (a + 10 - b) % 5,
        };
        let check = code.bytes().rev().enumerate().fold(0, |check, (at, byte)| {
            let digit = (0..at % 8).fold(byte - b'0', |d, _| TURN[usize::from(d)]);
            times(check, digit)
        });
        check == 0
    }

    #[test]
    fn codes_have_their_check_digit_and_mean_one_thing() {
        let mut terms = BTreeMap::new();
        for Concept { code, term } in every_concept() {
            assert!(checks(code), "{code} {term}");
            let known = *terms.entry(code).or_insert(term);
            assert_eq!(known, term, "{code}");
        }
        assert!(!checks("59621001") && !checks("95621000"));
    }

    #[test]
    fn conditions_name_medicines_and_tests_that_exist() {
        for row in conditions::ALL {
            for name in row.medicines {
                assert!(
                    medicines::by_name(name).is_some(),
                    "{}: {name}",
                    row.concept.term
                );
            }
            for name in row.tests {
                assert!(
                    measurements::test(name).is_some(),
                    "{}: {name}",
                    row.concept.term
                );
            }
        }
        for panel in measurements::PANELS {
            for name in panel.tests {
                assert!(measurements::test(name).is_some(), "{name}");
            }
        }
    }

    #[test]
    fn there_is_enough_to_escape_and_to_encode() {
        let text: String = notes::ALL.concat()
            + &measurements::TESTS
                .iter()
                .map(|t| t.unit)
                .collect::<String>()
            + &names::FAMILY.concat()
            + &names::GIVEN_FEMALE.concat()
            + &places::SURGERIES.concat();
        for wanted in ['&', '<', '>', '"', '\'', 'µ', '°', 'é', 'ß', '²'] {
            assert!(text.contains(wanted), "{wanted}");
        }
    }
}
