//! Nothing of a child is in the log.

use super::support::*;

#[test]
fn no_line_of_the_log_names_a_child() {
    testkit::logged::listen();
    let desk = Desk::new();
    let mut adult = plan(number(1));
    adult.subject.birth_date = jiff::civil::date(1999, 5, 3);
    // A number that people made of a name, as they do.
    let named = format!("{GIVEN}-{FAMILY}");
    let good = file(&named, &[plan(number(0)), adult]);
    desk.upload(&good);
    desk.upload(&good);
    desk.upload(&good.replacen("tel:020", "tel:030", 1));
    for broken in [
        good.replacen("</record>", &format!("</record><{FAMILY}/>"), 1),
        good.replacen("</given>", "", 1),
        good.replacen(&format!(">{GIVEN}<"), &format!(">&{GIVEN};<"), 1),
    ] {
        desk.upload(&broken);
    }
    desk.know(vec![person(number(0))]);
    desk.store
        .no_people
        .store(true, std::sync::atomic::Ordering::Relaxed);
    desk.send(file("43", &[plan(number(0))]).as_bytes(), 1 << 20);
    for _ in 0..4 {
        desk.round();
    }
    let log = testkit::logged::logged();
    assert!(log.contains("upload answered") && log.contains("mailbox request"));
    for secret in [
        GIVEN,
        FAMILY,
        number(0).as_str(),
        number(1).as_str(),
        "LA-1",
        "OUR-1",
    ] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
