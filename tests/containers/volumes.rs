//! What is mounted, and outlives its environment.

use berth::supervisor::spec::{MountSource, MountSpec};
use berth_shared::api::JobReason;

use crate::bench::{Bench, job, says, wait_ended};

fn mount(source: MountSource, target: &str) -> MountSpec {
    MountSpec { source, target: target.to_owned() }
}

fn volume(project: &str) -> MountSpec {
    mount(MountSource::Volume { project: project.to_owned(), name: "cache".to_owned() }, "/cache")
}

pub(crate) async fn a_volume_of_a_project_outlives_its_runs(bench: &Bench) {
    let mut first = job(&["echo kept > /cache/file"], &[]);
    first.container.mounts = vec![volume("one")];
    let (id, _) = bench.running(&first).await;
    bench.remove(id).await;
    let mut second = job(&[], &[]);
    second.container.mounts = vec![volume("one")];
    let (id, environment) = bench.running(&second).await;
    assert_eq!(says(&*environment, "cat /cache/file").await, "kept");
    bench.remove(id).await;

    let mut other = job(&[], &[]);
    other.container.mounts = vec![volume("two")];
    let (id, environment) = bench.running(&other).await;
    assert_eq!(says(&*environment, "ls -A /cache").await, "", "another project's is another one");
    bench.remove(id).await;
    for project in ["one", "two"] {
        let _ = bench.engine().ask(&["volume", "rm", &format!("berth-here-{project}.cache")]);
    }
}

pub(crate) async fn a_folder_of_the_machine_is_mounted_and_nothing_outside_of_what_is_allowed(bench: &Bench) {
    let shared = bench.shared();
    let folder = shared.join(format!("data-{}", uuid::Uuid::from_u128(rand::random())));
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("there"), "from outside").expect("a file");
    std::os::unix::fs::symlink("/etc", folder.join("etc")).expect("a link");
    let path = |path: std::path::PathBuf, optional| {
        mount(MountSource::Path { path: path.to_str().expect("text").to_owned(), optional }, "/mnt/data")
    };

    let mut reads = job(&["echo inside > /mnt/data/written"], &[]);
    reads.container.mounts = vec![path(folder.clone(), false)];
    let (id, environment) = bench.running(&reads).await;
    assert_eq!(says(&*environment, "cat /mnt/data/there").await, "from outside");
    assert_eq!(std::fs::read_to_string(folder.join("written")).expect("a file"), "inside\n");
    bench.remove(id).await;

    for (source, why) in [
        (folder.join("etc"), "which may not be"),
        (folder.join("none"), "it is not there"),
        ("/etc".into(), "outside of what the server allows"),
    ] {
        let mut refused = job(&[], &[]);
        refused.container.mounts = vec![path(source.clone(), false)];
        let (id, environment) = bench.begun(&refused).await;
        let (reason, message) = wait_ended(&*environment).await;
        assert_eq!(reason, JobReason::CreatingContainerError, "{message}");
        assert!(message.contains(why), "{message}");
        bench.remove(id).await;
        let mut optional = job(&[], &[]);
        optional.container.mounts = vec![path(source, true)];
        let (id, environment) = bench.running(&optional).await;
        assert_eq!(says(&*environment, "ls -d /mnt/data 2>/dev/null || echo none").await, "none");
        bench.remove(id).await;
    }
}
