//! People, their passwords, sessions and tokens on either database.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use berth_shared::{
    api::{DEFAULT_PROJECT, LoginRequest, PasswordLogin, Role},
    time::Timestamp,
};
use rand::{SeedableRng, rngs::StdRng};

use super::{
    Bed,
    kept::{HOME, link, server, token_of},
    sample::T0,
};
use crate::{
    auth::{
        ADMIN, Auth, Caller, LoginError, NewApiToken, PersonError, PublicKeyText, SetPasswordError, Visit,
    },
    clock::Clock,
    store::Store,
};

mod changes {
    use super::*;

    super::super::tests_on!(sqlite people_are_the_same_on_every_database);
    super::super::tests_on!(postgres people_are_the_same_on_every_database);
}

mod passwords {
    use super::*;

    super::super::tests_on!(sqlite passwords_are_the_same_on_every_database);
    super::super::tests_on!(postgres passwords_are_the_same_on_every_database);
}

mod seen {
    use super::*;

    super::super::tests_on!(sqlite who_was_there_when_is_the_same_on_every_database);
    super::super::tests_on!(postgres who_was_there_when_is_the_same_on_every_database);
}

mod tokens {
    use super::*;

    super::super::tests_on!(sqlite limits_of_tokens_are_the_same_on_every_database);
    super::super::tests_on!(postgres limits_of_tokens_are_the_same_on_every_database);
}

mod last {
    use super::*;

    super::super::tests_on!(sqlite admins_who_demote_each_other_at_once_leave_one);
    super::super::tests_on!(postgres admins_who_demote_each_other_at_once_leave_one);
}

/// Seconds since the beginning.
#[derive(Default)]
struct Passing(AtomicI64);

impl Clock for Passing {
    fn now(&self) -> Timestamp {
        T0.plus_seconds(self.0.load(Ordering::Relaxed))
    }
}

impl Passing {
    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}

fn auth(store: &Store) -> (Auth, Arc<Passing>) {
    let clock = Arc::new(Passing::default());
    (Auth::new(store.accounts(), clock.clone(), StdRng::seed_from_u64(1)), clock)
}

fn password(name: &str, password: &str) -> LoginRequest {
    LoginRequest::Password(PasswordLogin { name: name.to_owned(), password: password.to_owned() })
}

/// Comes in by a new link.
async fn come_in(auth: &Auth, name: &str) -> (String, Caller) {
    let token = auth.login_token(name).await.expect("a link");
    let (session, _) = auth.log_in(link(token.reveal()), HOME).await.expect("in");
    let caller =
        auth.session(session.reveal(), DEFAULT_PROJECT, HOME).await.expect("read").expect("it is one");
    (session.reveal().to_owned(), caller)
}

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti me@laptop";

