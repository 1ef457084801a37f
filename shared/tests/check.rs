//! What people see when they check a configuration.

use berth_shared::{
    Checked, check,
    config::{Written, hints, summary},
    diagnostics::{Severity, render},
    schema::Dialect,
};
use proptest::prelude::*;

const VALID: &str = "\
type: dev-environment
ide: vscode
python: \"3.11\"
env:
  - HF_TOKEN
resources:
  cpu: 4..
  memory: 32GB..
  gpu: 40GB..80GB
  disk: 500GB
spot_policy: auto
max_price: 4
max_duration: 8h
";

fn codes(text: &str) -> Vec<String> {
    check(text).diagnostics.into_iter().map(|d| d.code).collect()
}

fn rendered(text: &str) -> String {
    render(".dstack.yml", text, &check(text).diagnostics, false)
}

#[test]
fn every_mistake_is_reported_at_once_with_its_place_and_fix() {
    insta::assert_snapshot!(rendered(
        "type: dev-environment
ide: vsc0de
pyhton: \"3.11\"
image: ubuntu
python: 3.10
env:
  - HF TOKEN=1
  - A=1
  - A=2
ports: [22:22, 70000]
resources:
  gpu: 2xA100
  memory: 32G
  disk: 20GB
max_duration: 1h30m
max_price: $3
spot_policy: on_demand
retry_policy: {retry: false, duration: 4h}
volumes: [data:/data]
"
    ));
}

#[test]
fn what_surprises_is_accepted_and_pointed_out() {
    let text = "type: dev-environment
ide: vscode
python: 3.10
version: 1.80
home_dir: yes
env: ['1A']
ports: [22:22, 010]
resources: {cpu: 4.7, gpu: 24, disk: 500GB}
max_duration: off
retry_policy: {retry: false, duration: 4h}
regions: []
regions: [no]
backends: []
termination_policy: dont-destroy
termination_idle_time: 1h
";
    assert!(check(text).is_valid(), "{}", rendered(text));
    insta::assert_snapshot!(rendered(text));
}

