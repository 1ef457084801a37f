//! What people and their programs find inside.

use berth::provider::{TerminalInput, TerminalOutput};
use berth_shared::api::{TerminalId, TerminalSize};
use berth_tests::engines;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

use crate::bench::{Bench, free_port, job, run, says, told, told_with, until, with_any, with_image};

const STEPS: [&str; 3] = [
    "mkdir deep\ncd deep\nexport X='carr\\ied'",
    "echo in $(basename $PWD); echo oops >&2; (sleep 300) &",
    "printf '%s\\n' \"$X $DSTACK_RUN_NAME $DSTACK_GPUS_NUM\" # a comment",
];

async fn steps(bench: &Bench, image: Option<&str>) {
    let (id, environment) = bench.running(&with_any(image, job(&STEPS[..2], &STEPS[2..]))).await;
    let told = told_with(&*environment, "sys init 1 of 1: done\n").await;
    for line in [
        "sys setup 1 of 2: mkdir deep …\nsys setup 1 of 2: done\nsys setup 2 of 2: echo in",
        "out in deep\n",
        "err oops\n",
        "out carr\\ied sly-fox-1 0\nsys init 1 of 1: done\n",
    ] {
        assert!(told.contains(line), "{line:?} is not in\n{told}");
    }
    let usage = environment.stats().await.expect("figures");
    assert!(usage.processes >= 1, "what `&` began lives on");
    assert!(usage.memory_bytes > 0, "{usage:?}");
    bench.remove(id).await;
}

pub(crate) async fn a_job_runs_setup_then_init_in_one_shell_and_rests(bench: &Bench) {
    steps(bench, None).await;
}

pub(crate) async fn a_shell_that_is_not_bash_does_as_well(bench: &Bench) {
    steps(bench, Some(engines::SH)).await;
}

pub(crate) async fn variables_are_the_images_dstacks_and_the_configurations(bench: &Bench) {
    let mut job = with_image(engines::USER, job(&[], &[]));
    job.env.insert("OWN".to_owned(), "mine = \"x\"".to_owned());
    let (id, environment) = bench.running(&job).await;
    let all = says(&*environment, "env").await;
    for line in ["EXTRA=of the image", "OWN=mine = \"x\"", "DSTACK_RUN_NAME=sly-fox-1", "SHELL=/bin/bash"] {
        assert!(all.lines().any(|there| there == line), "{line} is not in\n{all}");
    }
    assert_eq!(says(&*environment, "pwd; hostname").await, "/workflow\nsly-fox-1");
    bench.remove(id).await;
}

pub(crate) async fn programs_are_those_of_the_images_user(bench: &Bench) {
    let job = with_image(engines::USER, job(&["id -u > mine; touch ~/here"], &[]));
    let (id, environment) = bench.running(&job).await;
    assert_eq!(
        says(&*environment, "cat mine; id -u; id -g; echo $HOME $USER").await,
        "1000\n1000\n100\n/home/jovyan jovyan"
    );
    let (_, denied, code) = run(&*environment, "cat /.berth/spec.json", b"").await;
    assert!(code != 0 && denied.contains("denied"), "{denied}");
    bench.remove(id).await;
}

pub(crate) async fn an_entrypoint_is_given_the_shell(bench: &Bench) {
    let mut job = job(&["echo $WRAPPED"], &[]);
    job.container.entrypoint = ["/bin/env", "WRAPPED=by the entrypoint"].map(ToOwned::to_owned).into();
    let (id, environment) = bench.running(&job).await;
    let told = told(&*environment).await;
    assert!(told.contains("out by the entrypoint\n"), "{told}");
    bench.remove(id).await;
}

pub(crate) async fn programs_get_their_input_and_tell_how_they_ended(bench: &Bench) {
    let (id, environment) = bench.running(&job(&[], &[])).await;
    let (out, err, code) = run(&*environment, "cat; echo oops >&2; exit 7", b"typed").await;
    assert_eq!((out.as_str(), err.as_str(), code), ("typed", "oops\n", 7));
    let long = vec![b'x'; 3 << 20];
    let (out, _, code) = run(&*environment, "wc -c", &long).await;
    assert_eq!((out.trim(), code), ("3145728", 0));
    bench.remove(id).await;
}

