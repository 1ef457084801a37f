//! Accounts and logs on either database.

use std::{io, sync::Arc, time::Duration};

use async_trait::async_trait;
use berth_shared::{
    api::{
        DEFAULT_PROJECT, LinkLogin, LogChunk, LogLine, LogSource, LoginRequest, Role, Secret, TerminalId,
        TerminalInfo, TerminalSize, Usage, User,
    },
    time::Timestamp,
};
use rand::{SeedableRng, rngs::StdRng};

use super::{
    Bed,
    sample::{T0, run_id},
};
use crate::{
    auth::{ADMIN, Auth, LoginError, NewApiToken, Proof, PublicKeyText, Visit},
    clock::Clock,
    orchestrator::LogArchive,
    provider::{
        Attached, ByteStream, Environment, Exec, ExecSpec, JobObservation, JobSpec, ProviderError,
        remote::{BookError, HostBook as _, HostRecord},
    },
    secrets::{SecretBook as _, SecretRecord},
    store::{Address, Store, open_at, tests::Folder},
};

mod accounts {
    use super::*;

    super::super::tests_on!(sqlite who_may_come_in_is_the_same_on_every_database);
    super::super::tests_on!(postgres who_may_come_in_is_the_same_on_every_database);
}

mod ssh_keys {
    use super::*;

    super::super::tests_on!(sqlite ssh_keys_are_the_same_on_every_database);
    super::super::tests_on!(postgres ssh_keys_are_the_same_on_every_database);
}

mod hosts {
    use super::*;

    super::super::tests_on!(sqlite hosts_are_the_same_on_every_database);
    super::super::tests_on!(postgres hosts_are_the_same_on_every_database);
}

mod secrets {
    use super::*;

    super::super::tests_on!(sqlite secrets_are_the_same_on_every_database);
    super::super::tests_on!(postgres secrets_are_the_same_on_every_database);
}

mod logs {
    use super::*;

    super::super::tests_on!(sqlite a_log_is_read_at_the_offsets_it_had);
    super::super::tests_on!(postgres a_log_is_read_at_the_offsets_it_had);
}

/// A store as a server opens it.
pub(super) async fn server(bed: &Bed) -> (Store, Folder) {
    match bed {
        Bed::Postgres(database) => {
            let folder = Folder::new();
            let address = Address::Postgres(database.url.clone());
            (open_at(&folder.0, &address).await.expect("it opens"), folder)
        }
        Bed::Sqlite { store, .. } => (store.clone(), Folder::new()),
        Bed::Memory(_) => panic!("it has none of this"),
    }
}

struct Stopped;

impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        T0
    }
}

/// Where everybody comes from.
pub(super) const HOME: Visit<'static> =
    Visit { address: std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), agent: "a test" };

pub(super) fn link(token: &str) -> LoginRequest {
    LoginRequest::Link(LinkLogin { token: token.to_owned() })
}

pub(super) fn token_of<'a>(user: &'a str, label: &'a str) -> NewApiToken<'a> {
    NewApiToken { user, label, role: None, expires_at: None }
}

fn auth(store: &Store, seed: u64) -> Auth {
    Auth::new(store.accounts(), Arc::new(Stopped), StdRng::seed_from_u64(seed))
}

