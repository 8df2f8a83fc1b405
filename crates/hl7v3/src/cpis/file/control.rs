//! Control files (`.ctl`): what the MESH client has beside every file it sends or has got. The
//! element is `DTSControl`, from the service that MESH took over from; there is no namespace and no
//! published schema, and the order of the elements is that of published examples.
//!
//! It stands beside the messages because a file of an authority is never without one.

use xml::{Document, Element, Writer, XmlError};

use crate::lenient::{child, children, normal};

/// A control file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// `1.0`
    pub version: String,
    /// `DTS`, or `ALL` in files that came from the server.
    pub address_type: String,
    /// What kind of file it is beside.
    pub message_type: MessageType,
    /// The mailbox it is from.
    pub from: Option<String>,
    /// The mailbox it is for.
    pub to: Option<String>,
    /// The subject.
    pub subject: Option<String>,
    /// The sender's own id for the file.
    pub local_id: Option<String>,
    /// The id of the message, once the server has given one.
    pub dts_id: Option<String>,
    /// A third party's id.
    pub partner_id: Option<String>,
    /// Whether the client is to compress the file on its way.
    pub compress: Option<bool>,
    /// Whether the file is encrypted.
    pub encrypted: Option<bool>,
    /// What the file is for: `CPIS_UPLOAD`.
    pub workflow_id: Option<String>,
    /// For whoever sends.
    pub process_id: Option<String>,
    /// A checksum of the file.
    pub data_checksum: Option<String>,
    /// Whether the file was compressed on its way.
    pub is_compressed: Option<bool>,
    /// The name of the file before it was sent.
    pub file_name: Option<String>,
    /// Whether the client may send the file in chunks.
    pub allow_chunking: Option<bool>,
    /// What became of it, when it has been sent or got.
    pub status: Option<StatusRecord>,
}

/// What kind of file a control file is beside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageType {
    /// A file.
    Data,
    /// A report that a file could not be delivered.
    Report,
    /// Something else, as written.
    Other(String),
}

impl MessageType {
    fn as_str(&self) -> &str {
        match self {
            Self::Data => "Data",
            Self::Report => "Report",
            Self::Other(other) => other,
        }
    }

