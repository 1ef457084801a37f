use super::*;

fn git(url: &str, branch: Option<&str>) -> Result<(), String> {
    RunCode::Git(GitSource { url: url.into(), branch: branch.map(Into::into), ..GitSource::default() })
        .check()
}

#[test]
fn code_is_told_in_a_line() {
    let folder = CodeArchive { files: 1, size: 100, sha256: "0".repeat(64), ..CodeArchive::default() };
    let commit = CodeArchive {
        files: 412,
        size: 8_703_180,
        commit: Some("ab12cd34ef".repeat(4)),
        branch: Some("main".into()),
        changes: 3,
        ..folder.clone()
    };
    let detached = CodeArchive { branch: None, changes: 0, ..commit.clone() };
    let cloned = GitSource {
        url: "https://example.com/a/b".into(),
        branch: Some("dev".into()),
        commit: Some("ab12cd34ef".repeat(4)),
        ..GitSource::default()
    };
    let placed = CodeArchive {
        path: Some("src".into()),
        placed: ["~/.vimrc", "", "/data", "more"].map(Into::into).to_vec(),
        ..folder.clone()
    };
    let both = GitSource {
        commit: None,
        revision: Some("0123456789".into()),
        path: Some("~/b".into()),
        archive: Some(Box::new(CodeArchive { path: None, ..placed.clone() })),
        ..cloned.clone()
    };
    let all = [
        RunCode::Archive(folder),
        RunCode::Archive(commit),
        RunCode::Archive(detached),
        RunCode::Archive(placed),
        RunCode::Git(cloned),
        RunCode::Git(both),
    ];
    let told: Vec<String> = all.iter().map(RunCode::summary).collect();
    assert_eq!(
        told,
        [
            "1 file, 100 bytes",
            "412 files, 8.3 MiB, commit ab12cd34 of main with 3 local changes",
            "412 files, 8.3 MiB, commit ab12cd34 without local changes",
            "1 file, 100 bytes in src; files to ~/.vimrc, ., /data and 1 more",
            "https://example.com/a/b, branch dev, commit ab12cd34",
            "https://example.com/a/b, branch dev, commit 01234567 in ~/b; files to ~/.vimrc, ., /data and 1 more",
        ]
    );
}

#[test]
fn addresses_of_repositories_are_taken_in_the_forms_that_git_has() {
    for url in [
        "https://github.com/a/b.git",
        "http://127.0.0.1:8123/repo.git",
        "ssh://git@host.example:2222/a/b",
        "git@github.com:a/b.git",
        "host:repo",
        "https://[::1]:8080/a",
    ] {
        assert_eq!(git(url, None), Ok(()), "{url}");
    }
    assert_eq!(git("https://a/b", Some("feature/x-1")), Ok(()));
}

#[test]
fn what_is_no_address_or_holds_a_secret_is_refused_with_the_reason() {
    let refusals: Vec<String> = [
        "",
        "https://me:secret@host/a",
        "https://token@host/a",
        "ssh://me:secret@host/a",
        "https://host/a?token=x",
        "git://host/a",
        "file:///etc",
        "ext::sh -c id",
        "--upload-pack=x",
        "/srv/repo",
        "https://host",
        "https:///a",
        "host:",
        "ssh://-oProxyCommand=x/a",
    ]
    .iter()
    .map(|url| format!("{url} -> {}", git(url, None).expect_err(url)))
    .collect();
    insta::assert_snapshot!(refusals.join("\n"));
    for branch in ["", "-x", "a..b", "a b", "x.lock", "a:b", "@{1}", "a\n"] {
        assert!(git("https://a/b", Some(branch)).is_err(), "{branch:?}");
    }
}

