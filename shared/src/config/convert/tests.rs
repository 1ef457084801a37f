use super::*;
use crate::diagnostics::apply_edits;

const OLD: Dialect = Dialect::V0_18;
const NEW: Dialect = Dialect::V0_22;

/// The text as it is now, and what is said about it.
fn converted(text: &str, from: Dialect, to: Dialect) -> String {
    let converted = convert(text, from, to).expect("it can be converted");
    assert_eq!(apply_edits(text, &converted.edits).as_ref(), Some(&converted.text));
    let mut out = converted.text;
    for Changed { path, before, after, range } in converted.changed {
        let show = |text: Option<String>| text.unwrap_or_else(|| "nothing".to_owned());
        out += &format!("\nchanged {}: {path}: {} -> {}", range.start.line + 1, show(before), show(after));
    }
    for Lost { path, range, message } in converted.lost {
        out += &format!("\nlost {}: {path}: {message}", range.start.line + 1);
    }
    out
}

const OLDER: &str = "# dstack: 0.18
type: dev-environment
ide: vscode

# Ours alone
image: nvcr.io/nvidia/pytorch:24.04-py3
env:
  # numbers and words
  - HF_TOKEN
  - DEBUG=1
init:
  - pip install -r requirements.txt
  - yes
resources:
  gpu: A100:80GB  # big ones
  cpu: 4.7
  disk: 200GB..
regions: [no, eu-west-1]

# Where and how long
pool_name: team # of us all
retry_policy:
  retry: true   # patiently
  duration: 4h
max_duration: off
termination_policy: destroy-after-idle
termination_idle_time: 1h   # lunch
";

#[test]
fn a_file_of_dstack_0_18_is_rewritten_where_dstack_0_22_reads_it_otherwise() {
    insta::assert_snapshot!(converted(OLDER, OLD, NEW));
}

const NEWER: &str = "type: dev-environment
# The name is optional
name: training

ide: cursor  # or vscode
python: \"3.13\"
env: {A: \"1\"}

volumes:
  - name: data
    path: /data

  - /mnt/cache:/cache
# Again and again
retry:
  on_events: [no-capacity, error] # not more
  duration: 4h
fleets:
  - team
idle_duration: off
max_duration: off
resources:
  cpu: arm:8..
  gpu: nvidia:A100,H100:40GB..
  disk: 20GB..
backends: [aws, slurm]
instances: [big-box]
";

#[test]
fn a_file_of_dstack_0_22_keeps_as_comments_what_dstack_0_18_has_not() {
    insta::assert_snapshot!(converted(NEWER, NEW, OLD));
}

#[test]
fn there_and_back_is_the_same_text_where_it_can_be() {
    for text in [
        "type: dev-environment\nide: vscode\npool_name: a # b\ntermination_idle_time: 1h\n",
        "# dstack: 0.18\ntype: dev-environment\nide: vscode\nresources: {cpu: 4..8}\n",
        "type: dev-environment\nide: vscode\ntermination_policy: dont-destroy\n",
    ] {
        let there = convert(text, OLD, NEW).unwrap();
        assert_eq!(convert(&there.text, NEW, OLD).unwrap().text, text, "{}", there.text);
    }
}

#[test]
fn what_counts_as_something_else_when_it_is_not_said_is_said() {
    for (line, old, new) in [
        ("gpu", "24GB", "24GB:1"),
        ("gpu", "A100:2", "A100:2"),
        ("gpu", "\"A100\"", "A100:1"),
        ("gpu", "{name: A100}", "{count: 1, name: A100}"),
        ("gpu", "nvidia", "{name: [nvidia], count: 1}"),
        ("gpu", "2", "2"),
        ("gpu", "0", "0"),
        ("cpu", "-1", "{min: -1, max: -1}"),
        ("cpu", "{min: 4.7}", "{min: 4}"),
        ("cpu", "1_0", "1_0"),
        ("memory", "16GB..", "16GB.."),
    ] {
        let text =
            |value: &str| format!("type: dev-environment\nide: vscode\nresources:\n  {line}: {value} # x\n");
        let after = convert(&text(old), OLD, NEW).unwrap();
        assert_eq!(after.text, text(new));
        assert!(after.lost.is_empty(), "{:?}", after.lost);
        let again = convert(&after.text, NEW, OLD).unwrap();
        assert_eq!(again.lost, []);
    }
    let text = "type: dev-environment\nide: vscode\nresources: {gpu: A100}\n";
    assert_eq!(convert(text, NEW, OLD).unwrap().text, text.replace("A100", "\"A100:1..\""));
}

#[test]
fn durations_and_their_off_mean_the_same() {
    for (old, new) in [
        ("max_duration: off", "max_duration: off"),
        ("max_duration: 0", "max_duration: \"off\""),
        ("max_duration: on", "max_duration: 1"),
        ("max_duration: 90.7", "max_duration: 90.7"),
        ("termination_idle_time: off", "idle_duration: 0"),
        ("termination_idle_time: -300", "idle_duration: 0"),
        ("termination_policy: destroy-after-idle", "idle_duration: 5m"),
        ("termination_policy: dont-destroy", "idle_duration: off"),
        ("retry_policy: {retry: false}", "retry: false"),
        (
            "retry_policy: {retry: false, duration: 4h}",
            "retry: {on_events: [no-capacity, interruption], duration: 4h}",
        ),
        ("retry_policy: {}", "retry: false"),
        ("retry_policy:", ""),
    ] {
        let text = |line: &str| format!("type: dev-environment\nide: vscode\n{line}\n");
        let after = convert(&text(old), OLD, NEW).unwrap();
        assert_eq!(after.text.trim_end(), text(new).trim_end(), "{old}");
        assert!(after.lost.is_empty(), "{:?}", after.lost);
    }
    for (new, old) in [
        ("max_duration: off", "max_duration: \"off\""),
        ("max_duration: on", ""),
        ("idle_duration: -1", "termination_policy: dont-destroy"),
        ("idle_duration: 30m # x", "termination_idle_time: 30m # x"),
        ("idle_duration: on", ""),
        ("retry: no", "retry_policy: {retry: false}"),
    ] {
        let text = |line: &str| format!("type: dev-environment\nide: vscode\n{line}\n");
        let after = convert(&text(new), NEW, OLD).unwrap();
        assert_eq!(after.text.trim_end(), text(old).trim_end(), "{new}");
        assert!(after.lost.is_empty(), "{:?}", after.lost);
    }
}

#[test]
fn each_kind_of_loss_is_told_and_kept() {
    let older = "type: dev-environment
ide: vscode
python: 3.8
entrypoint: /bin/sh
ports: [80, 65536]
backends:
  - local
  - aws
max_duration: -5
instance_name: ''
termination_policy: dont-destroy
termination_idle_time: 1h
resources: {gpu: tpu-v5p-8}
";
    insta::assert_snapshot!("of_dstack_0_18", converted(older, OLD, NEW));
    let newer = "{type: dev-environment, name: a, user: \"1000:1000\", retry: true, instances: [a, b], fleets: [x/a, b],
 tags: {team: ml}, resources: {gpu: {vendor: amd}, disk: 10GB, cpu: x86:4}, privileged: false, docker: no}";
    insta::assert_snapshot!("of_dstack_0_22", converted(newer, NEW, OLD));
}

