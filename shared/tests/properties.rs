//! What holds for every configuration.

use std::collections::BTreeMap;

use berth_shared::{
    check,
    config::{
        Configuration, CreationPolicy, DEFAULT_IDLE_SECONDS, Disk, EnvValue, Gpu, IntRange, PortMapping,
        RegistryAuth, Resources, RetryPolicy, SizeRange, SpotPolicy, TerminationPolicy, check_in, convert,
    },
    diagnostics::apply_edits,
    schema::Dialect,
};
use proptest::{collection::vec, option, prelude::*, sample::select};

/// Texts that YAML 1.1 would read as something else, and any others.
fn text() -> impl Strategy<Value = String> {
    let odd = select(
        &[
            "",
            "yes",
            "off",
            "~",
            "null",
            "3.10",
            "010",
            "1e3",
            "1:30",
            "22:22",
            "2024-01-01",
            "=",
            "<<",
            "- a",
            "a: b",
            "a #b",
            " a",
            "a ",
            "...",
            "---",
            "é🚢",
            "\u{85}",
            "\u{2028}",
            "\u{feff}",
            "\"",
            "\\",
            "'",
            "\n",
            "\t",
            "\r\n",
            "\0",
            "*a",
            "&a",
            "!a",
            "|",
            "@",
            "`",
            "[",
            "{a}",
            "pip install x && y",
            "${{ secrets.a }}",
        ][..],
    );
    prop_oneof![odd.prop_map(str::to_owned), "(?s).{0,12}", "[a-z]{1,8}"]
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..4)
}

fn ints() -> impl Strategy<Value = IntRange> {
    let bound = || prop_oneof![-3..200_i64, any::<i64>()];
    prop_oneof![
        (bound(), bound()).prop_map(|(a, b)| IntRange { min: Some(a.min(b)), max: Some(a.max(b)) }),
        bound().prop_map(|a| IntRange { min: Some(a), max: None }),
        bound().prop_map(|a| IntRange { min: None, max: Some(a) }),
    ]
}

fn sizes(least: f64) -> impl Strategy<Value = SizeRange> {
    let bound = move || {
        prop_oneof![
            (0..4000_u32).prop_map(|n| f64::from(n) / 8.0),
            any::<f64>().prop_filter("a number", |n| !n.is_nan()),
            Just(f64::INFINITY),
        ]
        .prop_map(move |n| n.max(least))
    };
    prop_oneof![
        (bound(), bound()).prop_map(|(a, b)| SizeRange { min: Some(a.min(b)), max: Some(a.max(b)) }),
        bound().prop_map(|a| SizeRange { min: Some(a), max: None }),
        bound().prop_map(|a| SizeRange { min: None, max: Some(a) }),
    ]
}

fn gpu() -> impl Strategy<Value = Gpu> {
    (
        option::of(texts()),
        ints(),
        option::of(sizes(f64::MIN)),
        option::of(sizes(f64::MIN)),
        option::of(any::<(i64, i64)>()),
    )
        .prop_map(|(name, count, memory, total_memory, compute_capability)| Gpu {
            vendor: None,
            name,
            count,
            memory,
            total_memory,
            compute_capability,
        })
}

fn resources() -> impl Strategy<Value = Resources> {
    (
        ints(),
        sizes(f64::MIN),
        option::of((0..64_u32).prop_map(f64::from)),
        option::of(gpu()),
        option::of(sizes(50.0)),
    )
        .prop_map(|(cpu, memory, shm_size, gpu, disk)| Resources {
            arch: None,
            cpu,
            memory,
            shm_size,
            gpu,
            disk: disk.map(|size| Disk { size }),
        })
}

fn env() -> impl Strategy<Value = BTreeMap<String, EnvValue>> {
    let value = prop_oneof![
        text().prop_map(EnvValue::Literal),
        text().prop_map(|key| EnvValue::FromSubmitter { key }),
    ];
    let long = Just("k".repeat(2000));
    proptest::collection::btree_map(prop_oneof![4 => text(), 1 => long], value, 0..4)
}

