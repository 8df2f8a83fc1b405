//! What becomes of an upload file and of each of its records: codes CPF and CPR, and why CPR07.

use std::fmt;

/// What became of a file (CP-ISUploadFileResponse).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileCode {
    /// Corrupt, or not formed correctly: nothing was read.
    Corrupt,
    /// All records stored.
    Stored,
    /// Some stored.
    Partial,
    /// None stored.
    Unsuccessful,
    /// PDS could not be asked: send it again.
    NoPds,
    /// The client is too old.
    Obsolete,
}

impl FileCode {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Corrupt,
        Self::Stored,
        Self::Partial,
        Self::Unsuccessful,
        Self::NoPds,
        Self::Obsolete,
    ];

    /// `CPF01` to `CPF06`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Corrupt => "CPF01",
            Self::Stored => "CPF02",
            Self::Partial => "CPF03",
            Self::Unsuccessful => "CPF04",
            Self::NoPds => "CPF05",
            Self::Obsolete => "CPF06",
        }
    }

    /// Exactly as the schema enumerates it.
    pub const fn display_name(self) -> &'static str {
        match self {
            Self::Corrupt => "File Level Error",
            Self::Stored => "Successful File Upload",
            Self::Partial => "Partial File Upload",
            Self::Unsuccessful => "Unsuccessful File Upload",
            Self::NoPds => "PDS Error - PDS Unavailable",
            Self::Obsolete => {
                "Spine ii rejected the request because this version of the CPIS Client is no longer supported"
            }
        }
    }

    /// By its code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.code() == code)
    }

    /// What became of a file with so many records stored and refused.
    pub const fn for_counts(stored: u64, refused: u64) -> Self {
        match (stored, refused) {
            (_, 0) => Self::Stored,
            (0, _) => Self::Unsuccessful,
            _ => Self::Partial,
        }
    }
}

/// What became of a record (CP-ISUploadRecordResponse).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordCode {
    /// The number is not on PDS.
    NoMatch,
    /// The PDS record is sensitive.
    Sensitive,
    /// Names or date of birth are not those of PDS.
    NotVerified,
    /// Not an NHS number.
    Format,
    /// Another number has taken its place.
    Superseded,
    /// Stored.
    Stored,
    /// Any other business error.
    Unsuccessful,
}

impl RecordCode {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::NoMatch,
        Self::Sensitive,
        Self::NotVerified,
        Self::Format,
        Self::Superseded,
        Self::Stored,
        Self::Unsuccessful,
    ];

    /// `CPR01` to `CPR07`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoMatch => "CPR01",
            Self::Sensitive => "CPR02",
            Self::NotVerified => "CPR03",
            Self::Format => "CPR04",
            Self::Superseded => "CPR05",
            Self::Stored => "CPR06",
            Self::Unsuccessful => "CPR07",
        }
    }

    /// Exactly as the schema enumerates it, slip of the pen and all.
    pub const fn display_name(self) -> &'static str {
        match self {
            Self::NoMatch => "PDS Error - No Match Found for NHS Number",
            Self::Sensitive => "PDS Error - NHS Number Matched, but Sensitive Record",
            Self::NotVerified => "PDS Error - NHS Number not Verified",
            Self::Format => "PDS Error - NHS Number Format Incorrect",
            Self::Superseded => "PDS Error - NHS Number Verified, but Superseded",
            Self::Stored => "Successful Record Upload",
            Self::Unsuccessful => "Unsucessful Record Upload",
        }
    }

    /// By its code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|record| record.code() == code)
    }
}

/// What is wrong with a record that PDS has nothing to do with; says more about CPR07. The published
/// vocabulary of these (CP-ISUploadRecordResponseDetail) could not be had, so the codes are our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordFault {
    /// It does not have the shape of a record.
    Shape,
    /// No plan type that is known.
    PlanType,
    /// A plan that does not go with its subject: CPP and LAC with a child, UCP with a mother.
    Pairing,
    /// No NHS number.
    NumberMissing,
    /// No start date.
    StartMissing,
    /// A date that is none.
    Date,
    /// An unborn child's plan without an end.
    EndMissing,
    /// An end or withdrawal before the start.
    EndBeforeStart,
    /// A child's plan that starts before the day of birth.
    StartBeforeBirth,
    /// A start in the future.
    StartInFuture,
    /// An end more than 365 days ago, of a plan that is not to be withdrawn.
    EndTooLongAgo,
    /// Somebody who is 18 or older.
    Adult,
    /// No date of birth, or one that is none.
    BirthDate,
    /// No given or family name.
    Name,
    /// A withdrawal of a plan that is not there.
    UnknownPlan,
    /// The file names no number of the emergency duty team (`EC`).
    EmergencyMissing,
    /// The file names a telephone without a number, or with something that is none.
    TelecomValue,
    /// The file names two numbers of the emergency duty team.
    EmergencyTwice,
    /// The file names no organisation, or one that is not the sender.
    Organisation,
    /// A file with a higher number has changed the plan already.
    Overtaken,
    /// The number of the whole file was used before, for another one.
    FileReused,
}

impl RecordFault {
    /// All of them. A stored record of an upload refers to them by place: add at the end.
    pub const ALL: [Self; 21] = [
        Self::Shape,
        Self::PlanType,
        Self::Pairing,
        Self::NumberMissing,
        Self::StartMissing,
        Self::Date,
        Self::EndMissing,
        Self::EndBeforeStart,
        Self::StartBeforeBirth,
        Self::StartInFuture,
        Self::EndTooLongAgo,
        Self::Adult,
        Self::BirthDate,
        Self::Name,
        Self::UnknownPlan,
        Self::EmergencyMissing,
        Self::TelecomValue,
        Self::EmergencyTwice,
        Self::Organisation,
        Self::Overtaken,
        Self::FileReused,
    ];

