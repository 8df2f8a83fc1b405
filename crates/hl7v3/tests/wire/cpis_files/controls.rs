//! Control files of the MESH client.

use hl7v3::cpis::file::control::{self, Control, MessageType, StatusRecord};
use xml::XmlErrorKind;

use crate::support::*;

fn full() -> Control {
    let some = |text: &str| Some(text.to_owned());
    Control {
        address_type: "ALL".to_owned(),
        subject: some("Upload <42>"),
        local_id: some("42"),
        dts_id: some("20240701120000000001_000001"),
        partner_id: some("P"),
        compress: Some(true),
        encrypted: Some(false),
        process_id: some("Q"),
        data_checksum: some("0123456789abcdef"),
        is_compressed: Some(false),
        file_name: some("upload 42.xml"),
        allow_chunking: Some(true),
        status: Some(StatusRecord {
            at: "20240701120000".to_owned(),
            event: "TRANSFER".to_owned(),
            status: "SUCCESS".to_owned(),
            code: "00".to_owned(),
            description: "Transferred to recipient mailbox".to_owned(),
        }),
        ..Control::data("V145OT001", "X26OT075", "CPIS_UPLOAD")
    }
}

#[test]
fn what_is_written_reads_back() {
    let report = Control {
        message_type: MessageType::Report,
        ..full()
    };
    let other = Control {
        message_type: MessageType::Other("Ping".to_owned()),
        ..Control::data("A", "B", "C")
    };
    for control in [full(), report, other] {
        assert_eq!(control::read(&control::write(&control)), Ok(control));
    }
}

/// The least that a client writes, in any order, blanks in the elements, and elements we do not know.
#[test]
fn the_form_does_not_matter() {
    let least = Control::data("A", "B", "C");
    for source in [
        "<DTSControl><Version>1.0</Version><AddressType>DTS</AddressType><MessageType>Data</MessageType>\
         <From_DTS>A</From_DTS><To_DTS>B</To_DTS><WorkflowId>C</WorkflowId></DTSControl>",
        "<?xml version='1.0'?>\n<DTSControl>\n <WorkflowId> C\n</WorkflowId><To_DTS>B</To_DTS><To_ESMTP>x@y</To_ESMTP>\
         <From_DTS>A</From_DTS><MessageType>DATA</MessageType><AddressType>DTS</AddressType><Version>1.0</Version>\
         <Subject/><LocalId> </LocalId><Compress></Compress></DTSControl>",
        "<DTSControl xmlns='urn:x'><Version>1.0</Version><AddressType>DTS</AddressType>\
         <From_DTS>A</From_DTS><To_DTS>B</To_DTS><WorkflowId>C</WorkflowId></DTSControl>",
    ] {
        assert_eq!(
            control::read(source.as_bytes()).as_ref(),
            Ok(&least),
            "{source}"
        );
    }
    let bare = control::read(b"<DTSControl/>").expect("read");
    assert_eq!((bare.from, bare.status), (None, None));
}

#[test]
fn a_status_says_how_it_went() {
    let source = text(&control::write(&full()));
    let status = |source: &str| {
        control::read(source.as_bytes())
            .expect("read")
            .status
            .expect("a status")
    };
    assert!(status(&source).is_success());
    let failed = status(&mutate(&source, "SUCCESS", "ERROR"));
    assert!(!failed.is_success());
    // The last word counts.
    let more = "<StatusRecord><Status>ERROR</Status><StatusCode>14</StatusCode></StatusRecord></DTSControl>";
    let last = status(&mutate(&source, "</DTSControl>", more));
    assert_eq!((last.status.as_str(), last.code.as_str()), ("ERROR", "14"));
}

#[test]
fn what_is_no_control_file_is_refused() {
    let source = text(&control::write(&full()));
    for (form, kind, line, message) in [
        (
            source.replace("DTSControl", "Control"),
            XmlErrorKind::Content,
            1,
            "the file is no control file",
        ),
        (
            mutate(&source, "<Compress>Y", "<Compress>Yes"),
            XmlErrorKind::Content,
            11,
            "Compress must be Y or N",
        ),
        (
            mutate(&source, "<Encrypted>N", "<Encrypted>0"),
            XmlErrorKind::Content,
            12,
            "Encrypted must be Y or N",
        ),
        (
            mutate(&source, "</DTSControl>", ""),
            XmlErrorKind::Malformed,
            21,
            "the document ends",
        ),
        (
            format!("<!DOCTYPE x>{source}"),
            XmlErrorKind::Forbidden,
            1,
            "a DOCTYPE",
        ),
    ] {
        let error = control::read(form.as_bytes()).expect_err("refused");
        assert_eq!((error.kind, error.location.line), (kind, line), "{error}");
        assert!(error.message.starts_with(message), "{error}");
    }
}
