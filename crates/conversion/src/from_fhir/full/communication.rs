//! Advice given, letters and notes.

use domain::code::cre_type;
use fhir::{Communication, PayloadContent, Reference};
use hl7v3::gp_summary::model::{
    Agent, Data, Entry, EntryKind, Participation, Role, Scalar, Telecom, Text,
};

use crate::codes::EntryResource;
use crate::extension;
use crate::from_fhir::agents::Whose;
use crate::from_fhir::draft::{Draft, Placed};
use crate::from_fhir::extensions;
use crate::from_fhir::resources::Found;
use crate::from_fhir::rules;
use crate::from_fhir::work::Work;

/// By the section; one without a section of letters is no entry.
pub(super) fn usual_kind(communication: &Communication) -> Option<EntryKind> {
    let section = rules::section(&communication.category)?;
    let cre = cre_type::CreType::of(section.code.as_deref()?)?;
    if *cre == cre_type::ADVICE {
        return Some(EntryKind::ProvisionOfAdviceAndInformation);
    }
    if *cre == cre_type::PATIENT_CORRESPONDENCE {
        return Some(EntryKind::PatientCarerCorrespondence);
    }
    if *cre == cre_type::THIRD_PARTY_CORRESPONDENCE {
        return Some(EntryKind::ThirdPartyCorrespondence);
    }
    (*cre == cre_type::DOCUMENTATION).then_some(EntryKind::CareProfessionalDocumentation)
}

impl<'a> Work<'a, '_> {
    pub(super) fn communication(&mut self, found: Found<'a, Communication>) -> Option<Placed> {
        let it = found.resource;
        let draft = Draft {
            at: found.at,
            resource: EntryResource::Communication,
            id: it.id.as_deref(),
            identifier: &it.identifier,
            extension: &it.extension,
            category: it.category.iter().collect(),
            code: it.topic.as_ref(),
            status: it.status.as_deref(),
            encounter: it.encounter.as_ref(),
            note: &it.note,
        };
        let Some(kind) = self.kind(&draft, usual_kind(it)) else {
            let rule = "A communication whose category is no section of a GP Summary for advice or letters is not carried over";
            self.note(&found.path("category"), rule);
            return None;
        };
        let section = self.place(&draft, kind)?;
        let mut entry = self.begin(&draft, kind);
        if entry.time.is_none() {
            let sent = it.sent.as_ref();
            entry.time = sent.and_then(|sent| self.single(sent, kind, &found.path("sent")));
        }
        if kind == EntryKind::ProvisionOfAdviceAndInformation {
            self.receivers(&mut entry, found);
        } else {
            self.letter(&mut entry, found);
        }
        Some(Placed { section, entry })
    }

    /// Who was advised: those whom a receiver of the encounter does not say already.
    fn receivers(&mut self, entry: &mut Entry, found: Found<'a, Communication>) {
        if entry.in_role(Role::Receiver).next().is_some() {
            return;
        }
        for (at, reference) in found.resource.recipient.iter().enumerate() {
            let place = found.path(&format!("recipient[{at}]"));
            if let Some(agent) = self.receiver(reference, &place) {
                let receiver = Participation::new(Role::Receiver, None, agent);
                entry.participations.push(receiver);
            }
        }
        entry.participations.sort_by_key(|it| it.role);
    }

    /// A receiver is somebody related to the patient; the patient is `Self` (21).
    fn receiver(&mut self, reference: &Reference, place: &str) -> Option<Agent> {
        let found = self.resources.any(reference.reference.as_deref()?);
        if let Some((_, fhir::Resource::Patient(_))) = found {
            return Some(Agent::related("nonAgentRole", "21", "Self", None));
        }
        let mut agent = self.anybody(Some(reference), place, Whose::Encounter)?;
        match &mut agent {
            Agent::NonAgent(role) => "nonAgentRole".clone_into(&mut role.element),
            _ => {
                let rule = "Advice is given to the patient or to somebody related: another recipient is not carried over";
                self.note(place, rule);
                return None;
            }
        }
        Some(agent)
    }

    /// The text, the title and the version of a letter.
    fn letter(&mut self, entry: &mut Entry, found: Found<'a, Communication>) {
        let payload = found.resource.payload.as_slice();
        let extensions = &found.resource.extension;
        let mut title = extensions::text_of(extensions, extension::TITLE);
        let mut text = Data::default();
        for part in payload {
            match &part.content {
                Some(PayloadContent::String(words)) => text.content.push_str(words),
                Some(PayloadContent::Attachment(attachment)) => {
                    text.media_type.clone_from(&attachment.content_type);
                    text.language.clone_from(&attachment.language);
                    title = title.or(attachment.title.as_deref());
                    text.reference = attachment.url.clone().map(|url| Telecom {
                        value: Some(url),
                        ..Telecom::default()
                    });
                    if let Some(data) = &attachment.data {
                        text.representation = Some("B64".to_owned());
                        text.content.clone_from(data);
                    }
                }
                _ => {}
            }
        }
        entry.text = Some(text);
        entry.title = title.map(Text::new);
        let version = extensions::text_of(extensions, extension::VERSION);
        entry.version = version.map(Scalar::new);
    }
}
