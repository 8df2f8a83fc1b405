//! Practices and the people who work there.

use domain::{OdsCode, RoleProfileId, SdsUserId};

use crate::patient::Name;
use crate::stream::{Purpose, Stream};
use crate::tables::{names, places};

/// How many practices there are.
const PRACTICES: u32 = 60;
/// How many clinicians each has.
const CLINICIANS: u32 = 6;

/// A general practice. All patients of one population who share a code share everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Practice {
    /// Its made-up ODS code: `X9` and four digits.
    pub ods: OdsCode,
    /// Its name.
    pub name: String,
    /// Street and town.
    pub lines: [String; 2],
    /// Its postcode.
    pub postcode: String,
    /// Its clinicians, GPs first.
    pub clinicians: Vec<Clinician>,
}

/// Somebody who works in a practice and is known to the Spine Directory Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clinician {
    /// SDS user id.
    pub user: SdsUserId,
    /// SDS role profile.
    pub role_profile: RoleProfileId,
    /// Their name.
    pub name: Name,
}

/// Who signs a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Author {
    /// A person known to SDS: the usual case.
    Person(Clinician),
    /// A person whose SDS ids the sending system did not have.
    UnknownPerson(Name),
    /// The practice as a whole: of initial summaries.
    Organisation,
}

impl Practice {
    /// One of the practices of a population.
    pub(crate) fn draw(seed: u64, stream: &mut Stream) -> Self {
        let number = stream.below(PRACTICES);
        // Practices have streams of their own, far from those of patients.
        let mut stream = Stream::new(seed, u32::MAX - number, Purpose::Person);
        let clinicians = (0..CLINICIANS)
            .map(|at| clinician(number, at, &mut stream))
            .collect();
        Self {
            ods: parsed(OdsCode::parse(&format!("X9{:04}", number * 37 + 11))),
            name: stream.word(places::SURGERIES).to_owned(),
            lines: lines(&mut stream),
            postcode: postcode(&mut stream),
            clinicians,
        }
    }
}

fn clinician(practice: u32, at: u32, stream: &mut Stream) -> Clinician {
    let number = practice * CLINICIANS + at;
    let female = stream.percent(55);
    let title = if at < 4 {
        "Dr"
    } else if female {
        "Sister"
    } else {
        "Mr"
    };
    Clinician {
        user: parsed(SdsUserId::parse(&format!(
            "5558{:08}",
            number * 7_919 + 1_003
        ))),
        role_profile: parsed(RoleProfileId::parse(&format!(
            "5559{:08}",
            number * 6_971 + 2_017
        ))),
        name: Name::draw(title, female, stream),
    }
}

/// A house and a street, and a town.
pub(crate) fn lines(stream: &mut Stream) -> [String; 2] {
    let house = stream.between(1, 180);
    let street = format!("{house} {}", stream.word(places::STREETS));
    [street, stream.word(places::TOWNS).to_owned()]
}

/// A postcode of the area ZZ, which is not in use.
pub(crate) fn postcode(stream: &mut Stream) -> String {
    // The letters that the inward part of a postcode may have.
    const LETTERS: &[char] = &[
        'A', 'B', 'D', 'E', 'F', 'G', 'H', 'J', 'L', 'N', 'P', 'Q', 'R',
    ];
    let (district, sector) = (stream.between(1, 99), stream.below(10));
    let (one, two) = (stream.pick(LETTERS), stream.pick(LETTERS));
    format!("ZZ{district} {sector}{one}{two}")
}

/// An identifier written in this file, whose shape is right by construction.
fn parsed<T, E: std::fmt::Debug>(result: Result<T, E>) -> T {
    result.expect("identifiers made here have the right shape")
}

/// The name of nobody in particular, of the tables.
pub(crate) fn given(female: bool) -> &'static [&'static str] {
    if female {
        names::GIVEN_FEMALE
    } else {
        names::GIVEN_MALE
    }
}
