//! JSON text: one strict pass in, one out.
//!
//! Strict is RFC 8259 and more: UTF-8 without a byte-order mark, no member twice, no lone
//! surrogate, a cap on everything. The place of each value is kept in the order the values are
//! read in, so that a rule broken later can say line and column.

use crate::Limits;
use crate::error::{Fault, FhirError, FhirErrorKind, Step, line_and_column};
use crate::value::{Map, Value};

/// A value and where its parts are written.
pub(super) struct Parsed {
    pub(super) value: Value,
    /// The byte each value starts at (a member at its name), each before the values inside it.
    places: Vec<u32>,
}

/// Reads one JSON value that is all there is.
pub(super) fn parse(bytes: &[u8], limits: &Limits) -> Result<Parsed, FhirError> {
    if bytes.len() > limits.bytes {
        return Err(error(
            FhirErrorKind::Limit,
            "",
            0,
            format!("longer than {} bytes", limits.bytes),
        ));
    }
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text,
        Err(broken) => {
            let valid = bytes.get(..broken.valid_up_to()).unwrap_or_default();
            let before = std::str::from_utf8(valid).unwrap_or_default();
            return Err(error(
                FhirErrorKind::Encoding,
                before,
                before.len(),
                "not UTF-8",
            ));
        }
    };
    let mut parser = Parser {
        text,
        at: 0,
        depth: 0,
        places: Vec::new(),
        limits,
    };
    parser.skip_space();
    let value = parser.value(parser.at)?;
    parser.skip_space();
    if parser.at < text.len() {
        return Err(parser.malformed("nothing may follow the value"));
    }
    Ok(Parsed {
        value,
        places: parser.places,
    })
}

fn error(kind: FhirErrorKind, text: &str, at: usize, rule: impl Into<String>) -> FhirError {
    let (line, column) = line_and_column(text, at);
    FhirError {
        kind,
        line,
        column,
        expression: String::new(),
        rule: rule.into(),
    }
}

impl Parsed {
    /// The fault with its place in the text.
    pub(super) fn error(&self, bytes: &[u8], fault: Fault) -> FhirError {
        let index = index_of(&self.value, &fault.path);
        let at = self.places.get(index).map_or(0, |at| *at as usize);
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let (line, column) = line_and_column(text, at);
        fault.at(line, column)
    }
}

/// How many values are read before the one at the end of the path, which may lead nowhere: then
/// the last one on the way.
fn index_of(mut value: &Value, path: &[Step]) -> usize {
    let mut index = 0;
    for step in path {
        let (before, next): (usize, Option<&Value>) = match (step, value) {
            (Step::Name(name), Value::Object(map)) => {
                let earlier = map.iter().take_while(|(n, _)| n != name);
                (earlier.map(|(_, v)| count(v)).sum(), map.get(name))
            }
            (Step::Index(wanted), Value::Array(items)) => (
                items.iter().take(*wanted).map(count).sum(),
                items.get(*wanted),
            ),
            _ => (0, None),
        };
        let Some(next) = next else { return index };
        index += 1 + before;
        value = next;
    }
    index
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(map) => map.iter().map(|(_, value)| count(value)).sum(),
        _ => 0,
    }
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
    places: Vec<u32>,
    limits: &'a Limits,
}

