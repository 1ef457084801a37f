use berth_shared::config::{CreationPolicy, SpotPolicy, TerminationPolicy};

use super::*;

const TEXT: &str = "type: dev-environment\nide: vscode # mine\nmax_price: 3 # dear\n";

/// For a server that reads as dstack 0.18 what says nothing else.
fn merge(
    text: &str,
    configuration: &Configuration,
    flags: Profile,
    profile: Profile,
    given: &[(String, String)],
) -> Result<Merged, CannotSet> {
    super::merge(text, Dialect::default(), configuration, flags, profile, given)
}

fn read(text: &str) -> Option<Configuration> {
    super::read(text, Dialect::default())
}

#[test]
fn flags_are_written_as_the_servers_project_reads_the_text() {
    let configuration = super::read(TEXT, Dialect::V0_22).expect("valid");
    assert_eq!(configuration.dialect(), Dialect::V0_22);
    let flags = Profile { pool_name: Some("lab".into()), ..Profile::default() };
    let sent = super::merge(TEXT, Dialect::V0_22, &configuration, flags, Profile::default(), &[]);
    let sent = sent.expect("written").text;
    assert!(sent.contains("fleets: [lab]"), "{sent}");
}

fn merged(text: &str, flags: Profile, profile: Profile, given: &[(&str, &str)]) -> Result<Merged, CannotSet> {
    let configuration = berth_shared::check(text).configuration.expect("a valid text");
    let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    merge(text, &configuration, flags, profile, &given)
}

#[test]
fn without_flags_and_profile_the_text_is_sent_as_it_stands() {
    let sent = merged(TEXT, Profile::default(), Profile::default(), &[]).expect("nothing to do");
    assert_eq!(sent.text, TEXT);
    assert!(sent.changed.is_empty());
}

#[test]
fn a_flag_stands_above_the_configuration_and_a_profile_below_it() {
    let flags = Profile { max_price: Some(2.0), ..Profile::default() };
    let profile = Profile { max_price: Some(1.0), spot_policy: Some(SpotPolicy::Auto), ..Profile::default() };
    let sent = merged(TEXT, flags, profile.clone(), &[]).expect("plain fields");
    insta::assert_snapshot!(sent.text, @r"
        type: dev-environment
        ide: vscode # mine
        max_price: 2 # dear
        spot_policy: auto
        ");
    let sent = merged(TEXT, Profile::default(), profile, &[]).expect("plain fields");
    assert_eq!(sent.configuration.max_price, Some(3.0));
    assert_eq!(sent.changed, ["spot_policy"]);
}

#[test]
fn every_field_can_be_written() {
    let all = Profile {
        backends: Some(vec!["aws".into(), "local".into()]),
        regions: Some(vec!["eu-west-1".into(), "no".into(), "Paris, FR".into()]),
        instance_types: Some(vec!["p3.2xlarge".into(), "1e3".into()]),
        spot_policy: Some(SpotPolicy::OnDemand),
        retry_policy: Some(RetryPolicy { retry: true, duration: Some(14_400) }),
        max_duration: Some("off".into()),
        max_price: Some(0.5),
        pool_name: Some("my: pool".into()),
        instance_name: Some("yes".into()),
        creation_policy: Some(CreationPolicy::Reuse),
        termination_policy: Some(TerminationPolicy::DontDestroy),
        termination_idle_time: Some(45),
    };
    let sent = merged("type: dev-environment\r\nide: vscode\r\n", all.clone(), Profile::default(), &[])
        .expect("all can be written");
    assert_eq!(sent.configuration.profile(), all);
    assert_eq!(berth_shared::check(&sent.text).configuration.map(|c| c.profile()), Some(all));
    assert!(sent.text.lines().count() == sent.text.matches("\r\n").count());
    insta::assert_snapshot!(sent.text.replace("\r\n", "\n"), @r#"
        type: dev-environment
        ide: vscode
        backends: [aws, local]
        regions: [eu-west-1, "no", "Paris, FR"]
        instance_types: [p3.2xlarge, "1e3"]
        spot_policy: on-demand
        retry_policy: {retry: true, duration: 4h}
        max_duration: "off"
        max_price: 0.5
        pool_name: "my: pool"
        instance_name: "yes"
        creation_policy: reuse
        termination_policy: dont-destroy
        termination_idle_time: 45s
        "#);
}

#[test]
fn a_retry_policy_is_taken_as_a_whole() {
    let text = format!("{TEXT}retry_policy:\n  retry: true\n  duration: 1h # long\n");
    let flags =
        Profile { retry_policy: Some(RetryPolicy { retry: false, duration: None }), ..Profile::default() };
    let sent = merged(&text, flags, Profile::default(), &[]).expect("written");
    assert_eq!(sent.configuration.retry_policy, Some(RetryPolicy { retry: false, duration: None }));
}

#[test]
fn variables_are_named_in_the_text_and_their_values_are_not() {
    for (env, after) in [
        ("", "env: [TOKEN]\n"),
        ("env:\n  - A=1 # one\n", "env:\n  - A=1 # one\n  - TOKEN\n"),
        ("env: [A=1]\n", "env: [A=1, TOKEN]\n"),
        ("env:\n  A: 1 # one\n", "env:\n  TOKEN: {key: TOKEN}\n  A: 1 # one\n"),
        ("env: [TOKEN]\n", "env: [TOKEN]\n"),
        ("env: [A=1, TOKEN=old]\n", "env: [\"A=1\", TOKEN]\n"),
        ("env:\n  TOKEN: old # it\n", "env:\n  TOKEN: {key: TOKEN} # it\n"),
        ("env: [TOKEN=s3cret]\n", "env: [TOKEN=s3cret]\n"),
    ] {
        let text = format!("type: dev-environment\nide: vscode\n{env}");
        let sent = merged(&text, Profile::default(), Profile::default(), &[("TOKEN", "s3cret")]).expect(env);
        assert_eq!(sent.text.strip_prefix("type: dev-environment\nide: vscode\n"), Some(after), "{env}");
        let asked = !env.contains("s3cret");
        assert_eq!(sent.variables.get("TOKEN").map(String::as_str), asked.then_some("s3cret"), "{env}");
    }
}

#[test]
fn what_cannot_be_written_is_said() {
    let error = CannotSet { field: "max_price".to_owned(), value: "2".to_owned() };
    insta::assert_snapshot!(error, @"cannot write `max_price: 2` into this configuration without changing what else it says (an anchor or a merge key may be in the way); write it into the file yourself");
}

#[test]
fn a_text_of_0_22_is_written_in_its_own_words() {
    let text =
        "type: dev-environment\nname: mine\nfleets: [a, b]\nretry: {on_events: [error], duration: 1h}\n";
    let configuration = read(text).expect("valid");
    let send = |flags: Profile| merge(text, &configuration, flags, Profile::default(), &[]).expect("written");
    let sent = send(Profile {
        pool_name: Some("c".into()),
        instance_name: Some("box".into()),
        retry_policy: Some(RetryPolicy { retry: true, duration: Some(1800) }),
        termination_policy: Some(TerminationPolicy::DontDestroy),
        max_duration: Some("off".into()),
        ..Profile::default()
    });
    insta::assert_snapshot!(sent.text);
    // What no flag says stays, with what flags cannot say.
    let sent = send(Profile { max_price: Some(2.0), ..Profile::default() });
    assert_eq!(sent.changed, ["max_price"]);
    assert_eq!(sent.configuration.newer, configuration.newer);
}
