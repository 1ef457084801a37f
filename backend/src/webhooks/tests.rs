//! Webhooks against receivers on this machine: what arrives, what comes again, and what a server that dies leaves to the next.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use berth_shared::api::{RunStatus, Subject};
use rand::{SeedableRng as _, rngs::StdRng};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{work::Work, *};
use crate::{
    clock::Clock,
    store::{
        Change, NewEvent, Storage, Store,
        contract::sample::{event_at, run, run_id, submission},
        open,
    },
};

const NOW: Timestamp = Timestamp(1_790_000_000_000);

struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::Relaxed))
    }
}

/// What came: headers in lower case, and the body.
type Came = Arc<Mutex<Vec<(String, String)>>>;

/// Answers requests one after the other with these status lines, the last for ever.
fn receiver(answers: &'static [&'static str]) -> (SocketAddr, Came) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    let came = Came::default();
    let kept = Arc::clone(&came);
    std::thread::spawn(move || {
        for (n, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { return };
            let mut bytes = Vec::new();
            let mut piece = [0; 4096];
            let request = loop {
                let Ok(read @ 1..) = stream.read(&mut piece) else { break None };
                bytes.extend_from_slice(&piece[..read]);
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let head = head.to_lowercase();
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
                if body.len() >= length.unwrap_or(0) {
                    break Some((head, body.to_owned()));
                }
            };
            kept.lock().expect("kept").extend(request);
            let answer = answers[n.min(answers.len() - 1)];
            let _ = stream.write_all(
                format!("HTTP/1.1 {answer}\r\ncontent-length: 6\r\nconnection: close\r\n\r\nsecret")
                    .as_bytes(),
            );
        }
    });
    (address, came)
}

struct Bench {
    store: Store,
    storage: Arc<dyn Storage>,
    webhooks: Webhooks,
    clock: Arc<SetClock>,
    _folder: TempDir,
}

impl Bench {
    async fn new(allowed: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let store = open(folder.path()).await.expect("a database");
        let sealer = Sealer::new(&STANDARD.encode([1; 32]), "a test").expect("a key");
        let egress = Egress::new(allowed.iter().map(|network| network.parse().expect("a network")).collect());
        let place = Place::new(store.storage().installation(), "https://berth.example/");
        let webhooks = Webhooks::new(store.webhooks(), sealer, egress, place);
        let clock = Arc::new(SetClock(AtomicI64::new(NOW.0)));
        Self { storage: store.storage(), store, webhooks, clock, _folder: folder }
    }

    /// A server's share of the work, as a server has it that begins now.
    fn server(&self, name: &str) -> Work {
        let random = StdRng::seed_from_u64(7);
        Work::new(self.store.storage(), self.webhooks.clone(), self.clock.clone(), random, name)
    }

    async fn add(
        &self,
        name: &str,
        url: &str,
        kinds: &[NotificationKind],
    ) -> Result<AddedWebhook, WebhookError> {
        let asked = AddWebhook { name: name.to_owned(), url: url.to_owned(), kinds: kinds.to_vec() };
        self.webhooks.add(asked, "ann", NOW, ([7; 32], [9; NONCE_LEN])).await
    }

    /// A run that runs.
    async fn begin(&self, n: u32, name: &str) {
        self.storage.commit(&submission(n, name)).await.expect("submitted");
        let mut row = run(n, name);
        row.version = 1;
        row.run.status = RunStatus::Running;
        let mut told = event_at(NOW, Subject::Run, Some(run_id(n)), None).event;
        (told.from, told.to) = (Some("provisioning".to_owned()), Some("running".to_owned()));
        let change = Change { runs: vec![row], events: vec![NewEvent { event: told }], ..Change::default() };
        self.storage.commit(&change).await.expect("it runs");
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        self.webhooks.list().await.expect("read").remove(0).deliveries
    }

    fn pass(&self, seconds: i64) {
        self.clock.0.fetch_add(seconds * 1000, Ordering::Relaxed);
    }
}

/// HMAC-SHA256 by its definition (RFC 2104), for keys of at most 64 bytes.
fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    let pad = |with: u8| -> Vec<u8> { (0..64).map(|n| key.get(n).copied().unwrap_or(0) ^ with).collect() };
    let inner = Sha256::digest([pad(0x36), text.to_vec()].concat());
    Sha256::digest([pad(0x5c), inner.to_vec()].concat()).to_vec()
}

const LOOPBACK: &[&str] = &["127.0.0.0/8"];

