//! The users' file is spoiled under a running service: whoever was known stays known.

use client::{Outcome, ScrClient};

use super::stage::{Stage, eventually, nurse, value};

const REFUSED: &str = "the changed users cannot be used";
const RELOADED: &str = "users reloaded";
/// The SMSP, the Spine and the SCR FHIR API each read the file for themselves, and say what comes
/// of it.
const READERS: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn spoiled_users_change_nothing() {
    let mut stage = Stage::new(0);
    stage.serve();
    let file = stage.file("users.toml");
    let good = std::fs::read_to_string(&file).expect("the users");
    let (clinician, other) = (
        stage.client_for(&stage.clinician()),
        stage.client_for(&nurse()),
    );
    assert!(is_known(&clinician).await && is_known(&other).await);

    // Cut off in the middle, as by an editor or a full disk.
    std::fs::write(&file, &good[..good.len() / 2]).expect("written");
    eventually("the spoiled file is looked at", || {
        said(&stage, REFUSED) == READERS
    })
    .await;
    assert!(is_known(&clinician).await && is_known(&other).await);
    // A good file is taken over again.
    let without = good.replace(super::stage::NURSE.0, "999000000099");
    assert_ne!(without, good);
    std::fs::write(&file, without).expect("written");
    eventually("the good file is read", || {
        said(&stage, RELOADED) == READERS
    })
    .await;
    assert!(is_known(&clinician).await && !is_known(&other).await);

    // What is refused while running is no reason to stop; starting with it is another matter.
    stage.kill();
    std::fs::write(&file, &good[..good.len() / 2]).expect("written");
    let told = stage.refused();
    assert!(told.contains("users.toml, line "), "{told}");
}

/// Gone, as while somebody puts another in its place.
#[tokio::test(flavor = "multi_thread")]
async fn missing_users_change_nothing() {
    let mut stage = Stage::new(0);
    stage.serve();
    let clinician = stage.client_for(&stage.clinician());
    assert!(is_known(&clinician).await);
    std::fs::remove_file(stage.file("users.toml")).expect("removed");
    eventually("the file is missed", || said(&stage, REFUSED) == READERS).await;
    assert!(is_known(&clinician).await);
}

/// How often the log has it.
fn said(stage: &Stage, text: &str) -> usize {
    stage.log().matches(text).count()
}

async fn is_known(client: &ScrClient) -> bool {
    match client.rbac().await.expect("an answer") {
        Outcome::Refused(refused) => {
            assert_eq!(refused.code, "SMSP-0005");
            false
        }
        known => {
            value(known);
            true
        }
    }
}
