//! Links between entries: an element of R4 where there is one, an extension where that does not say
//! all.

use fhir::{Extension, ExtensionValue, Identifier, Reference, system};
use hl7v3::gp_summary::model::{Entry, Link};

use super::Work;
use super::concept::{complex, part};
use super::plan::{by_uuid_alone, kind};
use crate::{codes, extension};

/// The links of an entry.
#[derive(Default)]
pub(super) struct Links {
    /// For `evidence.detail` or `reasonReference`.
    pub(super) plain: Vec<Reference>,
    pub(super) extensions: Vec<Extension>,
}

impl Work<'_, '_> {
    pub(super) fn links(&mut self, entry: &Entry) -> Links {
        let mut links = Links::default();
        let mut is_lost = false;
        for link in &entry.links {
            let Some(uuid) = link.id().filter(|id| !id.trim().is_empty()) else {
                is_lost = true;
                continue;
            };
            let planned = self.plan.find(uuid);
            let other = kind(planned);
            let to = link.target.as_ref().map(|it| it.target).unwrap_or_default();
            let led = planned.map_or_else(
                || by_uuid_alone(codes::resource_of_target(to), uuid),
                |planned| planned.reference(),
            );
            let is_plain = other.is_some_and(|other| codes::has_plain_link(entry.kind, other));
            let is_usual = other.is_some_and(|other| {
                says_the_same(&codes::usual_link(entry.kind, other, uuid), link)
            });
            if is_plain {
                links.plain.push(led.clone());
            }
            if !(is_plain && is_usual) {
                links.extensions.extend(extended(link, led, uuid));
            }
        }
        if is_lost {
            self.unsaid("A link to another entry does not say which: it is left out");
        }
        links
    }
}

/// Whether two links are the same but for the spelling of the id.
fn says_the_same(usual: &Link, link: &Link) -> bool {
    let target = |link: &Link| link.target.as_ref().map(|it| it.target);
    usual.relation == link.relation && target(usual) == target(link) && usual.id() == link.id()
}

fn extended(link: &Link, mut led: Reference, uuid: &str) -> Option<Extension> {
    let to = link.target.as_ref()?.target;
    led.identifier = Some(Identifier::new(system::UUID, uuid).into());
    let parts = vec![
        part("kind", ExtensionValue::Code(to.element().to_owned())),
        part("relation", ExtensionValue::Code(link.relation.clone())),
        part("target", ExtensionValue::Reference(led)),
    ];
    complex(extension::LINK, parts)
}
