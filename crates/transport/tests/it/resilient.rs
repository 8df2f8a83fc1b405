//! Several endpoints of one service: scripted ones, and a clock that moves when told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::Semaphore;
use transport::{
    BoxFuture, CircuitState, EndpointState, Environment, HttpLimits, Resilient, ResilientSettings,
    TlsUpstream, Upstream, UpstreamError, UpstreamRequest, UpstreamResponse, UpstreamSettings,
};

use crate::support::{self, World};

use CircuitState::{Closed, HalfOpen, Open};

/// What a scripted endpoint does with one request.
#[derive(Debug, Clone)]
enum Act {
    /// Answers with this status.
    Answer(u16),
    /// Fails so.
    Fail(UpstreamError),
    /// Holds the request until [`Scripted::release`], then answers.
    Hold,
}

/// An endpoint that does what its script says, and answers 200 once that is at its end.
struct Scripted {
    script: Mutex<VecDeque<Act>>,
    seen: Mutex<Vec<UpstreamRequest>>,
    held: Semaphore,
}

impl Scripted {
    fn new(script: &[Act]) -> Arc<Self> {
        Arc::new(Self {
            script: Mutex::new(script.iter().cloned().collect()),
            seen: Mutex::default(),
            held: Semaphore::new(0),
        })
    }

    fn seen(&self) -> usize {
        self.seen.lock().expect("seen").len()
    }

    fn release(&self) {
        self.held.add_permits(1);
    }
}

impl Upstream for Scripted {
    fn send(
        &self,
        request: UpstreamRequest,
    ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
        Box::pin(async move {
            self.seen.lock().expect("seen").push(request);
            let act = self.script.lock().expect("script").pop_front();
            match act.unwrap_or(Act::Answer(200)) {
                Act::Answer(status) => Ok(response(status)),
                Act::Fail(error) => Err(error),
                Act::Hold => {
                    self.held.acquire().await.expect("open").forget();
                    Ok(response(200))
                }
            }
        })
    }
}

fn response(status: u16) -> UpstreamResponse {
    UpstreamResponse {
        headers: transport::Headers::default(),
        status,
        content_type: "text/xml".to_owned(),
        body: "<a/>".into(),
    }
}

fn refused() -> UpstreamError {
    UpstreamError::Connect("nothing listens there".to_owned())
}

fn broken() -> UpstreamError {
    UpstreamError::Closed("in the middle".to_owned())
}

fn timeout(phase: &'static str) -> UpstreamError {
    UpstreamError::Timeout { phase }
}

fn request(safe: bool) -> UpstreamRequest {
    UpstreamRequest {
        method: transport::Method::Post,
        body: "<question/>".into(),
        safe,
        ..UpstreamRequest::default()
    }
}

fn settings() -> ResilientSettings {
    ResilientSettings {
        failures: 3,
        requests: 2,
        probe_timeout: Duration::from_millis(20),
        ..ResilientSettings::default()
    }
}

/// A service of scripted endpoints.
struct Bench {
    service: Arc<Resilient>,
    endpoints: Vec<Arc<Scripted>>,
    env: Environment,
}

impl Bench {
    fn new(scripts: &[&[Act]]) -> Self {
        Self::with(scripts, settings())
    }

    fn with(scripts: &[&[Act]], settings: ResilientSettings) -> Self {
        let start = "2026-11-21T09:30:00Z".parse().expect("an instant");
        let env = Environment::simulated(start, 1);
        let endpoints: Vec<_> = scripts.iter().map(|script| Scripted::new(script)).collect();
        let named = endpoints.iter().zip(["first", "second", "third"]);
        let named = named.map(|(e, name)| (name.to_owned(), e.clone() as Arc<dyn Upstream>));
        let service = Resilient::new(named.collect(), settings, env.clone());
        Self {
            service: Arc::new(service),
            endpoints,
            env,
        }
    }

    async fn ask(&self, safe: bool) -> Result<u16, UpstreamError> {
        let answer = self.service.send(request(safe)).await;
        answer.map(|response| response.status)
    }

    fn wait(&self, seconds: i64) {
        self.env.advance(SignedDuration::from_secs(seconds));
    }