#[test]
fn what_means_something_else_than_it_seems_to_is_pointed_out() {
    let text = "type: dev-environment
ide: vscode
image: ''
home_dir: ~/me
python: 3.110
env:
  - GREETING=\"hello\"
  - HOME=/home/me
  - DATABASE=postgres://me:s3cr3t@db/x
init:
  - huggingface-cli login --token hf_AbCdEfGhIjKlMnOpQrSt
  - git clone https://me:pa55word@github.com/a/b
ports: [8080, \"8080:80\", 10022, 65536]
resources:
  cpu: ..0
  memory: 1..2TB
  gpu: A100:80
  disk:
max_duration: 8
termination_idle_time: -1
retry_policy: {retry: true}
creation_policy: reuse-or-create
instance_name: mine
pool_name:
";
    assert!(check(text).is_valid(), "{}", rendered(text));
    insta::assert_snapshot!(rendered(text));
}

#[test]
fn gpus_and_ranges_that_look_like_something_else_are_told() {
    let said = |resources: &str| {
        let text = format!("type: dev-environment\nide: vscode\nresources: {resources}\n");
        let all = check(&text).diagnostics.into_iter().map(|d| {
            let fixes: Vec<_> = d.fixes.into_iter().map(|fix| fix.title).collect();
            format!("{}: {}; {}", d.code, d.message, fixes.join(", "))
        });
        all.collect::<Vec<_>>().join(" | ")
    };
    let all: Vec<_> = [
        "{gpu: 24}",
        "{gpu: 24..80}",
        "{gpu: 24..}",
        "{gpu: 3090}",
        "{gpu: \"A100:80\"}",
        "{gpu: A100:80}",
        "{gpu: 80:A100:2}",
        "{gpu: {name: A100, count: 80}}",
        "{gpu: yes}",
        "{gpu: 1:30}",
        "{gpu: nvidia:A100:80GB}",
        "{gpu: \"A100,80GB\"}",
        "{gpu: A100:0}",
        "{gpu: 0}",
        "{gpu: {count: 2, memory: 80GB, total_memory: ..100GB}}",
        "{memory: 8...16GB}",
        "{memory: 500..1TB}",
        "{memory: 1..2TB}",
        "{memory: 512..1024MB}",
        "{memory: -8GB}",
        "{memory: .nan}",
        "{cpu: 0}",
        "{disk: ~}",
    ]
    .into_iter()
    .map(|resources| format!("{resources}\n  {}", said(resources)))
    .collect();
    insta::assert_snapshot!(all.join("\n"));
}

#[test]
fn a_token_in_a_command_becomes_a_variable_that_is_asked_for() {
    let token = "hf_AbCdEfGhIjKlMnOpQrSt";
    for (env, mended) in [
        ("", "env: [HF_TOKEN]\n"),
        ("env: [A=1]\n", "env: [HF_TOKEN, A=1]\n"),
        ("env:\n  - A=1\n", "env:\n  - HF_TOKEN\n  - A=1\n"),
        ("env:\n- HF_TOKEN\n", "env:\n- HF_TOKEN\n"),
        ("env:\n  A: a\n", "env:\n  A: a\n  HF_TOKEN: {key: HF_TOKEN}\n"),
    ] {
        let start = "type: dev-environment\nide: vscode\n";
        let text = format!("{start}{env}init:\n  - login {token} && again {token}\n");
        let checked = check(&text);
        let secret = checked.diagnostics.iter().find(|d| d.code == "plain-secret").expect("it is told");
        assert_eq!(&text[secret.range.start.offset..secret.range.end.offset], token);
        assert!(!secret.message.contains(token));
        let fixed = secret.fixes[0].apply(&text).expect("it applies");
        let (before, after) = if env.is_empty() { (mended, "") } else { ("", mended) };
        assert_eq!(fixed, format!("{before}{start}{after}init:\n  - login $HF_TOKEN && again $HF_TOKEN\n"));
        assert!(check(&fixed).is_valid());
    }
}

#[test]
fn a_syntax_error_has_a_place_and_says_what_to_do() {
    insta::assert_snapshot!(rendered("type: dev-environment\nresources:\n\tgpu: 1\n"));
}

#[test]
fn a_text_beyond_the_limit_is_refused_without_being_read() {
    let text = format!("type: dev-environment\nide: vscode\n# {}\n", "x".repeat(256 * 1024));
    let checked = check(&text);
    assert_eq!(codes(&text), ["text-too-long"]);
    assert!(checked.configuration.is_none() && !checked.is_valid());
}

#[test]
fn ranges_count_bytes_and_utf_16_units() {
    let text = "type: dev-environment\r\nide: vscode\r\ninit: [\"🚢é\", a]\r\n\"🚢\": 1\r\n";
    let diagnostics = check(text).diagnostics;
    let [d] = &diagnostics[..] else { panic!("{diagnostics:?}") };
    assert_eq!((d.code.as_str(), d.path.as_str()), ("unknown-key", "🚢"));
    assert_eq!(&text[d.range.start.offset..d.range.end.offset], "\"🚢\"");
    assert_eq!((d.range.start.line, d.range.start.column, d.range.end.column), (3, 0, 4));
}

#[test]
fn what_is_written_is_told_from_what_is_not() {
    let written =
        |resources: &str| check(&format!("type: dev-environment\nide: vscode\n{resources}\n")).written;
    assert_eq!(written(""), Written::default());
    assert_eq!(written("resources: {disk: null}"), Written { disk: true, ..Written::default() });
    assert_eq!(
        written("resources: {cpu: 2.., memory: 8GB..}"),
        Written { cpu: true, memory: true, disk: false }
    );
}

#[test]
fn a_configuration_is_summed_up_in_a_few_words() {
    let Checked { configuration, written, .. } = check(VALID);
    let items: Vec<_> = summary(&configuration.expect("a valid text"), &written)
        .into_iter()
        .map(|item| format!("{} {}{}", item.label, item.value, if item.warning { " (!)" } else { "" }))
        .collect();
    assert_eq!(
        items,
        [
            "IDE VS Code",
            "Python 3.11",
            "CPU 4 or more",
            "RAM 32 GB or more",
            "GPU 1 × 40–80 GB",
            "Disk exactly 500 GB (!)",
            "Kind spot or on-demand",
            "Price ≤ $4/h",
            "Stops after 8 h",
            "Asked at launch 1 variable",
        ]
    );
}

#[test]
fn values_are_explained_beside_them() {
    let notes: Vec<_> = hints(VALID, Dialect::V0_18)
        .into_iter()
        .map(|hint| format!("{} {}", hint.range.start.line + 1, hint.text))
        .collect();
    assert_eq!(
        notes,
        [
            "5 → asked for at launch",
            "7 → 4 or more",
            "8 → 32 GB or more",
            "9 → 1 × 40–80 GB",
            "10 → exactly 500 GB",
            "11 → both kinds",
            "13 → 8 h",
        ]
    );
}

#[test]
fn an_alias_bomb_is_checked_in_no_time() {
    let mut text = String::from("type: dev-environment\nide: vscode\na0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for i in 1..60 {
        let alias = format!("*a{}", i - 1);
        text += &format!("a{i}: &a{i} [{}]\n", [alias.as_str(); 9].join(", "));
    }
    text += "init: *a59\nenv: *a59\nresources: *a59\nports: *a59\n";
    assert!(!check(&text).is_valid());
}

#[test]
fn thousands_of_mistakes_stay_a_short_list() {
    let text = format!(
        "type: dev-environment\nide: vscode\n{}",
        (0..20_000).map(|i| format!("k{i}: 1\n")).collect::<String>()
    );
    let checked = check(&text);
    assert!(checked.diagnostics.len() < 450, "{}", checked.diagnostics.len());
    assert_eq!(checked.diagnostics.last().map(|d| d.code.as_str()), Some("too-many-problems"));
}

#[test]
fn diagnostics_do_not_depend_on_comments() {
    let text = "type: dev-environment\nide: vscode\nresources:\n  gpu: 24\n  dsk: 1\n";
    let commented = text.replace('\n', "  # a comment\n");
    assert_eq!(codes(text), codes(&commented));
}

const PIECES: &[&str] = &[
    "type: dev-environment\n",
    "ide: vscode\n",
    "resources:\n",
    "  gpu: ",
    "  cpu: ",
    "  disk: ",
    "  memory: ",
    "env:\n",
    "  - A=1\n",
    "  - B\n",
    "  A: ",
    "ports: ",
    "init: ",
    "python: ",
    "3.10",
    "\n",
    "24",
    "A100:80GB:2",
    "1:30",
    "..",
    "4..8",
    "500GB",
    "yes",
    "null",
    "~",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ": ",
    "- ",
    "&a ",
    "*a",
    "<<: ",
    "!!binary ",
    "!!set ",
    "'",
    "\"",
    "max_duration: ",
    "off",
    "2h",
    "retry_policy: ",
    "retry: ",
    "duration: ",
    "registry_auth: ",
    "username: ",
    "é",
    "🚢",
    "\u{85}",
    "\u{2028}",
    "\r\n",
    "\t",
    "#",
    "010",
    "1e400",
    ".inf",
    ".nan",
    "2024-01-01",
    "99999999999999999999",
    "|\n",
    ">-\n",
    "---\n",
    "...\n",
    "%YAML 1.1\n",
    "compute_capability: ",
    "name: ",
    "count: ",
    "min: ",
    "max: ",
    "size: ",
    "max_price: ",
    "home_dir: ",
    "image: ",
    "termination_idle_time: ",
    "instance_name: m\n",
    "creation_policy: reuse\n",
    "termination_policy: dont-destroy\n",
    "HOME=\"x\"",
    "https://u:pa55@h/",
    "hf_AbCdEfGhIjKlMnOp1234",
    "A100,80GB",
    "1..2TB",
    "8...16",
    "8",
    "nvidia",
];

fn holds(text: &str) -> Result<(), TestCaseError> {
    let checked = check(text);
    prop_assert_eq!(checked.configuration.is_some(), checked.is_valid());
    for d in &checked.diagnostics {
        let fixes = d.fixes.iter().flat_map(|fix| &fix.edits).map(|edit| edit.range);
        for range in [d.range].into_iter().chain(d.related.iter().map(|r| r.range)).chain(fixes) {
            prop_assert!(text.get(range.start.offset..range.end.offset).is_some(), "{:?}", d);
        }
        for fix in &d.fixes {
            let Some(mended) = fix.apply(text) else { return Err(TestCaseError::fail(format!("{fix:?}"))) };
            let count = |text: &str| {
                check(text).diagnostics.iter().filter(|o| o.code == d.code && o.path == d.path).count()
            };
            prop_assert!(count(&mended) < count(text), "{:?} -> {:?}: {:?}", text, mended, d);
            let breaks = fix.certain && checked.is_valid() && !check(&mended).is_valid();
            prop_assert!(!breaks, "{:?} -> {:?}: {:?}", text, mended, d);
        }
        prop_assert!(d.severity != Severity::Error || !checked.is_valid());
    }
    let _ = render("x", text, &checked.diagnostics, true);
    if let Some(configuration) = &checked.configuration {
        let _ = summary(configuration, &checked.written);
    }
    let _ = hints(text, Dialect::V0_18);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_it_panic(text in any::<String>()) {
        holds(&text)?;
    }

    #[test]
    fn no_mixture_of_pieces_makes_it_panic_and_every_fix_works(
        picks in proptest::collection::vec(0..PIECES.len(), 0..24),
        valid_start in any::<bool>(),
    ) {
        let start = if valid_start { "type: dev-environment\nide: vscode\n" } else { "" };
        let text: String = std::iter::once(start).chain(picks.into_iter().map(|i| PIECES[i])).collect();
        holds(&text)?;
    }

    #[test]
    fn no_mutation_of_a_valid_text_makes_it_panic_and_every_fix_works(
        at in 0..VALID.len(), length in 0..12_usize, piece in 0..PIECES.len(),
    ) {
        let end = (at + length).min(VALID.len());
        let text = format!("{}{}{}", &VALID[..at], PIECES[piece], &VALID[end..]);
        holds(&text)?;
    }
}

#[test]
fn odd_values_are_read_as_dstack_reads_them() {
    // Each was tried on dstack 0.18.2 itself.
    let gpu = |gpu: &str| {
        let text = format!("type: dev-environment\nide: vscode\nresources:\n  gpu: {gpu}\n");
        check(&text).configuration.and_then(|c| c.resources.gpu)
    };
    let memory = |text: &str| gpu(text).and_then(|gpu| gpu.memory).and_then(|memory| memory.min);
    assert_eq!(memory("1e3"), Some(1000.0));
    assert_eq!(memory("1e-5"), Some(1e-5));
    assert_eq!(memory("2xA100"), None);
    assert_eq!(gpu("{name: !!omap []}").and_then(|gpu| gpu.name), Some(vec![]));
    assert_eq!(gpu("!!binary ''").map(|gpu| gpu.count.min), Some(Some(1)));
    assert_eq!(gpu("Ⅷ"), None);
    assert_eq!(gpu("ª:２").map(|gpu| gpu.count.max), Some(Some(2)));
    let env = |env: &str| {
        check(&format!("type: dev-environment\nide: vscode\nenv: {env}\n")).configuration.map(|c| c.env.len())
    };
    assert_eq!(env("[!!binary PTE=]"), Some(1));
    assert_eq!(env("[[A, 1], {ab: 1, cd: 2}]"), Some(2));
    assert_eq!(env("[[[A], 1]]"), None);
    assert_eq!(env("[.inf]"), Some(1));
    assert_eq!(env("{on: x, 1.5: y, null: z}"), None);
}

#[test]
fn a_misspelt_or_forgotten_type_hides_no_other_mistake() {
    let codes = |text: &str| -> Vec<String> { check(text).diagnostics.into_iter().map(|d| d.code).collect() };
    assert_eq!(
        codes("type: dev-enviroment\nide: vscod\ndsk: 1\n"),
        ["unknown-type", "invalid-value", "unknown-key"]
    );
    assert_eq!(codes("ide: vscod\nmax_price: 0\n"), ["missing-type", "invalid-value", "price-not-positive"]);
    // What was meant for something else is not held against its own rules.
    assert_eq!(codes("type: service\nport: 1\n"), ["unsupported-type"]);
    assert_eq!(codes("services: {}\nvolumes: {}\n"), ["missing-type"]);
}

#[test]
fn no_fix_leaves_what_it_mends() {
    let titles = |text: &str, code: &str| -> Vec<String> {
        let found = check(text).diagnostics.into_iter().filter(|d| d.code == code);
        found.flat_map(|d| d.fixes).map(|fix| fix.title).collect()
    };
    let start = "type: dev-environment\nide: vscode\n";
    // Two dots instead of three would leave the bounds the wrong way round.
    let dots = titles(&format!("{start}resources:\n  disk: 508...160GB\n"), "range-order");
    assert_eq!(dots, ["write `163.84MB..508GB`"]);
    // Without the second of two equal keys the first one counts.
    assert_eq!(titles(&format!("{start}backends: []\nbackends: []\n"), "empty-list"), [""; 0]);
    assert_eq!(titles(&format!("{start}backends: []\n"), "empty-list"), ["remove the key"]);
    // What has no effect for two reasons has none without one of them either.
    let both = "creation_policy: reuse\ntermination_policy: dont-destroy\ntermination_idle_time: 5m\n";
    let titles = titles(&format!("{start}{both}"), "no-effect");
    assert_eq!(
        titles,
        ["remove `termination_policy`", "remove `creation_policy`", "remove `termination_idle_time`"]
    );
}
