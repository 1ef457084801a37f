//! `berth pool`

use berth_shared::api::Orphan;

use super::Home;
use crate::server::Server;

#[tokio::test]
async fn pools_and_their_instances_are_listed() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    let said = home.berth(&["pool"]).await;
    let told: Vec<_> =
        said.out.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>()).collect();
    assert_eq!(told, [["NAME", "DEFAULT"], ["team", "1/1"]], "{}", said.err);
    let said = home.berth(&["pool", "ps", "team"]).await;
    assert!(
        said.out.contains("box") && said.out.contains("idle") && said.out.contains("$1.5"),
        "{}",
        said.out
    );
    let said = home.berth(&["pool", "ps", "--pool", "team", "--format", "json"]).await;
    let told: serde_json::Value = serde_json::from_str(&said.out).expect("one object");
    assert_eq!(told["instances"][0]["name"], "box");
    insta::assert_snapshot!(home.berth(&["pool", "ps", "taem"]).await.all(), @r"
        1
        --
        --
        error: there is no pool named `taem`; did you mean `team`?
        ");
}

#[tokio::test]
async fn pools_are_made_chosen_and_deleted() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    insta::assert_snapshot!(home.berth(&["pool", "create", "-n", "gpus"]).await.all(), @r"
        0
        --
        Pool gpus created
        --
        ");
    insta::assert_snapshot!(home.berth(&["pool", "set-default", "team"]).await.all(), @r"
        0
        --
        Runs use the pool team now, unless they name another
        --
        ");
    insta::assert_snapshot!(home.berth(&["pool", "delete", "team"]).await.all(), @r"
        2
        --
        --
        error: `berth pool delete` asks first, and there is no terminal to ask at; add `-y` to agree beforehand
        ");
    insta::assert_snapshot!(home.berth(&["pool", "delete", "team", "-y"]).await.all(), @r"
        0
        --
        Pool team deleted
        --
        ");
    insta::assert_snapshot!(home.berth(&["pool", "delete", "walrus", "-y"]).await.all(), @r"
        1
        --
        --
        error: there is no pool named `walrus`; `berth pool list` lists them
        ");
}

#[tokio::test]
async fn instances_are_kept_removed_and_added() {
    let server = Server::start().await;
    *server.fake.offers.lock().unwrap() = vec![1.5];
    let home = Home::of(&server).await;
    assert_eq!(home.berth(&["pool", "keep", "box", "4h"]).await.status, Some(0));
    let said = home.berth(&["pool", "rm", "-y", "00000000-0000-0000-0000-000000000001"]).await;
    assert!(said.out.starts_with("box is being removed"), "{} {}", said.out, said.err);
    insta::assert_snapshot!(home.berth(&["pool", "rm", "-y", "bx"]).await.all(), @r"
        1
        --
        --
        error: there is no instance named `bx`; did you mean `box`?
        ");
    let said = home.berth(&["pool", "add", "team", "-y", "--gpu", "T4", "--max-price", "2", "--retry"]).await;
    insta::assert_snapshot!(said.all(), @r"
        0
        --
         Pool name              team
         Min resources          2..xCPU, 8GB.., 1xT4, 100GB.. (disk)
         Termination idle time  3d

        #  BACKEND  REGION     INSTANCE    RESOURCES                  SPOT  PRICE
        1  aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 100GB (disk)  no    $1.5
        box is asked for; berth pool ps -w shows how it comes up
        --
        ");
    let added = server.fake.added.lock().unwrap().remove(0);
    insta::assert_snapshot!(added.configuration, @r#"
        # dstack: 0.18
        type: dev-environment
        ide: vscode
        resources:
          gpu: "T4"
        retry_policy: {retry: true}
        max_price: 2
        termination_idle_time: 3d
        "#);
    assert_eq!(added.agreed_price, Some(1.5));
    let said = home.berth(&["pool", "add", "team", "-y", "--gpu", "T4:"]).await;
    assert_eq!(said.status, Some(2));
}

#[tokio::test]
async fn orphans_are_listed_kept_and_removed() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    let said = home.berth(&["pool", "orphans"]).await;
    let told: Vec<_> =
        said.out.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>()).collect();
    assert_eq!(told, [["HANDLE", "BACKEND"], ["i-1", "aws"]], "{}", said.err);
    let said = home.berth(&["pool", "orphans", "list", "--format", "json"]).await;
    let told: serde_json::Value = serde_json::from_str(&said.out).expect("one object");
    assert_eq!(told["orphans"][0]["handle"], "i-1");
    insta::assert_snapshot!(home.berth(&["pool", "orphans", "keep", "i-1"]).await.all(), @r"
        0
        --
        i-1 is kept; `berth pool orphans rm` has it removed
        --
        ");
    insta::assert_snapshot!(home.berth(&["pool", "orphans", "rm", "i-1"]).await.all(), @r"
        2
        --
        --
        error: `berth pool orphans rm` asks first, and there is no terminal to ask at; add `-y` to agree beforehand
        ");
    insta::assert_snapshot!(home.berth(&["pool", "orphans", "remove", "-y", "i-1"]).await.all(), @r"
        0
        --
        i-1 is removed at the next sweep, within a minute or two
        --
        ");
    insta::assert_snapshot!(home.berth(&["pool", "orphans", "keep", "i-2"]).await.all(), @r"
        1
        --
        --
        error: no provider has an unknown `i-2`; did you mean `i-1`?
        ");

    let gcp = Orphan { backend: "gcp".into(), ..server.fake.orphans.lock().unwrap()[0].clone() };
    server.fake.orphans.lock().unwrap().push(gcp);
    insta::assert_snapshot!(home.berth(&["pool", "orphans", "keep", "i-1"]).await.all(), @r"
        1
        --
        --
        error: 2 are called `i-1`: say which, one of i-1 --backend aws, i-1 --backend gcp
        ");
    let said = home.berth(&["pool", "orphans", "keep", "i-1", "--backend", "gcp"]).await;
    assert_eq!(said.status, Some(0), "{}", said.err);
    let kept: Vec<_> = server.fake.orphans.lock().unwrap().iter().map(|o| o.remove_at.is_none()).collect();
    assert_eq!(kept, [false, true]);
}