    fn seen(&self) -> Vec<usize> {
        self.endpoints.iter().map(|e| e.seen()).collect()
    }

    fn states(&self) -> Vec<CircuitState> {
        self.service.states().into_iter().map(|(_, s)| s).collect()
    }

    /// A request that is out, once the endpoint has it.
    async fn held(&self, at: usize, safe: bool) -> tokio::task::JoinHandle<Result<u16, String>> {
        let before = self.endpoints[at].seen();
        let service = self.service.clone();
        let task = tokio::spawn(async move {
            let answer = service.send(request(safe)).await;
            answer.map(|r| r.status).map_err(|e| e.to_string())
        });
        while self.endpoints[at].seen() == before {
            tokio::task::yield_now().await;
        }
        task
    }
}

#[tokio::test]
async fn what_is_sent_again_and_where() {
    use Act::{Answer, Fail};
    const SAFE: bool = true;
    const ONCE: bool = false;
    for (name, safe, scripts, expected, seen) in [
        (
            "the first answers",
            ONCE,
            &[&[][..], &[]][..],
            Ok(200),
            &[1, 0][..],
        ),
        (
            "a SOAP fault is an answer",
            SAFE,
            &[&[Answer(500)], &[]],
            Ok(500),
            &[1, 0],
        ),
        (
            "no connection: the next",
            ONCE,
            &[&[Fail(refused())], &[]],
            Ok(200),
            &[1, 1],
        ),
        (
            "and the one after that",
            ONCE,
            &[&[Fail(refused())], &[Fail(timeout("handshake"))], &[]],
            Ok(200),
            &[1, 1, 1],
        ),
        (
            "our own queue: the next",
            ONCE,
            &[&[Fail(timeout("queue"))], &[]],
            Ok(200),
            &[1, 1],
        ),
        (
            "the certificate is refused: the next",
            ONCE,
            &[&[Fail(UpstreamError::Tls("refused".to_owned()))], &[]],
            Ok(200),
            &[1, 1],
        ),
        (
            "nobody there: each once",
            SAFE,
            &[&[Fail(refused())], &[Fail(refused())]],
            Err(refused()),
            &[1, 1],
        ),
        (
            "sent, not safe: never again",
            ONCE,
            &[&[Fail(broken())], &[]],
            Err(broken()),
            &[1, 0],
        ),
        (
            "nor after a time-out",
            ONCE,
            &[&[Fail(timeout("response"))], &[]],
            Err(timeout("response")),
            &[1, 0],
        ),
        (
            "nor after 503",
            ONCE,
            &[&[Answer(503)], &[]],
            Ok(503),
            &[1, 0],
        ),
        (
            "safe: the next",
            SAFE,
            &[&[Fail(timeout("response"))], &[]],
            Ok(200),
            &[1, 1],
        ),
        (
            "a gateway without its service",
            SAFE,
            &[&[Answer(502)], &[]],
            Ok(200),
            &[1, 1],
        ),
        (
            "twice is enough",
            SAFE,
            &[&[Fail(broken())], &[Fail(timeout("body"))], &[]],
            Err(timeout("body")),
            &[1, 1, 0],
        ),
        (
            "but what was not sent does not count",
            SAFE,
            &[&[Fail(broken())], &[Fail(refused())], &[]],
            Ok(200),
            &[1, 1, 1],
        ),
        (
            "broken, and no other: the same",
            SAFE,
            &[&[Fail(broken())]],
            Ok(200),
            &[2],
        ),
        (
            "broken, and no other left: the same",
            SAFE,
            &[&[Fail(broken())], &[Fail(refused())]],
            Ok(200),
            &[2, 1],
        ),
        (
            "once",
            SAFE,
            &[&[Fail(broken()), Fail(broken())]],
            Err(broken()),
            &[2],
        ),
        (
            "too slow, and no other",
            SAFE,
            &[&[Fail(timeout("response"))]],
            Err(timeout("response")),
            &[1],
        ),
        (
            "the answer of the last",
            SAFE,
            &[&[Answer(503)], &[Answer(504)]],
            Ok(504),
            &[1, 1],
        ),
        (
            "too large is the endpoint's answer",
            SAFE,
            &[&[Fail(UpstreamError::TooLarge { limit: 1 })], &[]],
            Err(UpstreamError::TooLarge { limit: 1 }),
            &[1, 0],
        ),
    ] {
        let bench = Bench::new(scripts);
        assert_eq!(bench.ask(safe).await, expected, "{name}");
        assert_eq!(bench.seen(), seen, "{name}");
        let sent = bench.endpoints[0].seen.lock().expect("seen").clone();
        assert!(sent.iter().all(|r| *r == request(safe)), "{name}");
    }
}