async fn who_may_come_in_is_the_same_on_every_database(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let auth = auth(&store, 1);
    auth.begin().await.expect("begun");
    auth.begin().await.expect("begun again");
    let token = auth.login_token(ADMIN).await.expect("a token");
    let (session, user) = auth.log_in(link(token.reveal()), HOME).await.expect("in");
    assert_eq!(
        user,
        User {
            name: ADMIN.to_owned(),
            role: Role::Admin,
            server_role: Role::Admin,
            project: DEFAULT_PROJECT.to_owned(),
            has_password: false
        }
    );
    assert!(matches!(auth.log_in(link(token.reveal()), HOME).await, Err(LoginError::Used)));
    assert!(matches!(auth.log_in(link("guess"), HOME).await, Err(LoginError::Invalid)));
    let caller =
        auth.session(session.reveal(), DEFAULT_PROJECT, HOME).await.expect("read").expect("it is one");
    let Proof::Session { digest, .. } = caller.proof else { panic!("it is a session") };
    let mut ended = auth.ended_sessions();
    auth.log_out(&digest).await.expect("out");
    assert_eq!(ended.recv().await.expect("told"), digest);
    assert_eq!(auth.session(session.reveal(), DEFAULT_PROJECT, HOME).await.expect("read"), None);

    let token = auth.create_api_token(token_of(ADMIN, "laptop")).await.expect("a token");
    let again = auth.create_api_token(token_of(ADMIN, "laptop")).await.expect_err("the name is taken");
    assert!(again.is_taken());
    assert!(auth.api_token(token.reveal(), DEFAULT_PROJECT).await.expect("read").is_some());
    let accounts = store.accounts();
    let labels: Vec<String> =
        accounts.api_tokens().await.expect("read").into_iter().map(|token| token.label).collect();
    assert_eq!(labels, ["laptop"]);
    let caller = auth.api_token(token.reveal(), DEFAULT_PROJECT).await.expect("read").expect("it is one");
    let Proof::ApiToken { digest, .. } = caller.proof else { panic!("it is an API token") };
    assert!(auth.revoke_api_token(ADMIN, "laptop").await.expect("done"));
    // What one server tells the others comes back to it, too.
    while ended.recv().await.expect("told") != digest {}
    assert!(!auth.revoke_api_token(ADMIN, "laptop").await.expect("done"));
    assert_eq!(auth.api_token(token.reveal(), DEFAULT_PROJECT).await.expect("read"), None);
}

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti me@laptop";

async fn ssh_keys_are_the_same_on_every_database(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let (auth, accounts) = (auth(&store, 1), store.accounts());
    auth.begin().await.expect("begun");
    let key = PublicKeyText::parse(KEY).expect("a key");
    let added = auth.add_ssh_key(ADMIN, key.clone(), "laptop".to_owned()).await.expect("added");
    let again = auth.add_ssh_key(ADMIN, key.clone(), "desk".to_owned()).await.expect_err("it is there");
    assert!(again.is_taken());
    assert_eq!(auth.ssh_keys(ADMIN).await.expect("read"), [added]);
    assert_eq!(auth.ssh_keys("nobody").await.expect("read"), []);
    let owner = accounts.ssh_key_owner(&key.fingerprint).await.expect("read");
    assert_eq!(owner.as_deref(), Some(ADMIN));
    let removed = accounts.ssh_key_removed(key.fingerprint.clone());
    assert!(!auth.remove_ssh_key("nobody", "laptop").await.expect("done"));
    assert!(auth.remove_ssh_key(ADMIN, "laptop").await.expect("done"));
    tokio::time::timeout(Duration::from_secs(20), removed).await.expect("told");
    assert!(!auth.remove_ssh_key(ADMIN, "laptop").await.expect("done"));
    assert_eq!(accounts.ssh_key_owner(&key.fingerprint).await.expect("read"), None);
}

async fn hosts_are_the_same_on_every_database(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let hosts = store.hosts();
    let host = HostRecord {
        name: "gpu-2".to_owned(),
        address: "ada@[fe80::1]:2222".parse().expect("an address"),
        jumps: vec!["ada@bastion:22".parse().expect("an address")],
        private_key: Some("sealed1:AAAA".to_owned()),
        engine: Some("/run/podman/podman.sock".to_owned()),
        pool: Some("team".to_owned()),
        host_keys: [("bastion:22".to_owned(), "ssh-ed25519 AAAA".to_owned())].into(),
        added_by: ADMIN.to_owned(),
        added_at: T0,
    };
    let plain = HostRecord {
        name: "gpu-1".to_owned(),
        jumps: Vec::new(),
        private_key: None,
        engine: None,
        pool: None,
        host_keys: Default::default(),
        ..host.clone()
    };
    assert_eq!(hosts.all().await, Ok(Vec::new()));
    for host in [&host, &plain] {
        assert_eq!(hosts.add(host).await, Ok(()));
    }
    assert_eq!(hosts.add(&plain).await, Err(BookError::Taken));
    assert_eq!(hosts.all().await, Ok(vec![plain, host.clone()]), "by name");
    assert_eq!(hosts.remove("gpu-1").await, Ok(true));
    assert_eq!(hosts.remove("gpu-1").await, Ok(false));
    assert_eq!(hosts.all().await, Ok(vec![host]));
}

