//! Jobs: setup, init, variables, places, limits.

use berth::provider::{Environment, ExecOutput, ExecSpec, JobObservation};
use berth_shared::api::{Allocation, JobReason};
use tokio::io::AsyncWriteExt;

use crate::bench::{Bench, job, log, plenty, told, until, wait_ended, wait_running};

/// Runs a program to its end.
pub(crate) async fn run(environment: &dyn Environment, script: &str, input: &[u8]) -> (String, String, i32) {
    let spec = ExecSpec { argv: ["bash", "-c", script].map(ToOwned::to_owned).into(), ..ExecSpec::default() };
    let mut exec = environment.exec(&spec).await.expect("started");
    exec.stdin.write_all(input).await.expect("written");
    drop(exec.stdin);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Some(output) = exec.output.recv().await {
        match output {
            ExecOutput::Stdout(bytes) => out.extend(bytes),
            ExecOutput::Stderr(bytes) => err.extend(bytes),
            ExecOutput::Exited(code) => {
                let text = |bytes| String::from_utf8(bytes).expect("text");
                return (text(out), text(err), code);
            }
        }
    }
    panic!("the program did not end");
}

#[tokio::test]
async fn a_job_runs_setup_then_init_in_one_shell_and_rests() {
    let bench = Bench::new();
    let (id, environment) = bench
        .running(&job(
            &[
                "mkdir deep\ncd deep\nexport X=carried",
                "echo in $(basename $PWD); echo oops >&2; (sleep 300) &",
            ],
            &["echo $X \"$DSTACK_RUN_NAME $DSTACK_REPO_ID $DSTACK_GPUS_NUM\" # a comment"],
        ))
        .await;
    let told = told(&*environment).await;
    for line in [
        "sys setup 1 of 2: mkdir deep …\nsys setup 1 of 2: done\nsys setup 2 of 2: echo in",
        "out in deep\n",
        "err oops\n",
        "out carried sly-fox-1 local 0\nsys init 1 of 1: done\n",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    assert!(environment.stats().await.expect("figures").processes >= 1, "what `&` began lives on");
    bench.remove(id).await;
}

#[tokio::test]
async fn a_step_that_fails_ends_the_job_and_is_named() {
    let bench = Bench::new();
    let (id, _) = bench.instance(plenty()).await;
    let environment = bench.environment(id).await;
    environment
        .start(&job(&["true", "echo about to fail; sleep 300 & exit 3"], &["echo never"]))
        .await
        .expect("begun");
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::ContainerExitedWithError);
    let message = message.expect("a message");
    assert_eq!(message, "setup 2 of 2 (`echo about to fail; sleep 300 & exit 3`) ended with exit status 3");
    let told = told(&*environment).await;
    assert!(told.contains("out about to fail\n") && !told.contains("never"), "{told}");
    assert!(told.ends_with(&format!("sys {message}\n")), "{told}");
    assert_eq!(crate::bench::tagged(id), Vec::<i32>::new(), "no process is left when the job is over");
    let after = log(&*environment).await;
    assert!(environment.logs(u64::MAX).await.expect("the end").complete, "{after:?}");
    bench.remove(id).await;
}

#[tokio::test]
async fn broken_shell_text_is_a_failed_step() {
    let bench = Bench::new();
    let (id, _) = bench.instance(plenty()).await;
    let environment = bench.environment(id).await;
    environment.start(&job(&["if then fi ("], &[])).await.expect("begun");
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::ContainerExitedWithError, "{message:?}");
    bench.remove(id).await;
}

