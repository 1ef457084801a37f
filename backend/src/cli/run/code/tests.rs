//! With the real `git`, in folders that go with the test.

use std::{
    collections::BTreeMap,
    fs,
    io::Read as _,
    os::unix::{ffi::OsStrExt as _, fs::PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
};

use flate2::read::GzDecoder;
use tempfile::TempDir;

use berth_shared::{
    api::GitSource,
    config::{FileMapping, Repo},
};

use super::{
    Chosen, CodeFlags, choose, files,
    git::Checkout,
    pack::{Folder, Packed},
    placed, too_much,
};
use crate::cli::failure::Failure;

const LIMIT: u64 = 1 << 20;

/// A folder with files.
struct Project(TempDir);

impl Project {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// One with a commit.
    fn committed() -> Self {
        let project = Self::new();
        project.git(&["init", "-q"]);
        project.write("kept", "kept\n");
        project.write("ä dir/ein Wörd", "old\n");
        project.write("gone", "gone\n");
        project.git(&["add", "."]);
        project.git(&["commit", "-qm", "one"]);
        project
    }

    fn path(&self) -> PathBuf {
        self.0.path().canonicalize().unwrap()
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.path(), arguments)
    }

    fn pack(&self) -> Packed {
        self.try_pack(LIMIT).unwrap()
    }

    fn try_pack(&self, limit: u64) -> Result<Packed, String> {
        pack(&self.path(), limit)
    }
}

fn pack(folder: &Path, limit: u64) -> Result<Packed, String> {
    let checkout = Checkout::find(folder);
    let root = checkout.as_ref().map_or(folder, Checkout::root);
    let found = match &checkout {
        Some(checkout) => checkout.files()?,
        None => files::below(root)?,
    };
    let checkout = checkout.as_ref();
    super::pack::pack(Some(Folder { root, checkout, found, path: None }), Vec::new(), limit)
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.current_dir(folder).env("HOME", "/nonexistent").env("GIT_CONFIG_NOSYSTEM", "1");
    let options = [
        "user.name=Ann",
        "user.email=ann@example.com",
        "init.defaultBranch=main",
        "protocol.file.allow=always",
    ];
    git.args(options.iter().flat_map(|option| ["-c", option]));
    let output = git.args(arguments).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Names of everything but `.git`, with what they are.
fn names(packed: &Packed) -> BTreeMap<String, String> {
    let mut tar = tar::Archive::new(GzDecoder::new(packed.bytes.as_slice()));
    let mut names = BTreeMap::new();
    for entry in tar.entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let mut text = String::new();
        let told = match entry.header().entry_type() {
            tar::EntryType::Symlink => format!("-> {}", entry.link_name().unwrap().unwrap().display()),
            tar::EntryType::Directory => "folder".to_owned(),
            _ if name.starts_with(".git/") => String::new(),
            _ => {
                entry.read_to_string(&mut text).unwrap();
                format!("{:o} {}", entry.header().mode().unwrap(), text.trim_end())
            }
        };
        if !name.starts_with(".git/") {
            names.insert(name, told);
        }
    }
    names
}

fn told(packed: &Packed) -> String {
    let lines: Vec<String> = names(packed).iter().map(|(name, what)| format!("{name}: {what}")).collect();
    lines.join("\n")
}

/// What comes out of the archive, as a folder.
fn unpacked(packed: &Packed) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    tar::Archive::new(GzDecoder::new(packed.bytes.as_slice())).unpack(folder.path()).unwrap();
    folder
}

