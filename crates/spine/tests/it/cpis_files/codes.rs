//! What comes back for a file: every code of files, and of records what only whole files show.

use domain::cpis::Standing;
use spine::cpis::upload::{Round, UploadConfig};
use spine::mail::Workflows;

use super::support::*;
use crate::mail::support::{CPIS, workflows_over};

/// A file after a change, and its acknowledgement.
#[track_caller]
fn check(change: impl FnOnce(String) -> String, expected: &str) -> Desk {
    let desk = Desk::new();
    let file = change(file(
        "42",
        &[plan(number(0)), plan(number(1)), plan(number(2))],
    ));
    assert_eq!(desk.upload(&file).line, expected);
    desk
}

/// A record that names somebody who is of age.
fn of_age(file: String) -> String {
    file.replacen("20180503", "19990503", 1)
}

#[test]
fn a_good_file_is_stored() {
    let desk = check(
        |file| file,
        "CPF02 42/3 stored 3 refused 0: CPR06 CPR06 CPR06",
    );
    let stored = &desk.plans(number(1))[0];
    assert_eq!(stored.file, "42");
    assert_eq!(stored.created_at, desk.office.env.now());
    assert!(!stored.inactive);
    let trail = desk.office.trail();
    assert_eq!(
        trail,
        [
            "REPC_IN000002GB01 accepted",
            "REPC_IN000002SM01 CPR06",
            "REPC_IN000002SM01 CPR06",
            "REPC_IN000002SM01 CPR06",
            "REPC_IN000002GB01 CPF02"
        ]
    );
    let event = desk.office.events().pop().expect("an event");
    assert_eq!(
        event.decision.as_deref(),
        Some("file 42: 3 records stored, 0 refused")
    );
    assert_eq!(
        event.organisation.map(|code| code.to_string()),
        Some("V145".to_owned())
    );
    // The acknowledgement has the sender's own id; the upload is dropped.
    let acknowledgement = &desk.acknowledgements()[0];
    assert_eq!(acknowledgement.local_id.as_deref(), Some("OUR-1"));
    assert_eq!(acknowledgement.from, CPIS);
    assert_eq!(
        acknowledgement.subject.as_deref(),
        Some("CPF02: 3 stored, 0 refused")
    );
    let track = desk.office.call(
        Some("islington"),
        "GET V145/outbox/tracking?localID=OUR-1",
        &[],
    );
    assert_eq!(track.member("status"), "Acknowledged");
    assert_eq!(track.member("recordsRead"), "3");
    assert_eq!(track.member("recordsDeclared"), "3");
}

#[test]
fn some_or_none_of_a_file_may_be_stored() {
    let desk = check(of_age, "CPF03 42/3 stored 2 refused 1: ADULT CPR06 CPR06");
    assert!(desk.plans(number(0)).is_empty());
    assert_eq!(desk.plans(number(1)).len(), 1);
    check(
        |file| file.replace("20180503", "19990503"),
        "CPF04 42/3 stored 0 refused 3: ADULT ADULT ADULT",
    );
    check(
        |file| file.replace("use=\"EC\"", "use=\"H\""),
        "CPF04 42/3 stored 0 refused 3: EC-MISSING EC-MISSING EC-MISSING",
    );
    check(
        |file| file.replace("<name>Example Council</name>", "<name/>"),
        "CPF04 42/3 stored 0 refused 3: ORGANISATION ORGANISATION ORGANISATION",
    );
    check(
        |file| {
            file.replacen("<component><cPPStartDate>", "<component9><cPPStartDate>", 1)
                .replacen(
                    "</cPPStartDate></component>",
                    "</cPPStartDate></component9>",
                    1,
                )
        },
        "CPF03 42/3 stored 2 refused 1: SHAPE CPR06 CPR06",
    );
    for (from, to) in [
        ("#CPPInformation", "#LACInformation"),
        (
            "COCT_TP146101GB01#CPPInformation",
            "COCT_TP146100GB01#LACInformation",
        ),
    ] {
        check(
            |file| file.replacen(from, to, 1),
            "CPF03 42/3 stored 2 refused 1: PLAN-TYPE CPR06 CPR06",
        );
    }
    for template in ["COCT_TP146105GB01", "COCT_TP146999GB01"] {
        let desk = check(
            |file| file.replacen("COCT_TP146101GB01", template, 3),
            "CPF03 42/3 stored 2 refused 1: PLAN-TYPE CPR06 CPR06",
        );
        assert!(desk.plans(number(0)).is_empty());
    }
    let wrong = number(0).as_str().replace("999", "998");
    check(
        |file| file.replacen(number(0).as_str(), &wrong, 1),
        "CPF03 42/3 stored 2 refused 1: CPR04 CPR06 CPR06",
    );
    check(
        |file| file.replacen("COCT_TP146101GB01.CPPInformation>", "Other>", 2),
        "CPF03 42/3 stored 2 refused 1: PLAN-TYPE CPR06 CPR06",
    );
}

