//! `berth run` up to the submission.

use berth::store::CodeStore as _;
use berth_shared::time::Timestamp;

use super::Home;
use crate::server::Server;

const TEXT: &str = "type: dev-environment\nide: vscode # mine\n";

async fn launcher(offers: &[f64]) -> (Server, Home) {
    let server = Server::start().await;
    *server.fake.offers.lock().unwrap() = offers.into();
    let home = Home::of(&server).await;
    home.write(".dstack.yml", TEXT);
    (server, home)
}

#[tokio::test]
async fn the_plan_is_shown_and_without_a_terminal_nothing_is_agreed_to() {
    let (server, home) = launcher(&[1.0, 1.5, 2.0, 4.0]).await;
    let said = home.berth(&["run"]).await;
    insta::assert_snapshot!(said.all(), @r"
        2
        --
         Configuration          .dstack.yml
         Server                 SERVER (admin)
         Code                   - (the home directory is not brought; stand in a folder below it, or name one with `--code PATH`)
         Pool name              -
         Min resources          2..xCPU, 8GB.., 100GB.. (disk)
         Max price              -
         Max duration           -
         Spot policy            on-demand
         Retry policy           no
         Creation policy        reuse-or-create
         Termination policy     destroy-after-idle
         Termination idle time  5m

        #  BACKEND  REGION     INSTANCE    RESOURCES                  SPOT  PRICE
        1  aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 100GB (disk)  no    $1
        2  aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 100GB (disk)  no    $1.5
        3  aws      eu-west-1  p3.2xlarge  8xCPU, 61GB, 100GB (disk)  no    $2
           ...
        Shown 3 of 4 offers, $4 max

        $1 an hour until it is stopped
        --
        error: `berth run` asks before it launches, and there is no terminal to ask at; add `-y` to agree beforehand
        ");
    assert!(server.fake.submitted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_flags_and_profile_say_is_in_the_text_that_is_sent_and_comments_stay() {
    let (server, home) = launcher(&[1.0]).await;
    home.write(
        ".dstack/profiles.yml",
        "profiles:\n  - name: big\n    max_price: 9\n    spot_policy: auto\n    default: true\n",
    );
    home.write(
        ".dstack.yml",
        &format!("{TEXT}max_price: 3 # dear\nenv:\n  - TOKEN\n  - HERE\n  - MODE=fast # not that\n"),
    );
    let arguments =
        ["run", "-y", "-d", "-n", "fox", "--max-duration", "2h", "-e", "TOKEN=s3cret", "-e", "HERE"];
    let output = home.command(&arguments).env("HERE", "from here").output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let sent = server.fake.submitted.lock().unwrap().remove(0);
    insta::assert_snapshot!(sent.configuration, @r"
        type: dev-environment
        ide: vscode # mine
        max_price: 3 # dear
        env:
          - TOKEN
          - HERE
          - MODE=fast # not that
        spot_policy: auto
        max_duration: 2h
        ");
    assert_eq!(sent.name.as_deref(), Some("fox"));
    assert_eq!(sent.agreed_price, Some(1.0));
    let variables: Vec<_> = sent.variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(variables, ["HERE=from here", "TOKEN=s3cret"]);
}

#[tokio::test]
async fn a_detached_launch_says_how_to_go_on() {
    let (_server, home) = launcher(&[1.0]).await;
    let said = home.berth(&["run", ".", "-f", ".dstack.yml", "-y", "-d"]).await;
    assert_eq!(said.status, Some(0));
    let last = said.out.lines().last().unwrap_or_default();
    insta::assert_snapshot!(format!("{last}\n{}", said.err), @r"
        Run calm-otter-1 submitted, detaching...
        berth logs -f calm-otter-1 follows it, berth stop calm-otter-1 ends it; SERVER/runs/calm-otter-1
        ");
    let said = home.berth(&["run", "-y", "-d", "--format", "json"]).await;
    let told: serde_json::Value = serde_json::from_str(&said.out).expect("one object");
    assert_eq!(told["run"]["name"], "calm-otter-1");
    assert_eq!(told["plan"]["total"], 1);
}

#[tokio::test]
async fn a_price_that_has_risen_is_not_agreed_to_by_a_yes_beforehand() {
    let (server, home) = launcher(&[0.75]).await;
    let said = home.berth(&["run", "-y"]).await;
    assert_eq!(said.status, Some(1));
    insta::assert_snapshot!(said.err, @"error: the first offer now costs $1 an hour instead of $0.75: p3.2xlarge in eu-west-1 on `aws`, as the catalogue's prices are newer ones; launch again to agree to that, or look at the plan");
    assert!(server.fake.submitted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn nothing_is_launched_where_nothing_fits() {
    let (server, home) = launcher(&[]).await;
    let said = home.berth(&["run", "-y"]).await;
    assert_eq!(said.status, Some(1));
    insta::assert_snapshot!(said.err, @"error: nothing that fits can be had now; nothing was launched");
    assert!(server.fake.submitted.lock().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_wrong_here_is_told_before_anybody_is_asked() {
    // Nobody listens there.
    let home = Home::at("http://127.0.0.1:1", "berth_x");
    insta::assert_snapshot!(home.berth(&["run", "-y"]).await.all(), @r"
        2
        --
        --
        error: there is no `.dstack.yml` here; name a configuration: `berth run FILE`
        ");
    home.write(".dstack.yml", "type: dev-environment\nide: vscode\nmax_prise: 2\n");
    insta::assert_snapshot!(home.berth(&["run", "-y"]).await.all(), @r"
        1
        --
        --
        error[unknown-key]: unknown key `max_prise`
         --> .dstack.yml:3:1
          |
        3 | max_prise: 2
          | ^^^^^^^^^
          |
          = help: did you mean `max_price`?
          = fix: replace with `max_price`
        ");
    home.write(".dstack.yml", &format!("{TEXT}env: [NOWHERE]\n"));
    insta::assert_snapshot!(home.berth(&["run", "-y"]).await.all(), @r"
        1
        --
        --
        error: `NOWHERE` is not set in your environment; export it, or give a value with `-e NOWHERE=VALUE`
        ");
    home.write(".dstack.yml", TEXT);
    insta::assert_snapshot!(home.berth(&["run", "-y", "--profile", "none"]).await.all(), @r"
        2
        --
        --
        error: no such profile: `none`
        ");
    insta::assert_snapshot!(home.berth(&["run", "a.yml", "-f", "b.yml"]).await.all(), @r"
        2
        --
        --
        error: `a.yml` and `-f` name two configurations; leave one out
        ");
    insta::assert_snapshot!(home.berth(&["run", "nowhere.yml"]).await.all(), @r"
        2
        --
        --
        error: cannot read `nowhere.yml`: No such file or directory
        ");
    insta::assert_snapshot!(home.berth(&["run", "--format", "json"]).await.all(), @r"
        2
        --
        --
        error: `--format` asks nothing; add `-y` to agree to the plan beforehand
        ");
    let said = home.berth(&["run", "-y", "--max-duration", "1h30m"]).await;
    assert_eq!(said.status, Some(2));
    assert!(said.err.contains("`90m`"), "{}", said.err);
    // With everything in order, the server is what is missing.
    assert_eq!(home.berth(&["run", "-y"]).await.status, Some(3));
}

/// What the server got, with the code that it named.
fn sent(server: &Server) -> serde_json::Value {
    let request = server.fake.submitted.lock().unwrap().remove(0);
    serde_json::to_value(request).unwrap()
}

#[tokio::test]
async fn the_folder_that_is_named_is_brought_once_and_the_launch_names_it() {
    let (server, home) = launcher(&[1.0]).await;
    home.write("project/.dstack.yml", TEXT);
    home.write("project/main.py", "print('here')");
    let code = &sent_code(&server, &home, &["run", "project", "-y", "-d"]).await;
    assert_eq!((code["kind"].as_str(), code["files"].as_u64()), (Some("archive"), Some(2)));
    let sha256 = code["sha256"].as_str().unwrap();
    let size = server.fake.code.needed("admin", sha256, Timestamp(0)).await.unwrap();
    assert_eq!(size, code["size"].as_u64());
    assert_eq!(*code, sent_code(&server, &home, &["run", "-y", "-d", "--code", "project"]).await);
    assert!(sent_code(&server, &home, &["run", "project", "-y", "-d", "--no-code"]).await.is_null());
}

async fn sent_code(server: &Server, home: &Home, arguments: &[&str]) -> serde_json::Value {
    let said = home.berth(arguments).await;
    assert_eq!(said.status, Some(0), "{}", said.err);
    sent(server)["code"].clone()
}

#[tokio::test]
async fn a_repository_is_named_and_not_brought() {
    let (server, home) = launcher(&[1.0]).await;
    let url = "https://git.example/ann/project";
    let said = home.berth(&["run", "-y", "-d", "--git", url, "--branch", "dev"]).await;
    assert!(
        said.out.contains(" Code                   https://git.example/ann/project, branch dev\n"),
        "{}",
        said.all()
    );
    assert_eq!(sent(&server)["code"], serde_json::json!({ "kind": "git", "url": url, "branch": "dev" }));
    let said = home.berth(&["run", "-y", "-d", "--git", "https://ann:s3cret@git.example/x"]).await;
    insta::assert_snapshot!(said.all(), @r"
    2
    --
    --
    error: the address holds a user's name or a password, which the run's page and its log would show to everybody; leave it out. A private repository comes from your own checkout, by `berth run` there, or by the project's login for its host: `berth git set`
    ");
}

#[tokio::test]
async fn code_that_cannot_be_brought_is_refused_before_anything_is_launched() {
    let (server, home) = launcher(&[1.0]).await;
    insta::assert_snapshot!(home.berth(&["run", "-y", "--code", "."]).await.all(), @r"
    2
    --
    --
    error: the home directory is not brought; stand in a folder below it, or name one with `--code PATH`
    ");
    insta::assert_snapshot!(home.berth(&["run", "-y", "--code", "nowhere"]).await.all(), @r"
    2
    --
    --
    error: `nowhere` cannot be brought: No such file or directory
    ");
    insta::assert_snapshot!(home.berth(&["run", "-y", "--code", ".dstack.yml"]).await.all(), @r"
    2
    --
    --
    error: `HOME/.dstack.yml` is no folder; `--code` or `repos` names one
    ");
    assert!(server.fake.submitted.lock().unwrap().is_empty());
}
