//! `volumes`: what of the machine environments of processes are shown.

use std::{
    fs,
    path::{Path, PathBuf},
};

use berth::{
    provider::JobSpec,
    supervisor::spec::{MountSource, MountSpec},
};

use crate::{
    bench::{Bench, job, plenty, told, uuid},
    job::run,
};

/// A folder of the machine that may be shown, and is removed with this.
struct Shared(PathBuf);

impl Shared {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("berth-volume-{}", uuid()));
        fs::create_dir(&path).expect("a folder");
        Self(fs::canonicalize(path).expect("its path"))
    }

    fn join(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn mount(path: &str, target: &str) -> MountSpec {
    MountSpec {
        source: MountSource::Path { path: path.to_owned(), optional: false },
        target: target.to_owned(),
    }
}

fn with_mounts(mounts: Vec<MountSpec>) -> JobSpec {
    let mut job = job(&[], &[]);
    job.container.mounts = mounts;
    job
}

/// Why a job does not begin.
async fn refusal(bench: &Bench, mounts: Vec<MountSpec>) -> String {
    let (id, isolation) = bench.instance(plenty()).await;
    assert!(isolation.namespaces.iter().any(|name| name == "mount"), "{isolation:?}");
    let environment = bench.environment(id).await;
    let error = environment.start(&with_mounts(mounts)).await.expect_err("it begins");
    bench.remove(id).await;
    error.to_string()
}

#[tokio::test]
async fn folders_and_files_are_shown_where_they_are_asked_for_and_keep_what_is_written() {
    let shared = Shared::new();
    fs::create_dir(shared.join("data")).expect("a folder");
    fs::write(shared.join("data/old"), "before").expect("a file");
    fs::write(shared.join("settings"), "one").expect("a file");
    let bench = Bench::with_volumes_below(&[&shared.0]);
    // Places that are not there: below a folder of the machine, at its root, and in the environment's own folders.
    let at = format!("/mnt/berth-{}/deep", uuid());
    let root = format!("/berth-{}", uuid());
    // On most machines `/var/run` is a link to `/run`.
    let linked = format!("/var/run/berth-{}", uuid());
    let mounts = vec![
        mount(&shared.join("data"), &at),
        mount(&shared.join("data"), &root),
        mount(&shared.join("data"), "/workflow/in/data"),
        mount(&shared.join("settings"), "/root/.config/settings"),
        mount(&shared.join("settings"), "/etc/hostname"),
        mount(&shared.join("settings"), &linked),
    ];
    let (id, environment) = bench.running(&with_mounts(mounts)).await;
    let script = format!(
        "cat {at}/old {root}/old /workflow/in/data/old /root/.config/settings /etc/hostname {linked} && echo new > {at}/new && \
         cat /workflow/in/data/new && echo -n two > /root/.config/settings && cat /etc/hostname && ls /mnt/.. >/dev/null"
    );
    let (out, err, code) = run(&*environment, &script, b"").await;
    assert_eq!((out.as_str(), err.as_str(), code), ("beforebeforebeforeoneoneonenew\ntwo", "", 0));
    bench.remove(id).await;

    let read = |name: &str| fs::read_to_string(shared.join(name)).expect("a file");
    assert_eq!(
        (read("data/new").as_str(), read("settings").as_str()),
        ("new\n", "two"),
        "what was written is kept"
    );
    assert_eq!(read("data/old"), "before", "what is shown is not removed with the environment");
    for made in [Path::new(&at).parent().expect("a folder above"), Path::new(&root), Path::new(&linked)] {
        assert!(!made.exists(), "{} is left on the machine", made.display());
    }
}

#[tokio::test]
async fn links_lead_to_nothing_that_may_not_be_shown() {
    let shared = Shared::new();
    std::os::unix::fs::symlink("/etc", shared.join("out")).expect("a link");
    fs::create_dir(shared.join("real")).expect("a folder");
    fs::write(shared.join("real/file"), "found").expect("a file");
    std::os::unix::fs::symlink("real", shared.join("in")).expect("a link");
    let bench = Bench::with_volumes_below(&[&shared.0]);
    let out = shared.join("out");
    let error = refusal(&bench, vec![mount(&out, "/a")]).await;
    assert!(
        error.contains(&format!("`{out}` cannot be mounted: it leads to `/etc`, which may not be")),
        "{error}"
    );
    let error = refusal(&bench, vec![mount("/etc", "/a")]).await;
    assert!(error.contains("`/etc` cannot be mounted: it is outside of what the server allows"), "{error}");

    let (id, environment) = bench.running(&with_mounts(vec![mount(&shared.join("in"), "/a")])).await;
    assert_eq!(run(&*environment, "cat /a/file", b"").await.0, "found", "one that stays within is followed");
    bench.remove(id).await;
}

#[tokio::test]
async fn what_is_not_there_is_left_out_where_it_may_be_and_told_of_where_it_may_not() {
    let shared = Shared::new();
    let bench = Bench::with_volumes_below(&[&shared.0]);
    let missing = shared.join("missing");
    let error = refusal(&bench, vec![mount(&missing, "/a")]).await;
    assert!(error.contains("it is not there; add `optional: true` to begin without it"), "{error}");
    let optional =
        MountSpec { source: MountSource::Path { path: missing, optional: true }, target: "/a".to_owned() };
    let (id, environment) = bench.running(&with_mounts(vec![optional])).await;
    assert_eq!(run(&*environment, "ls -d /a", b"").await.2, 2, "there is nothing at its place");
    bench.remove(id).await;
}

#[tokio::test]
async fn the_kernels_own_places_and_what_is_of_another_kind_are_not_covered() {
    let shared = Shared::new();
    fs::write(shared.join("file"), "").expect("a file");
    let bench = Bench::with_volumes_below(&[&shared.0]);
    for (source, target, why) in [
        (shared.join(""), "/proc/1", "nothing can be mounted at `/proc/1`"),
        (shared.join(""), "/sys", "nothing can be mounted at `/sys`"),
        (shared.join("file"), "/usr", "`/usr` is something else already"),
    ] {
        let (id, _) = bench.instance(plenty()).await;
        let environment = bench.environment(id).await;
        let begun = environment.start(&with_mounts(vec![mount(&source, target)])).await;
        let told = match begun {
            Err(error) => error.to_string(),
            Ok(()) => {
                format!("{:?} {}", crate::bench::wait_ended(&*environment).await, told(&*environment).await)
            }
        };
        assert!(told.contains(why), "{told}");
        bench.remove(id).await;
    }
}