#[test]
fn a_record_of_several_plans_is_stored_whole_or_not_at_all() {
    let desk = Desk::new();
    let child = plan(number(0));
    let mut looked_after = plan(number(0));
    looked_after.kind = domain::cpis::PlanType::LookedAfter;
    let mut future = looked_after.clone();
    future.start = "202501010000".parse().expect("a date");
    let records = [record(&[&child, &looked_after]), record(&[&child, &future])];
    let told = desk.upload(&file_of("42", &records));
    assert_eq!(
        told.line,
        "CPF03 42/2 stored 1 refused 1: CPR06 START-IN-FUTURE"
    );
    assert_eq!(desk.plans(number(0)).len(), 2);
}

#[test]
fn nothing_is_stored_of_a_file_that_is_none() {
    for (what, change) in [
        (
            "-1/-1",
            &(|_: String| String::new()) as &dyn Fn(String) -> String,
        ),
        ("-1/-1", &|_| "<File/>".to_owned()),
        ("-1/-1", &|_| "not XML".to_owned()),
        ("-1/-1", &|file| {
            file.replacen("<File", "<!DOCTYPE File><File", 1)
        }),
        ("-1/-1", &|file| file.replace("<id extension=\"42\"/>", "")),
        ("-1/-1", &|file| {
            file.replace("<id extension=\"42\"/>", "<id extension=\"-1\"/>")
        }),
        ("-1/-1", &|file| {
            let long = format!("<id extension=\"{}\"/>", "9".repeat(65));
            file.replace("<id extension=\"42\"/>", &long)
        }),
        ("42/-1", &|file| {
            file.replacen("value=\"3\"", "value=\"x\"", 1)
        }),
        ("42/-1", &|file| file.replacen("extension=\"V145\"", "", 1)),
        ("42/-1", &|file| file + "<more/>"),
        ("42/-1", &|file| {
            file.replacen("</record>", "</record><other/>", 1)
        }),
        ("42/3", &|file| {
            file.replacen("value=\"3\"", "value=\"4\"", 1)
        }),
        ("42/3", &|file| {
            file.replacen("extension=\"V145\"", "extension=\"V146\"", 1)
        }),
    ] {
        let file = file("42", &[plan(number(0)), plan(number(1)), plan(number(2))]);
        let file = change(file);
        let desk = Desk::new();
        // An empty file cannot be sent.
        let bytes = if file.is_empty() {
            b"\n"
        } else {
            file.as_bytes()
        };
        desk.send(bytes, 1 << 20);
        desk.round();
        let told = desk.told().pop().expect("an acknowledgement");
        assert_eq!(
            told.line,
            format!("CPF01 {what} stored 0 refused 0"),
            "{file}"
        );
        assert!((0..3).all(|index| desk.plans(number(index)).is_empty()));
        let why = desk.office.events().pop().and_then(|event| event.decision);
        let why = why.expect("the audit says why");
        let (_, why) = why.split_once("; ").expect("a reason");
        let subject = desk.acknowledgements()[0].subject.clone();
        assert_eq!(subject, Some(format!("CPF01: {why}")));
        assert!(
            why.len() > 10 && !why.contains("<other") && !why.contains("V146"),
            "{why}"
        );
    }
    let empty = file_of("42", &[]);
    let desk = Desk::new();
    desk.send(empty.as_bytes(), 1 << 20);
    desk.round();
    assert!(desk.told()[0].line.starts_with("CPF01 42/"));
}