async fn people_are_the_same_on_every_database(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let (auth, _) = auth(&store);
    auth.begin().await.expect("begun");
    let names = async || -> Vec<(String, Role)> {
        auth.people().await.expect("read").into_iter().map(|person| (person.name, person.role)).collect()
    };
    assert_eq!(names().await, [(ADMIN.to_owned(), Role::Admin)]);
    assert!(matches!(auth.invite("Ann B", Role::Member).await, Err(PersonError::Name)));
    let (ann, token, _) = auth.invite("ann", Role::Viewer).await.expect("invited");
    assert_eq!((ann.role, ann.has_password, ann.last_seen_at), (Role::Viewer, false, None));
    assert!(matches!(auth.invite("ann", Role::Admin).await, Err(PersonError::Taken(_))));
    // Another link takes the place of the first.
    let (_, second, _) = auth.link("ann").await.expect("a link");
    assert!(matches!(auth.log_in(link(token.reveal()), HOME).await, Err(LoginError::Invalid)));
    let (session, user) = auth.log_in(link(second.reveal()), HOME).await.expect("in");
    assert_eq!(user.role, Role::Viewer);
    assert!(matches!(auth.link("bob").await, Err(PersonError::NotFound(_))));

    // A role counts from the next question on, and whoever listens is told.
    let mut changes = store.accounts().person_changes("ann");
    assert_eq!(auth.set_role("ann", Role::Manager).await.expect("changed").role, Role::Manager);
    tokio::time::timeout(std::time::Duration::from_secs(20), changes.next()).await.expect("told");
    let caller =
        auth.session(session.reveal(), DEFAULT_PROJECT, HOME).await.expect("read").expect("it is one");
    assert_eq!(caller.role, Role::Manager);
    assert!(matches!(auth.set_role("bob", Role::Viewer).await, Err(PersonError::NotFound(_))));

    // The last admin stays one.
    assert!(matches!(auth.set_role(ADMIN, Role::Manager).await, Err(PersonError::LastAdmin(_))));
    assert!(matches!(auth.remove_person(ADMIN).await, Err(PersonError::LastAdmin(_))));
    assert_eq!(auth.set_role(ADMIN, Role::Admin).await.expect("nothing changes").role, Role::Admin);
    auth.set_role("ann", Role::Admin).await.expect("changed");
    auth.remove_person(ADMIN).await.expect("there is another");
    assert_eq!(names().await, [("ann".to_owned(), Role::Admin)]);
    auth.begin().await.expect("begun again");
    assert_eq!(names().await, [("ann".to_owned(), Role::Admin)], "nobody is made up while there is an admin");
    assert_eq!(auth.first_admin().await.expect("read"), "ann");

    // Whoever goes takes along all by which they came in.
    auth.invite("bob", Role::Member).await.expect("invited");
    let (session, caller) = come_in(&auth, "bob").await;
    let token = auth.create_api_token(token_of("bob", "laptop")).await.expect("a token");
    let key = PublicKeyText::parse(KEY).expect("a key");
    auth.add_ssh_key("bob", key.clone(), "laptop".to_owned()).await.expect("added");
    let removed = store.accounts().ssh_key_removed(key.fingerprint.clone());
    let barred = auth.may_no_longer(&caller, berth_shared::policy::Action::Work, "bob".to_owned());
    let mut ended = auth.ended_sessions();
    auth.remove_person("bob").await.expect("removed");
    let crate::auth::Proof::Session { digest, .. } = caller.proof else { panic!("it is a session") };
    while ended.recv().await.expect("told") != digest {}
    let reason = std::time::Duration::from_secs(20);
    tokio::time::timeout(reason, async { tokio::join!(removed, barred) }).await.expect("told");
    assert_eq!(auth.session(&session, DEFAULT_PROJECT, HOME).await.expect("read"), None);
    assert_eq!(auth.api_token(token.reveal(), DEFAULT_PROJECT).await.expect("read"), None);
    assert_eq!(auth.ssh_key_owner(&key.fingerprint).await.expect("read"), None);
    assert!(matches!(auth.remove_person("bob").await, Err(PersonError::NotFound(_))));
}

async fn passwords_are_the_same_on_every_database(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let (auth, clock) = auth(&store);
    auth.begin().await.expect("begun");
    let (first, caller) = come_in(&auth, ADMIN).await;
    let (other, _) = come_in(&auth, ADMIN).await;
    let enter =
        async |name: &str, word: &str| auth.log_in(password(name, word), HOME).await.map(|(_, user)| user);
    for (name, word) in [(ADMIN, "correct horse"), ("nobody", "correct horse"), ("No Name", "correct horse")]
    {
        assert!(matches!(enter(name, word).await, Err(LoginError::Wrong)), "{name}");
    }
    let set = async |caller: &Caller, current: Option<&str>, new: &str| {
        auth.set_password(caller, current.map(str::to_owned), new.to_owned()).await
    };
    assert!(matches!(set(&caller, None, "too short").await, Err(SetPasswordError::Invalid(_))));
    set(&caller, None, "correct horse").await.expect("set");
    // It ends all sessions but the one that did it.
    assert!(auth.session(&first, DEFAULT_PROJECT, HOME).await.expect("read").expect("it stays").has_password);
    assert_eq!(auth.session(&other, DEFAULT_PROJECT, HOME).await.expect("read"), None);
    assert!(enter(ADMIN, "correct horse").await.expect("in").has_password);
    assert!(matches!(enter(ADMIN, "correct horsf").await, Err(LoginError::Wrong)));

    // Within the hour a link is as good as the password, and then no longer.
    set(&caller, None, "battery staple").await.expect("set");
    clock.pass(3600);
    assert!(matches!(set(&caller, None, "correct horse").await, Err(SetPasswordError::Needed)));
    assert!(matches!(
        set(&caller, Some("correct horse"), "correct horse").await,
        Err(SetPasswordError::Wrong)
    ));
    set(&caller, Some("battery staple"), "correct horse").await.expect("set");
    let (session, _) = auth.log_in(password(ADMIN, "correct horse"), HOME).await.expect("in");
    let caller =
        auth.session(session.reveal(), DEFAULT_PROJECT, HOME).await.expect("read").expect("it is one");
    assert!(matches!(set(&caller, None, "battery staple").await, Err(SetPasswordError::Needed)));
}