#[tokio::test]
async fn a_dead_endpoint_is_left_alone_and_comes_back() {
    let bench = Bench::new(&[&vec![Act::Fail(refused()); 4], &[]]);
    for _ in 0..3 {
        assert_eq!(bench.ask(false).await, Ok(200));
    }
    assert_eq!(
        (bench.states(), bench.seen()),
        (vec![Open, Closed], vec![3, 3])
    );
    for _ in 0..10 {
        assert_eq!(bench.ask(true).await, Ok(200));
    }
    assert_eq!(bench.seen(), [3, 13]);

    // The pause is over: one look, which fails, and the pause is twice as long.
    bench.wait(5);
    assert_eq!(bench.ask(true).await, Ok(200));
    assert_eq!(
        (bench.states(), bench.seen()),
        (vec![Open, Closed], vec![4, 14])
    );
    bench.wait(9);
    assert_eq!(bench.ask(true).await, Ok(200));
    assert_eq!(bench.seen(), [4, 15]);

    // The next look succeeds.
    bench.wait(1);
    assert_eq!(bench.ask(true).await, Ok(200));
    assert_eq!(bench.ask(false).await, Ok(200));
    assert_eq!(
        (bench.states(), bench.seen()),
        (vec![Closed, Closed], vec![6, 15])
    );
}

#[tokio::test]
async fn when_all_are_left_alone_the_answer_is_immediate() {
    let bench = Bench::new(&[
        &vec![Act::Fail(refused()); 3],
        &vec![Act::Fail(timeout("response")); 3],
    ]);
    for _ in 0..3 {
        let failed = bench.ask(true).await.expect_err("a failure");
        assert_eq!(failed, timeout("response"));
        bench.wait(1);
    }
    assert_eq!(bench.states(), [Open, Open]);
    let retry_in = Duration::from_secs(4);
    assert_eq!(
        bench.ask(true).await,
        Err(UpstreamError::Unavailable { retry_in })
    );
    assert_eq!(bench.seen(), [3, 3]);

    // With nobody well, any request is the probe.
    bench.wait(4);
    assert_eq!(bench.ask(false).await, Ok(200));
    assert_eq!(bench.states(), [Closed, Open]);
}

#[tokio::test]
async fn a_slow_endpoint_fills_its_own_places_only() {
    let bench = Bench::new(&[&[Act::Hold, Act::Hold], &[]]);
    let slow = [bench.held(0, false).await, bench.held(0, false).await];
    for _ in 0..20 {
        assert_eq!(bench.ask(false).await, Ok(200));
    }
    assert_eq!(bench.seen(), [2, 20]);
    // It was slow, not dead: its answers arrive, and it is asked again.
    for task in slow {
        bench.endpoints[0].release();
        assert_eq!(task.await.expect("no panic"), Ok(200));
    }
    assert_eq!(bench.ask(false).await, Ok(200));
    assert_eq!(bench.seen(), [3, 20]);
}

#[tokio::test]
async fn full_everywhere_is_said_at_once() {
    let bench = Bench::new(&[&[Act::Hold, Act::Hold]]);
    let slow = [bench.held(0, true).await, bench.held(0, true).await];
    let retry_in = Duration::from_secs(1);
    assert_eq!(
        bench.ask(true).await,
        Err(UpstreamError::Unavailable { retry_in })
    );
    // A caller that goes away gives its place back.
    let [gone, stays] = slow;
    gone.abort();
    assert!(gone.await.expect_err("aborted").is_cancelled());
    assert_eq!(bench.ask(true).await, Ok(200));
    bench.endpoints[0].release();
    assert_eq!(stays.await.expect("no panic"), Ok(200));
    assert_eq!(bench.states(), [Closed]);
}