/// What a sender learns of a file that is none, where the acknowledgement itself has no room for it.
#[test]
fn a_sender_is_told_why_and_nothing_of_the_content() {
    let file = file("42", &[plan(number(0))]);
    let id = "<id extension=\"42\"/>";
    for (sent, expected) in [
        (file.replace(id, ""), "id/@extension is missing"),
        (
            file.replace(id, &format!("<id extension=\"{}\"/>", GIVEN.repeat(20))),
            "id/@extension must be a number of 1 to 64 characters and not -1",
        ),
        (
            file.replace("value=\"1\"", "value=\"Hidden\"")
                .replacen("\"V145\"", "\"\"", 1),
            "transmissionQuantity/@value is wrong, \
             communicationFunctionSnd/organisation/id/@extension is missing",
        ),
        (
            file.replacen("</record>", &format!("</record><{FAMILY}/>"), 1),
            "there is something other than a record after the last record (line ",
        ),
        (
            file.replacen("</given>", &format!("</{FAMILY}>"), 1),
            "the file is cut off, or no well-formed XML (line ",
        ),
        (
            file.replacen("<given>", &format!("<given>&{GIVEN};"), 1),
            "there is a DOCTYPE or an entity, which are not taken (line ",
        ),
        (
            file.replacen("<given>", &format!("<given {FAMILY}='1' {FAMILY}='2'>"), 1),
            "the file is cut off, or no well-formed XML (line ",
        ),
        (
            "x".repeat(20),
            "the file is cut off, or no well-formed XML (line 1, column 21)",
        ),
    ] {
        let desk = Desk::new();
        desk.send(sent.as_bytes(), 1 << 20);
        desk.round();
        assert!(desk.told()[0].line.starts_with("CPF01"), "{sent}");
        let message = &desk.acknowledgements()[0];
        let line = format!("GET V145/inbox/{}", message.id);
        let fetched = desk.office.call(Some("islington"), &line, &[]);
        let subject = fetched.header("Mex-Subject");
        assert!(
            subject.starts_with(&format!("CPF01: {expected}")),
            "{subject}"
        );
        assert!(
            !subject.contains(GIVEN) && !subject.contains(FAMILY),
            "{subject}"
        );
    }
}

#[test]
fn a_file_that_cannot_be_read_is_answered_to_whom_is_known() {
    let desk = Desk::new();
    let name = |desk: &Desk, file: &str| {
        let told = String::from_utf8(desk.upload(file).bytes).expect("UTF-8");
        let (_, to) = told
            .split_once("<communicationFunctionRcv>")
            .expect("a receiver");
        let (to, _) = to
            .split_once("</communicationFunctionRcv>")
            .expect("an end");
        to.to_owned()
    };
    let unknown = name(&desk, "rubbish");
    assert!(
        unknown.contains("extension=\"V145\"/><name>V145</name>"),
        "{unknown}"
    );
    assert!(
        unknown.contains("value=\"tel:\""),
        "no telephone is made up: {unknown}"
    );
    let good = file("42", &[plan(number(0))]);
    let cut = &good[..good.len() - 20];
    assert!(name(&desk, cut).contains("<name>Example Council</name>"));
    let known = name(&desk, "rubbish");
    assert!(known.contains("<name>Example Council</name>"), "{known}");
    assert!(known.contains("tel:02070000000") && known.contains("tel:07000000000"));
    // Nobody else's name.
    let other = good
        .replacen("\"V145\"", "\"V146\"", 1)
        .replace("Example Council", "Other");
    assert!(name(&desk, &other).contains("<name>Example Council</name>"));
}