async fn who_was_there_when_is_the_same_on_every_database(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let (auth, clock) = auth(&store);
    auth.begin().await.expect("begun");
    let (session, caller) = come_in(&auth, ADMIN).await;
    let away = Visit { address: std::net::IpAddr::from([10, 0, 0, 7]), agent: "a\nbrowser" };
    let seen = async || {
        let sessions = auth.sessions(&caller).await.expect("read");
        let person = auth.person(ADMIN).await.expect("there");
        let session = sessions.into_iter().next().expect("one");
        let since = |at: Timestamp| at.millis_since(T0) / 1000;
        (since(session.last_seen_at), person.last_seen_at.map(since), session.address, session.agent)
    };
    let expected = |at, address: &str, agent: &str| (at, Some(at), address.to_owned(), agent.to_owned());
    assert_eq!(seen().await, expected(0, "127.0.0.1", "a test"));
    // No more than once a minute.
    clock.pass(59);
    auth.session(&session, DEFAULT_PROJECT, away).await.expect("read").expect("it is one");
    assert_eq!(seen().await, expected(0, "127.0.0.1", "a test"));
    clock.pass(1);
    auth.session(&session, DEFAULT_PROJECT, away).await.expect("read").expect("it is one");
    assert_eq!(seen().await, expected(60, "10.0.0.7", "abrowser"));

    let (_, later) = come_in(&auth, ADMIN).await;
    let sessions = auth.sessions(&later).await.expect("read");
    assert_eq!(sessions.iter().filter(|session| session.current).count(), 1);
    let other = sessions.iter().find(|session| !session.current).expect("the first");
    assert!(!auth.end_session("nobody", &other.id).await.expect("done"), "it is not theirs");
    assert!(auth.end_session(ADMIN, &other.id).await.expect("done"));
    assert!(!auth.end_session(ADMIN, &other.id).await.expect("done"));
    assert_eq!(auth.session(&session, DEFAULT_PROJECT, HOME).await.expect("read"), None);
}

async fn limits_of_tokens_are_the_same_on_every_database(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let (auth, clock) = auth(&store);
    auth.begin().await.expect("begun");
    auth.invite("ann", Role::Manager).await.expect("invited");
    let new = |label, role, seconds: Option<i64>| NewApiToken {
        user: "ann",
        label,
        role,
        expires_at: seconds.map(|seconds| T0.plus_seconds(seconds)),
    };
    let all = auth.create_api_token(new("all", None, None)).await.expect("made");
    let few = auth.create_api_token(new("few", Some(Role::Member), None)).await.expect("made");
    let more = auth.create_api_token(new("more", Some(Role::Admin), None)).await.expect("made");
    let short = auth.create_api_token(new("short", None, Some(60))).await.expect("made");
    let by = async |token: &crate::auth::Secret| {
        let caller = auth.api_token(token.reveal(), DEFAULT_PROJECT).await.expect("read")?;
        let crate::auth::Proof::ApiToken { is_limited, .. } = caller.proof else { panic!("it is a token") };
        Some((caller.role, is_limited))
    };
    assert_eq!(by(&all).await, Some((Role::Manager, false)));
    assert_eq!(by(&few).await, Some((Role::Member, true)));
    assert_eq!(by(&more).await, Some((Role::Manager, false)), "no more than its owner may");
    assert_eq!(by(&short).await, Some((Role::Manager, true)));
    auth.set_role("ann", Role::Viewer).await.expect("changed");
    for token in [&all, &few, &more, &short] {
        assert_eq!(by(token).await.map(|(role, _)| role), Some(Role::Viewer));
    }
    clock.pass(60);
    assert_eq!(by(&short).await, None);
    let taken = auth.create_api_token(new("all", None, None)).await.expect_err("it is there");
    assert!(taken.is_taken());
    auth.create_api_token(new("short", None, Some(120))).await.expect("the old one makes room");
    let listed: Vec<_> = auth
        .api_tokens("ann")
        .await
        .expect("read")
        .into_iter()
        .map(|token| (token.label, token.role))
        .collect();
    let listed: Vec<_> = listed.iter().map(|(label, role)| (label.as_str(), *role)).collect();
    assert_eq!(
        listed,
        [("all", None), ("few", Some(Role::Member)), ("more", Some(Role::Admin)), ("short", None)]
    );
    let used =
        auth.api_tokens("ann").await.expect("read").into_iter().map(|token| token.last_used_at.is_some());
    assert_eq!(used.collect::<Vec<_>>(), [true, true, true, false]);
}

async fn admins_who_demote_each_other_at_once_leave_one(bed: Bed) {
    let (store, _folder) = server(&bed).await;
    let (auth, _) = auth(&store);
    auth.begin().await.expect("begun");
    auth.invite("ann", Role::Admin).await.expect("invited");
    for _ in 0..10 {
        let (one, two) = tokio::join!(auth.set_role(ADMIN, Role::Member), auth.set_role("ann", Role::Member));
        let refused = [one.is_err(), two.is_err()];
        assert_eq!(refused.iter().filter(|refused| **refused).count(), 1, "{one:?} {two:?}");
        for name in [ADMIN, "ann"] {
            auth.set_role(name, Role::Admin).await.expect("changed");
        }
    }
}
