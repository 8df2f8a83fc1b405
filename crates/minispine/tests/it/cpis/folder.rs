//! The mailbox that is a folder, by the MESH client's convention.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{ask, children, client, command, person, said};
use crate::world::World;

/// The files of a workflow in a folder, once there are some: the data beside each control file.
fn arrived(folder: &Path, workflow: &str) -> Vec<PathBuf> {
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        let found: Vec<PathBuf> = paths
            .filter(|path| path.extension().is_some_and(|e| e == "ctl"))
            .filter(|path| {
                let control = std::fs::read_to_string(path).unwrap_or_default();
                control.contains(&format!("<WorkflowId>{workflow}</WorkflowId>"))
            })
            .map(|path| path.with_extension("dat"))
            .collect();
        assert!(Instant::now() < until, "nothing of {workflow} came");
        if !found.is_empty() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_in_out_comes_back_in_in_and_notices_too() {
    let world = World::up(2, &[]);
    let mailbox = PathBuf::from(world.value("/mail/folder"));
    let file = mailbox.join("temp-upload.xml");
    let seeded = command(
        &world,
        &[
            "cpis",
            "seed",
            "--people",
            "--records",
            "40",
            "--faulty",
            "5",
            "--ods",
            "Y90005",
            "--name",
            "Sample Borough Council",
            "--out",
            &file.display().to_string(),
        ],
    );
    said(&seeded);
    std::fs::rename(&file, mailbox.join("out/monday.dat")).expect("moved");
    let control = "<DTSControl><Version>1.0</Version><AddressType>DTS</AddressType>\
                   <MessageType>Data</MessageType><From_DTS>Y90005</From_DTS>\
                   <To_DTS>CPIS</To_DTS><LocalId>monday</LocalId>\
                   <WorkflowId>CPIS_UPLOAD</WorkflowId></DTSControl>";
    std::fs::write(mailbox.join("out/monday.ctl"), control).expect("written");
    let answers = arrived(&mailbox.join("in"), "CPIS_UPLOAD_ACK");
    let answer = std::fs::read(&answers[0]).expect("a file");
    testkit::xsd::assert_valid_cpis("REPC_MT000003GB01", &answer);
    let answer = String::from_utf8(answer).expect("UTF-8");
    assert!(answer.contains("CPF03"), "{answer}");
    assert!(mailbox.join("sent/monday.dat").exists());
    assert!(mailbox.join("sent/monday.ctl").exists());
    assert_eq!(answers.len(), 1);

    // Somebody with plans of both authorities: both are told.
    let both = *children(&world).last().expect("a child");
    let id = ask(&client(&world), person(1), both).await.expect("found");
    let notices = arrived(&mailbox.join("in"), "CPIS_ASN");
    let notice = std::fs::read_to_string(&notices[0]).expect("a file");
    assert!(notice.contains(&id) && notice.contains(both.as_str()));
    let told = super::notices(&world, 1);
    assert_eq!((told.len(), &told[0]["query"]), (1, &id.into()));
}
