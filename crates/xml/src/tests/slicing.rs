//! A slice means the same wherever it is written.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::{Document, Element, Writer};

/// Slices the first element `s` of a document and compares what it inherits.
fn check(text: &str, expected: &[(&str, &str)]) {
    let document = Document::parse(text.as_bytes()).expect("sound");
    let element = document
        .root()
        .descendants()
        .find(|e| e.name() == "s")
        .expect("there");
    let slice = element.slice();
    let inherited: Vec<_> = slice
        .inherited
        .iter()
        .map(|(p, n)| (p.as_str(), n.as_str()))
        .collect();
    assert_eq!(inherited, expected, "{text}");
    assert_eq!(slice.bytes, element.source());
    assert_eq!(
        slice.to_owned_parts(),
        (slice.bytes.into(), slice.inherited.clone())
    );
}

#[test]
fn only_what_is_used_and_not_declared_is_inherited() {
    check("<s/>", &[("", "")]);
    check("<s xmlns='u'/>", &[]);
    check("<a xmlns='u'><s/></a>", &[("", "u")]);
    check("<a xmlns='u' xmlns:p='v'><s/></a>", &[("", "u")]);
    check("<a xmlns='u' xmlns:p='v'><p:s/></a>", &[("p", "v")]);
    check("<a xmlns='u' xmlns:p='v'><p:s b=''/></a>", &[("p", "v")]);
    check(
        "<a xmlns='u' xmlns:p='v'><s p:b=''/></a>",
        &[("", "u"), ("p", "v")],
    );
    check("<a xmlns='u'><b xmlns='v'><s/></b></a>", &[("", "v")]);
    check("<a xmlns='u'><b xmlns=''><s/></b></a>", &[("", "")]);
    check("<a xmlns='u'><s xmlns=''><b/></s></a>", &[]);
    check(
        "<a xmlns:q='w' xmlns:p='v'><q:s><p:b/></q:s></a>",
        &[("p", "v"), ("q", "w")],
    );
    check("<a xmlns:x='a&amp;b'><x:s/></a>", &[("x", "a&b")]);
}

#[test]
fn a_declaration_reaches_only_as_far_as_its_element() {
    let outer = "xmlns:p='u' xmlns='d'";
    check(
        &format!("<a {outer}><s><p:b xmlns:p='v'/></s></a>"),
        &[("", "d")],
    );
    check(
        &format!("<a {outer}><s><b xmlns:p='v'/><p:c/></s></a>"),
        &[("", "d"), ("p", "u")],
    );
    check(
        &format!("<a {outer}><s><b xmlns:p='v'><p:c/></b><p:d/></s></a>"),
        &[("", "d"), ("p", "u")],
    );
    check(
        &format!("<a {outer}><s xmlns:p='v'><b><p:c/></b><p:d/></s></a>"),
        &[("", "d")],
    );
}

#[test]
fn names_in_types_count_and_the_xml_prefix_does_not() {
    let outer = "xmlns:p='u' xmlns:t='v' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'";
    let xsi = ("xsi", "http://www.w3.org/2001/XMLSchema-instance");
    check(
        &format!("<a {outer}><p:s xsi:type=' t:CV '/></a>"),
        &[("p", "u"), ("t", "v"), xsi],
    );
    check(
        &format!("<a {outer}><p:s xsi:type='CV'/></a>"),
        &[("", ""), ("p", "u"), xsi],
    );
    check(
        &format!("<a {outer}><p:s xsi:type='t&#58;CV'/></a>"),
        &[("p", "u"), ("t", "v"), xsi],
    );
    check(
        &format!("<a {outer}><p:s type='t:CV' xml:lang='en'/></a>"),
        &[("p", "u")],
    );
    check(
        &format!("<a {outer}><p:s p:type='urn:x'/></a>"),
        &[("p", "u")],
    );
}

fn written(
    name: &str,
    attributes: &[(&str, &str)],
    slice: &str,
    inherited: &[(&str, &str)],
) -> String {
    let inherited: Vec<_> = inherited
        .iter()
        .map(|(p, n)| ((*p).to_owned(), (*n).to_owned()))
        .collect();
    let mut w = Writer::new();
    w.element("o", &[("xmlns", "outer"), ("xmlns:w", "wrapper")], |w| {
        w.slice(name, attributes, slice.as_bytes(), &inherited);
    });
    let text = String::from_utf8(w.finish()).expect("text");
    text["<o xmlns=\"outer\" xmlns:w=\"wrapper\">".len()..text.len() - 4].to_owned()
}

