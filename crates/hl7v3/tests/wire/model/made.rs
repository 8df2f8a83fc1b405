//! Summaries of any content.

use hl7v3::gp_summary::model::*;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::whole;

fn text() -> impl Strategy<Value = String> {
    "[ -~£é😀\n\t\r]{0,12}"
}

fn attribute() -> impl Strategy<Value = Option<String>> {
    of(text())
}

fn id() -> impl Strategy<Value = Id> {
    (attribute(), attribute()).prop_map(|(root, extension)| Id {
        root,
        extension,
        ..Id::default()
    })
}

fn words() -> impl Strategy<Value = Text> {
    text().prop_map(Text::new)
}

fn plain_code() -> impl Strategy<Value = Code> {
    (text(), attribute(), attribute(), of(words())).prop_map(
        |(code, system, display, original_text)| Code {
            code: Some(code),
            system,
            display,
            original_text,
            ..Code::default()
        },
    )
}

fn code() -> impl Strategy<Value = Code> {
    let qualifier =
        (attribute(), of(plain_code()), of(plain_code())).prop_map(|(inverted, name, value)| {
            Qualifier {
                inverted,
                name,
                value,
                ..Qualifier::default()
            }
        });
    (plain_code(), vec(qualifier, 0..3), vec(plain_code(), 0..2)).prop_map(
        |(code, qualifiers, translations)| Code {
            qualifiers,
            translations,
            ..code
        },
    )
}

fn quantity() -> impl Strategy<Value = Quantity> {
    let translation =
        (attribute(), attribute(), of(words())).prop_map(|(value, code, original_text)| {
            Translation {
                value,
                code,
                original_text,
                ..Translation::default()
            }
        });
    (text(), attribute(), vec(translation, 0..2)).prop_map(|(value, unit, translations)| Quantity {
        value: Some(value),
        unit,
        translations,
        ..Quantity::default()
    })
}

fn scalar() -> impl Strategy<Value = Scalar> {
    attribute().prop_map(|value| Scalar {
        value,
        ..Scalar::default()
    })
}

fn period() -> impl Strategy<Value = Period> {
    (
        attribute(),
        of(scalar()),
        of(scalar()),
        of(quantity()),
        of(scalar()),
    )
        .prop_map(|(value, low, center, width, high)| Period {
            value,
            low,
            center,
            width,
            high,
            ..Period::default()
        })
}

fn value() -> impl Strategy<Value = Value> {
    let range =
        (of(quantity()), of(quantity()), of(quantity())).prop_map(|(low, width, high)| Range {
            low,
            width,
            high,
            ..Range::default()
        });
    let ratio = (of(quantity()), of(quantity())).prop_map(|(numerator, denominator)| Ratio {
        numerator,
        denominator,
        ..Ratio::default()
    });
    prop_oneof![
        quantity().prop_map(Value::Quantity),
        quantity().prop_map(|it| Value::Quantity(it).typed()),
        range.prop_map(|it| Value::Range(Box::new(it)).typed()),
        ratio.prop_map(|it| Value::Ratio(Box::new(it)).typed()),
        code().prop_map(|it| Value::Code(Box::new(it)).typed()),
        words().prop_map(Value::Text),
        words().prop_map(|it| Value::Text(it).typed()),
        text().prop_map(|it| Value::Data(Box::new(Data::text(it))).typed()),
        scalar().prop_map(|it| Value::Integer(it).typed()),
        scalar().prop_map(|it| Value::Real(it).typed()),
        scalar().prop_map(|it| Value::Boolean(it).typed()),
        scalar().prop_map(|it| Value::Time(it).typed()),
        period().prop_map(|it| Value::Period(Box::new(it)).typed()),
    ]
}

fn name() -> impl Strategy<Value = Name> {
    let part = (
        prop::sample::select(vec!["prefix", "given", "family", "suffix"]),
        text(),
    );
    prop_oneof![
        (attribute(), text()).prop_map(|(usage, content)| Name {
            usage,
            ..Name::text(&content)
        }),
        vec(part, 1..4)
            .prop_map(|parts| Name::parts(parts.iter().map(|(name, text)| (*name, text.as_str())))),
    ]
}

