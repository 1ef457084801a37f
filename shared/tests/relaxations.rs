//! What an explanation offers as a change of the text, applied to texts as people write them.

use std::{collections::BTreeMap, sync::LazyLock};

use berth_shared::{
    catalog::Catalogue,
    check,
    diagnostics::apply_edits,
    matcher::{
        Constraint, Context, Relaxation, Requirements, explain, fix_gains, line_costs, match_offers, propose,
    },
    schema::Dialect,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    Catalogue::load(include_bytes!("../catalog/offers.bin")).expect("the carried catalogue is whole")
});

/// The valid texts of the recorded documents.
fn documents() -> Vec<String> {
    let recorded = include_str!("../../tests/data/config-0.18/documents.jsonl");
    let yaml = |line| {
        serde_json::from_str::<serde_json::Value>(line).expect("JSON")["yaml"].as_str().map(str::to_owned)
    };
    recorded.lines().filter_map(yaml).filter(|text| check(text).configuration.is_some()).collect()
}

fn relaxations(text: &str) -> Vec<Relaxation> {
    let configuration = check(text).configuration.expect("it is valid");
    let context = Context::everything(&CATALOGUE);
    explain(&CATALOGUE, &Requirements::from(&configuration), &context).relaxations
}

/// Applies what is proposed, and holds it against what was promised. `false` when nothing is proposed.
fn keeps_its_promise(text: &str, relaxation: &Relaxation) -> bool {
    let Some(proposal) = propose(text, relaxation, Dialect::V0_18) else { return false };
    let after = apply_edits(text, &proposal.edits).expect("the edits are of this text");
    let configuration = check(&after).configuration.unwrap_or_else(|| panic!("{text}\nbecame\n{after}"));
    let found =
        match_offers(&CATALOGUE, &Requirements::from(&configuration), &Context::everything(&CATALOGUE), 1);
    let cheapest = found.offers.first().map(|offer| offer.price);
    assert_eq!(
        (found.total, cheapest),
        (relaxation.total, Some(relaxation.cheapest)),
        "{text}\nbecame\n{after}\nby {}",
        relaxation.description()
    );
    true
}

#[test]
fn each_relaxation_of_the_recorded_documents_can_be_applied_and_gives_what_it_promises() {
    let mut without = Vec::new();
    let mut applied = 0;
    for text in documents().iter().step_by(4) {
        for relaxation in relaxations(text) {
            if keeps_its_promise(text, &relaxation) {
                applied += 1;
            } else {
                without.push(format!("{}\n{text}", relaxation.description()));
            }
        }
    }
    assert!(applied > 500, "{applied}");
    assert!(
        without.is_empty(),
        "{} of {applied}:\n{}",
        without.len(),
        without[..without.len().min(12)].join("\n---\n")
    );
}

