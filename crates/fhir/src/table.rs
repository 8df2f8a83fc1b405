//! Which elements each type of R4 has: one line per type in `table/*.txt`, read once.
//!
//! Everything that needs to know goes by these lines: strict reading, the order in which elements
//! are written, XML, and checking. The definitions are those of <https://hl7.org/fhir/R4/>.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use crate::structure::Primitive;

const DATATYPES: &str = include_str!("table/datatypes.txt");
const RESOURCES: &str = include_str!("table/resources.txt");
const CODES: &str = include_str!("table/codes.txt");
const OTHERS: &str = include_str!("table/others.txt");

/// What `value[x]:OPEN` stands for.
const OPEN: &str = "base64Binary|boolean|canonical|code|date|dateTime|decimal|id|instant|integer|\
    markdown|oid|positiveInt|string|time|unsignedInt|uri|url|uuid|Address|Age|Annotation|\
    Attachment|CodeableConcept|Coding|ContactPoint|Count|Distance|Duration|HumanName|Identifier|\
    Money|Period|Quantity|Range|Ratio|Reference|SampledData|Signature|Timing|ContactDetail|\
    Contributor|DataRequirement|Expression|ParameterDefinition|RelatedArtifact|TriggerDefinition|\
    UsageContext|Dosage|Meta";

/// What kind of type it is, as the tables say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A datatype.
    Data,
    /// An element with `modifierExtension`.
    Backbone,
    /// A resource.
    Resource,
}

/// A type and its elements.
#[derive(Debug)]
pub(crate) struct Type {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// In the order of the definition.
    pub(crate) elements: Vec<Element>,
    /// Every name an element may have in JSON: the element, and which of its types.
    names: HashMap<String, (usize, usize), foldhash::fast::FixedState>,
}

/// An element of a type.
#[derive(Debug)]
pub(crate) struct Element {
    /// Its name; of a choice, what comes before the type.
    pub(crate) name: &'static str,
    /// The names it may have in JSON, each with what is inside.
    pub(crate) forms: Vec<(String, Content)>,
    /// There has to be one.
    pub(crate) required: bool,
    /// There may be more than one.
    pub(crate) many: bool,
}

/// What is inside an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Content {
    /// A primitive; where there is a required value set, its codes.
    Primitive(Primitive, Option<&'static CodeSet>),
    /// A type of the tables, by its place.
    Complex(usize),
    /// Any resource.
    Resource,
}

/// A required value set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CodeSet {
    pub(crate) name: &'static str,
    pub(crate) codes: HashSet<&'static str>,
}

/// All types.
#[derive(Debug)]
pub(crate) struct Tables {
    types: Vec<Type>,
    by_name: HashMap<&'static str, usize>,
    others: HashSet<&'static str>,
    /// What the texts say that cannot be understood: nothing, as a test knows.
    #[cfg_attr(not(test), expect(dead_code, reason = "for the test"))]
    faults: Vec<String>,
}

impl Tables {
    /// The one set of tables.
    pub(crate) fn get() -> &'static Self {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(Self::read)
    }

    /// A type by its place.
    pub(crate) fn at(&self, index: usize) -> Option<&Type> {
        self.types.get(index)
    }

    /// A resource whose elements are known.
    pub(crate) fn resource(&self, name: &str) -> Option<&Type> {
        let index = self.by_name.get(name)?;
        self.at(*index).filter(|found| found.kind == Kind::Resource)
    }

    /// Whether R4 has a resource of this name whose elements are not known here.
    pub(crate) fn is_other(&self, name: &str) -> bool {
        self.others.contains(name)
    }

    /// Every type.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        self.types.iter()
    }

    /// The resources of R4 whose elements are not known here.
    pub(crate) fn others(&self) -> impl Iterator<Item = &'static str> {
        self.others.iter().copied()
    }

    /// What any element may have: id and extensions.
    pub(crate) fn element(&self) -> Option<&Type> {
        self.at(*self.by_name.get("Element")?)
    }

    fn read() -> Self {
        let lines: Vec<(&str, &str, &str)> = [DATATYPES, RESOURCES]
            .into_iter()
            .flat_map(lines)
            .filter_map(|line| {
                let (kind, rest) = line.split_once(' ')?;
                let (name, elements) = rest.split_once(' ').unwrap_or((rest, ""));
                Some((kind, name, elements))
            })
            .collect();
        let by_name = lines
            .iter()
            .enumerate()
            .map(|(index, (_, name, _))| (*name, index))
            .collect();
        let mut reader = TableReader {
            by_name: &by_name,
            code_sets: code_sets(),
            faults: Vec::new(),
        };
        let types = lines
            .iter()
            .map(|(kind, name, elements)| reader.read_type(kind, name, elements))
            .collect();
        let faults = reader.faults;
        Self {
            types,
            by_name,
            others: lines_of_words(OTHERS).collect(),
            faults,
        }
    }
}

impl Type {
    /// The element that has this name in JSON, and what is inside it.
    pub(crate) fn find(&self, name: &str) -> Option<(&Element, Content)> {
        let (element, form) = self.names.get(name)?;
        let element = self.elements.get(*element)?;
        let (_, content) = element.forms.get(*form)?;
        Some((element, *content))
    }