    /// Our own code.
    pub const fn code(self) -> &'static str {
        self.names().0
    }

    /// What it says, for people.
    pub const fn display_name(self) -> &'static str {
        self.names().1
    }

    /// By its code.
    pub fn of(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|fault| fault.code() == code)
    }

    const fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Shape => (
                "SHAPE",
                "The record does not have the form of a CP-IS record",
            ),
            Self::PlanType => ("PLAN-TYPE", "Care Plan Type is missing or unknown"),
            Self::Pairing => (
                "PAIRING",
                "The plan does not go with its subject: CPP and LAC are a child's, UCP is a mother's",
            ),
            Self::NumberMissing => ("NHS-NUMBER", "NHS Number is missing"),
            Self::StartMissing => ("START", "Care Plan Start Date is missing"),
            Self::Date => ("DATE", "A plan's date is not of the form YYYYMMDDhhmm"),
            Self::EndMissing => ("END", "An unborn child's plan must have an end date"),
            Self::EndBeforeStart => (
                "END-BEFORE-START",
                "The plan's end or delete date is before its start date",
            ),
            Self::StartBeforeBirth => (
                "START-BEFORE-BIRTH",
                "The plan's start date is before the child's date of birth",
            ),
            Self::StartInFuture => ("START-IN-FUTURE", "The plan's start date is in the future"),
            Self::EndTooLongAgo => (
                "END-TOO-LONG-AGO",
                "The plan's end date is more than 365 days ago; send a delete date as well",
            ),
            Self::Adult => ("ADULT", "The person is 18 or over"),
            Self::BirthDate => ("BIRTH-DATE", "Birth Date is missing or not a date"),
            Self::Name => ("NAME", "Given or family name is missing"),
            Self::UnknownPlan => ("UNKNOWN-PLAN", "There is no such plan to delete"),
            Self::EmergencyMissing => (
                "EC-MISSING",
                "The organisation has no telephone of the emergency duty team (EC)",
            ),
            Self::TelecomValue => (
                "TELECOM",
                "A telephone of the organisation has no number, or one that is not tel: and digits",
            ),
            Self::EmergencyTwice => (
                "EC-TWICE",
                "The organisation has two telephones of the emergency duty team (EC)",
            ),
            Self::Organisation => (
                "ORGANISATION",
                "Organisation ID or Name is missing, or not that of the sender",
            ),
            Self::Overtaken => (
                "OVERTAKEN",
                "The plan has been changed by a file with a higher number; it was left as it is",
            ),
            Self::FileReused => (
                "FILE-REUSED",
                "The file's number was used before, for another file; send it under a new number",
            ),
        }
    }
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordOutcome {
    /// Its code says all.
    Code(RecordCode),
    /// [`RecordCode::Unsuccessful`], and why.
    Fault(RecordFault),
}

impl From<RecordFault> for RecordOutcome {
    fn from(fault: RecordFault) -> Self {
        Self::Fault(fault)
    }
}

impl RecordOutcome {
    /// The record was stored.
    pub const STORED: Self = Self::Code(RecordCode::Stored);

    /// Its code.
    pub const fn code(self) -> RecordCode {
        match self {
            Self::Code(code) => code,
            Self::Fault(_) => RecordCode::Unsuccessful,
        }
    }

    /// As one byte, for keeping.
    pub fn to_byte(self) -> u8 {
        let place = match self {
            Self::Code(code) => RecordCode::ALL.iter().position(|c| *c == code),
            Self::Fault(fault) => RecordFault::ALL
                .iter()
                .position(|f| *f == fault)
                .map(|place| place + FAULTS_FROM),
        };
        place
            .and_then(|place| u8::try_from(place).ok())
            .unwrap_or(u8::MAX)
    }

    /// From one byte; `None` for one that no outcome has.
    pub fn from_byte(byte: u8) -> Option<Self> {
        let place = usize::from(byte);
        match place.checked_sub(FAULTS_FROM) {
            Some(place) => RecordFault::ALL.get(place).copied().map(Self::Fault),
            None => RecordCode::ALL.get(place).copied().map(Self::Code),
        }
    }
}

/// Bytes below are codes, those from here on faults.
const FAULTS_FROM: usize = 16;

impl fmt::Display for RecordOutcome {
    /// For people: `CPR07 Unsucessful Record Upload: The person is 18 or over`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code();
        write!(f, "{} {}", code.code(), code.display_name())?;
        match self {
            Self::Code(_) => Ok(()),
            Self::Fault(fault) => write!(f, ": {}", fault.display_name()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outcome_fits_a_byte() {
        let codes = RecordCode::ALL.into_iter().map(RecordOutcome::Code);
        let faults = RecordFault::ALL.into_iter().map(RecordOutcome::Fault);
        for outcome in codes.chain(faults) {
            assert_eq!(RecordOutcome::from_byte(outcome.to_byte()), Some(outcome));
        }
        assert_eq!(RecordOutcome::from_byte(7), None);
        assert_eq!(RecordOutcome::from_byte(255), None);
    }

    #[test]
    fn counts_decide_the_files_code() {
        assert_eq!(FileCode::for_counts(2, 0), FileCode::Stored);
        assert_eq!(FileCode::for_counts(1, 1), FileCode::Partial);
        assert_eq!(FileCode::for_counts(0, 2), FileCode::Unsuccessful);
    }
}
