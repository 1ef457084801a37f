//! A log of very many events, in a real file: read, and forgotten while others write.
//!
//! 100,000 events unless `BERTH_TEST_EVENTS` says otherwise; `--no-capture` shows how long each part took. What other
//! machines are too slow for is not asserted: only which rows are looked at, who waits for whom, and that room is used again.

use std::{
    env,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use berth_shared::{
    api::{DEFAULT_PROJECT, RunId, RunStatus, Subject},
    time::Timestamp,
};
use sqlx::{AssertSqlSafe, PgPool, Row};
use tokio::time::sleep;
use uuid::Uuid;

use super::{
    Bed, commit,
    sample::{T0, at, event_at, instance, run, source, submission},
};
use crate::{
    clock::{Clock, SystemClock},
    store::{Change, Storage, open::Database, postgres, sqlite},
};

#[tokio::test]
async fn a_long_log_in_a_file_is_read_and_forgotten_while_others_write() {
    let Bed::Sqlite { store, _folder } = Bed::sqlite().await.expect("there is always SQLite") else { return };
    let Database::Sqlite(sqlite) = &store.database else { return };
    let log = Log::Sqlite(sqlite.clone());
    check(&log, store.storage()).await;
}

#[tokio::test]
async fn a_long_log_in_postgresql_is_read_and_forgotten_while_others_write() {
    let Some(bed) = Bed::postgres().await else { return };
    let Bed::Postgres(database) = &bed else { return };
    let log = Log::Postgres(PgPool::connect(&database.url).await.expect("it opens"));
    check(&log, bed.store().await).await;
}

/// Events of each run.
const PER_RUN: u64 = 20;
/// Runs that happen at the same time.
const TOGETHER: u64 = 500;
/// Events that are filled in at once.
const ROUND: u64 = PER_RUN * TOGETHER;
/// Of so many runs one is active.
const ACTIVE: u64 = 2000;
/// As the orchestrator forgets.
const BATCH: u32 = 5000;
/// Rounds that are not old when the others are forgotten.
const RECENT: u64 = 3;

async fn check(log: &Log, store: Arc<dyn Storage>) {
    let all = env::var("BERTH_TEST_EVENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000_u64);
    let rounds = (all / ROUND).max(RECENT + 2);
    let all = rounds * ROUND;
    let begun = now();
    commit(&store, Change { source: Some(source()), ..submission(1, "fox") }).await;
    commit(&store, Change { instances: vec![instance(1, "cloud")], ..Change::default() }).await;
    let first = store.newest().await.expect("read") + 1;
    for round in 0..rounds {
        log.fill(first + round * ROUND, round).await;
    }
    say(&format!("{all} events filled in"), begun);
    println!("{:<52} {:>9} MB", "the file", log.bytes().await / 1_000_000);

    let last = first + all - 1;
    assert_eq!(store.newest().await.expect("read"), last);
    reads(log, &store, first..last + 1).await;
    let before = log.bytes().await;

    let gone = forget(&store, at((rounds - RECENT) as i64)).await;
    let active = (rounds - RECENT).div_ceil(ACTIVE / TOGETHER);
    assert_eq!(gone, (rounds - RECENT) * ROUND - active * PER_RUN);
    log.plans().await;
    reads(log, &store, last + 1 - RECENT * ROUND..last + 1).await;
    let begun = now();
    for _ in 0..20 {
        assert_eq!(store.forget_events(at(0), BATCH).await.expect("done"), 0);
    }
    say("nothing to forget, 20 times", begun);

    log.clean().await;
    // The next ones go where the old ones were.
    let next = store.newest().await.expect("read") + 1;
    for round in rounds..rounds + rounds / 2 {
        log.fill(next + (round - rounds) * ROUND, round).await;
    }
    let after = log.bytes().await;
    println!("{:<52} {:>9} MB", "the file, when half as many have come again", after / 1_000_000);
    assert!(after <= before + before / 20, "{before} bytes before, {after} after");
}

/// Pages, a snapshot, and runs with their events.
async fn reads(log: &Log, store: &Arc<dyn Storage>, events: Range<u64>) {
    for (what, after) in [
        ("a page of 1000 events, the first", events.start - 1),
        ("in the middle", u64::midpoint(events.start, events.end)),
        ("the last", events.end - 1001),
    ] {
        let begun = now();
        let page = store.events_after(after, 1000).await.expect("read");
        say(what, begun);
        let numbers = page.iter().map(|stored| stored.event.seq);
        assert!(numbers.eq(after + 1..=after + 1000), "the page after {after}");
    }
    let begun = now();
    store.events_after(0, 1000).await.expect("read");
    say("a page after 0", begun);
    let begun = now();
    store.snapshot(DEFAULT_PROJECT, T0).await.expect("read");
    say("a snapshot", begun);
    // In rounds that are still there as a whole.
    let round = (events.end - ROUND..events.end).step_by(37).take(20);
    let begun = now();
    for seq in round {
        let id = log.run_of(seq).await;
        let detail = store.detail(RunId(id)).await.expect("read").expect("it is there");
        assert_eq!(detail.events.len() as u64, PER_RUN);
    }
    say("20 runs with their events", begun);
    let begun = now();
    let mut longest = Duration::ZERO;
    for _ in 0..50 {
        let begun = now();
        commit(store, pool_event()).await;
        longest = longest.max(since(begun));
    }
    say(&format!("50 commits, {longest:.1?} at most"), begun);
}

fn pool_event() -> Change {
    Change { events: vec![event_at(at(1_000_000), Subject::Pool, None, None)], ..Change::default() }
}

/// Forgets what is from before `before` while somebody writes; gives how many events that were.
async fn forget(store: &Arc<dyn Storage>, before: Timestamp) -> u64 {
    let pieces = Arc::new(AtomicU64::new(0));
    let writing = {
        let (store, pieces) = (Arc::clone(store), Arc::clone(&pieces));
        tokio::spawn(async move {
            let (mut commits, mut longest, mut most) = (0_u64, Duration::ZERO, 0);
            while pieces.load(Ordering::Relaxed) != u64::MAX {
                let (begun, before) = (now(), pieces.load(Ordering::Relaxed));
                commit(&store, pool_event()).await;
                let after = pieces.load(Ordering::Relaxed);
                if after != u64::MAX {
                    most = most.max(after - before);
                }
                longest = longest.max(since(begun));
                commits += 1;
                sleep(Duration::from_millis(5)).await;
            }
            (commits, longest, most)
        })
    };
    let begun = now();
    let (mut gone, mut longest) = (0, Duration::ZERO);
    loop {
        let piece = now();
        let forgotten = store.forget_events(before, BATCH).await.expect("done");
        longest = longest.max(since(piece));
        gone += forgotten;
        pieces.fetch_add(1, Ordering::Relaxed);
        if forgotten < BATCH.into() {
            break;
        }
    }
    pieces.store(u64::MAX, Ordering::Relaxed);
    let (commits, wait, most) = writing.await.expect("everything is written");
    say(&format!("{gone} events forgotten, {BATCH} in {longest:.1?} at most"), begun);
    println!("{:<52} {wait:>9.1?} at most", format!("each of {commits} commits meanwhile"));
    assert!(most <= 2, "a commit waited while {most} pieces were forgotten");
    gone
}

/// The database behind a store.
enum Log {
    Sqlite(sqlite::Sqlite),
    Postgres(PgPool),
}

impl Log {
    /// Writes what [`TOGETHER`] runs leave behind, from this number on: their rows and, in turn, [`PER_RUN`] events of each,
    /// as many seconds after [`T0`] as there were rounds before.
    async fn fill(&self, first: u64, round: u64) {
        let ids: Vec<Uuid> = (0..TOGETHER).map(|n| scattered(round * TOGETHER + n)).collect();
        let mut over = run(1, "fox");
        over.run.status = RunStatus::Done;
        let after = serde_json::to_string(&over.run).expect("JSON");
        let run = super::sample::run_id(1);
        let then = at(round as i64);
        let event = event_at(then, Subject::Job, Some(run), None).event;
        let event = serde_json::to_string(&event).expect("JSON");
        let event = event.replace("something happened", "this-machine in local on `local`, $0 an hour");
        let over = serde_json::to_string(&over).expect("JSON");
        let run = run.to_string();
        match self {
            Self::Sqlite(sqlite) => {
                sqlite.written_beside();
                let pool = &sqlite.writer;
                let ids = serde_json::to_string(&ids).expect("JSON");
                let mut change = pool.begin_with("BEGIN IMMEDIATE").await.expect("begun");
                let runs = sqlx::query(
                    "INSERT INTO runs (id, version, state, configuration, model, wake)
                     SELECT value, 1, json_set(replace(?3, ?2, value), '$.run.name', value, '$.run.status',
                                               CASE (?4 + key) % ?5 WHEN 0 THEN 'running' ELSE 'done' END),
                            runs.configuration, runs.model, 0
                     FROM json_each(?1), runs WHERE runs.id = ?2",
                );
                let runs =
                    runs.bind(&ids).bind(&run).bind(over).bind((round * TOGETHER) as i64).bind(ACTIVE as i64);
                runs.execute(&mut *change).await.expect("written");
                let events = sqlx::query(
                    "INSERT INTO events (seq, run_id, event, after_run)
                     SELECT ?3 + turn.value * ?4 + id.key, id.value,
                            replace(replace(?5, ?2, id.value), '\"seq\":0', '\"seq\":' || (?3 + turn.value * ?4 + id.key)),
                            replace(?6, ?2, id.value)
                     FROM json_each(?7) AS turn, json_each(?1) AS id",
                );
                let turns = serde_json::to_string(&(0..PER_RUN).collect::<Vec<_>>()).expect("JSON");
                let events = events.bind(&ids).bind(&run).bind(first as i64).bind(TOGETHER as i64);
                let events = events.bind(event).bind(after).bind(turns);
                events.execute(&mut *change).await.expect("written");
                change.commit().await.expect("written");
            }
            Self::Postgres(pool) => {
                let mut change = pool.begin().await.expect("begun");
                let runs = sqlx::query(
                    "INSERT INTO runs (id, version, format, state, configuration, model)
                     SELECT new.id, 1, runs.format,
                            jsonb_set(jsonb_set(replace($3, $2, new.id::text)::jsonb, '{run,name}', to_jsonb(new.id::text)),
                                      '{run,status}', CASE ($4 + new.n) % $5 WHEN 1 THEN '\"running\"' ELSE '\"done\"' END::jsonb),
                            runs.configuration, runs.model
                     FROM unnest($1) WITH ORDINALITY AS new (id, n), runs WHERE runs.id = $2::uuid",
                );
                let runs =
                    runs.bind(&ids).bind(&run).bind(over).bind((round * TOGETHER) as i64).bind(ACTIVE as i64);
                runs.execute(&mut *change).await.expect("written");
                let events = sqlx::query(
                    "INSERT INTO events (seq, at, run_id, event, after_run)
                     SELECT $3 + turn * $4 + n - 1, $7, id,
                            replace(replace($5, $2, id::text), '\"seq\":0', '\"seq\":' || ($3 + turn * $4 + n - 1)),
                            replace($6, $2, id::text)
                     FROM generate_series(0, $8 - 1) AS turn, unnest($1) WITH ORDINALITY AS new (id, n)",
                );
                let events =
                    events.bind(&ids).bind(&run).bind(first as i64).bind(TOGETHER as i64).bind(event);
                let events = events.bind(after).bind(then.0).bind(PER_RUN as i64);
                events.execute(&mut *change).await.expect("written");
                let counter =
                    sqlx::query("UPDATE event_counter SET seq = $1").bind((first + ROUND - 1) as i64);
                counter.execute(&mut *change).await.expect("written");
                change.commit().await.expect("written");
            }
        }
    }

    async fn run_of(&self, seq: u64) -> Uuid {
        match self {
            Self::Sqlite(sqlite::Sqlite { writer: pool, .. }) => {
                let row = sqlx::query("SELECT run_id FROM events WHERE seq = ?").bind(seq as i64);
                let row = row.fetch_one(pool).await.expect("read");
                row.get::<&str, _>(0).parse().expect("an identifier")
            }
            Self::Postgres(pool) => {
                let id = sqlx::query_scalar("SELECT run_id FROM events WHERE seq = $1").bind(seq as i64);
                id.fetch_one(pool).await.expect("read")
            }
        }
    }

    /// What the events take on the disk, in SQLite with all else, without what is only there until the next checkpoint.
    async fn bytes(&self) -> u64 {
        let bytes: i64 = match self {
            Self::Sqlite(sqlite::Sqlite { writer: pool, .. }) => {
                let sql = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size";
                sqlx::query_scalar(sql).fetch_one(pool).await.expect("read")
            }
            Self::Postgres(pool) => {
                let sql = "SELECT pg_total_relation_size('events')";
                sqlx::query_scalar(sql).fetch_one(pool).await.expect("read")
            }
        };
        bytes as u64
    }

    /// What the database does by itself, sooner or later.
    async fn clean(&self) {
        if let Self::Postgres(pool) = self {
            let begun = now();
            let mut connection = pool.acquire().await.expect("connected");
            sqlx::query("VACUUM events").execute(&mut *connection).await.expect("done");
            say("VACUUM events", begun);
        }
    }

    /// However many rows there are, and were: events are found by their numbers, active things by what is active.
    async fn plans(&self) {
        match self {
            Self::Sqlite(sqlite::Sqlite { writer: pool, .. }) => {
                for sql in [sqlite::EVENTS_AFTER, sqlite::LOOK] {
                    let sql = format!("EXPLAIN QUERY PLAN {sql}");
                    let mut query = sqlx::query(AssertSqlSafe(sql));
                    for _ in 0..4 {
                        query = query.bind(0_i64);
                    }
                    let rows = query.fetch_all(pool).await.expect("planned");
                    let plan: Vec<String> = rows.iter().map(|row| row.get("detail")).collect();
                    let plan = plan.join("\n");
                    assert!(plan.contains("SEARCH events USING INTEGER PRIMARY KEY (rowid>?"), "{plan}");
                    assert!(!plan.contains("SCAN"), "{plan}");
                }
            }
            Self::Postgres(pool) => {
                let mut connection = pool.acquire().await.expect("connected");
                sqlx::query("SET plan_cache_mode = force_generic_plan")
                    .execute(&mut *connection)
                    .await
                    .expect("set");
                for (name, sql, arguments) in [
                    ("a", postgres::EVENTS_AFTER, "(0, 1000)"),
                    ("b", postgres::LOOK, "(0, 1000000, 0, 2000)"),
                ] {
                    let prepare = format!("PREPARE {name} AS {sql}");
                    sqlx::query(AssertSqlSafe(prepare)).execute(&mut *connection).await.expect("prepared");
                    let explain = format!("EXPLAIN EXECUTE {name}{arguments}");
                    let rows = sqlx::query(AssertSqlSafe(explain)).fetch_all(&mut *connection).await;
                    let plan: Vec<String> =
                        rows.expect("planned").iter().map(|row| row.get::<String, _>(0)).collect();
                    let plan = plan.join("\n");
                    assert!(plan.contains("Index Scan using events_pkey on events"), "{plan}");
                    // Of what is active, the database may look at all, for that is little.
                    assert!(!plan.contains("Seq Scan on runs"), "{plan}");
                }
            }
        }
    }
}

/// An identifier that is far from those of its neighbours, as a drawn one is.
fn scattered(n: u64) -> Uuid {
    let mixed = (n ^ n >> 31).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Uuid::from_u64_pair(mixed ^ mixed >> 29, n)
}

fn now() -> Duration {
    SystemClock.monotonic()
}

fn since(begun: Duration) -> Duration {
    now().saturating_sub(begun)
}

fn say(what: &str, begun: Duration) {
    println!("{what:<52} {:>9.1?}", since(begun));
}
