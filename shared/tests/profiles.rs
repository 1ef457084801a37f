//! Files of profiles: what is said about them, which one is chosen, and how it gives way.

use berth_shared::{
    check,
    config::{
        Configuration, CreationPolicy, NamedProfile, Profile, RetryPolicy, SpotPolicy, TerminationPolicy,
        check_profiles, choose_profile,
    },
    diagnostics::render,
};
use proptest::prelude::*;

const FILE: &str = "\
profiles:
  - name: cheap
    spot_policy: auto
    max_price: 1.5
    retry_policy: {retry: true, duration: 1h}
  - name: big
    default: true
    backends: [aws, gcp]
    max_duration: 2h
    termination_idle_time: 30m
";

fn profiles(text: &str) -> Vec<NamedProfile> {
    let checked = check_profiles(text);
    checked.profiles.unwrap_or_else(|| panic!("{:?}", checked.diagnostics))
}

fn configuration(text: &str) -> Configuration {
    check(&format!("type: dev-environment\nide: vscode\n{text}")).configuration.expect("a valid text")
}

const PIECES: &[&str] = &[
    "profiles:\n",
    "profiles: ",
    "- name: a\n",
    "- name: b\n",
    "  name: c\n",
    "  default: true\n",
    "  default: yes\n",
    "  max_price: $1\n",
    "  backends: []\n",
    "  backends: aws\n",
    "  retry_policy: {retry: true}\n",
    "  retry_policy:\n    retry: false\n    duration: 4h\n",
    "  termination_policy: dont-destroy\n",
    "  termination_idle_time: 0\n",
    "  creation_policy: reuse\n",
    "  instance_name: x\n",
    "  regions:\n",
    "  env: {}\n",
    "  max_duration: off\n",
    "  max_duration: 8\n",
    "[",
    "]",
    "{",
    "}",
    ", ",
    ": ",
    "&a ",
    "*a",
    "<<: *a\n",
    "\r\n",
    "é",
    "# c\n",
];

proptest! {
    #[test]
    fn no_mixture_of_pieces_makes_it_panic_and_every_fix_works(
        picks in proptest::collection::vec(0..PIECES.len(), 0..16),
    ) {
        let text: String = std::iter::once("profiles:\n- name: a\n").chain(picks.into_iter().map(|i| PIECES[i])).collect();
        let checked = check_profiles(&text);
        prop_assert_eq!(checked.profiles.is_some(), checked.is_valid());
        for d in &checked.diagnostics {
            let range = d.range.start.offset..d.range.end.offset;
            prop_assert!(text.get(range).is_some(), "{:?}", d);
            let count = |text: &str| {
                check_profiles(text).diagnostics.iter().filter(|o| o.code == d.code && o.path == d.path).count()
            };
            for fix in &d.fixes {
                let mended = fix.apply(&text).unwrap_or_default();
                prop_assert!(count(&mended) < count(&text), "{:?} -> {:?}: {:?}", text, mended, d);
            }
        }
    }
}

#[test]
fn every_mistake_in_profiles_is_reported_at_its_place() {
    let text = "\
profiles:
  - name: cheap
    regions: eu-west-1
    max_price: $1
    spot_polcy: spot
  - default: yes
    env: {A: 1}
    retry:
    pool_name: 1.10
  - name: cheap
    default: true
    termination_policy: dont-destroy
    termination_idle_time: 1h
    instance_name: mine
extra: 1
";
    let checked = check_profiles(text);
    assert!(checked.profiles.is_none() && !checked.is_valid());
    insta::assert_snapshot!(render(".dstack/profiles.yml", text, &checked.diagnostics, false));
}

#[test]
fn what_is_no_file_of_profiles_is_told_so() {
    for (text, code) in [
        ("", "empty-document"),
        ("~", "empty-document"),
        ("[]", "missing-key"),
        ("profiles: x", "wrong-type"),
        ("profiles:", "unexpected-null"),
        ("{}", "missing-key"),
        ("profiles: [1]", "wrong-type"),
        ("profiles: [{}]", "missing-key"),
        ("type: dev-environment", "missing-key"),
        ("[", "yaml-syntax"),
    ] {
        let found = check_profiles(text).diagnostics;
        assert!(found.iter().any(|d| d.code == code), "{text:?}: {found:?}");
    }
    assert_eq!(profiles("profiles: []"), []);
}

#[test]
fn a_profile_is_chosen_by_name_or_by_default_from_the_first_file_that_has_it() {
    let own = profiles(FILE);
    let home = profiles(
        "profiles: [{name: cheap, max_price: 9}, {name: mine, default: true}, {name: other, default: true}]",
    );
    let chosen = |files: &[&[NamedProfile]], name: Option<&str>| {
        choose_profile(files, name).map(|profile| profile.map(|p| (p.name.clone(), p.profile.max_price)))
    };
    assert_eq!(chosen(&[&own, &home], Some("cheap")), Ok(Some(("cheap".to_owned(), Some(1.5)))));
    assert_eq!(chosen(&[&own, &home], Some("mine")), Ok(Some(("mine".to_owned(), None))));
    assert_eq!(chosen(&[&own, &home], None), Ok(Some(("big".to_owned(), None))));
    assert_eq!(chosen(&[&own[..1], &home], None), Ok(Some(("mine".to_owned(), None))));
    assert_eq!(chosen(&[], None), Ok(None));
    let error = chosen(&[&own, &home], Some("chaep")).expect_err("there is none");
    assert_eq!(error.to_string(), "no such profile: `chaep`; did you mean `cheap`?");
    let error = chosen(&[], Some("x")).expect_err("there is none");
    assert_eq!(error.to_string(), "no such profile: `x`");
}

#[test]
fn a_flag_comes_before_the_configuration_the_profile_and_the_default() {
    let profile = profiles(FILE).swap_remove(0).profile;
    let flags = Profile { max_price: Some(0.5), ..Profile::default() };
    let merged = |text: &str, flags: Profile| configuration(text).merged(flags, profile.clone());

    let from_profile = merged("", Profile::default());
    assert_eq!((from_profile.max_price, from_profile.spot_policy), (Some(1.5), Some(SpotPolicy::Auto)));
    // Defaults come after the merge.
    assert_eq!(from_profile.creation_policy, Some(CreationPolicy::ReuseOrCreate));
    assert_eq!(from_profile.termination_policy, Some(TerminationPolicy::DestroyAfterIdle));
    assert_eq!(from_profile.termination_idle_time, Some(300));

    let written = "max_price: 3\nspot_policy: spot\nretry_policy: {retry: false}\nbackends: []\n";
    let from_file = merged(written, Profile::default());
    assert_eq!((from_file.max_price, from_file.spot_policy), (Some(3.0), Some(SpotPolicy::Spot)));
    // As a whole: the duration of the profile does not come through.
    assert_eq!(from_file.retry_policy, Some(RetryPolicy { retry: false, duration: None }));
    // Empty is something; null is nothing.
    assert_eq!(from_file.backends, Some(vec![]));
    assert_eq!(merged("max_price: null\n", Profile::default()).max_price, Some(1.5));

    let from_flag = merged(written, flags);
    assert_eq!((from_flag.max_price, from_flag.spot_policy), (Some(0.5), Some(SpotPolicy::Spot)));
}
