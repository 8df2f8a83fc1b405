//! Writing: every element that is opened is closed, every value is escaped.

/// Builds one XML document or fragment.
///
/// ```
/// let mut w = xml::Writer::new();
/// w.element("a", &[("b", "1 < 2")], |w| {
///     w.text_element("c", &[], "x & y");
///     w.empty("d", &[]);
/// });
/// assert_eq!(w.finish(), b"<a b=\"1 &lt; 2\"><c>x &amp; y</c><d/></a>");
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
}

impl Writer {
    /// An empty document.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty document that is expected to grow to this many bytes.
    pub fn with_capacity(bytes: usize) -> Self {
        Self { out: Vec::with_capacity(bytes) }
    }

    /// Writes the XML declaration (`version 1.0`, `UTF-8`) and a line end.
    pub fn declaration(&mut self) {
        self.out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    }

    /// An element with content. Names come from our own code, never from messages.
    pub fn element(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        content: impl FnOnce(&mut Self),
    ) {
        self.start(name, attributes, b">");
        content(self);
        self.out.extend_from_slice(b"</");
        self.out.extend_from_slice(name.as_bytes());
        self.out.push(b'>');
    }

    /// An element without content.
    pub fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.start(name, attributes, b"/>");
    }

    /// An element with text.
    pub fn text_element(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.element(name, attributes, |w| w.text(text));
    }

    /// Text.
    pub fn text(&mut self, text: &str) {
        escape(text, &mut self.out);
    }

    /// An element of ours around a piece of somebody else's XML, whose bytes go out untouched:
    /// the namespaces they inherit are declared on our element, after its own attributes.
    /// A default namespace among them is in force for our element too, so give it a prefix.
    pub fn slice(
        &mut self,
        name: &str,
        attributes: &[(&str, &str)],
        bytes: &[u8],
        inherited: &[(String, String)],
    ) {
        let declarations: Vec<String> = inherited
            .iter()
            .map(|(prefix, _)| match prefix.as_str() {
                "" => "xmlns".to_owned(),
                prefix => format!("xmlns:{prefix}"),
            })
            .collect();
        let all: Vec<(&str, &str)> = attributes
            .iter()
            .copied()
            .chain(declarations.iter().zip(inherited).map(|(d, (_, uri))| (d.as_str(), uri.as_str())))
            .collect();
        self.element(name, &all, |w| w.out.extend_from_slice(bytes));
    }

    /// Bytes this house wrote earlier with a [`Writer`] of its own.
    pub fn written(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// The bytes.
    pub fn finish(self) -> Vec<u8> {
        self.out
    }

    fn start(&mut self, name: &str, attributes: &[(&str, &str)], end: &[u8]) {
        self.out.push(b'<');
        self.out.extend_from_slice(name.as_bytes());
        for (key, value) in attributes {
            self.out.push(b' ');
            self.out.extend_from_slice(key.as_bytes());
            self.out.extend_from_slice(b"=\"");
            escape(value, &mut self.out);
            self.out.push(b'"');
        }
        self.out.extend_from_slice(end);
    }
}

/// Escapes for text and for attribute values alike. Characters XML cannot carry at all become
/// U+FFFD; carriage return, line feed and tab become references, so that they survive.
fn escape(text: &str, out: &mut Vec<u8>) {
    for c in text.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            '\r' => out.extend_from_slice(b"&#13;"),
            '\n' => out.extend_from_slice(b"&#10;"),
            '\t' => out.extend_from_slice(b"&#9;"),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {
                out.extend_from_slice("\u{fffd}".as_bytes());
            }
            c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}