#[tokio::test]
async fn what_did_not_arrive_comes_again_signed_under_the_same_name() {
    let bench = Bench::new(LOOPBACK).await;
    let (address, came) = receiver(&["500 No", "302 Found\r\nlocation: http://127.0.0.1:1/", "204 Thanks"]);
    let added = bench
        .add("ops", &format!("http://{address}/in?key=x"), &[NotificationKind::Running])
        .await
        .expect("added");
    let mut server = bench.server("one");
    server.round().await.expect("begun");
    bench.begin(1, "calm-otter-1").await;
    server.round().await.expect("a round");
    let told = bench.deliveries().await.remove(0);
    assert_eq!(
        (told.attempts, told.delivered_at, told.error.as_deref()),
        (1, None, Some("it answers with 500"))
    );
    let next = told.next_at.expect("again").millis_since(NOW);
    assert!((4000..=5000).contains(&next), "{next}");
    server.round().await.expect("a round");
    assert_eq!(came.lock().expect("kept").len(), 1, "not before its time");
    bench.pass(5);
    server.round().await.expect("a round");
    let told = bench.deliveries().await.remove(0);
    assert_eq!(told.error.as_deref(), Some("it leads elsewhere (302), which is not followed"));
    bench.pass(30);
    server.round().await.expect("a round");
    let told = bench.deliveries().await.remove(0);
    assert_eq!((told.attempts, told.error, told.next_at), (3, None, None));
    assert_eq!(told.delivered_at, Some(NOW.plus_seconds(35)));
    bench.pass(90_000);
    server.round().await.expect("a round");

    let came = came.lock().expect("kept");
    assert_eq!(came.len(), 3);
    let key = STANDARD.decode(added.secret.strip_prefix("whsec_").expect("a secret")).expect("Base64");
    for (head, body) in came.iter() {
        let header = |name: &str| {
            head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).expect("a header")
        };
        assert!(head.starts_with("post /in?key=x http/1.1"), "{head}");
        let text = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
        // The header was made lower-case with the others.
        assert_eq!(
            header("webhook-signature"),
            format!("v1,{}", STANDARD.encode(hmac(&key, text.as_bytes()))).to_lowercase()
        );
        let notification: Notification = serde_json::from_str(body).expect("a notification");
        assert_eq!(
            (notification.id.as_str(), notification.kind),
            (told.id.as_str(), NotificationKind::Running)
        );
        assert_eq!(notification.message, "`calm-otter-1` is running");
        assert_eq!(notification.link.as_deref(), Some("https://berth.example/runs/calm-otter-1"));
        assert_eq!(notification.run.map(|run| run.name).as_deref(), Some("calm-otter-1"));
    }
}

#[tokio::test]
async fn a_server_that_dies_loses_nothing_and_the_next_goes_on() {
    let bench = Bench::new(LOOPBACK).await;
    let (address, came) = receiver(&["200 Fine"]);
    bench.add("ops", &format!("http://{address}/"), &[NotificationKind::Running]).await.expect("added");
    let (mut one, mut two) = (bench.server("one"), bench.server("two"));
    one.round().await.expect("begun");
    bench.begin(1, "calm-otter-1").await;
    // It dies after it has made deliveries of what happened, and again after it has sent one and before it could write so.
    one.follow().await.expect("made");
    let before = bench.webhooks.store().due(NOW, 10).await.expect("read");
    assert_eq!(before.len(), 1);
    two.round().await.expect("not its turn");
    assert!(came.lock().expect("kept").is_empty(), "the work is the other's until that falls silent");
    one.send_due().await.expect("sent");
    bench.webhooks.store().tried(&before[0]).await.expect("as if it had not been written");
    drop(one);
    bench.pass(61);
    two.round().await.expect("its turn");
    bench.begin(2, "calm-otter-2").await;
    two.round().await.expect("a round");
    let came = came.lock().expect("kept").clone();
    let ids: Vec<String> =
        came.iter().map(|(_, body)| serde_json::from_str::<Notification>(body).expect("one").id).collect();
    assert_eq!(ids.len(), 3);
    assert_eq!(ids[0], ids[1], "twice under one name");
    assert_ne!(ids[1], ids[2]);
    assert!(bench.deliveries().await.iter().all(|told| told.delivered_at.is_some()));
}

#[tokio::test]
async fn two_who_make_deliveries_of_the_same_events_make_them_once() {
    let bench = Bench::new(LOOPBACK).await;
    bench.add("ops", "https://1.1.1.1/", &[NotificationKind::Running]).await.expect("added");
    bench.begin(1, "calm-otter-1").await;
    let (one, two) = (bench.server("one"), bench.server("two"));
    let (first, second) = tokio::join!(one.follow(), two.follow());
    first.and(second).expect("made");
    assert_eq!(bench.deliveries().await.len(), 1);
    let at = bench.webhooks.store().cursor().await.expect("read");
    assert_eq!(at, bench.storage.newest().await.expect("read"));
    // From another place than it is at, nothing is moved and nothing written.
    let other = DeliveryRow {
        next_at: Some(0),
        id: "other".to_owned(),
        ..bench.webhooks.store().due(NOW, 1).await.expect("read").remove(0)
    };
    assert!(!bench.webhooks.store().advance(at + 1, at + 2, &[other]).await.expect("refused"));
    assert_eq!(bench.deliveries().await.len(), 1);
}

