//! Where something was: the locations of an encounter.

use fhir::{CodeableConcept, Coding, Encounter, Map, Resource, Value};
use hl7v3::gp_summary::model::{
    Address, Agent, Code, Data, IncidentalLocation, Name, Participation, Place, Role, Telecom,
};

use super::resources::{Found, literal, path};
use super::work::Work;

impl<'a> Work<'a, '_> {
    /// The places of an encounter: kinds of places, and places.
    pub(super) fn locations(&mut self, encounter: Found<'a, Encounter>) -> Vec<Participation> {
        let mut all = Vec::new();
        for (at, location) in encounter.resource.location.iter().enumerate() {
            let place = encounter.path(&format!("location[{at}]"));
            let reference = literal(location.location.as_ref());
            let found = reference.and_then(|it| self.resources.any(it));
            let Some((number, Resource::Other(other))) = found else {
                let rule = "A location that is no Location of the bundle is not carried over";
                self.note(&place, rule);
                continue;
            };
            let time = location.period.as_ref();
            let time = time.map(|period| self.period(period, &format!("{place}.period")));
            let is_kind = text(&other.json, "mode") == Some("kind");
            let code = self.kind_of_place(&other.json, &path(number, "type[0]"));
            let participation = match is_kind {
                true => {
                    let agent = Agent::service_location(code.unwrap_or_default());
                    Participation::new(Role::ServiceLocation, time, agent)
                }
                false => Participation::new(Role::Location, time, incidental(&other.json, code)),
            };
            all.push(participation);
        }
        all
    }

    fn kind_of_place(&mut self, json: &Map, place: &str) -> Option<Code> {
        let concept = json.get("type")?.as_array()?.first()?.as_object()?;
        let codings = concept.get("coding").and_then(Value::as_array);
        let codings = codings
            .unwrap_or_default()
            .iter()
            .filter_map(Value::as_object);
        let owned = |json: &Map, name: &str| text(json, name).map(str::to_owned);
        let concept = CodeableConcept {
            coding: codings
                .map(|json| Coding {
                    system: owned(json, "system"),
                    version: owned(json, "version"),
                    code: owned(json, "code"),
                    display: owned(json, "display"),
                    ..Coding::default()
                })
                .collect(),
            text: owned(concept, "text"),
            ..CodeableConcept::default()
        };
        Some(self.concept(&concept, place))
    }
}

fn incidental(json: &Map, code: Option<Code>) -> Agent {
    let contact = json.get("telecom").and_then(Value::as_array);
    let contact = contact.and_then(|all| all.first()?.as_object());
    let address = json.get("address").and_then(Value::as_object);
    let place = Place {
        address: address
            .and_then(|json| text(json, "text"))
            .map(|text| Address {
                content: text.to_owned(),
                ..Address::default()
            }),
        position: text(json, "description").map(Data::text),
        name: text(json, "name").map(Name::text),
        telecom: contact
            .and_then(|json| text(json, "value"))
            .map(|value| Telecom {
                value: Some(value.to_owned()),
                ..Telecom::default()
            }),
        ..Place::default()
    };
    Agent::IncidentalLocation(Box::new(IncidentalLocation {
        code,
        place: (place != Place::default()).then_some(place),
        ..IncidentalLocation::default()
    }))
}

fn text<'j>(json: &'j Map, name: &str) -> Option<&'j str> {
    json.get(name)?.as_str()
}