#[tokio::test]
async fn programs_run_with_their_own_input_output_and_exit_status() {
    let bench = Bench::new();
    let mut job = job(&[], &[]);
    job.env.insert("GREETING".into(), "hello".into());
    let (id, environment) = bench.running(&job).await;
    let (out, err, code) = run(&*environment, "cat; echo $GREETING; echo err >&2; exit 7", b"input ").await;
    assert_eq!((out.as_str(), err.as_str(), code), ("input hello\n", "err\n", 7));
    let (out, _, code) = run(&*environment, "kill -9 $$", b"").await;
    assert_eq!((out.as_str(), code), ("", 137));
    let absent = ExecSpec { argv: vec!["no-such-program".into()], ..ExecSpec::default() };
    let Err(error) = environment.exec(&absent).await else { panic!("started") };
    assert!(error.to_string().contains("could not be started"), "{error}");
    bench.remove(id).await;
}

#[tokio::test]
async fn much_output_comes_whole() {
    let bench = Bench::new();
    let (id, environment) = bench.running(&job(&[], &[])).await;
    let (out, _, code) = run(&*environment, "head -c 5000000 /dev/zero | tr '\\0' x", b"").await;
    assert_eq!((out.len(), code), (5_000_000, 0));
    bench.remove(id).await;
}

#[tokio::test]
async fn namespaces_are_used_where_the_machine_has_them() {
    let can = |arguments: &[&str]| {
        let tried = std::process::Command::new("unshare").args(arguments).args(["--fork", "true"]).output();
        tried.is_ok_and(|output| output.status.success())
    };
    let full = ["--mount", "--pid", "--uts", "--ipc", "--mount-proc"];
    let user: Vec<&str> = ["--user"].into_iter().chain(full).collect();
    let bench = Bench::new();
    let (id, isolation) = bench.instance(plenty()).await;
    if can(&full) || can(&user) {
        for name in ["mount", "pid", "uts", "ipc"] {
            assert!(isolation.namespaces.contains(&name.to_owned()), "{isolation:?}");
        }
    } else {
        assert!(!isolation.missing.is_empty());
    }
    bench.remove(id).await;
}

#[tokio::test]
async fn the_environment_has_places_of_its_own() {
    let bench = Bench::new();
    let (id, isolation) = bench.instance(plenty()).await;
    let environment = bench.environment(id).await;
    let mut job = job(&[], &[]);
    job.home_dir = "/home/berth-test/deep".into();
    environment.start(&job).await.expect("begun");
    wait_running(&*environment).await;
    let (out, err, _) = run(&*environment, "pwd; echo $HOME; cd; touch here; pwd", b"").await;
    assert!(bench.dir(id).join("home/here").exists(), "{out}{err}");
    if isolation.namespaces.contains(&"mount".to_owned()) {
        assert_eq!(out, "/workflow\n/home/berth-test/deep\n/home/berth-test/deep\n");
        assert!(
            !std::path::Path::new("/home/berth-test").exists(),
            "the machine's own folders stay as they are"
        );
        let script = format!("ls -A /tmp; touch /tmp/x; ls -d {} 2>&1", bench.data_dir.display());
        let (out, _, _) = run(&*environment, &script, b"").await;
        assert!(out.starts_with("ls: "), "the data directory cannot be seen: {out}");
    } else {
        assert!(!isolation.missing.is_empty());
    }
    if isolation.namespaces.contains(&"pid".to_owned()) {
        let (out, _, _) = run(&*environment, "ls -d /proc/[0-9]* | wc -l; hostname", b"").await;
        let (count, name) = out.trim().split_once('\n').expect("two lines");
        assert!(count.trim().parse::<u32>().expect("a number") < 10, "only its own processes: {out}");
        assert_eq!(name, "sly-fox-1");
    }
    bench.remove(id).await;
}

#[tokio::test]
async fn shared_memory_has_the_size_that_was_asked_for() {
    let bench = Bench::new();
    let (id, isolation) = bench.instance(plenty()).await;
    let environment = bench.environment(id).await;
    let mut job = job(&[], &[]);
    job.shm_bytes = Some(48 << 20);
    environment.start(&job).await.expect("begun");
    wait_running(&*environment).await;
    if isolation.namespaces.contains(&"mount".to_owned()) {
        let (out, _, _) = run(&*environment, "df --output=size -B1 /dev/shm | tail -1", b"").await;
        assert_eq!(out.trim(), (48 << 20).to_string());
    }
    bench.remove(id).await;
}

