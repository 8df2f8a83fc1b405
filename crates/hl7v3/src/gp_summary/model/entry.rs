//! A clinical statement.
//!
//! One type serves all kinds: they have most of their parts in common, and whoever shows, maps
//! or searches entries asks for the parts, not for the kind. Which parts a kind has, and in which
//! order they are written, is the schema's matter.

use xml::{Element, Writer};

use super::data::{Code, Data, Id, Period, Quantity, Scalar, Text};
use super::extra::Extra;
use super::kind::EntryKind;
use super::link::{Link, Target};
use super::measurement::{Diastolic, Member, ReferenceRange, Supporting, Systolic};
use super::medication::Medication;
use super::node::{Field, Node, OwnName};
use super::participation::{Participation, Role};
use super::sheet::Sheet;
use super::source::Source;
use super::value::Value;

/// A clinical statement of a GP Summary.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Entry {
    /// Its kind, which is the name of its element.
    pub kind: EntryKind,
    /// Its mood: `EVN` for what happened, `RQO` for what is prescribed, `INT` for what is meant
    /// to be done.
    pub mood: Option<String>,
    /// The version of a document.
    pub version: Option<Scalar>,
    /// What was found.
    pub value: Option<Value>,
    /// Its UUID.
    pub id: Option<Id>,
    /// What it is. Of medications, which kind; the medicine is in `medication`.
    pub code: Option<Code>,
    /// The text of a document.
    pub text: Option<Data>,
    /// The title of a document.
    pub title: Option<Text>,
    /// Its status.
    pub status: Option<Code>,
    /// When it was or holds.
    pub time: Option<Period>,
    /// What is normal, of a finding.
    pub reference_range: Option<ReferenceRange>,
    /// Of a blood pressure.
    pub diastolic: Option<Diastolic>,
    /// Of a blood pressure.
    pub systolic: Option<Systolic>,
    /// The findings of an organizer.
    pub members: Vec<Member>,
    /// What is particular to medications.
    pub medication: Option<Box<Medication>>,
    /// Who and what takes part, in the order of [`Role`].
    pub participations: Vec<Participation>,
    /// What the staff wrote beside it. The schema has at most one.
    pub supporting: Vec<Supporting>,
    /// Links to other entries.
    pub links: Vec<Link>,
    /// What else it holds.
    pub extra: Extra,
}

impl std::fmt::Debug for Entry {
    /// Its kind and nothing of the content: it is a patient's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Entry")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// An entry with the mood, the status and, where there is only one, the code of its kind.
    pub fn new(kind: EntryKind, id: &str, time: Period) -> Self {
        Self {
            kind,
            mood: Some(kind.mood().to_owned()),
            id: Some(Id::uuid(id)),
            code: kind.code(),
            status: kind.status().map(Code::plain),
            time: Some(time),
            ..Self::default()
        }
    }

    /// The same with a code.
    #[must_use]
    pub fn coded(mut self, code: Code) -> Self {
        self.code = Some(code);
        self
    }

    /// The same with a value. See [`Value::typed`] for kinds whose value may be of any type.
    #[must_use]
    pub fn valued(mut self, value: Value) -> Self {
        self.value = Some(value);
        self
    }

    /// The same with somebody who takes part.
    #[must_use]
    pub fn with(mut self, participation: Participation) -> Self {
        self.participations.push(participation);
        self.participations.sort_by_key(|it| it.role);
        self
    }

    /// The same with what the staff wrote beside it.
    #[must_use]
    pub fn supported_by(mut self, words: &str) -> Self {
        self.supporting.push(Supporting::new(words));
        self
    }

    /// The same with a link to another entry of the document, in the form that the schema of
    /// this kind gives it.
    #[must_use]
    pub fn linked(mut self, target: Target, id: &str) -> Self {
        let link = Link::new(self.kind, target, id, self.links.len());
        self.links.push(link);
        self
    }

    /// Those who take part in one way.
    pub fn in_role(&self, role: Role) -> impl Iterator<Item = &Participation> {
        self.participations
            .iter()
            .filter(move |participation| participation.role == role)
    }

    /// Its UUID.
    pub fn uuid(&self) -> Option<&str> {
        self.id.as_ref()?.root.as_deref()
    }

    /// Its status.
    pub fn status(&self) -> Option<&str> {
        self.status.as_ref()?.code.as_deref()
    }