#[test]
fn an_entry_of_repos_says_what_is_cloned_and_where() {
    let repo = Repo {
        local_path: None,
        url: Some("https://a/b".into()),
        branch: Some("dev".into()),
        hash: Some("0123abcd".into()),
        path: "src".into(),
        if_exists: "skip".into(),
    };
    let source = GitSource {
        url: "https://a/b".into(),
        branch: Some("dev".into()),
        revision: Some("0123abcd".into()),
        path: Some("src".into()),
        skip_existing: true,
        ..GitSource::default()
    };
    assert_eq!(GitSource::of(&repo), Some(source.clone()));
    let plain = Repo { branch: None, hash: None, path: ".".into(), if_exists: "error".into(), ..repo };
    let plain_source = GitSource { url: "https://a/b".into(), ..GitSource::default() };
    assert_eq!(GitSource::of(&plain), Some(plain_source.clone()));
    assert_eq!(
        GitSource::of(&Repo { url: Some(String::new()), local_path: Some(".".into()), ..plain }),
        None
    );
    assert!(RunCode::Git(source).is_placed() && !RunCode::Git(plain_source).is_placed());
}

#[test]
fn what_older_ones_do_not_know_is_written_only_where_it_is_asked_for() {
    let plain = RunCode::Git(GitSource { url: "https://a/b".into(), ..GitSource::default() });
    assert_eq!(serde_json::to_string(&plain).unwrap(), r#"{"kind":"git","url":"https://a/b"}"#);
    let archive = serde_json::to_string(&CodeArchive::default()).unwrap();
    assert!(!archive.contains("path") && !archive.contains("placed"), "{archive}");
}

#[test]
fn places_and_commits_that_cannot_be_are_refused_with_the_reason() {
    for path in ["", ".", "a/b", "~", "~/.ssh/id", "/data", "a..b", "/"] {
        assert_eq!(check_place(path), Ok(()), "{path}");
    }
    let of = |path: Option<&str>, revision: Option<&str>| GitSource {
        url: "https://a/b".into(),
        path: path.map(Into::into),
        revision: revision.map(Into::into),
        ..GitSource::default()
    };
    let paths = ["../a", "a/../b", "~ann/x", "-x", "a\nb"].map(|path| of(Some(path), None));
    let hashes = ["abc", "main", "--upload-pack=x", "0123 4567"].map(|hash| of(None, Some(hash)));
    let told: Vec<String> =
        paths.iter().chain(&hashes).map(|source| source.check().expect_err("refused")).collect();
    assert_eq!(
        told,
        [
            "`../a` leads out by `..`; write where it is to be, below the working directory or absolute",
            "`a/../b` leads out by `..`; write where it is to be, below the working directory or absolute",
            "of `~ann/x` nobody's home directory is known but the run's own: `~/…`",
            "`-x` begins with `-`, as an option does; write `./-x`",
            "a path is one line of at most 2,000 bytes",
            "`abc` cannot be the hash of a commit: 4 to 64 hexadecimal digits",
            "`main` cannot be the hash of a commit: 4 to 64 hexadecimal digits",
            "`--upload-pack=x` cannot be the hash of a commit: 4 to 64 hexadecimal digits",
            "`0123 4567` cannot be the hash of a commit: 4 to 64 hexadecimal digits",
        ]
    );
    assert_eq!(of(Some("a b/ü"), Some(&"0a".repeat(20))).check(), Ok(()));
    let archive = CodeArchive { sha256: "0".repeat(64), ..CodeArchive::default() };
    let within = CodeArchive { placed: vec!["../x".into()], ..archive.clone() };
    assert!(RunCode::Archive(within.clone()).check().is_err());
    assert!(GitSource { archive: Some(Box::new(within)), ..of(None, None) }.check().is_err());
    let many = CodeArchive { placed: vec!["x".into(); 51], ..archive };
    assert!(RunCode::Archive(many).check().is_err());
}

#[test]
fn a_file_is_put_where_a_name_of_its_own_is_said() {
    let names = ["a", "~/.vimrc", "/data/x.csv", "./a", "a/b/", "a b"].map(names_a_file);
    let none = ["", ".", "/", "~", "~/", "a/.", "./", "a/.."].map(names_a_file);
    assert_eq!((names, none), ([true; 6], [false; 8]));
}

#[test]
fn secrets_are_taken_out_of_addresses() {
    let kept = [
        ("https://me:tok@host/a", "https://host/a"),
        ("https://tok@host", "https://host"),
        ("ssh://git:pw@host/a", "ssh://git@host/a"),
        ("git@host:a", "git@host:a"),
        ("https://host/a@b", "https://host/a@b"),
        ("/srv/x", "/srv/x"),
    ];
    for (url, without) in kept {
        assert_eq!(without_credentials(url), without);
    }
}
