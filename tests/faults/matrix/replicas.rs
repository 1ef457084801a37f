//! Three servers on one PostgreSQL database, of which one dies; the database killed, cut off, slow and full.

use std::{path::Path, process::Command, sync::Arc, thread, time::Duration};

use berth::store::Address;
use berth_shared::api::RunStatus;
use berth_tests::{
    clouds::Clouds,
    proxy::{Mode, Proxy},
    server::Server,
};

use super::{
    Life, QUICK, each, end,
    keeper::{Keeper, Plan},
    live, lives,
    person::{Person, patiently},
    postgres::Postgres,
};
use crate::shared::cluster;

/// Servers that share a database, each with somebody who watches over it.
struct Replicas {
    clouds: Clouds,
    servers: Vec<Arc<Server>>,
    keepers: Vec<Keeper>,
    session: String,
    database: String,
}

impl Replicas {
    /// Three; the first dies as planned. They reach the database at `url`; `direct` is its address for this test.
    fn start(url: &str, direct: &str, plan: Plan) -> Self {
        let clouds = lives::clouds();
        let options = ["--database-url", url, "--simulated-clouds", clouds.address()];
        let servers: Vec<Arc<Server>> = (0..3)
            .map(|_| {
                let mut server = Server::start_with(&options);
                server.terminate();
                Arc::new(server)
            })
            .collect();
        let session = servers[0].session().to_owned();
        let plans = [plan, Plan::Lives, Plan::Lives];
        let keep = |(server, plan): (&Arc<Server>, Plan)| {
            let server = Arc::clone(server);
            Keeper::start(move || server.command(), plan)
        };
        let keepers = servers.iter().zip(plans).map(keep).collect();
        Self { clouds, servers, keepers, session, database: direct.to_owned() }
    }

    fn addresses(&self) -> Vec<String> {
        self.servers.iter().map(|server| server.address().to_owned()).collect()
    }

    /// Somebody who asks all of them in turn.
    fn person(&self) -> Person {
        Person::new(self.addresses(), &self.session)
    }

    /// Somebody who asks one of them.
    fn person_at(&self, at: usize) -> Person {
        Person::new(vec![self.addresses()[at].clone()], &self.session)
    }

    fn live(&self, lives: &[Life]) {
        let (addresses, session) = (self.addresses(), &self.session);
        live(lives, &self.clouds, || Person::new(addresses.clone(), session));
    }

    /// Waits for the end, stops the servers, and holds what is written down against what happened. Gives how often the first
    /// has died.
    fn end(self) -> usize {
        let bills = end::none_left(&self.clouds);
        let deaths = self.keepers[0].deaths();
        drop(self.keepers);
        let folder = tempfile::tempdir().expect("a folder");
        end::check(folder.path(), &Address::Postgres(self.database), &bills);
        deaths
    }

    /// Asks each server something, all at once: one whose database is away takes its time to say so.
    fn each(&self, ask: impl Fn(&Person) + Sync) {
        thread::scope(|scope| {
            for at in 0..self.servers.len() {
                let (person, ask) = (self.person_at(at), &ask);
                scope.spawn(move || ask(&person));
            }
        });
    }

    /// Waits until every server says this about its readiness.
    fn wait_ready(&self, ready: bool) {
        self.each(|person| {
            let mut last = String::new();
            patiently(|| {
                let answer = person.once("GET", "/readyz", None);
                last = format!("{answer:?}");
                answer.is_ok_and(|(status, _)| status == if ready { 200 } else { 503 }).then_some(())
            })
            .unwrap_or_else(|| panic!("it does not become ready = {ready}: {last}"));
        });
    }

    /// Every server says that it cannot be done now, in words, and that it is not ready.
    fn assert_regrets(&self, how: &str) {
        self.wait_ready(false);
        self.each(|person| {
            let (status, value) = person.once("GET", "/runs", None).expect("the server answers");
            assert_eq!(status, 503, "{how}: {value}");
            let words = value["detail"].as_str().unwrap_or_default();
            assert!(words.contains("database") || words.contains("PostgreSQL"), "{how}: {value}");
        });
    }
}

#[test]
fn a_replica_that_dies_leaves_nothing_undone() {
    let Some(cluster) = cluster::Cluster::get() else { return };
    let points = [
        "commit.before#4",
        "commit.after#6",
        "call.create.after",
        "call.start.after",
        "call.terminate.before",
        "lease.after#3",
    ];
    each(&points, |point| {
        let database = cluster.copy("template0");
        let replicas = Replicas::start(&database.url, &database.url, Plan::ForGood((*point).to_owned()));
        replicas.live(&QUICK);
        // Others may have done it all: it is asked for until the one has died.
        let person = replicas.person();
        for more in 0..40 {
            if replicas.keepers[0].deaths() > 0 {
                break;
            }
            lives::another(&person, &format!("more-{more}"));
        }
        assert_eq!(replicas.end(), 1, "the point was come to: {point}");
        eprintln!("three replicas, {point}: right");
    });
}

#[test]
fn a_database_that_is_killed_under_load_and_started_again_costs_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let Some(postgres) = Postgres::start_in(folder.path()) else { return };
    let replicas = Replicas::start(&postgres.url(), &postgres.url(), Plan::Lives);
    replicas.wait_ready(true);
    thread::scope(|scope| {
        scope.spawn(|| replicas.live(&QUICK));
        for pause in [1500, 3000, 800] {
            thread::sleep(Duration::from_millis(pause));
            postgres.kill();
            replicas.assert_regrets("PostgreSQL was killed");
            postgres.start();
            replicas.wait_ready(true);
        }
    });
    lives::another(&replicas.person(), "afterwards");
    replicas.end();
}

