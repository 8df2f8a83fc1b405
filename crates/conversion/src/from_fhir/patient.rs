//! Whose record it is.

use domain::NhsNumber;
use fhir::{Composition, Patient, system};

use super::resources::{Found, literal};
use super::work::Work;

impl<'a> Work<'a, '_> {
    /// The one patient. `stated` is whose record it is to be.
    pub(super) fn patient(
        &mut self,
        composition: Found<'a, Composition>,
        stated: Option<&NhsNumber>,
    ) -> Option<NhsNumber> {
        let mut patients = self.resources.all::<Patient>();
        let (first, second) = (patients.next(), patients.next());
        let Some(patient) = first else {
            self.national("Bundle.entry", "Patient missing from payload");
            return None;
        };
        if let Some(second) = second {
            let rule = "There is more than 1 resource of type Patient";
            self.national(&second.path(""), rule);
        }
        let number = self.nhs_number(patient);
        self.check_subject(composition, patient, number.as_ref());
        let number = number?;
        if stated.is_some_and(|stated| *stated != number) {
            let rule = "The bundle is about another patient than the request";
            self.refuse(&patient.path("identifier"), rule);
        }
        Some(number)
    }

    fn nhs_number(&mut self, patient: Found<'_, Patient>) -> Option<NhsNumber> {
        let place = patient.path("identifier");
        let identifiers = patient.resource.identifier.iter();
        let mut numbers = identifiers.filter(|it| it.system.as_deref() == Some(system::NHS_NUMBER));
        let (first, second) = (numbers.next(), numbers.next());
        let system = system::NHS_NUMBER;
        if second.is_some() {
            let rule = format!("Multiple Patient resource '{system}' identifiers");
            self.national(&place, rule);
            return None;
        }
        let Some(identifier) = first else {
            let rule = format!("patient.identifier[] for system {system} must not be empty");
            self.national(&place, rule);
            return None;
        };
        let Some(value) = identifier.value.as_deref().filter(|it| !it.is_empty()) else {
            let rule = format!("patient.identifier[].value for system {system} must not be empty");
            self.national(&place, rule);
            return None;
        };
        match NhsNumber::parse(value) {
            Ok(number) => Some(number),
            Err(error) => {
                let rule = format!("Patient.identifier[] must contain 1 NHS Number: {error}");
                self.national(&place, rule);
                None
            }
        }
    }

    /// The document has to be about that patient. Nationally it is enough that the reference is a
    /// part of the patient's address.
    fn check_subject(
        &mut self,
        composition: Found<'a, Composition>,
        patient: Found<'a, Patient>,
        number: Option<&NhsNumber>,
    ) {
        let subject = composition.resource.subject.as_ref();
        let place = composition.path("subject");
        let id = patient.resource.id.as_deref().unwrap_or_default();
        let is_about = literal(subject).is_some_and(|text| match self.is_compatible() {
            true => format!("Patient/{id}").contains(text),
            false => self.resources.place(text) == Some(patient.at),
        });
        if !is_about {
            let rule = "Composition.subject reference is missing or invalid";
            self.national(&place, rule);
        }
        let identifier = subject.and_then(|it| it.identifier.as_ref());
        let identifier = identifier.filter(|it| it.system.as_deref() == Some(system::NHS_NUMBER));
        let said = identifier.and_then(|it| it.value.as_deref());
        let differs = |(said, number): (&str, &NhsNumber)| said != number.as_str();
        if said.zip(number).is_some_and(differs) && !self.is_compatible() {
            let rule = "Composition.subject names another patient than the Patient resource";
            self.refuse(&format!("{place}.identifier"), rule);
        }
    }
}
