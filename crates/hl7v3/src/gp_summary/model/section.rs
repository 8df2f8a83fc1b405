//! The coded sections: one for each care record element (CRE) type.

use domain::code::cre_type::CreType;
use xml::Writer;

use super::data::{Code, Id};
use super::entry::Entry;
use super::fixed::{COMPONENT, DOCUMENTATION, INFORMATION, INSEPARABLE, SEPARABLE};
use super::node::{Node, node};

node! {
    /// A section (`pertinentInformation2`): the entries of one CRE type. A document may have
    /// several of the same type.
    Section {
        fixed {
            "typeCode" = "PERT", "inversionInd" = "false", "contextConductionInd" = "true",
            "negationInd" = "false",
        }
        first { INFORMATION, SEPARABLE }
        children {
            /// What it holds; sections that hold nothing are met.
            content: Option<CareRecordElement> = "pertinentCREType",
        }
    }
}

node! {
    /// What a section holds.
    CareRecordElement {
        fixed { "classCode" = "CATEGORY", "moodCode" = "EVN" }
        children {
            /// The CRE type, known to us or not.
            code: Option<Code> = "code",
            /// Its entries.
            components: Vec<Component> = "component",
        }
    }
}

node! {
    /// `component` with an entry.
    Component {
        fixed { "typeCode" = "COMP", "contextConductionInd" = "true" }
        first { COMPONENT, INSEPARABLE }
        children {
            /// The entry. One of a kind that is not known to us is kept in `extra`.
            entry: Option<Box<Entry>> = "*",
        }
    }
}

impl Section {
    /// A section of a CRE type. The schema takes the names that stand over the sections in the
    /// presentation text.
    pub fn new(cre_type: &CreType, entries: impl IntoIterator<Item = Entry>) -> Self {
        let components = entries.into_iter().map(Component::new);
        Self {
            content: Some(CareRecordElement {
                code: Some(Code::snomed(cre_type.code, cre_type.heading)),
                components: components.collect(),
                ..CareRecordElement::default()
            }),
            ..Self::default()
        }
    }

    /// How many bytes it takes in a document.
    pub fn size(&self) -> usize {
        size(self, "pertinentInformation2")
    }

    /// Its CRE type.
    pub fn code(&self) -> Option<&Code> {
        self.content.as_ref()?.code.as_ref()
    }

    /// Its entries.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        let content = self.content.iter();
        content
            .flat_map(|content| &content.components)
            .filter_map(|component| component.entry.as_deref())
    }
}

impl Component {
    /// An entry.
    pub fn new(entry: Entry) -> Self {
        Self {
            entry: Some(Box::new(entry)),
            ..Self::default()
        }
    }

    /// How many bytes it takes in a document.
    pub fn size(&self) -> usize {
        size(self, "component")
    }
}

fn size(node: &dyn Node, name: &str) -> usize {
    let mut w = Writer::with_capacity(2_048);
    node.write(&mut w, name);
    w.finish().len()
}

node! {
    /// `pertinentInformation1`: that the document is care professional documentation.
    RootSection {
        fixed {
            "typeCode" = "PERT", "inversionInd" = "false", "contextConductionInd" = "true",
            "negationInd" = "false",
        }
        first { INFORMATION, SEPARABLE }
        children {
            /// The type.
            content: Option<RootElement> = "pertinentRootCREType",
        }
    }
}

node! {
    /// The type of the whole document.
    RootElement {
        fixed { "classCode" = "CATEGORY", "moodCode" = "EVN" }
        first { DOCUMENTATION }
    }
}

impl RootSection {
    /// What every document has.
    pub fn new() -> Self {
        Self {
            content: Some(RootElement::default()),
            ..Self::default()
        }
    }
}

node! {
    /// `recordTarget`: whose record it is.
    RecordTarget {
        fixed { "typeCode" = "RCT" }
        children {
            /// The patient.
            patient: Option<Patient> = "patient",
        }
    }
}

node! {
    /// The patient.
    Patient {
        fixed { "classCode" = "PAT" }
        children {
            /// The NHS number.
            id: Option<Id> = "id",
        }
    }
}

node! {
    /// `replacementOf`: what the document replaces.
    Replacement {
        fixed { "typeCode" = "RPLC" }
        children {
            /// The former document.
            prior: Option<PriorMessage> = "priorMessageRef",
        }
    }
}

node! {
    /// The document that is replaced.
    PriorMessage {
        fixed { "classCode" = "COMPOSITION", "moodCode" = "EVN" }
        children {
            /// Its id.
            id: Option<Id> = "id",
        }
    }
}