/// Whoever asks what became of somebody's plans finds every record that named them.
#[test]
fn every_record_that_names_somebody_is_in_their_audit() {
    let desk = Desk::new();
    let mut adult = plan(number(1));
    adult.subject.birth_date = jiff::civil::date(1999, 5, 3);
    let mut ended = plan(number(0));
    ended.end = Some("202406010000".parse().expect("a date"));
    let mut withdrawn = ended.clone();
    withdrawn.delete = Some("202406020000".parse().expect("a date"));
    let mut looked_after = plan(number(0));
    looked_after.kind = domain::cpis::PlanType::LookedAfter;
    let mut unborn = ended.clone();
    unborn.kind = domain::cpis::PlanType::Unborn;
    unborn.patient = number(2);
    let old = number(0).as_str().replace("999", "998");
    let unreadable = record(&[&plan(number(0))]).replace(number(0).as_str(), &old);
    let records = [
        record(&[&plan(number(0)), &looked_after, &unborn]),
        record(&[&ended]),
        record(&[&plan(number(0))]),
        record(&[&withdrawn]),
        record(&[&plan(number(0))]),
        record(&[&adult]),
        record(&[&plan(number(1))]).replace("#Child", "#UnbornChild"),
        record(&[&plan(number(1))]).replace("CPPInformation", "Other"),
        unreadable,
    ];
    desk.upload(&file_of("42", &records));
    let message = desk
        .office
        .messages()
        .into_iter()
        .find(|m| m.workflow == "CPIS_UPLOAD");
    let message = message.expect("the upload").id;
    let events = desk
        .office
        .events()
        .into_iter()
        .filter(|e| e.operation == "REPC_IN000002SM01");
    let said: Vec<String> = events
        .map(|event| {
            assert_eq!(
                event.message.as_ref().map(|id| id.as_str()),
                Some(&*message)
            );
            assert_eq!(
                event.organisation.as_ref().map(|o| o.as_str()),
                Some("V145")
            );
            assert!(!event.disclosed);
            let place = (0..3).find(|index| Some(number(*index)) == event.patient);
            let decision = event.decision.expect("a decision");
            format!(
                "{} {}: {decision}",
                place.expect("a patient"),
                event.outcome
            )
        })
        .collect();
    assert_eq!(
        said,
        [
            "0 CPR06: file 42: CPP stored, LAC stored",
            "2 CPR06: file 42: UCP stored",
            "0 CPR06: file 42: CPP ended",
            "0 CPR06: file 42: CPP changed",
            "0 CPR06: file 42: CPP withdrawn",
            "0 CPR06: file 42: CPP reinstated",
            "1 CPR07: file 42: CPP refused: ADULT",
            "1 CPR07: file 42: CPP refused: SHAPE",
            "1 CPR07: file 42: unknown plan refused: PLAN-TYPE",
        ]
    );
}

#[test]
fn a_file_may_be_cut_off_anywhere() {
    let file = file("42", &[plan(number(0)), plan(number(1))]);
    let head = file.find("<record>").expect("a record");
    let end = file.rfind("</File>").expect("an end");
    let places = (1..end)
        .step_by(97)
        .chain([head, head + 1, end - 1, end, end + 6]);
    for place in places {
        let desk = Desk::new();
        desk.send(&file.as_bytes()[..place], 200);
        desk.round();
        let line = desk.told().pop().expect("an acknowledgement").line;
        let known = if place > head { "42" } else { "-1" };
        let expected = format!("CPF01 {known}/-1 stored 0 refused 0");
        assert!(
            line == expected || place <= head + 8,
            "{place} of {end}: {line}"
        );
        assert!(line.starts_with("CPF01"));
        assert!(desk.plans(number(0)).is_empty(), "{place}");
    }
}

#[test]
fn chunks_may_be_cut_anywhere() {
    let file = file("42", &[plan(number(0)), plan(number(1))]);
    for size in [7, 64, 1000] {
        let desk = Desk::new();
        desk.send(file.as_bytes(), size);
        desk.round();
        let line = desk.told().pop().expect("an acknowledgement").line;
        assert_eq!(line, "CPF02 42/2 stored 2 refused 0: CPR06 CPR06", "{size}");
    }
}

#[test]
fn pds_decides_when_there_is_one() {
    let desk = Desk::new();
    let mut people: Vec<_> = (0..5).map(|index| person(number(index))).collect();
    people[1].sensitive = true;
    people[2].family = "Other".to_owned();
    people[3].standing = Standing::Superseded(number(9));
    people[4].standing = Standing::Invalid;
    desk.know(people);
    let plans: Vec<_> = (0..6).map(|index| plan(number(index))).collect();
    assert_eq!(
        desk.upload(&file("42", &plans)).line,
        "CPF03 42/6 stored 1 refused 5: CPR06 CPR02 CPR03 CPR05 CPR01 CPR01"
    );
    assert!((1..6).all(|index| desk.plans(number(index)).is_empty()));
}

