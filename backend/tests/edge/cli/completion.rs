//! Tab.

use std::process::Stdio;

use super::Home;
use crate::server::Server;

#[tokio::test]
async fn names_of_runs_are_completed() {
    let server = Server::start().await;
    let home = Home::of(&server).await;
    let complete = async |words: &[&str]| {
        let mut command = home.command(&["--", "berth"]);
        command.args(words).env("BERTH_COMPLETE", "bash").env("_CLAP_IFS", "\n");
        command.env("_CLAP_COMPLETE_INDEX", words.len().to_string());
        let output = command.output().await.expect("berth runs");
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(complete(&["logs", "ca"]).await, "calm-otter-1");
    assert_eq!(complete(&["stop", "-y", "calm"]).await, "calm-otter-1");
    assert_eq!(complete(&["logs", "x"]).await, "");
    assert!(complete(&["ru"]).await.contains("run"));
    assert!(complete(&["run", "--spot-policy", ""]).await.contains("on-demand"));
    assert!(complete(&["run", "-b", ""]).await.contains("aws"));
    assert_eq!(complete(&["pool", "ps", "t"]).await, "team");
    assert_eq!(complete(&["pool", "rm", ""]).await.lines().next(), Some("box"));
    assert_eq!(complete(&["pool", "orphans", "keep", "i"]).await, "i-1");
    home.write(".dstack/profiles.yml", "profiles:\n  - name: big\n");
    assert_eq!(complete(&["run", "--profile", ""]).await, "big");
    // A server that is not there completes nothing, and says nothing.
    let alone = Home::at("http://127.0.0.1:1", "berth_x");
    let mut command = alone.command(&["--", "berth", "logs", ""]);
    command.env("BERTH_COMPLETE", "bash").env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_INDEX", "2");
    let output = command.output().await.expect("berth runs");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[tokio::test]
async fn the_scripts_load_in_the_shells_that_are_there() {
    let home = Home::new();
    for (shell, check) in [
        ("bash", "source ./script && complete -p berth"),
        ("zsh", "autoload -U compinit && compinit -u -d ./dump && source ./script && echo ${_comps[berth]}"),
        ("fish", "source ./script; and complete -C 'berth '"),
    ] {
        let said = home.berth(&["completion", shell]).await;
        assert_eq!(said.status, Some(0));
        home.write("script", &said.out);
        let mut command = tokio::process::Command::new(shell);
        command.args(["-c", check]).current_dir(home.path("")).env("HOME", home.path(""));
        // Fish asks the program itself.
        let path = std::path::Path::new(env!("CARGO_BIN_EXE_berth"))
            .parent()
            .expect("a folder")
            .display()
            .to_string();
        command.env("PATH", format!("{path}:{}", std::env::var("PATH").unwrap_or_default()));
        let output = match command.stdin(Stdio::null()).output().await {
            Ok(output) => output,
            // Not installed here.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => panic!("{shell}: {error}"),
        };
        let said =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{shell}: {said}");
        assert!(said.contains("berth") || said.contains("run"), "{shell}: {said}");
    }
}