pub(crate) async fn programs_hear_of_every_signal(bench: &Bench) {
    let blocked = "grep SigBlk: /proc/self/status";
    let (id, environment) = bench.running(&job(&[], &[blocked])).await;
    assert_eq!(says(&*environment, blocked).await, "SigBlk:\t0000000000000000");
    let told = told_with(&*environment, "sys init 1 of 1: done\n").await;
    assert!(told.contains("out SigBlk:\t0000000000000000\n"), "{told}");
    // A shell that waits for what it started waits for a signal.
    assert_eq!(says(&*environment, "sleep 1 & sleep 1 & wait; echo over").await, "over");
    bench.remove(id).await;
}

async fn read_until(terminal: &mut berth::provider::Attached, wanted: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(wanted) {
        let next = tokio::time::timeout(std::time::Duration::from_secs(60), terminal.output.recv()).await;
        match next.unwrap_or_else(|_| panic!("{wanted:?} does not come: {seen:?}")) {
            Some(TerminalOutput::Bytes(bytes)) => seen.push_str(&String::from_utf8_lossy(&bytes)),
            other => panic!("{other:?} before {wanted:?}: {seen:?}"),
        }
    }
    seen
}

async fn typed(terminal: &berth::provider::Attached, keys: &str) {
    terminal.input.send(TerminalInput::Bytes(keys.into())).await.expect("typed");
}

pub(crate) async fn a_terminal_is_found_again_with_all_that_it_showed(bench: &Bench) {
    for image in bench.images(&[engines::BASH, engines::USER]) {
        let (id, environment) = bench.running(&with_any(image, job(&[], &[]))).await;
        let terminal = TerminalId(Uuid::from_u128(7));
        let size = TerminalSize { cols: 91, rows: 17 };
        environment.open_terminal(terminal, size).await.expect("opened");
        let mut attached = environment.attach_terminal(terminal, None).await.expect("attached");
        typed(&attached, "stty size; tty; echo marker-$((1+1)); echo again >/dev/tty\r").await;
        let seen = read_until(&mut attached, "\nagain").await;
        assert!(seen.contains("17 91") && seen.contains("marker-2") && seen.contains("/dev/pts/"), "{seen}");
        drop(attached);

        // As a server does that starts anew.
        let anew = bench.another("here").await;
        let environment = anew.environment(id).await.expect("an environment");
        let mut attached = environment.attach_terminal(terminal, Some(0)).await.expect("attached");
        assert_eq!(attached.offset, 0);
        read_until(&mut attached, "marker-2").await;
        attached
            .input
            .send(TerminalInput::Resize(TerminalSize { cols: 50, rows: 5 }))
            .await
            .expect("resized");
        typed(&attached, "stty size; exit 4\r").await;
        read_until(&mut attached, "5 50").await;
        until("the shell to end", async || match attached.output.recv().await {
            Some(TerminalOutput::Bytes(_)) => None,
            other => {
                assert_eq!(other, Some(TerminalOutput::Exited(4)));
                Some(())
            }
        })
        .await;
        let all = environment.terminals().await.expect("a list");
        assert_eq!(all.iter().map(|terminal| terminal.exit_code).collect::<Vec<_>>(), [Some(4)]);
        bench.remove(id).await;
    }
}

pub(crate) async fn a_port_is_reached_and_one_that_is_closed_is_told(bench: &Bench) {
    // The sandbox has the machine's ports.
    let (open, closed) = (free_port(), free_port());
    let serve = format!(
        "mkdir site; echo hello > site/index.html; $(command -v httpd >/dev/null || echo busybox) httpd -f -p {open} -h site &"
    );
    let image = bench.images(&[engines::SH])[0];
    let (id, environment) = bench.running(&with_any(image, job(&[], &[&serve]))).await;
    let text = until("the program to listen", async || {
        let mut stream = environment.dial(open).await.ok()?;
        stream.write_all(b"GET / HTTP/1.0\r\n\r\n").await.ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.ok()?;
        Some(text)
    })
    .await;
    assert!(text.starts_with("HTTP/1.1 200 OK") && text.ends_with("\r\n\r\nhello\n"), "{text}");
    let refused = environment.dial(closed).await.err().expect("refused").to_string();
    assert!(refused.starts_with(&format!("nothing listens on port {closed}")), "{refused}");
    bench.remove(id).await;
}
