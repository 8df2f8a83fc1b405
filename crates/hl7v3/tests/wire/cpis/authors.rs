//! Authors: both templates, and names as people write them.

use domain::cpis::{Author, Person, PersonName};
use hl7v3::cpis::author;
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;

use super::world::*;
use crate::support::text;

fn document(author: &Author) -> Vec<u8> {
    written(|w| {
        let namespaces = [("xmlns", xml::ns::HL7), ("xmlns:npfitlc", xml::ns::NPFITLC)];
        w.element("author", &namespaces, |w| author::write(w, author));
    })
}

fn read(source: &[u8]) -> Author {
    author::read(parsed(source).root()).expect("an author")
}

/// A person whose name is written so.
fn named(name: &str) -> PersonName {
    let Author::Person(person) = person() else {
        unreachable!("a person")
    };
    let author = Author::Person(Person {
        name: PersonName {
            text: Some("THE NAME".to_owned()),
            ..PersonName::default()
        },
        ..person
    });
    let source = text(&document(&author)).replace("<name>THE NAME</name>", name);
    match read(source.as_bytes()) {
        Author::Person(person) => person.name,
        Author::Device(_) => unreachable!("a person"),
    }
}

#[test]
fn content_id_comes_first() {
    for (author, id) in [
        (person(), "COCT_TP145102GB01#AssignedAuthor"),
        (device(), "COCT_TP145104GB01#System"),
    ] {
        let source = document(&author);
        let doc = parsed(&source);
        let first = doc.root().children().next().expect("a child");
        assert!(first.is(xml::ns::NPFITLC, "contentId"));
        let root = first.attribute("root");
        assert_eq!(root, Some("2.16.840.1.113883.2.1.3.2.4.18.16"));
        assert_eq!(first.attribute("extension"), Some(id));
    }
}

#[test]
fn names_lose_nothing() {
    let text = |text: &str| PersonName {
        text: Some(text.to_owned()),
        ..PersonName::default()
    };
    assert_eq!(named("<name> Ada \n Barstow</name>"), text("Ada Barstow"));
    assert_eq!(named("<name/>"), PersonName::default());
    assert_eq!(
        named("<name><family>Barstow</family><given>Ada</given></name>"),
        PersonName {
            given: vec!["Ada".to_owned()],
            family: vec!["Barstow".to_owned()],
            ..PersonName::default()
        }
    );
    // What is not among the four parts keeps its place.
    assert_eq!(
        named("<name><given>Ada</given><delimiter>de</delimiter><family>Barstow</family></name>"),
        text("Ada de Barstow")
    );
    assert_eq!(
        named("<name>Sister <given>Ada</given></name>"),
        text("Sister Ada")
    );
}

/// Spine 2 does not ask for the person's name, nor for the role profile.
#[test]
fn a_person_without_a_name_is_an_author() {
    let source = text(&document(&person()));
    let from = source.find("<assignedAuthorPerson>").expect("a start");
    let end = "</assignedAuthorPerson>";
    let to = source.find(end).expect("an end") + end.len();
    let without = format!("{}{}", &source[..from], &source[to..]);
    let Author::Person(person) = read(without.as_bytes()) else {
        panic!("a person")
    };
    assert_eq!(person.name, PersonName::default());
    assert_eq!(person.role, title());
}

fn word() -> impl Strategy<Value = String> + Clone {
    "[!-~£é😀]{1,12}( [!-~£é😀]{1,5})?"
}

fn name() -> impl Strategy<Value = PersonName> {
    let parts = (
        vec(word(), 0..2),
        vec(word(), 0..5),
        vec(word(), 0..2),
        vec(word(), 0..2),
    );
    let in_parts = parts.prop_map(|(prefix, given, family, suffix)| PersonName {
        prefix,
        given,
        family,
        suffix,
        ..PersonName::default()
    });
    let in_text = word().prop_map(|text| PersonName {
        text: Some(text),
        ..PersonName::default()
    });
    (of("L"), prop_oneof![in_parts, in_text]).prop_map(|(usage, name)| PersonName { usage, ..name })
}

pub(super) fn any_author() -> impl Strategy<Value = Author> {
    let title = ("[A-Z0-9:]{1,20}", word())
        .prop_map(|(code, display_name)| domain::cpis::JobTitle { code, display_name });
    let organisation = ("[A-Za-z0-9]{3,6}", any::<bool>(), word())
        .prop_map(|(code, site, name)| domain::cpis::Organisation { code, site, name });
    let responsible = (title.clone(), name())
        .prop_filter("a name", |(_, name)| !name.to_string().is_empty())
        .prop_map(|(role, name)| domain::cpis::Responsible { role, name });
    let person = (
        title,
        "[0-9]{12}",
        of("[0-9]{12}"),
        name(),
        organisation.clone(),
    )
        .prop_map(|(role, user, role_profile, name, organisation)| {
            Author::Person(Person {
                role,
                user,
                role_profile,
                name,
                organisation,
            })
        });
    let device = ("[0-9]{12}", vec(responsible, 0..3), organisation).prop_map(
        |(asid, responsible, organisation)| {
            Author::Device(domain::cpis::Device {
                asid,
                responsible,
                organisation,
            })
        },
    );
    prop_oneof![person, device]
}

proptest! {
    #[test]
    fn any_author_reads_as_itself(author in any_author()) {
        prop_assert!(read(&document(&author)) == author);
    }
}
