//! What was measured.

use super::Teller;
use crate::fact::{Component, Concept, Detail, Fact, Measure};
use crate::section::Section;
use crate::tables::measurements::{self, Test};

impl Teller<'_> {
    /// Blood pressure, height, weight and the like, of one contact.
    pub(super) fn observations(&mut self) -> Vec<Fact> {
        let day = self.day_within(1_800);
        let (concept, detail) = match self.stream.below(7) {
            0..3 => {
                let systolic = self.stream.between(98, 182);
                let diastolic = self.stream.between(54, 96).min(systolic - 20);
                let detail = Detail::BloodPressure {
                    systolic,
                    diastolic,
                };
                (measurements::BLOOD_PRESSURE, detail)
            }
            3 => {
                let (low, high) = match self.age {
                    age @ 0..16 => (600 + age * 55, 800 + age * 60),
                    _ => (1_480, 1_960),
                };
                let metres = decimal(self.stream.between(low, high), 3);
                (
                    measurements::HEIGHT,
                    Detail::Height(measure(metres, "m", "m")),
                )
            }
            4 => {
                let (low, high) = match self.age {
                    age @ 0..16 => (60 + age * 22, 90 + age * 35),
                    _ => (440, 1_240),
                };
                let kilograms = decimal(self.stream.between(low, high), 1);
                (
                    measurements::WEIGHT,
                    Detail::Weight(measure(kilograms, "kg", "kg")),
                )
            }
            5 => {
                let degrees = decimal(self.stream.between(358, 396), 1);
                (
                    measurements::TEMPERATURE,
                    Detail::Temperature(measure(degrees, "°C", "Cel")),
                )
            }
            _ => self.pulse_or_saturation(),
        };
        vec![self.fact(Section::Observations, concept, day, detail)]
    }

    fn pulse_or_saturation(&mut self) -> (Concept, Detail) {
        let (concept, found) = if self.stream.percent(50) {
            let beats = self.stream.between(52, 118).to_string();
            (measurements::PULSE, measure(beats, "beats/min", "/min"))
        } else {
            let percent = self.stream.between(88, 100).to_string();
            (measurements::SATURATION, measure(percent, "%", "%"))
        };
        (concept, Detail::Finding(Some(found)))
    }

    /// The result of any one test.
    pub(super) fn result(&mut self) -> Vec<Fact> {
        let test = self.stream.pick(measurements::TESTS);
        self.result_of(test.concept.term)
    }

    /// The result of one test, by its name.
    pub(super) fn result_of(&mut self, name: &str) -> Vec<Fact> {
        let Some(test) = measurements::test(name) else {
            return Vec::new();
        };
        let detail = Detail::Finding(Some(self.found(test)));
        let day = self.day_within(1_500);
        vec![self.fact(Section::Results, test.concept, day, detail)]
    }

    /// Several tests of one sample.
    pub(super) fn panel(&mut self) -> Vec<Fact> {
        let panel = self.stream.pick(measurements::PANELS);
        let mut components = Vec::new();
        for test in panel
            .tests
            .iter()
            .filter_map(|name| measurements::test(name))
        {
            let measure = self.found(test);
            components.push(Component {
                id: self.stream.uuid(),
                concept: test.concept,
                measure,
            });
        }
        let detail = Detail::FindingOrganizer(components);
        let day = self.day_within(1_500);
        vec![self.fact(Section::Results, panel.concept, day, detail)]
    }

    /// A value of a test: mostly normal.
    fn found(&mut self, test: &Test) -> Measure {
        let (low, high) = if self.stream.percent(70) {
            test.normal
        } else {
            test.met
        };
        let normal = (
            decimal(test.normal.0, test.places),
            decimal(test.normal.1, test.places),
        );
        Measure {
            value: decimal(self.stream.between(low, high), test.places),
            unit: test.unit,
            ucum: test.ucum,
            normal: Some(normal),
        }
    }
}

pub(super) fn measure(value: String, unit: &'static str, ucum: &'static str) -> Measure {
    Measure {
        value,
        unit,
        ucum,
        normal: None,
    }
}

/// A number of so many decimal places, given in its smallest step.
fn decimal(steps: u32, places: u32) -> String {
    let one = 10u32.pow(places);
    match places {
        0 => steps.to_string(),
        _ => format!(
            "{}.{:0width$}",
            steps / one,
            steps % one,
            width = places as usize
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_keep_their_places() {
        let found = [
            decimal(5, 0),
            decimal(5, 1),
            decimal(53, 1),
            decimal(1705, 3),
            decimal(7, 2),
        ];
        assert_eq!(found, ["5", "0.5", "5.3", "1.705", "0.07"]);
    }
}