#[tokio::test]
async fn one_probe_at_a_time_and_nobody_waits_for_it() {
    let script = [vec![Act::Fail(refused()); 3], vec![Act::Hold]].concat();
    let bench = Bench::new(&[&script, &[]]);
    for _ in 0..3 {
        assert_eq!(bench.ask(false).await, Ok(200));
    }
    bench.wait(5);
    // What must not be sent twice is no probe while another endpoint is well.
    assert_eq!(bench.ask(false).await, Ok(200));
    assert_eq!(
        (bench.states(), bench.seen()),
        (vec![Open, Closed], vec![3, 4])
    );
    // A safe request is; the endpoint hangs, and it is taken elsewhere.
    let probe = bench.held(0, true).await;
    assert_eq!(bench.states(), [HalfOpen, Closed]);
    assert_eq!(bench.ask(true).await, Ok(200));
    assert_eq!(bench.seen(), [4, 5]);
    assert_eq!(probe.await.expect("no panic"), Ok(200));
    assert_eq!(
        (bench.states(), bench.seen()),
        (vec![Open, Closed], vec![4, 6])
    );
}

#[tokio::test]
async fn a_probe_given_up_by_its_caller_does_not_lock_the_endpoint_out() {
    let script = [vec![Act::Fail(refused()); 3], vec![Act::Hold]].concat();
    let bench = Bench::new(&[&script]);
    for _ in 0..3 {
        assert_eq!(bench.ask(false).await, Err(refused()));
    }
    bench.wait(5);
    let probe = bench.held(0, true).await;
    let retry_in = Duration::from_secs(5);
    assert_eq!(
        bench.ask(true).await,
        Err(UpstreamError::Unavailable { retry_in })
    );
    probe.abort();
    assert!(probe.await.expect_err("aborted").is_cancelled());
    assert_eq!(bench.ask(true).await, Ok(200));
    assert_eq!(bench.states(), [Closed]);
}

#[tokio::test]
async fn nothing_is_tried_again_when_it_is_late() {
    /// Takes a long time to fail.
    struct Late(Environment);
    impl Upstream for Late {
        fn send(
            &self,
            _: UpstreamRequest,
        ) -> BoxFuture<'_, Result<UpstreamResponse, UpstreamError>> {
            self.0.advance(SignedDuration::from_secs(15));
            Box::pin(async { Err(timeout("response")) })
        }
    }
    let start = "2026-11-21T09:30:00Z".parse().expect("an instant");
    let env = Environment::simulated(start, 1);
    let other = Scripted::new(&[]);
    let endpoints: Vec<(String, Arc<dyn Upstream>)> = vec![
        ("late".to_owned(), Arc::new(Late(env.clone()))),
        ("other".to_owned(), other.clone()),
    ];
    let service = Resilient::new(endpoints, settings(), env);
    let answer = service.send(request(true)).await;
    assert_eq!(answer, Err(timeout("response")));
    assert_eq!(other.seen(), 0);
}

#[tokio::test]
async fn without_endpoints_nothing_is_available() {
    let bench = Bench::new(&[]);
    let retry_in = Duration::from_secs(60);
    assert_eq!(
        bench.ask(true).await,
        Err(UpstreamError::Unavailable { retry_in })
    );
}

#[tokio::test]
async fn the_state_of_each_endpoint_is_a_metric() {
    let env = Environment::system();
    let dead: Arc<dyn Upstream> = Scripted::new(&vec![Act::Fail(refused()); 3]);
    let well: Arc<dyn Upstream> = Scripted::new(&[]);
    let named = vec![
        ("metric-dead".to_owned(), dead),
        ("metric-well".to_owned(), well),
    ];
    let service = Resilient::new(named, settings(), env);
    for _ in 0..3 {
        service.send(request(false)).await.expect("an answer");
    }
    let text = transport::telemetry::metrics().render();
    for line in [
        "minispine_upstream_circuit{endpoint=\"metric-dead\"} 2",
        "minispine_upstream_circuit{endpoint=\"metric-well\"} 0",
        "minispine_upstream_retries_total{endpoint=\"metric-dead\"} 3",
    ] {
        assert!(text.contains(line), "{line} in {text}");
    }
}

