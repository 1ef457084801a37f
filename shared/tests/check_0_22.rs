//! What people see when they check a configuration of dstack 0.22.

use berth_shared::{
    config::{Checked, check_in},
    diagnostics::{Code, Severity, render},
    schema::Dialect,
};

fn checked(text: &str) -> Checked {
    check_in(text, Dialect::V0_22, None)
}

fn rendered(text: &str) -> String {
    render(".dstack.yml", text, &checked(text).diagnostics, false)
}

fn codes(line: &str) -> Vec<String> {
    let text = format!("type: dev-environment\n{line}\n");
    checked(&text).diagnostics.into_iter().filter(|d| d.severity != Severity::Hint).map(|d| d.code).collect()
}

#[test]
fn every_mistake_of_0_22_is_reported_at_once_with_its_place_and_help() {
    insta::assert_snapshot!(rendered(
        "type: dev-environment
ide: pycharm
inactivity_duration: -1
ports: [70000, 80.0]
user: a:b:c
entrypoint: sleep
python: \"3.8\"
env: {A: true}
shell: fish
resources:
  cpu: arm:x86
  gpu: nvidia:amd
priority: 200
volumes: [data, \"data:relative\", {name: a, optional: true}]
repos: [\"~other/x\", a]
files: [\"a:b:c\", \"x://h/s\"]
retry: {on_events: [], duration: never}
max_duration: \"OFF\"
utilization_policy: {time_window: 30}
schedule: {cron: [\"60 8 * * *\", \"@daily\"]}
fleets: [a/b/c]
instances: []
tags: {\"a b\": x}
backend_options: [{min_reliability: 2}]
pool_name: team
retry_policy: {retry: true}
resurces: {}
"
    ));
}

#[test]
fn what_0_22_reads_otherwise_than_it_seems_is_pointed_out() {
    insta::assert_snapshot!(rendered(
        "type: dev-environment
image: \"\"
registry_auth: {username: a, password: b}
resources:
  cpu: 010
  gpu: {name: \"A100,H100\", count: 80}
max_duration: 0
stop_duration: on
inactivity_duration: 0
idle_duration: -300
schedule: {cron: \"0 8 * * 1-5\"}
"
    ));
}

#[test]
fn what_is_meant_by_its_number_is_not_called_odd() {
    for line in [
        "idle_duration: -1",
        "idle_duration: 0",
        "idle_duration: off",
        "max_duration: off",
        "inactivity_duration: 2h",
        "env: {HOME: /data}",
        "schedule: {cron: \"0 8 * * mon-fri\"}",
        "tags: {a: \"1\", a: b}",
    ] {
        let odd: Vec<_> = codes(line).into_iter().filter(|code| code != "duplicate-key").collect();
        assert_eq!(odd, Vec::<String>::new(), "{line}");
    }
}

#[test]
fn only_the_last_of_equal_tags_is_judged() {
    assert_eq!(codes("tags: {a: 1, a: b}"), ["duplicate-key"]);
    assert_eq!(codes("tags: {a: b, a: 1}"), ["duplicate-key", "wrong-type"]);
}

#[test]
fn a_path_of_windows_is_none_whichever_its_slashes() {
    for path in ["C:/a", "//h/s", "\\\\\\\\h\\\\s", "//h\\\\s", "\\\\\\\\h/s"] {
        let line = format!("files: [{{local_path: a, path: \"{path}\"}}]");
        assert_eq!(codes(&line), ["invalid-value"], "{line}");
    }
    assert_eq!(codes("files: [{local_path: a, path: \"/h/s\"}]"), Vec::<String>::new());
}

#[test]
fn a_user_below_zero_is_refused_however_far_below() {
    for user in ["-1", "1:-1", "\"-99999999999999999999999999999999999999999999\""] {
        assert_eq!(codes(&format!("user: {user}")), ["invalid-value"], "{user}");
    }
}

#[test]
fn a_type_that_dstack_has_but_nobody_launches_here_is_told_apart_from_a_mistake() {
    for kind in ["task", "service", "fleet", "gateway", "volume", "preset"] {
        let told = checked(&format!("type: {kind}\n")).diagnostics;
        assert_eq!(
            told.iter().map(|d| d.code.as_str()).collect::<Vec<_>>(),
            [Code::UnsupportedType.name()],
            "{kind}"
        );
    }
}

#[test]
fn a_file_that_mixes_keys_of_both_is_told_so_once_with_all_of_them() {
    let text = "type: dev-environment
ide: vscode
name: x
pool_name: team
retry_policy: {retry: true}
";
    let told = |dialect| {
        let found = check_in(text, dialect, None).diagnostics;
        let errors: Vec<_> = found.into_iter().filter(|d| d.severity == Severity::Error).collect();
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert_eq!(errors[0].code, Code::MixedDialects.name());
        render(".dstack.yml", text, &errors, false)
    };
    insta::assert_snapshot!([Dialect::V0_18, Dialect::V0_22].map(told).join("\n"));
}

#[test]
fn a_file_that_mixes_is_written_for_either_release_by_one_fix() {
    let text = "type: dev-environment
ide: vscode
name: x # mine
# of the team
pool_name: team
retry_policy:
  retry: true
  duration: 1h # long
max_price: 2
";
    let found = check_in(text, Dialect::V0_18, None).diagnostics;
    let mixed = found.iter().find(|d| d.code == Code::MixedDialects.name()).expect("it mixes");
    let after =
        mixed.fixes.iter().map(|fix| format!("-- {}\n{}", fix.title, fix.apply(text).expect("it applies")));
    let after: Vec<String> = after.collect();
    for (text, dialect) in after.iter().zip([Dialect::V0_18, Dialect::V0_22]) {
        let text = text.split_once('\n').expect("a title").1;
        assert!(check_in(text, dialect, None).is_valid(), "{text}");
    }
    insta::assert_snapshot!(after.join("\n"));
}

#[test]
fn one_key_of_another_release_alone_is_told_as_one() {
    assert_eq!(codes("pool_name: team"), ["unknown-key"]);
}