    fn of(text: &str) -> Self {
        match text {
            data if data.eq_ignore_ascii_case("data") => Self::Data,
            report if report.eq_ignore_ascii_case("report") => Self::Report,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// What became of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StatusRecord {
    /// When: `YYYYMMDDhhmmss`, as written.
    pub at: String,
    /// What happened: `SEND`, `COLLECT`, `TRANSFER`.
    pub event: String,
    /// `SUCCESS` or `ERROR`.
    pub status: String,
    /// `00` for success.
    pub code: String,
    /// In words.
    pub description: String,
}

impl StatusRecord {
    /// Whether it went well.
    pub fn is_success(&self) -> bool {
        self.status.eq_ignore_ascii_case("success")
    }
}

impl Control {
    /// Of a file that is to be sent.
    pub fn data(from: &str, to: &str, workflow: &str) -> Self {
        Self {
            version: "1.0".to_owned(),
            address_type: "DTS".to_owned(),
            message_type: MessageType::Data,
            from: Some(from.to_owned()),
            to: Some(to.to_owned()),
            subject: None,
            local_id: None,
            dts_id: None,
            partner_id: None,
            compress: None,
            encrypted: None,
            workflow_id: Some(workflow.to_owned()),
            process_id: None,
            data_checksum: None,
            is_compressed: None,
            file_name: None,
            allow_chunking: None,
            status: None,
        }
    }
}

const ROOT: &str = "DTSControl";

/// Reads a control file: any order, any namespace, unknown elements passed over. A blank element
/// says no more than an absent one, and a file that does not say its kind is data.
pub fn read(bytes: &[u8]) -> Result<Control, XmlError> {
    let document = Document::parse(bytes)?;
    let root = document.root();
    if root.name() != ROOT {
        return Err(root.error(format!(
            "the file is no control file: its element is not {ROOT}"
        )));
    }
    let kind = text(root, "MessageType");
    Ok(Control {
        version: text(root, "Version").unwrap_or_default(),
        address_type: text(root, "AddressType").unwrap_or_default(),
        message_type: kind.map_or(MessageType::Data, |kind| MessageType::of(&kind)),
        from: text(root, "From_DTS"),
        to: text(root, "To_DTS"),
        subject: text(root, "Subject"),
        local_id: text(root, "LocalId"),
        dts_id: text(root, "DTSId"),
        partner_id: text(root, "PartnerId"),
        compress: flag(root, "Compress")?,
        encrypted: flag(root, "Encrypted")?,
        workflow_id: text(root, "WorkflowId"),
        process_id: text(root, "ProcessId"),
        data_checksum: text(root, "DataChecksum"),
        is_compressed: flag(root, "IsCompressed")?,
        file_name: text(root, "FileName"),
        allow_chunking: flag(root, "AllowChunking")?,
        status: children(root, "StatusRecord").last().map(status),
    })
}

fn text(element: Element<'_, '_>, name: &str) -> Option<String> {
    let text = normal(&child(element, name)?.deep_text());
    (!text.is_empty()).then_some(text)
}

/// `Y` or `N`.
fn flag(element: Element<'_, '_>, name: &str) -> Result<Option<bool>, XmlError> {
    match text(element, name).as_deref() {
        None => Ok(None),
        Some("Y" | "y") => Ok(Some(true)),
        Some("N" | "n") => Ok(Some(false)),
        Some(_) => {
            let at = child(element, name).unwrap_or(element);
            Err(at.error(format!("{name} must be Y or N")))
        }
    }
}

fn status(record: Element<'_, '_>) -> StatusRecord {
    let text = |name| text(record, name).unwrap_or_default();
    StatusRecord {
        at: text("DateTime"),
        event: text("Event"),
        status: text("Status"),
        code: text("StatusCode"),
        description: text("Description"),
    }
}

/// Writes a control file.
pub fn write(control: &Control) -> Vec<u8> {
    let flag = |flag: Option<bool>| flag.map(|yes| if yes { "Y" } else { "N" });
    let rows = [
        ("Version", Some(control.version.as_str())),
        ("AddressType", Some(control.address_type.as_str())),
        ("MessageType", Some(control.message_type.as_str())),
        ("From_DTS", control.from.as_deref()),
        ("To_DTS", control.to.as_deref()),
        ("Subject", control.subject.as_deref()),
        ("LocalId", control.local_id.as_deref()),
        ("DTSId", control.dts_id.as_deref()),
        ("PartnerId", control.partner_id.as_deref()),
        ("Compress", flag(control.compress)),
        ("Encrypted", flag(control.encrypted)),
        ("WorkflowId", control.workflow_id.as_deref()),
        ("ProcessId", control.process_id.as_deref()),
        ("DataChecksum", control.data_checksum.as_deref()),
        ("IsCompressed", flag(control.is_compressed)),
        ("FileName", control.file_name.as_deref()),
        ("AllowChunking", flag(control.allow_chunking)),
    ];
    let mut w = Writer::with_capacity(1024);
    w.element(ROOT, &[], |w| {
        w.text("\n");
        for (name, value) in rows {
            if let Some(value) = value {
                w.text_element(name, &[], value);
                w.text("\n");
            }
        }
        if let Some(status) = &control.status {
            write_status(w, status);
        }
    });
    w.text("\n");
    w.finish()
}

fn write_status(w: &mut Writer, status: &StatusRecord) {
    w.element("StatusRecord", &[], |w| {
        for (name, value) in [
            ("DateTime", &status.at),
            ("Event", &status.event),
            ("Status", &status.status),
            ("StatusCode", &status.code),
            ("Description", &status.description),
        ] {
            w.text_element(name, &[], value);
        }
    });
    w.text("\n");
}
