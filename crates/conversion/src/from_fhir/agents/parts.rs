//! Names, addresses, telephone numbers.

use fhir::{ContactPoint, HumanName};
use hl7v3::gp_summary::model::{Address, Name, Part, Telecom};

use crate::{Profile, codes};

/// A person's name. In full, in parts where it has some that make up its text. `None` for one
/// that says nothing.
pub(super) fn name(name: &HumanName, profile: Profile) -> Option<Name> {
    let text = name.text.as_deref().unwrap_or_default();
    let all = |element: &'static str, texts: &[String]| -> Vec<Part> {
        texts.iter().map(|text| Part::new(element, text)).collect()
    };
    let prefix = all("prefix", &name.prefix);
    let given = all("given", &name.given);
    let family = all("family", name.family.as_slice());
    let suffix = all("suffix", &name.suffix);
    let orders = [
        [&prefix, &given, &family, &suffix],
        [&prefix, &family, &given, &suffix],
        [&family, &given, &prefix, &suffix],
        [&family, &prefix, &given, &suffix],
    ];
    let orders = orders.into_iter().map(|order| Name {
        parts: order.into_iter().flatten().cloned().collect(),
        ..Name::default()
    });
    let mut orders = orders.filter(|name| {
        let is_whole = text.is_empty() || name.label() == normal(text);
        !name.parts.is_empty() && is_whole
    });
    match orders.next() {
        Some(parts) if profile == Profile::Full => Some(parts),
        _ => (!text.is_empty()).then(|| Name::text(text)),
    }
}

fn normal(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ")
}

/// An address: nationally its text, and it is always one for work. In full, its parts where they
/// make up its text.
pub(super) fn address(address: &fhir::Address, profile: Profile) -> Option<Address> {
    let text = address.text.as_deref();
    if profile == Profile::Compatible {
        return Some(Address {
            usage: Some("WP".to_owned()),
            content: text?.to_owned(),
            ..Address::default()
        });
    }
    let usage = address.r#use.as_deref();
    let usage = usage.map(|usage| codes::telecom_use_to_v3(Some(usage)).to_owned());
    let lines = address.line.iter();
    let lines = lines.map(|line| Part::new("streetAddressLine", line));
    let others = [
        ("city", &address.city),
        ("county", &address.district),
        ("state", &address.state),
        ("postalCode", &address.postal_code),
        ("country", &address.country),
    ];
    let others = others.into_iter();
    let others = others.filter_map(|(element, text)| Some(Part::new(element, text.as_deref()?)));
    let parts = Address {
        usage: usage.clone(),
        parts: lines.chain(others).collect(),
        ..Address::default()
    };
    let is_whole = text.is_none_or(|text| parts.label() == normal(text));
    if is_whole {
        return (!parts.parts.is_empty()).then_some(parts);
    }
    Some(Address {
        usage,
        content: text?.to_owned(),
        ..Address::default()
    })
}

/// A telephone number or its like.
pub(super) fn telecom(contact: &ContactPoint, profile: Profile) -> Telecom {
    let is_pager = contact.system.as_deref() == Some("pager") && profile == Profile::Full;
    let usage = match is_pager && contact.r#use.is_none() {
        true => "PG",
        false => codes::telecom_use_to_v3(contact.r#use.as_deref()),
    };
    Telecom {
        value: contact.value.clone(),
        usage: Some(usage.to_owned()),
        ..Telecom::default()
    }
}