/// Over real TLS: one address accepts and says nothing more, the other works.
#[tokio::test]
async fn a_hanging_address_holds_up_the_first_callers_only() {
    let (world, handler) = (World::new(), support::Scripted::new());
    let running = world
        .serve("resilient", HttpLimits::default(), &handler)
        .await;
    let mute = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .expect("bound");
    let port = mute.local_addr().expect("an address").port();
    let well = world.settings(&running, "client");
    let hanging = UpstreamSettings {
        url: format!("https://localhost:{port}/echo"),
        connect_timeout: Duration::from_millis(300),
        ..well.clone()
    };
    let upstream = |settings| -> Arc<dyn Upstream> {
        Arc::new(TlsUpstream::new(settings).expect("an upstream"))
    };
    let endpoints = vec![
        ("hanging".to_owned(), upstream(hanging)),
        ("well".to_owned(), upstream(well)),
    ];
    let service = Arc::new(Resilient::new(endpoints, settings(), Environment::system()));
    let ask = |service: Arc<Resilient>| async move {
        let started = std::time::Instant::now();
        let answer = service.send(request(false)).await.expect("an answer");
        assert_eq!(answer.status, 200);
        started.elapsed()
    };
    // Three in a row find out; nobody after them waits.
    for _ in 0..3 {
        assert!(ask(service.clone()).await >= Duration::from_millis(300));
    }
    assert_eq!(service.states()[0].1, Open);
    for _ in 0..20 {
        let taken = ask(service.clone()).await;
        assert!(taken < Duration::from_millis(300), "{taken:?}");
    }
    assert_eq!(handler.calls(), 23);
}

/// A page that stands in a service's place is no answer of the service.
#[tokio::test]
async fn an_endpoint_that_answers_something_else_is_left_alone() {
    let mut settings = settings();
    settings.is_answer = |response| response.status != 404;
    let failures = settings.failures as usize;
    let bench = Bench::with(&[&vec![Act::Answer(404); failures + 1], &[]], settings);
    assert_eq!(bench.ask(false).await, Ok(404), "may have been taken");
    for _ in 0..failures {
        assert_eq!(bench.ask(true).await, Ok(200));
    }
    assert_eq!(bench.seen(), [failures, failures]);
}

#[tokio::test]
async fn why_an_endpoint_fails_is_told_and_does_not_flood_the_log() {
    let script = [
        Act::Fail(refused()),
        Act::Fail(timeout("response")),
        Act::Answer(503),
        Act::Fail(refused()),
        Act::Answer(200),
    ];
    let bench = Bench::new(&[&script]);
    let described = || bench.service.described().remove(0).1;
    let failing = |circuit, phase, cause: &str| EndpointState::Failing {
        circuit,
        phase,
        cause: cause.to_owned(),
    };
    testkit::logged::listen();
    assert_eq!(described(), EndpointState::Unasked);
    let nothing_there = "no connection: nothing listens there";
    let instead = "HTTP 503 in place of an answer";
    for (wait, expected, lines) in [
        (0, failing(Closed, "connect", nothing_there), 1),
        (
            1,
            failing(Closed, "response", "timed out in phase response"),
            0,
        ),
        // The third in a row: it is left alone from now on.
        (1, failing(Open, "answer", instead), 1),
        (6, failing(Open, "connect", nothing_there), 1),
        (60, EndpointState::Well, 1),
    ] {
        bench.wait(wait);
        let _ = bench.ask(false).await;
        assert_eq!(described(), expected);
        let log = testkit::logged::logged();
        let shown: Vec<_> = log.lines().filter(|line| !line.contains("DEBUG")).collect();
        assert_eq!(shown.len(), lines, "{log}");
        if let EndpointState::Failing { cause, .. } = &expected {
            let names = |line: &&str| line.contains("endpoint=\"first\"") && line.contains(cause);
            assert!(shown.iter().all(names), "{log}");
        }
    }
    let left = failing(Open, "connect", nothing_there).to_string();
    let says = "left alone after failures: connect: no connection: nothing listens there";
    assert_eq!(left, says);
}