#[test]
fn a_database_that_is_cut_off_silent_slow_or_refused_costs_nothing() {
    let Some(cluster) = cluster::Cluster::get() else { return };
    let ways = [Mode::Cut, Mode::BlackHole, Mode::Refused, Mode::Slow(Duration::from_millis(200))];
    each(&ways, |&mode| {
        let database = cluster.copy("template0");
        let (_, socket) = database.url.split_once("host=").expect("the address names a folder");
        let proxy = Proxy::start(Path::new(socket).join(".s.PGSQL.5432"));
        let name = database.url.split(['/', '?']).nth(3).expect("the address names a database");
        let url = format!("postgres://postgres@{}/{name}", proxy.address());
        let replicas = Replicas::start(&url, &database.url, Plan::Lives);
        replicas.wait_ready(true);
        thread::scope(|scope| {
            scope.spawn(|| replicas.live(&QUICK));
            for pause in [1500, 2500] {
                thread::sleep(Duration::from_millis(pause));
                proxy.set(mode);
                match mode {
                    Mode::Slow(_) => thread::sleep(Duration::from_secs(10)),
                    mode => {
                        replicas.assert_regrets(&format!("{mode:?}"));
                        thread::sleep(Duration::from_secs(2));
                    }
                }
                proxy.set(Mode::Open);
                replicas.wait_ready(true);
            }
        });
        lives::another(&replicas.person(), "afterwards");
        replicas.end();
        eprintln!("three replicas, {mode:?}: right");
    });
}

/// A small file system in memory; gone with it. `None` where this process may not mount.
struct Small(tempfile::TempDir);

impl Small {
    fn mount(megabytes: u32) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=777"), "tmpfs"]).arg(folder.path());
        let mounted = mount.output().is_ok_and(|output| output.status.success());
        if !mounted {
            eprintln!("skipped: only root may mount a small file system");
        }
        mounted.then(|| Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Leaves no room, until the file is removed.
    fn fill(&self) {
        let mut file = std::fs::File::create(self.path().join("ballast")).expect("a file");
        let block = vec![1; 4096];
        while std::io::Write::write_all(&mut file, &block).is_ok() {}
    }

    fn free(&self) {
        std::fs::remove_file(self.path().join("ballast")).expect("the file is there");
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// Asks to submit, until that is refused for want of room; gives the words. `asked` is added to: what was asked for, and may
/// have been accepted.
fn refused_for_want_of_room(person: &Person, asked: &mut Vec<String>) -> String {
    patiently(|| {
        let name = format!("full-{}", asked.len() + 1);
        asked.push(name.clone());
        let body = serde_json::json!({ "name": name, "configuration": lives::ordinary() });
        match person.once("POST", "/runs", Some(&body)) {
            Ok((503, value)) => Some(value["detail"].as_str().unwrap_or_default().to_owned()),
            Ok((status, value)) => {
                assert!(status < 300 || status == 429, "{status}: {value}");
                None
            }
            Err(_) => None,
        }
    })
    .expect("it becomes full")
}

/// What was accepted in spite of all is ended like anything else.
fn end_what_was_accepted(person: &Person, asked: &[String]) {
    for name in asked.iter().filter(|name| person.run(name).is_some()) {
        person.stop(name);
        person.wait_for(name, RunStatus::Terminated);
    }
}

#[test]
fn a_full_disk_under_sqlite_costs_nothing() {
    let Some(small) = Small::mount(48) else { return };
    let clouds = lives::clouds();
    let mut home = Server::start_in(small.path(), &["--simulated-clouds", clouds.address()]);
    home.kill();
    let (session, address) = (home.session().to_owned(), home.address().to_owned());
    let server = Arc::new(home);
    let kept = Arc::clone(&server);
    let keeper = Keeper::start(move || kept.command(), Plan::Lives);
    let person = Person::new(vec![address.clone()], &session);
    let mut asked = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| live(&QUICK, &clouds, || Person::new(vec![address.clone()], &session)));
        for _ in 0..2 {
            thread::sleep(Duration::from_millis(1500));
            small.fill();
            let words = refused_for_want_of_room(&person, &mut asked);
            assert!(words.contains("disk is full"), "{words}");
            thread::sleep(Duration::from_secs(2));
            small.free();
        }
    });
    end_what_was_accepted(&person, &asked);
    let bills = end::none_left(&clouds);
    assert_eq!(keeper.deaths(), 0, "a full disk is no reason to die");
    drop(keeper);
    end::check(server.data_dir(), &Address::DataDirectory, &bills);
}

#[test]
fn a_full_disk_under_postgresql_costs_nothing() {
    let Some(small) = Small::mount(160) else { return };
    let Some(postgres) = Postgres::start_in(small.path()) else { return };
    let replicas = Replicas::start(&postgres.url(), &postgres.url(), Plan::Lives);
    replicas.wait_ready(true);
    let mut asked = Vec::new();
    thread::scope(|scope| {
        scope.spawn(|| replicas.live(&QUICK));
        for _ in 0..2 {
            thread::sleep(Duration::from_millis(1500));
            small.fill();
            let words = refused_for_want_of_room(&replicas.person(), &mut asked);
            assert!(
                words.contains("full") || words.contains("PostgreSQL") || words.contains("database"),
                "{words}"
            );
            thread::sleep(Duration::from_secs(2));
            small.free();
            // It gives up when it has no room for its log; whoever watches over it starts it again.
            if !postgres.runs() {
                postgres.start();
            }
            replicas.wait_ready(true);
        }
    });
    end_what_was_accepted(&replicas.person(), &asked);
    replicas.end();
}