/// Texts that ask for more than there is, written in the ways that people write them.
fn narrow_texts() -> impl Strategy<Value = String> {
    let gpu = select(vec![
        "",
        "  gpu: H100:80GB:3",
        "  gpu: \"A100,H100\"",
        "  gpu: 48GB..64GB:5",
        "  gpu: {name: [V100, T4], count: 3..}",
        "  gpu:\n    name:\n      - A100\n      - L4  # small\n    memory: 90GB..\n    count: 2",
        "  gpu:\n    name: A10G\n    total_memory: 200GB..",
        "  gpu: {name: H100, compute_capability: 9.5}",
        "  gpu: 11",
    ]);
    let size = select(vec![
        "",
        "  cpu: 500..",
        "  memory: 9000GB..  # much",
        "  cpu: 3",
        "  memory: 3GB\n  cpu: 1..1",
        "  disk: 50GB..60GB",
        "  shm_size: 16GB\n  cpu: {min: 4, max: 5}",
    ]);
    let rest = select(vec![
        "max_price: 0.001",
        "max_price: 2 # dollars\nspot_policy: spot",
        "backends: [aws]\nregions: [nowhere]",
        "backends:\n  - lambda\n  - gcp # both\nspot_policy: spot",
        "regions:\n- us-east-1\n- us-west-2\nmax_price: 0.5",
        "instance_types: [\"p3.2xlarge\"]",
        "creation_policy: reuse",
        "backends: []",
        "spot_policy: on-demand\ninstance_types:\n    - a2-highgpu-1g\n",
    ]);
    let head = "type: dev-environment\nide: vscode\n";
    (gpu, size, vec(rest, 0..3), option::of(Just(())), any::<bool>()).prop_filter_map(
        "each key once",
        move |(gpu, size, rest, comment, windows)| {
            let mut resources = [gpu, size].join("\n").trim_matches('\n').to_owned();
            if !resources.is_empty() {
                resources = format!("resources:\n{resources}\n");
            }
            let mut text = format!("{head}{resources}{}", rest.join("\n"));
            if comment.is_some() {
                text = format!("# what it is for\n{text}\n\n# the end\n");
            }
            let mut keys = BTreeMap::<&str, usize>::new();
            let tops = text.lines().filter(|line| line.starts_with(char::is_alphabetic));
            tops.for_each(|line| *keys.entry(line.split(':').next().unwrap_or_default()).or_default() += 1);
            let once = keys.values().all(|&count| count == 1);
            let text = if windows { text.replace('\n', "\r\n") } else { text.clone() };
            (once && check(&text).configuration.is_some()).then_some(text)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn what_is_too_narrow_can_always_be_widened_and_gives_what_was_promised(text in narrow_texts()) {
        let all = relaxations(&text);
        prop_assert!(!all.is_empty(), "nothing helps:\n{text}");
        for relaxation in &all {
            prop_assert!(keeps_its_promise(&text, relaxation), "{} of\n{text}", relaxation.description());
        }
    }
}

fn proposed(text: &str) -> Vec<String> {
    let shown = |relaxation: &Relaxation| {
        let proposal = propose(text, relaxation, Dialect::V0_18).expect("it can be written");
        let fields: Vec<String> = proposal
            .fields
            .iter()
            .map(|field| {
                let of = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
                format!("{}: {} becomes {}", field.path, of(&field.before), of(&field.after))
            })
            .collect();
        format!(
            "{}: {} ({} from ${})",
            fields.join("; "),
            relaxation.description(),
            relaxation.total,
            relaxation.cheapest
        )
    };
    relaxations(text).iter().map(shown).collect()
}

#[test]
fn when_no_single_change_helps_the_fewest_that_do_are_proposed_together() {
    let text = "type: dev-environment\nide: vscode\nresources:\n  gpu: H100:80GB:8\nmax_price: 5\nregions: [nowhere]\n";
    insta::assert_snapshot!(proposed(text).join("\n"), @r#"
    resources.gpu: H100:80GB:8 becomes H100:80GB:1..8; regions: [nowhere] becomes [nowhere, "Florida, US, NA"]: ask for 1 to 8 GPUs and take Florida, US, NA as well (1 from $1.8)
    max_price: 5 becomes 14.94; regions: [nowhere] becomes [nowhere, "Vietnam, VN, AS"]: pay up to $14.94/h and take Vietnam, VN, AS as well (1 from $14.94)
    "#);
}

#[test]
fn a_key_is_added_behind_a_last_line_that_changes_and_has_no_line_break() {
    let text = "type: dev-environment\nide: vscode\nresources:\n  gpu: {name: [V100, T4], count: 3..}\n  cpu: {min: 4, max: 5}\n\
        regions:\n- us-east-1\n- us-west-2\nmax_price: 0.5\ncreation_policy: reuse";
    let all = relaxations(text);
    let spot = |relaxation: &&Relaxation| {
        relaxation.changes.iter().any(|change| change.constraint == Constraint::Spot)
    };
    let relaxation = all.iter().find(spot).expect("spot machines help");
    assert!(keeps_its_promise(text, relaxation), "{}", relaxation.description());
    let proposal = propose(text, relaxation, Dialect::V0_18).expect("it can be written");
    let after = apply_edits(text, &proposal.edits).expect("it applies");
    assert!(after.ends_with("\ncreation_policy: reuse-or-create\nspot_policy: auto\n"), "{after:?}");
}

#[test]
fn comments_and_layout_around_a_change_stay() {
    let text = "# mine\ntype: dev-environment\nide: vscode\nbackends:\n  - lambda # cheap\n  # and\n  - gcp # near\nresources:\n  gpu:\n    name: H100   # fast\n    count: 16\n";
    let relaxation = relaxations(text).into_iter().next().expect("something helps");
    let proposal = propose(text, &relaxation, Dialect::V0_18).expect("it can be written");
    insta::assert_snapshot!(apply_edits(text, &proposal.edits).expect("it applies"), @"
    # mine
    type: dev-environment
    ide: vscode
    backends:
      - lambda # cheap
      # and
      - gcp # near
    resources:
      gpu:
        name: H100   # fast
        count: 8..16
    ");
}

#[test]
fn a_name_is_added_to_a_list_where_the_list_ends() {
    let text = "type: dev-environment\nide: vscode\nspot_policy: auto\nresources: {gpu: RTX4090}\nbackends:\n- lambda # cheap\n- gcp # near\n";
    let all = relaxations(text);
    let named =
        all.iter().find(|one| one.changes[0].constraint == Constraint::Backends && !one.changes[0].drops);
    let proposal =
        propose(text, named.expect("another backend has some"), Dialect::V0_18).expect("it can be written");
    let after = apply_edits(text, &proposal.edits).expect("it applies");
    insta::assert_snapshot!(after, @"
    type: dev-environment
    ide: vscode
    spot_policy: auto
    resources: {gpu: RTX4090}
    backends:
    - lambda # cheap
    - gcp # near
    - vastai
    ");
}

#[test]
fn each_line_says_what_it_leaves_out_and_each_fix_what_it_brings() {
    let text = "type: dev-environment\nide: vscode\nresources:\n  memory: 100GB..\n  gpu: A100:1..8\n  disk: 500GB\nspot_policy: auto\nbackends:\n  - lambda\n  - azure\n  - gcp\nmax_price: 12\n";
    let checked = check(text);
    let configuration = checked.configuration.as_ref().expect("it is valid");
    let context = Context::everything(&CATALOGUE);
    let explanation = explain(&CATALOGUE, &Requirements::from(configuration), &context);
    let notes: Vec<String> = line_costs(text, &explanation)
        .into_iter()
        .map(|note| format!("{}: {}", text.lines().nth(note.range.start.line).unwrap_or_default(), note.text))
        .collect();
    insta::assert_snapshot!(notes.join("\n"), @"
      memory: 100GB..: − 20 offers
      disk: 500GB: − 23 offers
    backends:: − 63 offers, from $0.22
    max_price: 12: − 139 offers
    ");
    let gains = fix_gains(text, configuration, &checked.diagnostics, &CATALOGUE, &context);
    let gains: Vec<String> = checked
        .diagnostics
        .iter()
        .zip(gains)
        .flat_map(|(diagnostic, gains)| {
            diagnostic
                .fixes
                .iter()
                .zip(gains)
                .map(|(fix, gain)| format!("{}: {gain:?}", fix.title))
                .collect::<Vec<_>>()
        })
        .collect();
    insta::assert_snapshot!(gains.join("\n"), @"write `500GB..`: Some(13)");
}