    /// What it is about: the medicine of a medication, else its code.
    pub fn subject(&self) -> Option<&Code> {
        let medicine = self.medication.as_ref().and_then(|it| it.medicine());
        medicine.or(self.code.as_ref())
    }

    /// What the staff wrote beside it.
    pub fn supporting_texts(&self) -> impl Iterator<Item = &str> {
        self.supporting.iter().filter_map(Supporting::text)
    }

    /// Systolic and diastolic pressure, of a blood pressure that has both.
    pub fn pressures(&self) -> Option<(&Quantity, &Quantity)> {
        let systolic = self.systolic.as_ref()?.pressure.as_ref()?;
        let diastolic = self.diastolic.as_ref()?.pressure.as_ref()?;
        Some((systolic.value.as_ref()?, diastolic.value.as_ref()?))
    }

    /// The findings of an organizer.
    pub fn findings(&self) -> impl Iterator<Item = &Self> {
        self.members
            .iter()
            .filter_map(|member| member.finding.as_deref())
    }
}

/// A group of parts whose order among each other is the same in every kind.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slot {
    Measured,
    Instructions,
    /// Why a medication was discontinued.
    Reason1,
    In(Role),
    Supplied,
    Supporting,
    DaysSupply,
    Links,
}

/// The order of the parts after the head (UKCT_MT144035 to UKCT_MT144056).
const ORDER: [Slot; 16] = [
    Slot::Measured,
    Slot::Instructions,
    Slot::Reason1,
    Slot::In(Role::Author),
    Slot::In(Role::Informant),
    Slot::In(Role::Location),
    Slot::In(Role::ServiceLocation),
    Slot::In(Role::Participant),
    Slot::In(Role::Performer),
    Slot::Supplied,
    Slot::Supporting,
    Slot::DaysSupply,
    Slot::Links,
    Slot::In(Role::Product),
    Slot::In(Role::Responsible),
    Slot::In(Role::Receiver),
];

const REASON1: &str = "reason1";

/// The order of the parts of a kind: two of them have one part before all others.
fn slots(kind: EntryKind) -> impl Iterator<Item = Slot> {
    let first = match kind {
        EntryKind::MedicationAdministration => Some(Slot::In(Role::Performer)),
        kind if kind.is_assertion() => Some(Slot::Links),
        _ => None,
    };
    let others = ORDER.into_iter().filter(move |slot| Some(*slot) != first);
    first.into_iter().chain(others)
}

/// The name of what a relation holds beside its template and its flag. The names of acts are
/// distinct; those of the relations around them are not, and they vary.
fn held<'d>(relation: Element<'d, '_>) -> Option<&'d str> {
    let mut children = relation.children().map(|child| child.name());
    children.find(|name| !matches!(*name, "templateId" | "seperatableInd"))
}

fn holds(name: &'static str) -> impl Fn(Element<'_, '_>) -> bool {
    move |relation| held(relation) == Some(name)
}

impl Node for Entry {
    fn accepts(found: &str, wanted: &str) -> bool {
        match wanted {
            "*" => EntryKind::of(found).is_some(),
            wanted => found == wanted,
        }
    }

    fn read(element: Element<'_, '_>) -> Self {
        let kind = EntryKind::of(element.name()).unwrap_or_default();
        let mut source = Source::of(element);
        source.fixed("classCode", kind.class());
        let mut entry = Self {
            kind,
            mood: source.attribute("moodCode"),
            version: Field::take(&mut source, "versionNumber"),
            value: Field::take(&mut source, "value"),
            id: Field::take(&mut source, "id"),
            code: Field::take(&mut source, "code"),
            text: Field::take(&mut source, "text"),
            title: Field::take(&mut source, "title"),
            status: Field::take(&mut source, "statusCode"),
            time: Field::take(&mut source, "effectiveTime"),
            ..Self::default()
        };
        for slot in slots(kind) {
            entry.take(slot, &mut source);
        }
        entry.participations.sort_by_key(|it| it.role);
        entry.extra = source.extra();
        entry
    }