#[test]
fn a_pds_that_cannot_be_read_has_the_file_sent_again() {
    let desk = Desk::new();
    desk.know((0..3).map(|index| person(number(index))).collect());
    let file = file("42", &[plan(number(0)), plan(number(1)), plan(number(2))]);
    let fails = |on| {
        desk.store
            .no_people
            .store(on, std::sync::atomic::Ordering::Relaxed)
    };
    fails(true);
    desk.send(file.as_bytes(), 1 << 20);
    for _ in 1..UploadConfig::default().patience {
        assert_eq!(desk.round().waiting, 1, "it may be over soon");
    }
    assert_eq!(desk.round().answered, 1);
    assert_eq!(desk.told()[0].line, "CPF05 42/3 stored 0 refused 0");
    fails(false);
    assert_eq!(
        desk.upload(&file).line,
        "CPF02 42/3 stored 3 refused 0: CPR06 CPR06 CPR06",
        "the same number and the same content, as it was asked for"
    );
}

#[test]
fn half_a_file_before_pds_failed_is_taken_again() {
    let desk = Desk::new();
    desk.know((0..5).map(|index| person(number(index))).collect());
    let plans: Vec<_> = (0..5).map(|index| plan(number(index))).collect();
    let file = file("42", &plans);
    desk.send(file.as_bytes(), 1 << 20);
    // The first batch is stored, then the process ends.
    desk.store.end_at(2, super::faulty_store::End::Before);
    assert_eq!(desk.round().waiting, 1);
    let desk = Desk::over(std::sync::Arc::new(super::faulty_store::FaultyStore::over(
        desk.store.inner.clone(),
    )));
    assert_eq!(desk.plans(number(0)).len(), 1);
    desk.store
        .no_people
        .store(true, std::sync::atomic::Ordering::Relaxed);
    for _ in 0..UploadConfig::default().patience {
        desk.round();
    }
    assert_eq!(desk.told()[0].line, "CPF05 42/5 stored 0 refused 0");
    desk.store
        .no_people
        .store(false, std::sync::atomic::Ordering::Relaxed);
    let told = desk.upload(&file).line;
    assert_eq!(
        told,
        "CPF02 42/5 stored 5 refused 0: CPR06 CPR06 CPR06 CPR06 CPR06"
    );
}

#[test]
fn a_client_that_is_too_old_is_told_so() {
    let workflows = Workflows {
        obsolete: vec!["CPIS_UPLOAD_V1".to_owned()],
        ..Workflows::default()
    };
    let mut desk = Desk::new();
    let post = workflows_over(desk.store.clone(), &desk.office.env, workflows);
    desk.worker = spine::cpis::upload::UploadWorker::new(config(), post.clone());
    desk.office.post = post;
    let file = file("42", &[plan(number(0))]);
    desk.send_as(file.as_bytes(), 1 << 20, "CPIS_UPLOAD_V1");
    desk.send_as(b"rubbish", 1 << 20, "CPIS_UPLOAD_V1");
    assert_eq!(desk.round().answered, 2);
    let mut lines: Vec<_> = desk.told().into_iter().map(|told| told.line).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "CPF06 -1/-1 stored 0 refused 0",
            "CPF06 42/1 stored 0 refused 0"
        ]
    );
    assert!(desk.plans(number(0)).is_empty());
    // The number is free.
    assert_eq!(
        desk.upload(&file).line,
        "CPF02 42/1 stored 1 refused 0: CPR06"
    );
}

#[test]
fn whatever_is_no_upload_is_set_aside() {
    let workflows = Workflows {
        upload: "CPIS_NEW".to_owned(),
        ..Workflows::default()
    };
    let desk = Desk::new();
    desk.send(b"x", 10);
    let post = workflows_over(desk.store.clone(), &desk.office.env, workflows);
    let worker = spine::cpis::upload::UploadWorker::new(config(), post);
    let round = crate::world::wait(worker.round());
    assert_eq!(
        round,
        Round {
            answered: 1,
            waiting: 0
        }
    );
    assert_eq!(desk.office.messages()[0].state, store::MailState::Failed);
    assert!(desk.told().is_empty());
}
