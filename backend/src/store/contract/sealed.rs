//! The key of what is sealed is changed in the same way on every database.

use std::time::Duration;

use berth_shared::api::Secret;
use rand::{SeedableRng, rngs::StdRng};

use super::{
    Bed, commit,
    kept::server,
    sample::{T0, run_id, source, submission},
    tests_on,
};
use crate::{
    provider::remote::{HostBook as _, HostRecord},
    sealed::{Rotated, Rotation, Sealer, rotate, uses},
    secrets::{SecretBook as _, SecretRecord},
    store::{SealedStore, Source, WebhookRow},
};

tests_on!(sqlite everything_is_sealed_anew_and_opens_on_servers_that_were_there_before);
tests_on!(postgres everything_is_sealed_anew_and_opens_on_servers_that_were_there_before);

fn secret(name: &str, sealed: String) -> SecretRecord {
    SecretRecord { secret: Secret { name: name.to_owned(), set_by: "ann".to_owned(), set_at: T0 }, sealed }
}

async fn everything_is_sealed_anew_and_opens_on_servers_that_were_there_before(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let (secrets, hosts, runs) = (store.secrets(), store.hosts(), store.storage());
    let keys = tempfile::tempdir().expect("a folder");
    let file = keys.path().join("sealing.key");
    // Two servers, of which one seals while the key is changed and writes it down afterwards.
    let one = Sealer::in_directory(keys.path(), [1; 32]).expect("a key");
    let other = Sealer::at(&file).expect("the same key");
    let (run, nonce) = (run_id(1), |n| [n; 12]);
    let late = secret("late", other.seal("late", &uses::secret("late"), nonce(1)));
    secrets.set(&secret("hub", one.seal("hub", &uses::secret("hub"), nonce(2)))).await.expect("set");
    secrets.set(&secret("lost", "sealed1:AAAA".to_owned())).await.expect("set");
    let host = HostRecord {
        name: "gpu".to_owned(),
        address: "ada@10.0.0.1:22".parse().expect("an address"),
        jumps: Vec::new(),
        private_key: Some(one.seal("key", &uses::host_key("gpu"), nonce(3))),
        engine: None,
        pool: None,
        host_keys: Default::default(),
        added_by: "ann".to_owned(),
        added_at: T0,
    };
    hosts.add(&host).await.expect("added");
    let webhook = WebhookRow {
        name: "ops".to_owned(),
        shown: "https://hooks.example/".to_owned(),
        sealed: one.seal("where", &uses::webhook("ops"), nonce(6)),
        kinds: "failed".to_owned(),
        added_by: "ann".to_owned(),
        added_at: T0.0,
    };
    store.webhooks().put(&webhook).await.expect("added");
    let variables = [
        ("TOKEN".to_owned(), one.seal("token", &uses::variable(run, "TOKEN"), nonce(4))),
        ("PLAIN".to_owned(), "from before values were sealed".to_owned()),
    ];
    let source = Source { variables: variables.into(), ..source() };
    let mut submission = submission(1, "calm-otter-1");
    submission.source = Some(source);
    commit(&runs, submission).await;

    let mut rng = StdRng::seed_from_u64(1);
    let sealed = SealedStore::beside(&store.accounts());
    let keeping = Rotation::Rotate { keep_old: true, wait: Duration::ZERO };
    let done = rotate(keeping, &file, &sealed, &mut rng).await.expect("done");
    assert_eq!(done, Rotated { sealed_anew: 4, unreadable: 1, went_on: false });
    secrets.set(&late).await.expect("set");
    // Servers that were there before open by both keys, and seal by the new one.
    let is_open = async |name: &str, text: &str| {
        let all = secrets.all().await.expect("read");
        let found = all.iter().find(|record| record.secret.name == name).expect("it is there");
        assert_eq!(other.open(&found.sealed, &uses::secret(name)).as_deref(), Ok(text));
        found.sealed.clone()
    };
    is_open("hub", "hub").await;
    is_open("late", "late").await;
    secrets.set(&secret("new", other.seal("new", &uses::secret("new"), nonce(5)))).await.expect("set");

    let ending = Rotation::Rotate { keep_old: false, wait: Duration::ZERO };
    let done = rotate(ending, &file, &sealed, &mut rng).await.expect("done");
    assert_eq!(done, Rotated { sealed_anew: 1, unreadable: 1, went_on: true });
    for name in ["hub", "late", "new"] {
        is_open(name, name).await;
    }
    let text = std::fs::read_to_string(&file).expect("a key");
    let new = Sealer::new(&text, "a test").expect("one key");
    assert_eq!(text.lines().count(), 1);
    let kept = &hosts.all().await.expect("read")[0];
    assert_eq!(
        new.open(kept.private_key.as_deref().expect("a key"), &uses::host_key("gpu")).as_deref(),
        Ok("key")
    );
    assert_eq!(HostRecord { private_key: host.private_key.clone(), ..kept.clone() }, host);
    let kept = &store.webhooks().all().await.expect("read")[0];
    assert_eq!(new.open(&kept.sealed, &uses::webhook("ops")).as_deref(), Ok("where"));
    let variables = runs.source(run).await.expect("read").expect("it is there").variables;
    assert_eq!(new.open(&variables["TOKEN"], &uses::variable(run, "TOKEN")).as_deref(), Ok("token"));
    assert_eq!(variables["PLAIN"], "from before values were sealed");
}