    fn write(&self, w: &mut Writer, name: &str) {
        let name = if name == "*" {
            self.kind.element()
        } else {
            name
        };
        let mut sheet = Sheet::new(&self.extra);
        sheet.fixed("classCode", self.kind.class());
        sheet.attribute("moodCode", self.mood.as_deref());
        self.version.put(&mut sheet, "versionNumber");
        self.value.put(&mut sheet, "value");
        self.id.put(&mut sheet, "id");
        self.code.put(&mut sheet, "code");
        self.text.put(&mut sheet, "text");
        self.title.put(&mut sheet, "title");
        self.status.put(&mut sheet, "statusCode");
        self.time.put(&mut sheet, "effectiveTime");
        for slot in slots(self.kind) {
            self.put(slot, &mut sheet);
        }
        sheet.write(w, name);
    }
}

impl Entry {
    fn take(&mut self, slot: Slot, source: &mut Source<'_, '_>) {
        match slot {
            Slot::Measured => {
                self.reference_range = source.child(holds("referenceReferenceValue"));
                self.diastolic = source.child(holds("diastolicPressure"));
                self.systolic = source.child(holds("systolicPressure"));
                self.members = source.children(holds("finding"));
            }
            Slot::Instructions => {
                let dosage = source.child(holds("pertinentDosageInstructions"));
                let administration = source.child(holds("pertinentAdministrationDetails"));
                self.medicate(|medication| {
                    medication.dosage = dosage;
                    medication.administration = administration;
                });
            }
            Slot::Supplied => {
                let supply = source.child(holds("medicationQuantity"));
                let consumable = source.child(holds("manufacturedProduct"));
                self.medicate(|medication| {
                    medication.supply = supply;
                    medication.consumable = consumable;
                });
            }
            Slot::DaysSupply => {
                let days = source.child(holds("pertinentDaysSupply"));
                self.medicate(|medication| medication.days_supply = days);
            }
            Slot::In(role) => {
                let found: Vec<Participation> = source.children(|it| it.name() == role.element());
                self.participations.extend(found);
            }
            Slot::Supporting => self.supporting = source.children(holds("pertinentSupportingInfo")),
            Slot::Reason1 => self.take_links(source, |relation| relation == REASON1),
            Slot::Links => self.take_links(source, |relation| relation != REASON1),
        }
    }

    fn take_links(&mut self, source: &mut Source<'_, '_>, is: impl Fn(&str) -> bool) {
        let links: Vec<Link> = source.children(|it| is(it.name()) && is_link(it));
        self.links.extend(links);
    }

    /// Sets parts of a medication; where there is none after that, there is no medication.
    fn medicate(&mut self, set: impl FnOnce(&mut Medication)) {
        let mut medication = self.medication.take().unwrap_or_default();
        set(&mut medication);
        self.medication = (*medication != Medication::default()).then_some(medication);
    }

    fn put<'a>(&'a self, slot: Slot, sheet: &mut Sheet<'a>) {
        match (slot, self.medication.as_deref()) {
            (Slot::Measured, _) => {
                self.reference_range.put(sheet, "referenceRange");
                self.diastolic.put(sheet, "component1");
                self.systolic.put(sheet, "component2");
                self.members.put(sheet, "component");
            }
            (Slot::Instructions, Some(medication)) => {
                medication.dosage.put(sheet, "pertinentInformation1");
                medication
                    .administration
                    .put(sheet, "pertinentInformation2");
            }
            (Slot::Supplied, Some(medication)) => {
                medication.supply.put(sheet, "component");
                medication.consumable.put(sheet, "consumable");
            }
            (Slot::DaysSupply, Some(medication)) => {
                medication.days_supply.put(sheet, "pertinentInformation3");
            }
            (Slot::Instructions | Slot::Supplied | Slot::DaysSupply, None) => {}
            (Slot::In(role), _) => {
                for participation in self.in_role(role) {
                    sheet.child(role.element(), participation);
                }
            }
            (Slot::Supporting, _) => self.supporting.put(sheet, "pertinentInformation"),
            (Slot::Reason1, _) => self.put_links(sheet, |relation| relation == REASON1),
            (Slot::Links, _) => self.put_links(sheet, |relation| relation != REASON1),
        }
    }

    fn put_links<'a>(&'a self, sheet: &mut Sheet<'a>, is: impl Fn(&str) -> bool) {
        for link in self.links.iter().filter(|link| is(&link.relation)) {
            sheet.child(&link.relation, link);
        }
    }
}

fn is_link(relation: Element<'_, '_>) -> bool {
    held(relation).is_some_and(|name| <Target as OwnName>::of(name).is_some())
}
