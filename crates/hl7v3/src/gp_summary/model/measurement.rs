//! What is particular to observations (UKCT_MT144043UK02), and what may stand beside any entry:
//! supporting text.

use super::data::{Code, Data, Id, Period, Quantity, Range, Text};
use super::entry::Entry;
use super::fixed::{COMPONENT, INSEPARABLE, SUPPORTING_TEXT};
use super::node::node;

node! {
    /// `pertinentInformation` with what the staff wrote beside an entry.
    Supporting {
        fixed { "typeCode" = "PERT", "contextConductionInd" = "true" }
        first { INSEPARABLE }
        children {
            /// What they wrote.
            info: Option<SupportingInfo> = "pertinentSupportingInfo",
        }
    }
}

node! {
    /// What the staff wrote beside an entry.
    SupportingInfo {
        fixed { "classCode" = "OBS", "moodCode" = "EVN" }
        children {
            /// In words.
            value: Option<Text> = "value",
        }
        last { SUPPORTING_TEXT }
    }
}

impl Supporting {
    /// A text.
    pub fn new(words: &str) -> Self {
        Self {
            info: Some(SupportingInfo {
                value: Some(Text::new(words)),
                ..SupportingInfo::default()
            }),
            ..Self::default()
        }
    }

    /// The text.
    pub fn text(&self) -> Option<&str> {
        Some(self.info.as_ref()?.value.as_ref()?.content.as_str())
    }
}

node! {
    /// `component1` with the diastolic pressure.
    Diastolic {
        fixed { "typeCode" = "COMP", "inversionInd" = "false", "negationInd" = "false" }
        first { COMPONENT, INSEPARABLE }
        children {
            /// The pressure.
            pressure: Option<Pressure> = "diastolicPressure",
        }
    }
}

node! {
    /// `component2` with the systolic pressure.
    Systolic {
        fixed { "typeCode" = "COMP", "inversionInd" = "false", "negationInd" = "false" }
        first { COMPONENT, INSEPARABLE }
        children {
            /// The pressure.
            pressure: Option<Pressure> = "systolicPressure",
        }
    }
}

node! {
    /// A pressure.
    Pressure {
        fixed { "classCode" = "OBS", "moodCode" = "EVN" }
        children {
            /// How high.
            value: Option<Quantity> = "value",
            /// Its id.
            id: Option<Id> = "id",
            /// Which.
            code: Option<Code> = "code",
            /// When.
            time: Option<Period> = "effectiveTime",
        }
    }
}

impl Diastolic {
    /// A diastolic pressure.
    pub fn new(id: &str, value: Quantity, time: Period) -> Self {
        let code = Code::snomed("271650006", "Diastolic blood pressure");
        Self {
            pressure: Some(Pressure::new(id, code, value, time)),
            ..Self::default()
        }
    }
}

impl Systolic {
    /// A systolic pressure.
    pub fn new(id: &str, value: Quantity, time: Period) -> Self {
        let code = Code::snomed("271649006", "Systolic blood pressure");
        Self {
            pressure: Some(Pressure::new(id, code, value, time)),
            ..Self::default()
        }
    }
}

impl Pressure {
    fn new(id: &str, code: Code, value: Quantity, time: Period) -> Self {
        Self {
            value: Some(value),
            id: Some(Id::uuid(id)),
            code: Some(code),
            time: Some(time),
            ..Self::default()
        }
    }
}

node! {
    /// `component` with one finding of several.
    Member {
        fixed { "typeCode" = "COMP", "inversionInd" = "false", "negationInd" = "false" }
        first { COMPONENT, INSEPARABLE }
        children {
            /// The finding.
            finding: Option<Box<Entry>> = "finding",
        }
    }
}

impl Member {
    /// A finding.
    pub fn new(finding: Entry) -> Self {
        Self {
            finding: Some(Box::new(finding)),
            ..Self::default()
        }
    }
}

node! {
    /// `referenceRange` with what is normal.
    ReferenceRange {
        fixed { "typeCode" = "REFV", "contextConductionInd" = "true" }
        first { INSEPARABLE }
        children {
            /// What is normal.
            reference: Option<ReferenceValue> = "referenceReferenceValue",
        }
    }
}

node! {
    /// What is normal.
    ReferenceValue {
        fixed { "classCode" = "OBS", "moodCode" = "EVN.CRT" }
        children {
            /// From what to what.
            range: Option<Range> = "value",
            /// What a value within means.
            interpretation: Option<Code> = "interpretationCode",
            /// In words.
            text: Option<Data> = "text",
        }
    }
}

impl ReferenceRange {
    /// From what to what.
    pub fn new(low: Quantity, high: Quantity) -> Self {
        Self {
            reference: Some(ReferenceValue {
                range: Some(Range {
                    low: Some(low),
                    high: Some(high),
                    ..Range::default()
                }),
                ..ReferenceValue::default()
            }),
            ..Self::default()
        }
    }
}
