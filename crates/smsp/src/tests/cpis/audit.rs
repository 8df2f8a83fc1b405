//! What is written down of a query, and what is not.

use transport::{Handler, UpstreamError};

use super::spine::Reply;
use super::world::{Ask, CHILD, Cpis};
use crate::tests::world::{
    OTHER_PATIENT, PATIENT, PROFILE_UNSCHEDULED, USER, altered, id, patient,
};

#[tokio::test]
async fn a_disclosure_is_audited_in_full() {
    let cpis = Cpis::new();
    let ask = Ask::new(&cpis.world.env);
    let message = ask.bytes(&cpis.world.env);
    cpis.check(&message).await;
    let audit = cpis.world.audit().await;
    assert_eq!(audit.len(), 1);
    let event = &audit[0].event;
    assert_eq!(
        (event.role.as_str(), event.operation.as_str()),
        ("smsp", "CP-ISNHSQuery")
    );
    assert_eq!(event.outcome, "SMSP-0000");
    assert!(event.disclosed);
    assert_eq!(event.patient, Some(patient()));
    assert_eq!(event.user, Some(id(USER)));
    // As the author says them: the envelope says no more than the user.
    assert_eq!(event.role_profile, Some(id(PROFILE_UNSCHEDULED)));
    assert_eq!(event.job_role, Some(id("S0010:G0020:R0050")));
    assert_eq!(event.organisation, Some(id("RKE")));
    assert_eq!(event.system.as_deref(), Some("ward system"));
    assert_eq!(event.asid, Some(id("200000000115")));
    let (sent, _) = cpis.spine.asked().pop().expect("a query");
    assert_eq!(event.related, [id(&sent)]);
    let text = String::from_utf8(message).expect("UTF-8");
    for said in [&event.message, &event.tracking] {
        let said = said.as_ref().expect("an id");
        assert!(text.contains(said.as_str()));
    }
    let decision = event.decision.as_deref().unwrap_or_default();
    assert!(decision.contains(&ask.query.id), "{decision}");
    assert!(decision.contains("records 1, accesses 1"), "{decision}");
}

#[tokio::test]
async fn the_author_names_the_user_where_the_envelope_does_not() {
    let cpis = Cpis::new();
    let mut ask = Ask::new(&cpis.world.env);
    ask.user = None;
    cpis.check(&ask.bytes(&cpis.world.env)).await;
    let by_system = Ask::by_system(&cpis.world.env);
    cpis.check(&by_system.bytes(&cpis.world.env)).await;
    let audit = cpis.world.audit().await;
    assert_eq!(audit[0].event.user, Some(id(USER)));
    assert_eq!(audit[1].event.user, None);
    let decision = audit[1].event.decision.as_deref().unwrap_or_default();
    assert!(decision.contains("system 200000000115 RKE"), "{decision}");
}

#[tokio::test]
async fn a_failed_exchange_leaves_its_message_id() {
    let timeout = UpstreamError::Timeout { phase: "response" };
    let cpis = Cpis::answering(Reply::Error(timeout));
    cpis.check(&Ask::new(&cpis.world.env).bytes(&cpis.world.env))
        .await;
    let event = &cpis.world.audit().await[0].event;
    assert_eq!((event.related.len(), event.disclosed), (1, false));
}

/// Nothing about a child, or about who looks, in a log or a decision.
#[tokio::test]
async fn nothing_of_a_child_is_logged() {
    let fault = hl7v3::SoapFault::processing(format!("of {PATIENT}"));
    for (reply, code) in [
        (Reply::Held, "SMSP-0000"),
        (Reply::NoRecord, "CPIS-0001"),
        (Reply::Unrelated, "SMSP-0002"),
        (Reply::Replaced("20150529", "birth"), "SMSP-0002"),
        (Reply::Replaced("202501020930", "start"), "SMSP-0002"),
        (Reply::Http(500, "text/xml", fault.write()), "CPIS-9999"),
        (
            Reply::Error(UpstreamError::Connect("refused".to_owned())),
            "SMSP-0004",
        ),
    ] {
        let cpis = Cpis::answering(reply);
        let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
        let spoilt = altered(&message, PATIENT, "99900000181");
        for (message, code) in [(&message, code), (&message, code), (&spoilt, "SMSP-0001")] {
            testkit::logged::listen();
            let outcome = cpis.check(message).await.outcome;
            let log = testkit::logged::logged();
            if message == &spoilt {
                // Its ids were used for something else.
                assert!(
                    ["fault 1000", code].contains(&outcome.as_str()),
                    "{outcome}"
                );
            } else {
                assert_eq!(outcome, code);
            }
            let infos = log.lines().filter(|line| line.contains("INFO"));
            assert_eq!(infos.count(), 1, "{log}");
            for part in [
                "operation=\"CP-ISNHSQuery\"",
                "client=\"ward system\"",
                "tracking_id=",
            ] {
                assert!(log.contains(part), "{part} is not in {log}");
            }
            let event = cpis.world.audit().await.pop().expect("an event").event;
            let decision = event.decision.unwrap_or_default();
            let [given, family, birth] = CHILD;
            for secret in [
                PATIENT,
                OTHER_PATIENT,
                "999 000",
                given,
                family,
                birth,
                "2015",
                "Author",
                "Council",
                "01632960",
            ] {
                assert!(!log.contains(secret), "{secret} is in {log}");
                assert!(!decision.contains(secret), "{secret} is in {decision}");
            }
        }
    }
}

/// The caller hangs up while the Spine thinks: nobody is told, and it is on record.
#[tokio::test]
async fn a_query_that_is_given_up_is_on_record() {
    struct Silence;
    impl transport::Upstream for Silence {
        fn send(
            &self,
            _: transport::UpstreamRequest,
        ) -> transport::BoxFuture<'_, Result<transport::UpstreamResponse, UpstreamError>> {
            Box::pin(std::future::pending())
        }
    }
    let cpis = Cpis::new();
    let service = cpis.service_over(crate::CpisUpstream::Sync(std::sync::Arc::new(Silence)));
    let message = Ask::new(&cpis.world.env).bytes(&cpis.world.env);
    let handled = service.handle(cpis.request(&message));
    let limit = std::time::Duration::from_millis(50);
    assert!(tokio::time::timeout(limit, handled).await.is_err());
    let mut audit = Vec::new();
    for _ in 0..100 {
        audit = cpis.world.audit().await;
        if !audit.is_empty() {
            break;
        }
        tokio::task::yield_now().await;
    }
    let event = &audit.first().expect("an event").event;
    assert_eq!(event.outcome, "given up");
    assert_eq!((event.patient, event.disclosed), (Some(patient()), false));
    assert_eq!(
        (event.user.clone(), event.related.len()),
        (Some(id(USER)), 1)
    );
}