impl Parser<'_> {
    fn malformed(&self, rule: impl Into<String>) -> FhirError {
        error(FhirErrorKind::Malformed, self.text, self.at, rule)
    }

    fn too_much(&self, rule: impl Into<String>) -> FhirError {
        error(FhirErrorKind::Limit, self.text, self.at, rule)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expect(&mut self, byte: u8, rule: &str) -> Result<(), FhirError> {
        if self.peek() != Some(byte) {
            return Err(self.malformed(rule));
        }
        self.at += 1;
        Ok(())
    }

    /// A value that is said to be at `place`.
    fn value(&mut self, place: usize) -> Result<Value, FhirError> {
        if self.places.len() >= self.limits.values {
            return Err(self.too_much(format!("more than {} values", self.limits.values)));
        }
        self.places.push(u32::try_from(place).unwrap_or(u32::MAX));
        match self.peek() {
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            Some(b'"') => self.string().map(Value::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Value::Bool(true)),
            Some(b'f') => self.word("false", Value::Bool(false)),
            Some(b'n') => self.word("null", Value::Null),
            Some(_) => Err(self.malformed("a value is expected here")),
            None => Err(self.malformed("the text ends too early")),
        }
    }

    fn nested(
        &mut self,
        read: fn(&mut Self) -> Result<Value, FhirError>,
    ) -> Result<Value, FhirError> {
        if self.depth >= self.limits.depth {
            return Err(self.too_much(format!("nested deeper than {}", self.limits.depth)));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }

    fn object(&mut self) -> Result<Value, FhirError> {
        let mut map = Map::new();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(Value::Object(map));
        }
        loop {
            let place = self.at;
            if self.peek() != Some(b'"') {
                return Err(self.malformed("a member's name is expected here"));
            }
            let name = self.string()?;
            if map.get(&name).is_some() {
                self.at = place;
                return Err(self.malformed("a member of this name is there already"));
            }
            if map.len() >= self.limits.members {
                return Err(self.too_much(format!("more than {} members", self.limits.members)));
            }
            self.skip_space();
            self.expect(b':', "a colon is expected here")?;
            self.skip_space();
            let value = self.value(place)?;
            map.push(name, value);
            self.skip_space();
            if self.more(b'}')? {
                self.skip_space();
            } else {
                return Ok(Value::Object(map));
            }
        }
    }

    fn array(&mut self) -> Result<Value, FhirError> {
        let mut items = Vec::new();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(Value::Array(items));
        }
        loop {
            if items.len() >= self.limits.items {
                return Err(self.too_much(format!("more than {} items", self.limits.items)));
            }
            items.push(self.value(self.at)?);
            self.skip_space();
            if self.more(b']')? {
                self.skip_space();
            } else {
                return Ok(Value::Array(items));
            }
        }
    }

    /// Past a comma (more follows) or past the end.
    fn more(&mut self, end: u8) -> Result<bool, FhirError> {
        let more = match self.peek() {
            Some(b',') => true,
            Some(byte) if byte == end => false,
            Some(_) => return Err(self.malformed("a comma or the end is expected here")),
            None => return Err(self.malformed("the text ends too early")),
        };
        self.at += 1;
        Ok(more)
    }

    fn word(&mut self, word: &str, value: Value) -> Result<Value, FhirError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        if !rest.starts_with(word) {
            return Err(self.malformed("a value is expected here"));
        }
        self.at += word.len();
        Ok(value)
    }

    fn number(&mut self) -> Result<Value, FhirError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let end = rest
            .bytes()
            .position(|b| !matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'))
            .unwrap_or(rest.len());
        let number = rest.get(..end).unwrap_or_default();
        if number.len() > self.limits.number {
            return Err(self.too_much(format!(
                "a number longer than {} characters",
                self.limits.number
            )));
        }
        if !is_number(number) {
            return Err(self.malformed("this is no number of JSON"));
        }
        self.at += end;
        Ok(Value::Number(number.to_owned()))
    }

    /// A string, from its opening quote to behind its closing one.
    fn string(&mut self) -> Result<String, FhirError> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let run = rest
                .bytes()
                .position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f))
                .unwrap_or(rest.len());
            out.push_str(rest.get(..run).unwrap_or_default());
            self.at += run;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => out.push(self.escape()?),
                Some(_) => return Err(self.malformed("a control character has to be escaped")),
                None => return Err(self.malformed("the text ends too early")),
            }
        }
    }

    fn escape(&mut self) -> Result<char, FhirError> {
        let escaped = self.text.as_bytes().get(self.at + 1).copied();
        let plain = match escaped {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.code_point(),
            _ => return Err(self.malformed("no such escape")),
        };
        self.at += 2;
        Ok(plain)
    }

    /// `\u0041`, or two of them that are a surrogate pair.
    fn code_point(&mut self) -> Result<char, FhirError> {
        let first = self.code_unit(self.at);
        let second = self.code_unit(self.at + 6);
        let units = [first, second].into_iter().map_while(|unit| unit);
        match char::decode_utf16(units).next() {
            Some(Ok(c)) => {
                self.at += 6 * c.len_utf16();
                Ok(c)
            }
            Some(Err(_)) => Err(self.malformed("half of a surrogate pair")),
            None => Err(self.malformed("no such escape")),
        }
    }

    fn code_unit(&self, at: usize) -> Option<u16> {
        let digits = self.text.get(at..at + 6)?.strip_prefix("\\u")?;
        let all_hex = digits.bytes().all(|b| b.is_ascii_hexdigit());
        all_hex
            .then(|| u16::from_str_radix(digits, 16).ok())
            .flatten()
    }
}

/// Whether it is a number as JSON writes them.
pub(crate) fn is_number(text: &str) -> bool {
    fn digits(bytes: &[u8]) -> usize {
        bytes.iter().take_while(|b| b.is_ascii_digit()).count()
    }
    let rest = text.strip_prefix('-').unwrap_or(text).as_bytes();
    let whole = digits(rest);
    if whole == 0 || (whole > 1 && rest.first() == Some(&b'0')) {
        return false;
    }
    let mut rest = rest.get(whole..).unwrap_or_default();
    if let [b'.', fraction @ ..] = rest {
        let length = digits(fraction);
        if length == 0 {
            return false;
        }
        rest = fraction.get(length..).unwrap_or_default();
    }
    match rest {
        [] => true,
        [b'e' | b'E', b'+' | b'-', exponent @ ..] | [b'e' | b'E', exponent @ ..] => {
            !exponent.is_empty() && digits(exponent) == exponent.len()
        }
        _ => false,
    }
}

/// Writes a value, compact.
/// Writes a value as it stands.
pub(crate) fn print_value(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => out.extend_from_slice(number.as_bytes()),
        Value::String(text) => print_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                print_value(item, out);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            out.push(b'{');
            for (index, (name, value)) in map.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                print_string(name, out);
                out.push(b':');
                print_value(value, out);
            }
            out.push(b'}');
        }
    }
}

/// Only what has to be is escaped: emoji stay what they are.
pub(crate) fn print_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text;
    while let Some(at) = rest
        .bytes()
        .position(|b| matches!(b, b'"' | b'\\' | 0..=0x1f))
    {
        let (run, next) = rest.split_at(at);
        out.extend_from_slice(run.as_bytes());
        match next.as_bytes().first() {
            Some(b'\n') => out.extend_from_slice(b"\\n"),
            Some(b'\r') => out.extend_from_slice(b"\\r"),
            Some(b'\t') => out.extend_from_slice(b"\\t"),
            Some(byte @ (b'"' | b'\\')) => out.extend_from_slice(&[b'\\', *byte]),
            Some(byte) => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            None => {}
        }
        rest = next.get(1..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
    out.push(b'"');
}
