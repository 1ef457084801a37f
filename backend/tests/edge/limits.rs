//! Limits and spending over HTTP, and what the command line makes of them.

use berth::store::{PaidRun, Stretch};
use berth_shared::{
    api::{InstanceId, JobId, LimitNote, Limited, Role, RunId},
    time::Timestamp,
};
use uuid::Uuid;

use crate::{cli::Home, client::Answer, server::Server};

async fn put(server: &Server, session: &str, path: &str, body: &str) -> Answer {
    server.request("PUT", path).session(session).json(body).send().await
}

#[tokio::test]
async fn limits_are_set_for_the_project_for_everybody_and_for_one_and_lifted_again() {
    let server = Server::start().await;
    let admin = server.sign_in().await;
    server.person("ann", Role::Member).await;
    let set =
        put(&server, &admin, "/api/v1/limits/project", r#"{"instances":20,"usd_per_month":5000}"#).await;
    assert_eq!((set.status, set.json()["project"]["limits"]["usd_per_month"].as_f64()), (200, Some(5000.0)));
    put(&server, &admin, "/api/v1/limits/everybody", r#"{"instances":4}"#).await;
    let overview = put(&server, &admin, "/api/v1/limits/people/ann", r#"{"gpus":8}"#).await.json();
    let people = overview["people"].as_array().expect("people");
    let told: Vec<String> =
        people.iter().map(|p| format!("{} {} {}", p["person"], p["own"], p["limits"])).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    "admin" false {"instances":4}
    "ann" true {"gpus":8}
    "#);
    for _ in 0..2 {
        let lifted = server.request("DELETE", "/api/v1/limits/people/ann").session(&admin).send().await;
        assert_eq!((lifted.status, &lifted.json()["people"][1]["own"]), (200, &serde_json::json!(false)));
    }
    // All of it may be lifted.
    put(&server, &admin, "/api/v1/limits/project", "{}").await;
    let read = server.request("GET", "/api/v1/limits").session(&admin).send().await.json();
    assert_eq!(read["project"]["limits"], serde_json::json!({}));
}

#[tokio::test]
async fn a_limit_that_makes_no_sense_is_refused_in_words() {
    let server = Server::start().await;
    let admin = server.sign_in().await;
    let mut told = Vec::new();
    for body in [
        r#"{"instances":-1}"#,
        r#"{"gpus":1.5}"#,
        r#"{"instances":1e30}"#,
        r#"{"usd_per_hour":-0.5}"#,
        r#"{"usd_per_month":1e12}"#,
        r#"{"usd_per_month":1e999}"#,
        r#"{"usd_per_hour":NaN}"#,
        r#"{"dollars":1}"#,
    ] {
        told.push(put(&server, &admin, "/api/v1/limits/everybody", body).await.told());
    }
    told.push(put(&server, &admin, "/api/v1/limits/people/nobody", "{}").await.told());
    insta::assert_snapshot!(told.join("\n"), @r"
    422 limits-invalid: a limit of instances is a whole number, 0 or more; leave it out for as many as there are
    422 limits-invalid: a limit of GPUs is a whole number, 0 or more; leave it out for as many as there are
    422 limits-invalid: a limit of instances is 0 to 1000000; without one there may be as many as there are
    422 limits-invalid: a limit of US dollars an hour is 0 to 1000000000; without one as much may be spent as there is
    422 limits-invalid: a limit of US dollars a month is 0 to 1000000000; without one as much may be spent as there is
    400 malformed-json: the body is not JSON: usd_per_month: number out of range at line 1 column 22
    400 malformed-json: the body is not JSON: usd_per_hour: expected value at line 1 column 17
    422 wrong-shape: the body does not have the expected shape: dollars: unknown field `dollars`, expected one of `instances`, `gpus`, `usd_per_hour`, `usd_per_month` at line 1 column 10
    404 person-not-found: nobody here is called `nobody`
    ");
}

fn over(message: &str, over: bool) -> LimitNote {
    LimitNote {
        person: None,
        what: Limited::Instances,
        limit: 4.0,
        would_be: if over { 5.0 } else { 4.0 },
        over,
        message: message.to_owned(),
    }
}

#[tokio::test]
async fn a_launch_that_passes_a_limit_is_a_conflict_with_the_limits_in_it() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    *server.fake.limit_notes.lock().unwrap() = vec![over("this would be the 5th instance", true)];
    let body = r#"{"configuration":"type: dev-environment\nide: vscode\n"}"#;
    let post = |path: &str| server.request("POST", path).session(&session).json(body).send();
    let refused = post("/api/v1/runs").await;
    assert_eq!(refused.told(), "409 limit-reached: this would be the 5th instance");
    let told = serde_json::json!([{
        "what": "instances", "limit": 4.0, "would_be": 5.0, "over": true, "message": "this would be the 5th instance",
    }]);
    assert_eq!(refused.json()["limits"], told);
    assert_eq!(post("/api/v1/plan").await.json()["limits"], told);
}

#[tokio::test]
async fn the_command_line_shows_what_is_near_and_refuses_what_is_too_much() {
    let server = Server::start().await;
    *server.fake.offers.lock().unwrap() = vec![1.0];
    let home = Home::of(&server).await;
    home.write(".dstack.yml", "type: dev-environment\nide: vscode\n");
    *server.fake.limit_notes.lock().unwrap() = vec![over("this makes 4 of the 4 instances", false)];
    let said = home.berth(&["run", "-y", "-d"]).await.all();
    assert!(said.contains("note: this makes 4 of the 4 instances"), "{said}");
    assert_eq!(server.fake.submitted.lock().unwrap().len(), 1, "{said}");
    *server.fake.limit_notes.lock().unwrap() = vec![over("this would be the 5th instance", true)];
    let said = home.berth(&["run", "-y", "-d"]).await.all();
    assert!(said.starts_with("1\n"), "{said}");
    assert!(said.contains("error: this would be the 5th instance; nothing was launched"), "{said}");
    assert_eq!(server.fake.submitted.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn the_command_line_sets_and_lists_limits() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    let mut said = String::new();
    for arguments in [
        &["limits", "set", "project", "--instances", "20", "--usd-per-month", "5000"][..],
        &["limits", "set", "project", "--instances", "none", "--gpus", "8"],
        &["limits", "set", "everybody", "--instances", "4"],
        &["limits", "set", "person", "admin", "--usd-per-hour", "2.5"],
        &["limits"],
        &["limits", "lift", "admin"],
        &["limits", "set", "person", "--gpus", "1"],
        &["limits", "set", "project", "--instances=-1"],
        &["spend"],
    ] {
        let answer = home.berth(arguments).await.all();
        said.push_str(&format!(
            "$ {}\n{}\n",
            arguments.join(" "),
            answer.lines().filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
        ));
    }
    insta::assert_snapshot!(said, @r"
    $ limits set project --instances 20 --usd-per-month 5000
    0
    --
    The limits of the project are now: 20 instances, $5000 a month
    --
    $ limits set project --instances none --gpus 8
    0
    --
    The limits of the project are now: 8 GPUs, $5000 a month
    --
    $ limits set everybody --instances 4
    0
    --
    The limits of everybody are now: 4 instances
    --
    $ limits set person admin --usd-per-hour 2.5
    0
    --
    The limits of admin are now: 4 instances, $2.50 an hour
    --
    $ limits
    0
    --
    WHO        INSTANCES  GPUS    $/H          THIS MONTH      LIMITS
    (project)  0          0 of 8  $0           $0 of $5000.00
    admin      0 of 4     0       $0 of $2.50  $0              their own
    Who has none of their own has everybody's: 4 instances
    --
    $ limits lift admin
    0
    --
    Everybody's limits count for admin again
    --
    $ limits set person --gpus 1
    2
    --
    --
    error: say whose: `berth limits set person NAME …`
    $ limits set project --instances=-1
    2
    --
    --
    error: invalid value '-1' for '--instances <N|none>': `-1` is no limit: write a number, or `none` for as much as there is
    For more information, try '--help'.
    $ spend
    0
    --
    Nothing was spent in 30 days
    --
    ");
}

#[tokio::test]
async fn spending_is_told_by_day_and_as_a_table_for_accounting() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let id = Uuid::from_u128(1);
    let paid = |person: &str, gpu: &str, run: Option<&str>, from: i64, to| Stretch {
        project: "main".to_owned(),
        instance: InstanceId(id),
        person: person.to_owned(),
        run: run.map(|name| PaidRun { job: JobId(id), id: RunId(id), name: name.to_owned() }),
        backend: "aws".to_owned(),
        gpu: gpu.to_owned(),
        gpus: 1,
        price: 1.0,
        from: Timestamp(from * 3_600_000),
        to,
    };
    // It is the third day, noon: twelve hours and three, then two.
    *server.fake.paid.lock().unwrap() = vec![
        paid("ann", "A100", Some("fox"), 36, Some(Timestamp(51 * 3_600_000))),
        paid("bob", "", None, 58, None),
    ];
    let get = |path: &str| server.request("GET", path).session(&session).send();
    let spend = get("/api/v1/spend?days=3").await.json();
    insta::assert_snapshot!(spend, @r#"{"by":"person","days":[{"date":"1970-01-01","items":[]},{"date":"1970-01-02","items":[{"key":"ann","usd":12.0}]},{"date":"1970-01-03","items":[{"key":"ann","usd":3.0},{"key":"bob","usd":2.0}]}],"idle_usd":2.0,"usd":17.0}"#);
    assert_eq!(get("/api/v1/spend").await.json()["days"].as_array().map(Vec::len), Some(30));
    let csv = get("/api/v1/spend.csv?days=2&by=gpu&offset_minutes=60&person=ann").await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"spend.csv\"");
    let csv = String::from_utf8(csv.body).expect("text");
    insta::assert_snapshot!(csv.replace("\r\n", "|\n"), @r"
    date,gpu,usd|
    1970-01-02,A100,11|
    1970-01-03,A100,4|
    ");
    for wrong in [
        "days=0",
        "days=401",
        "days=-1",
        "offset_minutes=841",
        "offset_minutes=-9999999999",
        "by=colour",
        "colour=1",
    ] {
        for path in ["/api/v1/spend", "/api/v1/spend.csv"] {
            assert_eq!(get(&format!("{path}?{wrong}")).await.code(), "wrong-parameter", "{wrong}");
        }
    }
}