prop_compose! {
    fn ours()(
        version in option::of(text()),
        init in texts(),
        image in option::of(text()),
        entrypoint in option::of(text()),
        home_dir in text(),
        registry_auth in option::of((text(), text())),
        python in option::of(select(&["3.8", "3.9", "3.10", "3.11", "3.12"][..])),
        env in env(),
        setup in texts(),
        resources in resources(),
        ports in vec((option::of(1..=65536_u32), 1..=65536_u32), 0..3),
    ) -> Configuration {
        Configuration {
            ide: Some("vscode".to_owned()),
            version,
            init,
            r#type: "dev-environment".to_owned(),
            // The two exclude each other.
            python: python.filter(|_| image.as_deref().unwrap_or_default().is_empty()).map(str::to_owned),
            image,
            entrypoint,
            home_dir,
            registry_auth: registry_auth.map(|(username, password)| RegistryAuth { username, password }),
            env,
            setup,
            resources,
            ports: ports
                .into_iter()
                .map(|(local_port, container_port)| PortMapping { local_port, container_port })
                .collect(),
            ..check("type: dev-environment\nide: vscode\n").configuration.expect("a valid text")
        }
    }
}

prop_compose! {
    fn configuration()(
        ours in ours(),
        backends in option::of(vec(select(&["aws", "gcp", "lambda"][..]).prop_map(str::to_owned), 0..3)),
        regions in option::of(texts()),
        instance_types in option::of(texts()),
        spot_policy in option::of(select(&[SpotPolicy::Spot, SpotPolicy::OnDemand, SpotPolicy::Auto][..])),
        retry_policy in option::of((any::<bool>(), option::of(any::<i64>()))),
        max_duration in option::of(prop_oneof![Just("off".to_owned()), any::<i64>().prop_map(|n| n.to_string())]),
        max_price in option::of(prop_oneof![1e-9..1e9, Just(f64::INFINITY), Just(1e300), Just(5e-324)]),
        names in (option::of(text()), option::of(text())),
        creation_policy in option::of(select(&[CreationPolicy::Reuse, CreationPolicy::ReuseOrCreate][..])),
        termination_policy in
            option::of(select(&[TerminationPolicy::DontDestroy, TerminationPolicy::DestroyAfterIdle][..])),
        termination_idle_time in option::of(any::<i64>()),
    ) -> Configuration {
        Configuration {
            backends,
            regions,
            instance_types,
            spot_policy,
            // A duration says yes by itself.
            retry_policy: retry_policy
                .map(|(retry, duration)| RetryPolicy { retry: retry || duration.is_some(), duration }),
            max_duration,
            max_price,
            pool_name: names.0,
            instance_name: names.1,
            creation_policy,
            termination_policy,
            termination_idle_time,
            ..ours
        }
    }
}

/// Entries of a configuration, each with something to say about it or nothing, in any order.
const ENTRIES: &[&str] = &[
    "python: 3.10\n",
    "image: yes\n",
    "env:\n  - A=1\n  - B\n  - HF_TOKEN=hf_abcdefghijklmnopqrst\n",
    "ports:\n  - 22:22\n  - 70000\n",
    "resources:\n  gpu: 24\n  disk: 500GB\n  cpu: 8..4\n",
    "max_duration: off\n",
    "max_price: -1\n",
    "retry_policy: {retry: false, duration: 4h}\n",
    "backends: []\n",
    "regions: [no]\n",
    "termination_policy: dont-destroy\n",
    "termination_idle_time: 0\n",
    "instance_name: mine\n",
    "creation_policy: reuse-or-create\n",
    "registry_auth: {username: me, password: secret}\n",
    "spot_polcy: spot\n",
    "volumes: [a]\n",
    "init:\n  - |\n    # no comment\n    ls\n  - echo a: b\n",
    "on: push\n",
];

/// What is said, without places, sorted.
fn said(text: &str) -> Vec<(String, String, String)> {
    let mut said: Vec<_> = check(text).diagnostics.into_iter().map(|d| (d.code, d.path, d.message)).collect();
    said.sort();
    said
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn a_configuration_as_yaml_reads_back_as_the_same(configuration in configuration()) {
        let yaml = configuration.to_yaml();
        let checked = check(&yaml);
        prop_assert_eq!(checked.configuration.as_ref(), Some(&configuration), "{}\n{:?}", yaml, checked.diagnostics);
    }

    #[test]
    fn what_is_said_depends_neither_on_the_order_of_keys_nor_on_comments(
        entries in proptest::sample::subsequence(ENTRIES, 0..=ENTRIES.len()),
        order in any::<u64>(),
        comments in vec(any::<bool>(), ENTRIES.len() + 2),
    ) {
        let mut entries: Vec<&str> =
            ["type: dev-environment\n", "ide: vscode\n"].into_iter().chain(entries).collect();
        let before = said(&entries.concat());
        // Any order will do that depends on the number alone.
        entries.sort_by_key(|entry| entry.bytes().fold(order, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        }));
        let mut text = String::new();
        for (entry, comment) in entries.iter().zip(comments) {
            let first = entry.lines().next().unwrap_or_default();
            match (comment, entry.lines().count()) {
                (false, _) => text += entry,
                (true, 1) => text += &format!("# a: [comment\n{first}   # and \"another\n\n"),
                (true, _) => text += &format!("  # a comment\n{}# between\n", entry.replacen('\n', "  # here\n", 1)),
            }
        }
        prop_assert_eq!(said(&text), before, "{}", text);
    }
}