async fn secrets_are_the_same_on_every_database(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let secrets = store.secrets();
    let record = |name: &str, sealed: &str, set_at| SecretRecord {
        secret: Secret { name: name.to_owned(), set_by: ADMIN.to_owned(), set_at },
        sealed: sealed.to_owned(),
    };
    let (first, second) = (record("hub", "sealed1:AAAA", T0), record("Wandb", "sealed1:BBBB", T0));
    assert_eq!(secrets.all().await, Ok(Vec::new()));
    for record in [&first, &second] {
        assert_eq!(secrets.set(record).await, Ok(()));
    }
    assert_eq!(secrets.all().await, Ok(vec![second.clone(), first]), "by the letters of their names");
    let newer = record("hub", "sealed1:CCCC", T0.plus_seconds(1));
    assert_eq!(secrets.set(&newer).await, Ok(()));
    assert_eq!(secrets.all().await, Ok(vec![second, newer]));
    assert_eq!(secrets.remove("hub").await, Ok(true));
    assert_eq!(secrets.remove("hub").await, Ok(false));
}

#[tokio::test]
async fn a_session_that_ends_on_one_server_ends_on_the_others() {
    let Some(bed) = Bed::postgres().await else { return };
    let ((one, _one), (server_two, _two)) = (server(&bed).await, server(&bed).await);
    let (one, two) = (auth(&one, 1), auth(&server_two, 2));
    one.begin().await.expect("begun");
    let token = two.login_token(ADMIN).await.expect("a token");
    let (session, _) = one.log_in(link(token.reveal()), HOME).await.expect("in");
    let caller =
        two.session(session.reveal(), DEFAULT_PROJECT, HOME).await.expect("read").expect("known there too");
    let Proof::Session { digest, .. } = caller.proof else { panic!("it is a session") };
    let mut ended = two.ended_sessions();
    one.log_out(&digest).await.expect("out");
    let told = tokio::time::timeout(Duration::from_secs(20), ended.recv()).await.expect("within reason");
    assert_eq!(told.expect("told"), digest);

    let token = two.create_api_token(token_of(ADMIN, "laptop")).await.expect("a token");
    let caller = two.api_token(token.reveal(), DEFAULT_PROJECT).await.expect("read").expect("it is one");
    let Proof::ApiToken { digest, .. } = caller.proof else { panic!("it is an API token") };
    let over = two.api_token_ended(digest);
    one.revoke_api_token(ADMIN, "laptop").await.expect("revoked");
    tokio::time::timeout(Duration::from_secs(20), over).await.expect("within reason");

    let key = PublicKeyText::parse(KEY).expect("a key");
    two.add_ssh_key(ADMIN, key.clone(), "laptop".to_owned()).await.expect("added");
    let removed = server_two.accounts().ssh_key_removed(key.fingerprint);
    one.remove_ssh_key(ADMIN, "laptop").await.expect("removed");
    tokio::time::timeout(Duration::from_secs(20), removed).await.expect("within reason");
}

/// A log of numbered lines, given out in pieces of some lines.
struct Lines {
    lines: Vec<LogLine>,
    piece: usize,
}

impl Lines {
    fn new(count: usize, piece: usize) -> Self {
        let line = |n| LogLine::new(T0, LogSource::Stdout, format!("line {n}"));
        Self { lines: (0..count).map(line).collect(), piece }
    }

    /// The bytes of a record: its time, its source, its text, and what is between them.
    fn size(line: &LogLine) -> u64 {
        (line.at.0.to_string().len() + line.text.len() + 4) as u64
    }
}