#[test]
fn declarations_go_on_the_wrapper() {
    assert_eq!(
        written("w:g", &[("a", "b")], "<s/>", &[("", "u"), ("p", "v&")]),
        "<w:g a=\"b\" xmlns=\"u\" xmlns:p=\"v&amp;\"><s/></w:g>"
    );
    // The same declaration twice would be no XML.
    assert_eq!(
        written("q:g", &[("xmlns:q", "v")], "<q:s/>", &[("q", "v")]),
        "<q:g xmlns:q=\"v\"><q:s/></q:g>"
    );
}

#[test]
fn a_wrapper_whose_prefix_is_needed_moves_to_another() {
    assert_eq!(
        written("w:g", &[("w:a", "b")], "<w:s/>", &[("w", "u")]),
        "<ns1:g ns1:a=\"b\" xmlns:w=\"u\" xmlns:ns1=\"wrapper\"><w:s/></ns1:g>"
    );
    assert_eq!(
        written("q:g", &[("xmlns:q", "mine")], "<q:s/>", &[("q", "v")]),
        "<ns1:g xmlns:q=\"v\" xmlns:ns1=\"mine\"><q:s/></ns1:g>"
    );
    assert_eq!(
        written("g", &[], "<s/>", &[("", "")]),
        "<ns1:g xmlns=\"\" xmlns:ns1=\"outer\"><s/></ns1:g>"
    );
    assert_eq!(
        written("w:g", &[], "<w:s ns1:b=''/>", &[("ns1", "v"), ("w", "u")]),
        "<ns2:g xmlns:ns1=\"v\" xmlns:w=\"u\" xmlns:ns2=\"wrapper\"><w:s ns1:b=''/></ns2:g>"
    );
}

/// An element of a random document: every prefix is bound at its root.
#[derive(Debug, Clone)]
struct Node {
    prefix: &'static str,
    attribute: Option<&'static str>,
    kind: Option<&'static str>,
    declares: Vec<(&'static str, &'static str)>,
    children: Vec<Node>,
}

const PREFIXES: [&str; 4] = ["", "p", "w", "ns1"];
const NAMESPACES: [&str; 3] = ["urn:1", "urn:2", "urn:3"];
const XSI: &str = crate::ns::XSI;

fn declarations() -> impl Strategy<Value = Vec<(&'static str, &'static str)>> + Clone {
    let one = (
        proptest::sample::select(&PREFIXES[..]),
        proptest::sample::select(&NAMESPACES[..]),
    );
    proptest::collection::vec(one, 0..3).prop_map(|mut all| {
        all.sort_unstable();
        all.dedup_by_key(|(prefix, _)| *prefix);
        all
    })
}

fn node() -> impl Strategy<Value = Node> {
    let prefix = || proptest::sample::select(&PREFIXES[..]);
    let bare = (
        prefix(),
        proptest::option::of(proptest::sample::select(&PREFIXES[1..])),
        proptest::option::of(prefix()),
        declarations(),
    );
    let leaf = bare
        .clone()
        .prop_map(|(prefix, attribute, kind, declares)| Node {
            prefix,
            attribute,
            kind,
            declares,
            children: Vec::new(),
        });
    leaf.prop_recursive(4, 20, 4, move |inner| {
        (bare.clone(), proptest::collection::vec(inner, 0..4)).prop_map(
            |((prefix, attribute, kind, declares), children)| Node {
                prefix,
                attribute,
                kind,
                declares,
                children,
            },
        )
    })
}

fn qname(prefix: &str, local: &str) -> String {
    if prefix.is_empty() {
        local.to_owned()
    } else {
        format!("{prefix}:{local}")
    }
}

impl Node {
    fn write(&self, w: &mut Writer) {
        let mut attributes: Vec<(String, String)> = self
            .declares
            .iter()
            .map(|(p, n)| {
                (
                    if p.is_empty() {
                        "xmlns".into()
                    } else {
                        format!("xmlns:{p}")
                    },
                    (*n).into(),
                )
            })
            .collect();
        attributes.extend(self.attribute.map(|p| (qname(p, "a"), "v".into())));
        attributes.extend(self.kind.map(|p| ("xsi:type".into(), qname(p, "T"))));
        let attributes: Vec<_> = attributes
            .iter()
            .map(|(k, v)| (k.as_str(), v.as_str()))
            .collect();
        w.element(&qname(self.prefix, "e"), &attributes, |w| {
            w.text("t");
            self.children.iter().for_each(|child| child.write(w));
        });
    }
}

