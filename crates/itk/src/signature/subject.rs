//! Is the subject of a certificate the user name of the message?
//!
//! A user name is either the bare common name (`client.example`) or the whole distinguished name,
//! written from either end (`CN=client.example, O=Example` or `O=Example, CN=client.example`), as
//! the common tools write it. Names are compared exactly; a subject that could be read in two ways
//! matches nothing.

use x509_parser::oid_registry::Oid;
use x509_parser::prelude::{X509Certificate, X509Name};

use super::certificate;

/// Whether the subject of a certificate (DER) is the WS-Security user name: its only common name
/// when the user name is bare, all of it when the user name is a distinguished name.
pub fn certificate_subject_matches(certificate: &[u8], username: &str) -> bool {
    certificate::parse(certificate).is_some_and(|certificate| matches(&certificate, username))
}

fn matches(certificate: &X509Certificate<'_>, username: &str) -> bool {
    let Some(subject) = attributes(certificate.subject()) else {
        return false;
    };
    let mut common_names = subject.iter().filter(|(kind, _)| *kind == "CN");
    let (Some((_, common_name)), None) = (common_names.next(), common_names.next()) else {
        return false;
    };
    if !username.is_empty() && *common_name == username {
        return true;
    }
    let Some(named) = parse(username) else {
        return false;
    };
    let same = |(ours, theirs): (&(&str, &str), &(String, String))| {
        ours.0 == theirs.0 && ours.1 == theirs.1
    };
    named.len() == subject.len()
        && (subject.iter().zip(&named).all(same) || subject.iter().rev().zip(&named).all(same))
}

/// The subject's attributes in order. `None` when one is not plain text, is unknown, or shares
/// its place with another.
fn attributes<'c>(name: &'c X509Name<'_>) -> Option<Vec<(&'static str, &'c str)>> {
    let mut all = Vec::new();
    for place in name.iter() {
        let mut here = place.iter();
        let (Some(only), None) = (here.next(), here.next()) else {
            return None;
        };
        all.push((short_name(only.attr_type())?, only.as_str().ok()?));
    }
    Some(all)
}

/// Short names of RFC 4519 and what else is met in subjects.
const SHORT_NAMES: [(&str, &str); 12] = [
    ("2.5.4.3", "CN"),
    ("2.5.4.4", "SN"),
    ("2.5.4.5", "SERIALNUMBER"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("1.2.840.113549.1.9.1", "EMAILADDRESS"),
];

fn short_name(oid: &Oid<'_>) -> Option<&'static str> {
    let dotted = oid.to_id_string();
    let mut known = SHORT_NAMES.iter();
    known.find(|(oid, _)| *oid == dotted).map(|(_, name)| *name)
}

/// Reads a distinguished name as RFC 4514 and its forerunners write it: `TYPE=value` separated by
/// commas, with backslashes before special characters. `None` when it is not one.
fn parse(text: &str) -> Option<Vec<(String, String)>> {
    let mut all = Vec::new();
    let mut rest = text;
    loop {
        let (kind, after) = rest.split_once('=')?;
        let kind = match kind.trim().to_ascii_uppercase().as_str() {
            "S" => "ST".to_owned(),
            "E" | "EMAIL" => "EMAILADDRESS".to_owned(),
            kind if SHORT_NAMES.iter().any(|(_, name)| *name == kind) => kind.to_owned(),
            _ => return None,
        };
        let (value, further) = value(after.trim_start_matches(' '))?;
        all.push((kind, value));
        match further {
            Some(further) => rest = further,
            None => return Some(all),
        }
    }
}

/// One value, and what follows the comma after it.
fn value(text: &str) -> Option<(String, Option<&str>)> {
    let mut value = String::new();
    // How much of it stays when blanks at the end are taken off: escaped ones do.
    let mut kept = 0;
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            ',' => {
                value.truncate(kept);
                return (!value.is_empty()).then(|| (value, Some(&text[at + 1..])));
            }
            '\\' => {
                // Hexadecimal pairs, quotes around a value and several attributes in one place
                // are legal and rare; whoever needs them uses the bare common name.
                let (_, escaped) = characters.next()?;
                if !matches!(
                    escaped,
                    ' ' | '"' | '#' | '+' | ',' | ';' | '<' | '=' | '>' | '\\'
                ) {
                    return None;
                }
                value.push(escaped);
                kept = value.len();
            }
            '+' | ';' | '"' | '<' | '>' => return None,
            character => {
                value.push(character);
                if character != ' ' {
                    kept = value.len();
                }
            }
        }
    }
    value.truncate(kept);
    (!value.is_empty()).then_some((value, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinguished_names_are_read() {
        let check = |text: &str, expected: Option<&[(&str, &str)]>| {
            let owned = |(kind, value): &(&str, &str)| ((*kind).to_owned(), (*value).to_owned());
            let expected = expected.map(|all| all.iter().map(owned).collect::<Vec<_>>());
            assert_eq!(parse(text), expected, "{text}");
        };
        check("CN=a", Some(&[("CN", "a")]));
        check("cn = a b , o= c ", Some(&[("CN", "a b"), ("O", "c")]));
        check("O=a\\, b,CN=c\\ ", Some(&[("O", "a, b"), ("CN", "c ")]));
        check("CN=a=b", Some(&[("CN", "a=b")]));
        check("S=x,E=y@z", Some(&[("ST", "x"), ("EMAILADDRESS", "y@z")]));
        for wrong in [
            "",
            "a",
            "CN",
            "CN=",
            "CN= ",
            "CN=a,",
            "CN=a,,O=b",
            "X=a",
            "CN=a+O=b",
            "CN=\"a\"",
            "CN=a\\",
            "CN=a\\2c",
            "CN=a;O=b",
            "=a",
            "CN=a, b",
        ] {
            check(wrong, None);
        }
    }
}