#[test]
fn what_is_tied_together_is_written_anew() {
    let text = "# Ours\ntype: dev-environment\nname: &n a\nimage: *n\nide: vscode # or none\n";
    insta::assert_snapshot!(converted(text, NEW, OLD));
}

#[test]
fn what_is_not_valid_is_not_converted() {
    let text = "type: dev-environment\nide: vscode\nnmae: x\nports: [70000]\n";
    let error = convert(text, OLD, NEW).unwrap_err();
    assert_eq!(error, ConvertError::Invalid { from: OLD, errors: 2 });
    assert_eq!(error.to_string(), "it is no valid configuration of dstack 0.18: 2 errors");
}

#[test]
fn in_the_same_dialect_nothing_changes() {
    let same = convert(NEWER, NEW, NEW).unwrap();
    assert_eq!((same.text.as_str(), same.edits.len(), same.changed.len()), (NEWER, 0, 0));
}

#[test]
fn forms_that_one_library_takes_are_written_as_the_other_does() {
    for (old, new) in [
        ("env: {A: true, B: 1}", "env: {A: \"True\", B: 1}"),
        ("env: [\"A=1\\n\", B]", "env: {A: \"1\\n\", B: {key: B}}"),
        ("env:\n  - [A, x]\n", "env: {A: x}"),
        ("env: ['=1']", "env: {\"=\": \"1\"}"),
        ("ports: [80.0, \"*:81\"]", "ports: [80, \"*:81\"]"),
        ("registry_auth: [[username, a], [password, b]]", "registry_auth: {username: a, password: b}"),
        ("image: yes", "image: \"True\""),
    ] {
        let text = |line: &str| format!("type: dev-environment\nide: vscode\n{line}\n");
        let after = convert(&text(old), OLD, NEW).unwrap();
        assert_eq!(after.text.trim_end(), text(new).trim_end(), "{old}");
        assert_eq!(after.lost, [], "{old}");
    }
}