/// What an element means, prefixes aside: one line for each element inside.
fn meaning(element: Element<'_, '_>) -> Vec<String> {
    element
        .descendants()
        .map(|e| {
            let attributes: BTreeSet<String> = e
                .attributes()
                .map(|(namespace, name, value)| {
                    let value = if namespace == XSI {
                        resolved(e, value)
                    } else {
                        value.to_owned()
                    };
                    format!("{{{namespace}}}{name}={value}")
                })
                .collect();
            format!(
                "{{{}}}{} {attributes:?} {}",
                e.namespace(),
                e.name(),
                e.text()
            )
        })
        .collect()
}

fn resolved(element: Element<'_, '_>, name: &str) -> String {
    let (prefix, local) = name.split_once(':').unwrap_or(("", name));
    let namespace = element
        .namespaces()
        .find(|(p, _)| *p == prefix)
        .map_or("", |(_, n)| n);
    format!("{{{namespace}}}{local}")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_slice_means_the_same_elsewhere(
        node in node(),
        default in proptest::option::of(proptest::sample::select(&NAMESPACES[..])),
        pick in any::<proptest::sample::Index>(),
        wrapper in proptest::sample::select(&["g", "w:g", "p:g", "ns1:g"][..]),
        around in declarations(),
        own in declarations(),
        attribute in proptest::option::of(proptest::sample::select(&["b", "p:b", "w:b"][..])),
    ) {
        let mut w = Writer::new();
        let mut bound = vec![("xmlns:xsi", XSI), ("xmlns:p", "urn:1"), ("xmlns:w", "urn:2"), ("xmlns:ns1", "urn:9")];
        bound.extend(default.map(|namespace| ("xmlns", namespace)));
        w.element("root", &bound, |w| node.write(w));
        let source = w.finish();
        let source = Document::parse(&source).expect("sound");
        let elements: Vec<_> = source.root().descendants().collect();
        let element = elements[pick.index(elements.len())];
        let (bytes, inherited) = element.slice().to_owned_parts();

        let names = |all: &[(&'static str, &'static str)]| -> Vec<(String, &'static str)> {
            all.iter().map(|(p, n)| (if p.is_empty() { "xmlns".into() } else { format!("xmlns:{p}") }, *n)).collect()
        };
        let around = names(&around);
        let mut own = names(&own);
        own.extend(attribute.map(|name| (name.to_owned(), "v")));
        let write = |bytes: &[u8], inherited: &[(String, String)]| {
            let mut outer = vec![("xmlns:p", "urn:7"), ("xmlns:w", "urn:8"), ("xmlns:ns1", "urn:6"), ("xmlns", "urn:5")];
            outer.retain(|(name, _)| around.iter().all(|(other, _)| other != name));
            outer.extend(around.iter().map(|(name, uri)| (name.as_str(), *uri)));
            let own: Vec<_> = own.iter().map(|(k, v)| (k.as_str(), *v)).collect();
            let mut w = Writer::new();
            w.element("outer", &outer, |w| w.slice(wrapper, &own, bytes, inherited));
            w.finish()
        };
        let target = write(&bytes, &inherited);
        let target = Document::parse(&target).expect("sound");
        let found = target.root().children().next().expect("the wrapper");
        let inside = found.children().next().expect("the slice");
        prop_assert_eq!(inside.source().as_bytes(), &bytes[..], "untouched");
        prop_assert_eq!(meaning(inside), meaning(element));

        // The wrapper too is what it would be around nothing.
        let plain = write(b"", &[]);
        let plain = Document::parse(&plain).expect("sound");
        let plain = plain.root().children().next().expect("the wrapper");
        prop_assert_eq!((found.namespace(), found.name()), (plain.namespace(), plain.name()));
        let attributes = |e: Element<'_, '_>| e.attributes().map(|(n, l, v)| format!("{{{n}}}{l}={v}")).collect::<BTreeSet<_>>();
        prop_assert_eq!(attributes(found), attributes(plain));
    }
}
