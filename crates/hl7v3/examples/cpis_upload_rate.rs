//! How fast CP-IS uploads are read, and in how much memory:
//! `cargo run --release -p minispine-hl7v3 --example cpis_upload_rate [RECORDS]`
//!
//! Makes an upload as it goes, so that the file is never in memory, and prints megabytes a second
//! for cutting alone and for reading every record, and the most memory the process has had.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measuring tool reads the clock and the kernel's account of memory"
)]

use std::error::Error;
use std::time::Instant;

use domain::cpis::{Authority, AuthorityContact, PlanType, Subject};
use domain::{CheckDigit, Hl7Timestamp, NhsNumber, OdsCode};
use hl7v3::cpis::answer::Role;
use hl7v3::cpis::file::upload::{self, Heading, Item, Record, UploadedPlan, UploadedSubject};
use hl7v3::cpis::file::{Found, Party};
use xml::{Cutter, PieceLimits};

/// As large as a chunk of a mailbox may be.
const CHUNK: usize = 16 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    let records = match std::env::args().nth(1) {
        Some(records) => records.parse()?,
        None => 100_000,
    };
    let mut cutter = Cutter::new(xml::ns::HL7, &[&["record"]], PieceLimits::FILE);
    let mut cut = 0_u64;
    measure("cutting", records, |chunk| {
        match chunk {
            Some(chunk) => cutter.push(chunk),
            None => cutter.finish(),
        }
        while cutter.cut()?.is_some() {
            cut += 1;
        }
        Ok(())
    })?;
    let mut reader = upload::Reader::new(CheckDigit::Required);
    let mut read = 0_u64;
    measure("reading", records, |chunk| {
        match chunk {
            Some(chunk) => reader.push(chunk),
            None => reader.finish(),
        }
        while let Some(item) = reader.read()? {
            read += u64::from(matches!(item, Item::Record { .. }));
        }
        Ok(())
    })?;
    println!("{cut} pieces, {read} records");
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    for line in status.lines().filter(|line| line.starts_with("VmHWM")) {
        println!("{line}");
    }
    Ok(())
}

/// Hands over a file chunk by chunk, then `None`; only what is done with it is timed.
fn measure(
    what: &str,
    records: u64,
    mut with: impl FnMut(Option<&[u8]>) -> Result<(), xml::XmlError>,
) -> Result<(), Box<dyn Error>> {
    let record = upload::record(&record()?).ok_or("the record is not valid")?;
    let mut chunk = upload::start(&heading(records)?);
    let (mut bytes, mut seconds) = (0, 0.0);
    let mut hand_over = |chunk: Option<&[u8]>| {
        let start = Instant::now();
        let done = with(chunk);
        seconds += start.elapsed().as_secs_f64();
        bytes += chunk.map_or(0, <[u8]>::len);
        done
    };
    for _ in 0..records {
        chunk.extend_from_slice(&record);
        if chunk.len() >= CHUNK {
            hand_over(Some(&chunk))?;
            chunk.clear();
        }
    }
    chunk.extend(upload::end());
    hand_over(Some(&chunk))?;
    hand_over(None)?;
    let megabytes = bytes as f64 / 1e6;
    println!(
        "{what}: {megabytes:.0} MB, {seconds:.2} s, {:.0} MB/s",
        megabytes / seconds
    );
    Ok(())
}

fn heading(quantity: u64) -> Result<Heading, Box<dyn Error>> {
    let authority = Authority {
        code: OdsCode::parse("V145")?,
        name: "Example Council".to_owned(),
    };
    let contact = AuthorityContact {
        office: None,
        emergency: "tel:01632960002".to_owned(),
    };
    Ok(Heading {
        created: Hl7Timestamp::parse("20240701120000+0100")?,
        file: "42".to_owned(),
        quantity,
        from: Party::of(&authority, Some(&contact)),
    })
}

fn record() -> Result<Record, Box<dyn Error>> {
    let subject = Subject {
        given: "Tess".to_owned(),
        family: "Example".to_owned(),
        birth_date: jiff::civil::date(2012, 2, 29),
        local_id: None,
    };
    Ok(Record {
        plans: vec![UploadedPlan {
            kind: Some(PlanType::ChildProtection),
            start: Found::Good("202301020304".parse()?),
            end: Found::Good("202401022359".parse()?),
            delete: Found::Missing,
            misplaced: false,
        }],
        subjects: vec![UploadedSubject::of(
            Role::Child,
            NhsNumber::parse("9990000018")?,
            &subject,
        )],
    })
}