#[tokio::test]
async fn the_python_that_was_asked_for_is_python_and_its_pip_installs_into_the_environment() {
    let path = std::env::var("PATH").unwrap_or_default();
    let home = std::env::var_os("HOME").map(std::path::PathBuf::from);
    let versions = ["3.12", "3.11", "3.10", "3.9", "3.8"];
    let Some(version) =
        versions.iter().find(|v| berth::supervisor::python::find(v, &path, home.as_deref()).is_some())
    else {
        println!("skipped: no Python on this machine");
        return;
    };
    let bench = Bench::new();
    let mut job = job(&["python -c 'import sys; print(\"version %d.%d\" % sys.version_info[:2])'"], &[]);
    job.python = Some((*version).to_owned());
    let (id, environment) = bench.running(&job).await;
    let told = told(&*environment).await;
    assert!(told.contains(&format!("out version {version}\n")), "{told}");
    let (out, err, _) =
        run(&*environment, "python -c 'import site; print(site.getsitepackages()[0])'", b"").await;
    assert!(out.contains("/python/"), "{out}{err}");
    bench.remove(id).await;
}

#[tokio::test]
async fn too_much_memory_ends_a_step_and_is_told_with_the_limit() {
    let bench = Bench::new();
    let (id, isolation) = bench.instance(Allocation { memory_bytes: 64 << 20, ..plenty() }).await;
    if !isolation.limits.contains(&"memory".to_owned()) {
        println!("skipped: memory cannot be limited here: {:?}", isolation.missing);
        assert!(isolation.missing.iter().any(|sentence| sentence.contains("memory is not limited")));
        return bench.remove(id).await;
    }
    let environment = bench.environment(id).await;
    // One long line, which the shell keeps in memory.
    environment
        .start(&job(&["x=$(head -c 300000000 /dev/zero | tr '\\0' x); echo ${#x}"], &[]))
        .await
        .expect("begun");
    let (reason, message) = wait_ended(&*environment).await;
    assert_eq!(reason, JobReason::OutOfMemory, "{message:?}");
    assert!(message.as_ref().is_some_and(|m| m.contains("64 MiB of memory")), "{message:?}");
    bench.remove(id).await;
}

#[tokio::test]
async fn usage_is_measured() {
    let bench = Bench::new();
    let (id, environment) = bench.running(&job(&[], &["while :; do :; done &"])).await;
    let first = environment.stats().await.expect("figures");
    let used = until("CPU time", async || {
        let now = environment.stats().await.expect("figures");
        (now.cpu_millis > first.cpu_millis + 50).then_some(now)
    })
    .await;
    assert!(used.memory_bytes > 0 && used.processes >= 1 && used.cpus.is_some(), "{used:?}");
    bench.remove(id).await;
}

#[tokio::test]
async fn starting_again_does_nothing_and_another_job_is_refused() {
    let bench = Bench::new();
    let spec = job(&["echo once >> count"], &[]);
    let (id, environment) = bench.running(&spec).await;
    environment.start(&spec).await.expect("nothing to do");
    let other = job(&[], &[]);
    assert!(environment.start(&other).await.is_err());
    let (out, _, _) = run(&*environment, "cat count", b"").await;
    assert_eq!(out, "once\n");
    assert!(matches!(
        environment.observe().await.expect("observed"),
        JobObservation::Running { job_id, .. } if job_id == spec.id
    ));
    bench.remove(id).await;
}

#[tokio::test]
async fn a_port_can_be_dialled() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let bench = Bench::new();
    let (id, environment) = bench.running(&job(&[], &[])).await;
    environment.dial(port).await.expect("connected");
    drop(listener);
    assert!(environment.dial(port).await.is_err());
    bench.remove(id).await;
}