fn agent() -> impl Strategy<Value = Agent> {
    let sds = (of(id()), of(id()), of(name())).prop_map(|(role, id, name)| {
        Agent::PersonSds(Box::new(AgentPersonSds {
            id: role,
            person: Some(PersonSds {
                id,
                name,
                ..PersonSds::default()
            }),
            ..AgentPersonSds::default()
        }))
    });
    let person = (of(code()), of(name()), of(name())).prop_map(|(code, own, scoper)| {
        Agent::Person(Box::new(AgentPerson {
            code,
            person: own.map(|name| Person {
                name: Some(name),
                ..Person::default()
            }),
            scoper: scoper.map(|name| Organisation {
                name: Some(name),
                ..Organisation::default()
            }),
            ..AgentPerson::default()
        }))
    });
    let related = (prop::bool::ANY, text(), of(name())).prop_map(|(receives, code, name)| {
        let element = if receives {
            "nonAgentRole"
        } else {
            "participantNonAgentRole"
        };
        Agent::related(element, &code, "x", name)
    });
    let place = code().prop_map(Agent::service_location);
    prop_oneof![sds, person, related, place]
}

fn participation() -> impl Strategy<Value = Participation> {
    let roles = vec![
        Role::Author,
        Role::Informant,
        Role::Performer,
        Role::Participant,
        Role::Location,
        Role::ServiceLocation,
        Role::Receiver,
        Role::Responsible,
        Role::Product,
    ];
    (
        prop::sample::select(roles),
        of(period()),
        of(plain_code()),
        agent(),
    )
        .prop_map(|(role, time, mode, agent)| Participation {
            mode,
            ..Participation::new(role, time, agent)
        })
}

fn medication() -> impl Strategy<Value = Medication> {
    (
        of(text()),
        of(text()),
        of(quantity()),
        of(code()),
        of(period()),
    )
        .prop_map(
            |(dosage, administration, quantity, code, days)| Medication {
                dosage: dosage.map(|text| Dosage::new(&text)),
                administration: administration.map(|text| Administration::new(&text)),
                supply: quantity.map(Supply::new),
                consumable: code.map(Consumable::new),
                days_supply: days.map(|time| DaysSupply::new("x", time)),
            },
        )
}

fn entry() -> impl Strategy<Value = Entry> {
    let kind = prop::sample::select(EntryKind::ALL);
    let head = (
        kind,
        period(),
        of(value()),
        of(code()),
        of(code()),
        of(text()),
    );
    let rest = (
        vec(participation(), 0..4),
        vec(text(), 0..3),
        vec((prop::sample::select(Target::ALL), text()), 0..3),
        of(medication()),
        of((quantity(), quantity())),
    );
    (head, rest).prop_map(
        |(head, (parts, supporting, links, medication, pressures))| {
            let (kind, time, value, code, status, text) = head;
            let mut entry = Entry::new(kind, "x", time);
            entry.value = value;
            entry.code = code.or(entry.code);
            entry.status = status;
            entry.text = text.map(Data::text);
            entry.medication = medication
                .filter(|it| *it != Medication::default())
                .map(Box::new);
            if let Some((systolic, diastolic)) = pressures {
                entry.systolic = Some(Systolic::new("x", systolic, Period::at("2024")));
                entry.diastolic = Some(Diastolic::new("x", diastolic, Period::at("2024")));
            }
            let entry = parts.into_iter().fold(entry, Entry::with);
            let entry = supporting
                .iter()
                .fold(entry, |entry, text| entry.supported_by(text));
            links
                .iter()
                .fold(entry, |entry, (target, id)| entry.linked(*target, id))
        },
    )
}

fn section() -> impl Strategy<Value = Section> {
    let cre_type = prop::sample::select(&domain::code::cre_type::ALL[..]);
    (cre_type, vec(entry(), 0..4)).prop_map(|(cre_type, entries)| Section::new(&cre_type, entries))
}

/// A summary of any sections.
pub(super) fn summary() -> impl Strategy<Value = GpSummary> {
    vec(section(), 0..4).prop_map(|sections| GpSummary {
        sections,
        ..whole::by_person()
    })
}