    /// The place of an element in the definition, by its name in JSON.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.names.get(name).map(|(element, _)| *element)
    }

    /// Whether the element is an attribute in XML.
    pub(crate) fn is_attribute(&self, name: &str) -> bool {
        match name {
            "id" => self.kind != Kind::Resource,
            "url" => self.name == "Extension",
            _ => false,
        }
    }
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn lines_of_words(text: &'static str) -> impl Iterator<Item = &'static str> {
    lines(text).flat_map(str::split_ascii_whitespace)
}

fn code_sets() -> HashMap<&'static str, &'static CodeSet> {
    static CODE_SETS: OnceLock<Vec<CodeSet>> = OnceLock::new();
    let read = || {
        lines(CODES)
            .filter_map(|line| {
                let (name, codes) = line.split_once(' ')?;
                let codes = codes.split_ascii_whitespace().collect();
                Some(CodeSet { name, codes })
            })
            .collect()
    };
    let sets = CODE_SETS.get_or_init(read).iter();
    sets.map(|set| (set.name, set)).collect()
}

/// What comes before the elements of a line, and what the kind is.
fn beginning(kind: &str) -> Option<(Kind, &'static str)> {
    Some(match kind {
        "type" => (Kind::Data, "id:string extension:Extension*"),
        "backbone" => (
            Kind::Backbone,
            "id:string extension:Extension* modifierExtension:Extension*",
        ),
        "resource" => (
            Kind::Resource,
            "id:id meta:Meta implicitRules:uri language:code",
        ),
        "domain" => (
            Kind::Resource,
            "id:id meta:Meta implicitRules:uri language:code text:Narrative contained:Resource* \
             extension:Extension* modifierExtension:Extension*",
        ),
        _ => return None,
    })
}

struct TableReader<'a> {
    by_name: &'a HashMap<&'static str, usize>,
    code_sets: HashMap<&'static str, &'static CodeSet>,
    faults: Vec<String>,
}

impl TableReader<'_> {
    fn read_type(&mut self, kind: &str, name: &'static str, elements: &'static str) -> Type {
        let (kind, before) = beginning(kind).unwrap_or_else(|| {
            self.faults.push(format!("{name}: no kind {kind}"));
            (Kind::Data, "")
        });
        let words = before
            .split_ascii_whitespace()
            .chain(elements.split_ascii_whitespace());
        let elements: Vec<Element> = words
            .filter_map(|word| {
                let element = self.read_element(word);
                if element.is_none() {
                    self.faults.push(format!("{name}: {word}"));
                }
                element
            })
            .collect();
        let mut names = HashMap::default();
        for (at, element) in elements.iter().enumerate() {
            for (form, (name, _)) in element.forms.iter().enumerate() {
                names.insert(name.clone(), (at, form));
            }
        }
        Type {
            name,
            kind,
            elements,
            names,
        }
    }

    fn read_element(&self, word: &'static str) -> Option<Element> {
        let (name, types) = word.split_once(':')?;
        let (types, required, many) = match types.as_bytes().last()? {
            b'!' => (types.strip_suffix('!')?, true, false),
            b'+' => (types.strip_suffix('+')?, true, true),
            b'*' => (types.strip_suffix('*')?, false, true),
            _ => (types, false, false),
        };
        let types = if types == "OPEN" { OPEN } else { types };
        let forms: Option<Vec<_>> = match name.strip_suffix("[x]") {
            Some(name) => types
                .split('|')
                .map(|kind| Some((format!("{name}{}", capitalised(kind)), self.content(kind)?)))
                .collect(),
            None => self
                .content(types)
                .map(|found| vec![(name.to_owned(), found)]),
        };
        Some(Element {
            name: name.strip_suffix("[x]").unwrap_or(name),
            forms: forms?,
            required,
            many,
        })
    }

    fn content(&self, kind: &str) -> Option<Content> {
        if kind == "Resource" {
            return Some(Content::Resource);
        }
        if let Some(index) = self.by_name.get(kind) {
            return Some(Content::Complex(*index));
        }
        let (kind, set) = match kind.strip_suffix(')').and_then(|rest| rest.split_once('(')) {
            Some((kind, set)) => (kind, Some(*self.code_sets.get(set)?)),
            None => (kind, None),
        };
        Some(Content::Primitive(Primitive::named(kind)?, set))
    }
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    let first = chars.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(chars).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_understood() {
        let tables = Tables::get();
        assert_eq!(tables.faults, Vec::<String>::new());
        // 148 types in the code system of R4, two of them abstract: Resource and DomainResource.
        let known = tables
            .types
            .iter()
            .filter(|t| t.kind == Kind::Resource)
            .count();
        assert_eq!(known + tables.others.len(), 146);
        assert!(
            tables
                .others
                .iter()
                .all(|name| tables.resource(name).is_none())
        );
    }

    #[test]
    fn every_code_set_is_used_and_no_type_is_there_twice() {
        for set in code_sets().keys() {
            let used = [DATATYPES, RESOURCES]
                .iter()
                .any(|t| t.contains(&format!("({set})")));
            assert!(used, "{set}");
        }
        let tables = Tables::get();
        assert_eq!(tables.by_name.len(), tables.types.len());
    }
}