#[test]
fn a_checkout_is_brought_as_it_is_with_its_commit() {
    let project = Project::committed();
    project.write(".gitignore", "*.log\n");
    project.write("a.log", "ignored");
    project.write("ä dir/ein Wörd", "new\n");
    project.write("new one", "untracked\n");
    project.write("run.sh", "#!/bin/sh\n");
    fs::set_permissions(project.path().join("run.sh"), fs::Permissions::from_mode(0o700)).unwrap();
    std::os::unix::fs::symlink("ä dir/ein Wörd", project.path().join("link")).unwrap();
    fs::remove_file(project.path().join("gone")).unwrap();
    project.git(&["mv", "kept", "renamed"]);
    project.git(&["remote", "add", "origin", "https://ann:s3cret@git.example/x.git"]);
    let packed = project.pack();
    insta::assert_snapshot!(told(&packed), @r"
    .gitignore: 644 *.log
    link: -> ä dir/ein Wörd
    new one: 644 untracked
    renamed: 644 kept
    run.sh: 755 #!/bin/sh
    ä dir/ein Wörd: 644 new
    ");
    let archive = &packed.archive;
    assert_eq!((archive.files, archive.changes, archive.branch.as_deref()), (6, 8, Some("main")));
    assert_eq!(archive.commit.as_deref(), Some(project.git(&["rev-parse", "HEAD"]).as_str()));
    assert_eq!(packed.notes, Vec::<String>::new());

    let inside = unpacked(&packed);
    let git = |arguments: &[&str]| git(inside.path(), arguments);
    insta::assert_snapshot!(git(&["-c", "core.quotePath=false", "status", "--porcelain=v1"]), @r#"
     D gone
     D kept
     M "ä dir/ein Wörd"
    ?? .gitignore
    ?? link
    ?? "new one"
    ?? renamed
    ?? run.sh
    "#);
    assert_eq!(git(&["log", "--format=%s"]), "one");
    assert_eq!(git(&["symbolic-ref", "HEAD"]), "refs/heads/main");
    assert_eq!(git(&["config", "remote.origin.url"]), "https://git.example/x.git");
    assert_eq!(git(&["fsck"]), "");
}

#[test]
fn the_same_files_make_the_same_archive() {
    let project = Project::committed();
    project.write("more", "x");
    let first = project.pack();
    let again = project.pack();
    assert_eq!(first.archive, again.archive);
    project.write("more", "y");
    assert_ne!(project.pack().archive.sha256, first.archive.sha256);
}

#[test]
fn a_checkout_is_brought_whole_from_any_folder_in_it() {
    let project = Project::committed();
    let below = pack(&project.path().join("ä dir"), LIMIT).unwrap();
    assert_eq!(below.archive, project.pack().archive);
}

#[test]
fn a_repository_without_a_commit_is_its_files() {
    let project = Project::new();
    project.git(&["init", "-q"]);
    project.write("a", "x");
    let packed = project.pack();
    assert_eq!(told(&packed), "a: 644 x");
    assert_eq!((packed.archive.commit, packed.archive.changes), (None, 1));
}

#[test]
fn without_a_branch_the_commit_alone_is_checked_out() {
    let project = Project::committed();
    project.git(&["checkout", "-q", "--detach"]);
    let packed = project.pack();
    assert_eq!((packed.archive.branch.as_deref(), packed.archive.changes), (None, 0));
    let inside = unpacked(&packed);
    assert_eq!(git(inside.path(), &["rev-parse", "HEAD"]), project.git(&["rev-parse", "HEAD"]));
    assert_eq!(git(inside.path(), &["status", "--porcelain"]), "");
}

#[test]
fn worktrees_and_shallow_clones_are_checkouts_too() {
    let project = Project::committed();
    let elsewhere = tempfile::tempdir().unwrap();
    let (worktree, shallow) = (elsewhere.path().join("worktree"), elsewhere.path().join("shallow"));
    project.git(&["worktree", "add", "-q", "-b", "side", &worktree.to_string_lossy()]);
    fs::write(worktree.join("kept"), "changed").unwrap();
    let url = format!("file://{}", project.path().display());
    project.git(&["commit", "-q", "--allow-empty", "-m", "two"]);
    git(elsewhere.path(), &["clone", "-q", "--depth=1", &url, "shallow"]);
    for (folder, branch, subject, changes) in [(&worktree, "side", "one", 1), (&shallow, "main", "two", 0)] {
        let packed = pack(folder, LIMIT).unwrap();
        assert_eq!((packed.archive.branch.as_deref(), packed.archive.changes), (Some(branch), changes));
        assert_eq!(packed.notes, Vec::<String>::new());
        let inside = unpacked(&packed);
        assert_eq!(git(inside.path(), &["log", "--format=%s"]), subject);
    }
}

#[test]
fn what_is_left_out_or_is_not_what_it_seems_is_said() {
    let project = Project::committed();
    let module = Project::committed();
    project.git(&["submodule", "--quiet", "add", &module.path().to_string_lossy(), "vendor/module"]);
    let inner = project.path().join("inner");
    fs::create_dir(&inner).unwrap();
    git(&inner, &["init", "-q"]);
    git(&inner, &["commit", "-q", "--allow-empty", "-m", "one"]);
    std::os::unix::fs::symlink("../out", project.path().join("ä dir/fine")).unwrap();
    std::os::unix::fs::symlink("../../out", project.path().join("ä dir/out")).unwrap();
    std::os::unix::fs::symlink("/etc", project.path().join("etc")).unwrap();
    project.write("model.bin", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    insta::assert_snapshot!(project.pack().notes.join("\n"), @r"
    `vendor/module` is a submodule: not brought; `git submodule update --init` in `setup` fetches them
    `inner` is a repository of its own: not brought
    `etc`, `ä dir/out` are links that lead out of the folder: brought as it stands: what it leads to is not
    `model.bin` is a Git LFS pointer: brought as it stands; `git lfs pull` here gets the content
    ");

    let folder = Project::new();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    folder.write("file", "");
    assert_eq!(folder.pack().notes, ["`socket` is neither a file, a folder nor a link: not brought"]);
}

#[test]
fn a_folder_without_git_is_brought_without_what_is_ignored() {
    let folder = Project::new();
    folder.write("a/b", "x");
    folder.write(".env", "hidden");
    folder.write(".gitignore", "target/\n*.log\n!keep.log\n");
    folder.write("target/large", "x");
    folder.write("a.log", "x");
    folder.write("keep.log", "x");
    folder.write("a/.dstackignore", "data\n");
    folder.write("a/data", "x");
    fs::create_dir(folder.path().join("empty")).unwrap();
    fs::create_dir(folder.path().join(std::ffi::OsStr::from_bytes(b"odd \xff"))).unwrap();
    insta::assert_snapshot!(told(&folder.pack()), @r"
    .env: 644 hidden
    .gitignore: 644 target/
    *.log
    !keep.log
    a: folder
    a/.dstackignore: 644 data
    a/b: 644 x
    empty: folder
    keep.log: 644 x
    odd �: folder
    ");
}

#[test]
fn a_folder_with_nothing_but_configurations_is_not_brought() {
    let folder = Project::new();
    folder.write(".dstack.yml", "x");
    folder.write("gpu.dstack.yml", "x");
    folder.write(".dstack/profiles.yml", "x");
    folder.write("odd-name.yml", "x");
    let configuration = folder.path().join("odd-name.yml");
    let found = files::below(&folder.path()).unwrap();
    assert!(found.are_only(&folder.path(), Some(&configuration)));
    assert!(!found.are_only(&folder.path(), None));
}

#[test]
fn what_is_too_large_is_refused_with_its_largest_files() {
    let project = Project::committed();
    let noise: String = (0..60_000_u32)
        .map(|n| char::from(b' ' + (n.wrapping_mul(2_654_435_761).rotate_left(n % 32) % 95) as u8))
        .collect();
    project.write("data/large.bin", &noise);
    project.write("small.bin", &noise[..1000]);
    let refused = |limit| {
        let why = project.try_pack(limit).unwrap_err();
        why.replace(&project.path().display().to_string(), "PROJECT")
    };
    insta::assert_snapshot!(refused(20_000), @r"
    `PROJECT` has 59.6 KiB of files, and the server takes at most 19.5 KiB, compressed; leave out what is not needed by `.gitignore`, name a smaller folder with `--code PATH`, or bring none with `--no-code`. The largest files:
        58.6 KiB  data/large.bin
      1000 bytes  small.bin
         5 bytes  gone
         5 bytes  kept
         4 bytes  ä dir/ein Wörd
    ");
    // What could be compressed to nothing is not even tried.
    let sparse = fs::File::create(project.path().join("sparse")).unwrap();
    sparse.set_len(100 << 30).unwrap();
    let why = refused(LIMIT);
    assert!(why.contains("has 100 GiB of files, and the server") && why.contains("100 GiB  sparse"), "{why}");
}

#[test]
fn nobody_means_to_bring_the_whole_disk() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let of = |folder: &Path| too_much(folder, Some(&home));
    assert_eq!(of(Path::new("/")), Some("the whole disk"));
    assert_eq!(of(&home), Some("the home directory"));
    assert_eq!(of(home.parent().unwrap()), Some("a folder above the home directory"));
    assert_eq!(of(&home.join("project")), None);
    assert_eq!(too_much(&home, None), None);
}

fn repo(source: &str) -> Repo {
    let is_url = source.contains("://");
    Repo {
        local_path: (!is_url).then(|| source.to_owned()),
        url: is_url.then(|| source.to_owned()),
        branch: None,
        hash: None,
        path: ".".to_owned(),
        if_exists: "error".to_owned(),
    }
}

#[test]
fn flags_say_what_the_code_is_else_the_configuration_else_the_folder() {
    let beside = Path::new("/srv/project");
    let of = |flags: &CodeFlags, repo: Option<&Repo>| choose(flags, None, repo, beside).unwrap();
    let git = |url: &str| Chosen::Git(GitSource { url: url.to_owned(), ..GitSource::default() });
    let folder = |folder: &str, path: Option<&str>, asked| Chosen::Folder {
        folder: folder.into(),
        path: path.map(Into::into),
        asked,
    };
    let none = CodeFlags::default();
    assert_eq!(of(&none, None), folder(".", None, false));
    assert_eq!(choose(&none, Some(Path::new("x")), None, beside).unwrap(), folder("x", None, false));
    let url = repo("https://git.example/a");
    assert_eq!(of(&none, Some(&url)), git("https://git.example/a"));
    let local = Repo { path: "src".to_owned(), ..repo("../lib") };
    assert_eq!(of(&none, Some(&local)), folder("/srv/project/../lib", Some("src"), true));

    assert_eq!(of(&CodeFlags { no_code: true, ..CodeFlags::default() }, Some(&url)), Chosen::Nothing);
    let named = CodeFlags { code: Some("here".into()), ..CodeFlags::default() };
    assert_eq!(of(&named, Some(&url)), folder("here", None, true));
    let cloned = CodeFlags { git: Some("https://git.example/b".to_owned()), ..CodeFlags::default() };
    assert_eq!(of(&cloned, Some(&local)), git("https://git.example/b"));
}

#[test]
fn a_repository_that_cannot_be_brought_as_it_is_asked_for_is_refused_with_the_reason() {
    let refused = |repo: Repo| {
        choose(&CodeFlags::default(), None, Some(&repo), Path::new(".")).unwrap_err().to_string()
    };
    let hash = Some("0123abcd".to_owned());
    let told = [
        refused(Repo { hash, ..repo(".") }),
        refused(Repo { path: "../x".to_owned(), ..repo(".") }),
        refused(Repo { hash: Some("main".to_owned()), ..repo("https://git.example/a") }),
        refused(repo("https://git.example")),
    ];
    insta::assert_snapshot!(told.join("\n"), @r"
    `repos`: `.` is brought as it is checked out here, and not by `branch` or `hash`; leave those out, or name its `url`
    `repos`: `../x` leads out by `..`; write where it is to be, below the working directory or absolute
    `repos`: `main` cannot be the hash of a commit: 4 to 64 hexadecimal digits
    `repos`: `https://git.example` names a host and no repository on it; write `https://HOST/PATH`, `ssh://USER@HOST/PATH` or `USER@HOST:PATH`
    ");
}

fn mapping(local_path: &str, path: &str) -> FileMapping {
    FileMapping { local_path: local_path.to_owned(), path: path.to_owned() }
}

/// An archive of these, beside a project, and of the project where that is brought.
fn pack_placed(project: &Project, mappings: &[FileMapping], with_code: bool) -> Result<Packed, String> {
    let beside = project.path();
    let placed = placed::find(mappings, &beside).map_err(|error| error.to_string())?;
    let root = beside.join("code");
    let folder = with_code.then(|| Folder {
        root: &root,
        checkout: None,
        found: files::below(&root).unwrap(),
        path: Some("src".to_owned()),
    });
    super::pack::pack(folder, placed::read(placed)?, LIMIT)
}

#[test]
fn files_travel_in_the_same_archive_with_their_modes_and_say_where_they_go() {
    let project = Project::new();
    project.write("code/main", "code");
    project.write("id", "key");
    fs::set_permissions(project.path().join("id"), fs::Permissions::from_mode(0o600)).unwrap();
    project.write("data/deep/a", "a");
    project.write("data/.gitignore", "*.log\n");
    project.write("data/x.log", "ignored");
    fs::create_dir(project.path().join("empty")).unwrap();
    std::os::unix::fs::symlink("id", project.path().join("link")).unwrap();
    let whole = project.path().join("id").to_string_lossy().into_owned();
    let mappings = [
        mapping("link", "~/.ssh/id"),
        mapping("./data", "data"),
        mapping("empty", "/e"),
        mapping(&whole, "id"),
    ];
    let packed = pack_placed(&project, &mappings, true).unwrap();
    insta::assert_snapshot!(told(&packed), @r"
    .berth-files/0: 600 key
    .berth-files/1: folder
    .berth-files/1/.gitignore: 644 *.log
    .berth-files/1/deep: folder
    .berth-files/1/deep/a: 644 a
    .berth-files/2: folder
    .berth-files/3: 600 key
    main: 644 code
    ");
    let archive = &packed.archive;
    assert_eq!(archive.placed, ["~/.ssh/id", "data", "/e", "id"]);
    assert_eq!((archive.path.as_deref(), archive.files, archive.entries), (Some("src"), 5, 8));

    let without = pack_placed(&project, &mappings[..1], false).unwrap();
    assert_eq!(told(&without), ".berth-files/0: 600 key");
    assert_eq!((without.archive.path, without.archive.files), (None, 1));
}

#[test]
fn files_that_cannot_be_brought_are_named_before_anything_is_launched() {
    let project = Project::new();
    project.write("a", "x");
    project.write("code/.berth-files/x", "x");
    let _socket = std::os::unix::net::UnixListener::bind(project.path().join("socket")).unwrap();
    let refused = |from: &str, to: &str| pack_placed(&project, &[mapping(from, to)], false).unwrap_err();
    let told = [
        refused("missing", "x"),
        refused("a", "../x"),
        refused("a", "~"),
        refused("a", "."),
        refused("socket", "x"),
        refused("/", "x"),
        pack_placed(&project, &[mapping("a", "x")], true).unwrap_err(),
    ];
    let told = told.join("\n").replace(&project.path().display().to_string(), "PROJECT");
    insta::assert_snapshot!(told, @r"
    `missing` of `files` cannot be brought: No such file or directory
    `a` of `files` cannot be brought: `../x` leads out by `..`; write where it is to be, below the working directory or absolute
    `a` of `files` cannot be brought: it is a file, and where it is put has to end in its name
    `a` of `files` cannot be brought: it is a file, and where it is put has to end in its name
    `socket` of `files` cannot be brought: it is neither a file nor a folder
    `/` of `files` cannot be brought: it is the whole disk; name a folder below it
    `PROJECT/code` has a `.berth-files`, which is how `files` travel: rename it, or leave it out by `.gitignore`
    ");
    let error = placed::find(&[mapping("missing", "x")], &project.path()).unwrap_err();
    assert!(matches!(error, Failure::Usage(_)), "{error}");
}

#[test]
fn files_count_as_code_does_where_it_is_too_much() {
    let project = Project::new();
    project.write("data/a", "x");
    let sparse = fs::File::create(project.path().join("data/large")).unwrap();
    sparse.set_len(100 << 30).unwrap();
    let why = pack_placed(&project, &[mapping("data", "x")], false).unwrap_err();
    assert!(why.starts_with("what `files` names has 100 GiB of files, and the server takes"), "{why}");
    assert!(why.contains("100 GiB  data/large"), "{why}");
}
