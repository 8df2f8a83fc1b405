//! Names, addresses, telephone numbers.

use fhir::{ContactPoint, HumanName};
use hl7v3::gp_summary::model::{Address, Name, Part, Telecom};

use crate::{Profile, codes};

/// A person's name: as text, in full from its parts where there are some. `None` for one that
/// says nothing.
pub(super) fn name(name: &HumanName, profile: Profile) -> Option<Name> {
    let text = name.text.as_deref().unwrap_or_default();
    let texts = |element: &'static str, texts: &[String]| -> Vec<Part> {
        texts.iter().map(|text| Part::new(element, text)).collect()
    };
    let family = name.family.iter().map(|text| Part::new("family", text));
    let parts: Vec<Part> = texts("prefix", &name.prefix)
        .into_iter()
        .chain(texts("given", &name.given))
        .chain(family)
        .chain(texts("suffix", &name.suffix))
        .collect();
    if parts.is_empty() || profile == Profile::Compatible {
        return (!text.is_empty()).then(|| Name::text(text));
    }
    Some(Name {
        parts,
        ..Name::default()
    })
}

/// An address: its text or, in full, the lines of one that has no text.
pub(super) fn address(address: &fhir::Address, profile: Profile) -> Option<Address> {
    let usage = Some("WP".to_owned());
    if let Some(text) = &address.text {
        return Some(Address {
            usage,
            content: text.clone(),
            ..Address::default()
        });
    }
    if profile == Profile::Compatible {
        return None;
    }
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
    let parts: Vec<Part> = lines.chain(others).collect();
    (!parts.is_empty()).then(|| Address {
        usage,
        parts,
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
