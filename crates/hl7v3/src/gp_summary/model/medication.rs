//! What is particular to medications (UKCT_MT144040UK01).

use super::data::{Code, Id, Period, Quantity, Text};
use super::fixed::{ADMINISTRATION, DOSE, DURATION, INSEPARABLE, QUANTITY, SOURCE_OF_2};
use super::node::node;

/// The parts of a medication.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Medication {
    /// How to take it, of what is prescribed.
    pub dosage: Option<Dosage>,
    /// How it was given, of what was given.
    pub administration: Option<Administration>,
    /// How much of it.
    pub supply: Option<Supply>,
    /// What it is.
    pub consumable: Option<Consumable>,
    /// For how long.
    pub days_supply: Option<DaysSupply>,
}

impl std::fmt::Debug for Medication {
    /// Nothing of the content: it is a patient's.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Medication").finish_non_exhaustive()
    }
}

node! {
    /// `pertinentInformation1` with dosage instructions.
    Dosage {
        fixed { "typeCode" = "PERT", "contextConductionInd" = "true" }
        first { INSEPARABLE }
        children {
            /// The instructions.
            instructions: Option<DosageInstructions> = "pertinentDosageInstructions",
        }
    }
}

node! {
    /// How to take a medicine.
    DosageInstructions {
        fixed { "classCode" = "OBS", "moodCode" = "EVN" }
        children {
            /// In words.
            value: Option<Text> = "value",
        }
        last { DOSE }
    }
}

impl Dosage {
    /// Instructions in words.
    pub fn new(words: &str) -> Self {
        Self {
            instructions: Some(DosageInstructions {
                value: Some(Text::new(words)),
                ..DosageInstructions::default()
            }),
            ..Self::default()
        }
    }
}

node! {
    /// `pertinentInformation2` with administration details.
    Administration {
        fixed { "typeCode" = "PERT", "contextConductionInd" = "true" }
        first { INSEPARABLE }
        children {
            /// The details.
            details: Option<AdministrationDetails> = "pertinentAdministrationDetails",
        }
    }
}

node! {
    /// How a medicine was given.
    AdministrationDetails {
        fixed { "classCode" = "OBS", "moodCode" = "EVN" }
        children {
            /// In words.
            value: Option<Text> = "value",
        }
        last { ADMINISTRATION }
    }
}

impl Administration {
    /// Details in words.
    pub fn new(words: &str) -> Self {
        Self {
            details: Some(AdministrationDetails {
                value: Some(Text::new(words)),
                ..AdministrationDetails::default()
            }),
            ..Self::default()
        }
    }
}

node! {
    /// `component` with how much of a medicine.
    Supply {
        fixed { "typeCode" = "COMP" }
        first { INSEPARABLE }
        children {
            /// How much.
            medication: Option<MedicationQuantity> = "medicationQuantity",
        }
    }
}

node! {
    /// How much of a medicine.
    MedicationQuantity {
        fixed { "classCode" = "SPLY", "moodCode" = "RQO" }
        children {
            /// The number; the unit for people stands in its translation.
            quantity: Option<Quantity> = "quantity",
        }
        last { QUANTITY }
    }
}

impl Supply {
    /// So much.
    pub fn new(quantity: Quantity) -> Self {
        Self {
            medication: Some(MedicationQuantity {
                quantity: Some(quantity),
                ..MedicationQuantity::default()
            }),
            ..Self::default()
        }
    }
}

node! {
    /// `consumable` with the product.
    Consumable {
        fixed { "typeCode" = "CSM", "contextControlCode" = "OP" }
        children {
            /// The product.
            product: Option<Product> = "manufacturedProduct",
        }
    }
}

node! {
    /// A product.
    Product {
        fixed { "classCode" = "MANU" }
        children {
            /// The medicine it is made of.
            material: Option<Medicine> = "manufacturedManufacturedMaterial",
        }
    }
}

node! {
    /// A medicine.
    Medicine {
        fixed { "classCode" = "MMAT", "determinerCode" = "KIND" }
        children {
            /// Its code in the dictionary of medicines and devices (dm+d, within SNOMED CT).
            code: Option<Code> = "code",
        }
    }
}

impl Consumable {
    /// A medicine.
    pub fn new(code: Code) -> Self {
        Self {
            product: Some(Product {
                material: Some(Medicine {
                    code: Some(code),
                    ..Medicine::default()
                }),
                ..Product::default()
            }),
            ..Self::default()
        }
    }
}

node! {
    /// `pertinentInformation3` with for how long.
    DaysSupply {
        fixed { "typeCode" = "PERT", "inversionInd" = "false", "negationInd" = "false" }
        first { SOURCE_OF_2, INSEPARABLE }
        children {
            /// For how long.
            supply: Option<ExpectedUse> = "pertinentDaysSupply",
        }
    }
}

node! {
    /// For how long a medicine is expected to last.
    ExpectedUse {
        fixed { "classCode" = "SPLY", "moodCode" = "RQO" }
        children {
            /// For how long.
            time: Option<Period> = "expectedUseTime",
            /// Its id.
            id: Option<Id> = "id",
        }
        last { DURATION }
    }
}

impl DaysSupply {
    /// For so long.
    pub fn new(id: &str, time: Period) -> Self {
        Self {
            supply: Some(ExpectedUse {
                time: Some(time),
                id: Some(Id::uuid(id)),
                ..ExpectedUse::default()
            }),
            ..Self::default()
        }
    }
}

impl Medication {
    /// The medicine.
    pub fn medicine(&self) -> Option<&Code> {
        let product = self.consumable.as_ref()?.product.as_ref()?;
        product.material.as_ref()?.code.as_ref()
    }

    /// How to take it, or how it was given.
    pub fn instructions(&self) -> Option<&str> {
        let dosage = self.dosage.as_ref().and_then(|it| it.instructions.as_ref());
        let given = self
            .administration
            .as_ref()
            .and_then(|it| it.details.as_ref());
        let dosage = dosage.and_then(|it| it.value.as_ref());
        let text = dosage.or_else(|| given?.value.as_ref())?;
        Some(text.content.as_str())
    }

    /// How much of it.
    pub fn quantity(&self) -> Option<&Quantity> {
        self.supply.as_ref()?.medication.as_ref()?.quantity.as_ref()
    }

    /// For how long.
    pub fn expected_use(&self) -> Option<&Period> {
        self.days_supply.as_ref()?.supply.as_ref()?.time.as_ref()
    }
}