#[tokio::test]
async fn what_is_inside_is_not_reached_however_it_is_called() {
    let bench = Bench::new(&[]).await;
    let (address, came) = receiver(&["200 Fine"]);
    let all = NotificationKind::ALL;
    let refused = bench.add("ops", &format!("http://{address}/"), &all).await.expect_err("inside");
    insta::assert_snapshot!(refused.to_string(), @"`127.0.0.1` leads to 127.0.0.1, which is not on the internet; whoever runs the server can let it be reached with `--webhook-allow 127.0.0.1`");
    // What a name leads to is seen when it is sent to.
    bench.add("ops", &format!("http://localhost:{}/", address.port()), &all).await.expect("added");
    bench.begin(1, "calm-otter-1").await;
    bench.server("one").round().await.expect("a round");
    let told = bench.deliveries().await.remove(0).error.expect("why not");
    assert!(told.starts_with("`localhost` leads to ") && told.contains("not on the internet"), "{told}");
    assert!(came.lock().expect("kept").is_empty());
}

#[tokio::test]
async fn what_is_gone_for_good_is_given_up_and_a_silent_one_after_a_day() {
    let bench = Bench::new(LOOPBACK).await;
    let (address, came) = receiver(&["410 Gone"]);
    bench.add("ops", &format!("http://{address}/"), &[NotificationKind::Running]).await.expect("added");
    bench.begin(1, "calm-otter-1").await;
    let mut server = bench.server("one");
    server.round().await.expect("a round");
    bench.pass(100_000);
    server.round().await.expect("a round");
    let told = bench.deliveries().await.remove(0);
    assert_eq!((told.attempts, told.next_at, told.delivered_at), (1, None, None));
    assert_eq!(told.error.as_deref(), Some("it answers that it is gone for good (410)"));
    assert_eq!(came.lock().expect("kept").len(), 1);

    // A port that nobody listens at.
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    bench.add("ops", &format!("http://{nobody}/"), &[NotificationKind::Running]).await.expect("in its place");
    assert!(bench.deliveries().await.is_empty(), "what was on its way to the old address goes nowhere");
    bench.webhooks.test("ops", "ann", bench.clock.now(), Uuid::from_u128(5)).await.expect("asked for");
    for _ in 0..20 {
        server.round().await.expect("a round");
        bench.pass(21_600);
    }
    let told = bench.deliveries().await.remove(0);
    assert_eq!((told.attempts, told.next_at, told.kind), (12, None, NotificationKind::Test));
    let why = told.error.expect("why");
    assert!(why.starts_with("it cannot be reached: ") && !why.contains(&nobody.to_string()), "{why}");
}

#[tokio::test]
async fn addresses_lie_sealed_and_are_shown_without_what_may_be_secret() {
    let bench = Bench::new(&[]).await;
    let added = bench
        .add(
            "ops",
            "https://me:pl4nted@hooks.example/a?key=pl4nted&pl4nted#x",
            &[NotificationKind::Failed, NotificationKind::Failed],
        )
        .await;
    let added = added.expect("added");
    assert_eq!(added.webhook.url, "https://***:***@hooks.example/a?key=***&***");
    assert_eq!(added.webhook.kinds, [NotificationKind::Failed]);
    assert!(!format!("{added:?}").contains(&added.secret));
    let rows = bench.webhooks.store().all().await.expect("read");
    let kept = format!("{rows:?}");
    assert!(!kept.contains("pl4nted") && !kept.contains(&added.secret), "{kept}");
    assert_eq!(
        bench.webhooks.open(&rows[0]).expect("opened").url,
        "https://me:pl4nted@hooks.example/a?key=pl4nted&pl4nted"
    );
    for (name, url, kinds) in [
        ("", "https://x.example", &NotificationKind::ALL[..]),
        ("Ops", "https://x.example", &NotificationKind::ALL),
        ("ops", "ftp://x.example", &NotificationKind::ALL),
        ("ops", "file:///etc/passwd", &NotificationKind::ALL),
        ("ops", "x.example", &NotificationKind::ALL),
        ("ops", "https://", &NotificationKind::ALL),
        ("ops", "https://x.example", &[]),
        ("ops", "https://x.example", &[NotificationKind::Test]),
    ] {
        assert!(bench.add(name, url, kinds).await.is_err(), "{name} {url} {kinds:?}");
    }
    assert!(
        bench.webhooks.remove("ops").await.expect("removed")
            && !bench.webhooks.remove("ops").await.expect("gone")
    );
}