#[async_trait]
impl Environment for Lines {
    async fn logs(&self, after: u64) -> Result<LogChunk, ProviderError> {
        let mut offset = 0;
        let mut left = self.lines.iter();
        while offset < after {
            offset += left.next().map_or(u64::MAX - offset, Self::size);
        }
        let lines: Vec<LogLine> = left.take(self.piece).cloned().collect();
        let next_offset = offset + lines.iter().map(Self::size).sum::<u64>();
        Ok(LogChunk { offset, next_offset, complete: false, lines })
    }

    async fn start(&self, _: &JobSpec) -> Result<(), ProviderError> {
        unreachable!("only its log is asked for")
    }

    async fn observe(&self) -> Result<JobObservation, ProviderError> {
        unreachable!("only its log is asked for")
    }

    async fn stop(&self, _: u32) -> Result<(), ProviderError> {
        unreachable!("only its log is asked for")
    }

    async fn stats(&self) -> Result<Usage, ProviderError> {
        unreachable!("only its log is asked for")
    }

    async fn exec(&self, _: &ExecSpec) -> Result<Exec, ProviderError> {
        unreachable!("only its log is asked for")
    }

    async fn dial(&self, _: u16) -> Result<ByteStream, ProviderError> {
        unreachable!("only its log is asked for")
    }

    async fn open_terminal(&self, _: TerminalId, _: TerminalSize) -> Result<(), ProviderError> {
        unreachable!("only its log is asked for")
    }

    async fn terminals(&self) -> Result<Vec<TerminalInfo>, ProviderError> {
        unreachable!("only its log is asked for")
    }

    async fn attach_terminal(&self, _: TerminalId, _: Option<u64>) -> Result<Attached, ProviderError> {
        unreachable!("only its log is asked for")
    }
}

/// Everything from `after` on.
async fn read(archive: &Arc<dyn LogArchive>, mut after: u64) -> io::Result<Vec<String>> {
    let mut texts = Vec::new();
    loop {
        let chunk = archive.read(run_id(1), after).await?;
        assert!(chunk.next_offset > after || chunk.complete, "{chunk:?}");
        after = chunk.next_offset;
        texts.extend(chunk.lines.into_iter().map(|line| line.text));
        if chunk.complete {
            return Ok(texts);
        }
    }
}

async fn a_log_is_read_at_the_offsets_it_had(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let archive = store.log_archive();
    let nothing = archive.read(run_id(1), 5).await.expect("read");
    assert_eq!(nothing, LogChunk { offset: 5, next_offset: 5, complete: true, lines: Vec::new() });

    archive.keep(run_id(1), &Lines::new(30, 7)).await.expect("kept");
    archive.keep(run_id(1), &Lines::new(50, 11)).await.expect("what is new is kept");
    archive.keep(run_id(1), &Lines::new(50, 11)).await.expect("nothing is new");
    let all = Lines::new(50, 50);
    let texts: Vec<String> = all.lines.iter().map(|line| line.text.clone()).collect();
    assert_eq!(read(&archive, 0).await.expect("read"), texts);
    // From the beginning of each line, and from its middle, where the next one is meant.
    let mut offset = 0;
    for (n, line) in all.lines.iter().enumerate() {
        assert_eq!(read(&archive, offset).await.expect("read"), texts[n..], "from {offset}");
        assert_eq!(read(&archive, offset + 3).await.expect("read"), texts[n + 1..], "from within {n}");
        offset += Lines::size(line);
    }
    assert_eq!(read(&archive, offset).await.expect("read"), [""; 0]);
    let beyond = archive.read(run_id(1), 1 << 53).await.expect("read");
    assert_eq!(beyond, LogChunk { offset, next_offset: offset, complete: true, lines: Vec::new() });
    archive.remove(run_id(1)).await.expect("removed");
    archive.remove(run_id(1)).await.expect("nothing happens");
    assert_eq!(read(&archive, 0).await.expect("read"), [""; 0]);
}