/// A configuration with one word for what has several: no limit, an idle time, any GPU or none.
fn meaning(configuration: Configuration) -> Configuration {
    let mut same = configuration;
    if same.max_duration.as_deref() == Some("0") {
        same.max_duration = Some("off".to_owned());
    }
    if same.termination_policy != Some(TerminationPolicy::DontDestroy) {
        let said = same.termination_policy.take().map(|_| DEFAULT_IDLE_SECONDS);
        same.termination_idle_time = same.termination_idle_time.or(said).map(|seconds| seconds.max(0));
    }
    let any = Gpu { count: IntRange { min: Some(0), max: None }, ..Gpu::default() };
    same.resources.gpu.take_if(|gpu| *gpu == any);
    same
}

/// Lines with keys of either dialect, each in an odd form.
const LINES: &[&str] = &[
    "type: dev-environment\n",
    "ide: vscode\n",
    "{type: dev-environment, ide: vscode}\n",
    "name: &a x # y\n",
    "image: *a\n",
    "<<: {name: z}\n",
    "pool_name: a/b\npool_name: c\n",
    "retry_policy: [[retry, yes], [duration, 1d]]\n",
    "retry:\n  - x\n",
    "retry: {on_events: [error]}\n",
    "env: ['=1', '1A']\n",
    "env:\n- A\n- true\n",
    "volumes:\n  - a:/b\n\n  # c\n",
    "resources: []\n",
    "resources: &r {gpu: {}}\n",
    "resources:\n  cpu: 4.7\n  gpu: amd:2\n  # d\n  disk:\n",
    "version: |\n  a\n  b\n",
    "? init\n: - |\n    e\n",
    "!!str ports: [65536, 80.0]\n",
    "idle_duration: off\r\n",
    "home_dir: \"a\u{2028}b\"\n",
    "# f\n",
    "\u{feff}",
    "...\n",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn a_configuration_that_is_converted_means_the_same_or_it_is_said_what_does_not(
        configuration in configuration(),
    ) {
        let text = configuration.to_yaml();
        let there = convert(&text, Dialect::V0_18, Dialect::V0_22);
        let there = there.map_err(|error| TestCaseError::fail(format!("{error}: {text}")))?;
        prop_assert_eq!(apply_edits(&text, &there.edits), Some(there.text.clone()));
        prop_assert!(check_in(&there.text, Dialect::V0_22, None).is_valid(), "{}\n{}", text, there.text);
        let back = convert(&there.text, Dialect::V0_22, Dialect::V0_18);
        let back = back.map_err(|error| TestCaseError::fail(format!("{error}: {}", there.text)))?;
        if there.lost.is_empty() {
            let again = check(&back.text).configuration.map(meaning);
            prop_assert_eq!(again, Some(meaning(configuration)), "{}\n{}\n{}", text, there.text, back.text);
        }
    }

    #[test]
    fn any_text_is_converted_or_is_not_valid(lines in vec(select(LINES), 0..8), cut in 0..200_usize) {
        let mut text = format!("type: dev-environment\nide: vscode\n{}", lines.concat());
        if let Some((at, _)) = text.char_indices().rev().nth(cut).filter(|_| cut < 100) {
            text.truncate(at);
        }
        for (from, to) in [(Dialect::V0_18, Dialect::V0_22), (Dialect::V0_22, Dialect::V0_18)] {
            match convert(&text, from, to) {
                Ok(converted) => {
                    prop_assert!(check_in(&converted.text, to, None).is_valid(), "{}", converted.text);
                    prop_assert_eq!(apply_edits(&text, &converted.edits), Some(converted.text));
                }
                Err(_) => prop_assert!(!check_in(&text, from, None).is_valid(), "{}", text),
            }
        }
    }
}
