//! Terminals.

use berth::provider::{Attached, TerminalInput, TerminalOutput};
use berth_shared::api::{TerminalId, TerminalSize};

use crate::bench::{Bench, PATIENCE, job, until, uuid};

const SIZE: TerminalSize = TerminalSize { cols: 100, rows: 30 };

/// Types.
pub(crate) async fn keys(attached: &Attached, text: &str) {
    attached.input.send(TerminalInput::Bytes(text.into())).await.expect("typed");
}

/// Reads until `marker` has come; everything that came.
pub(crate) async fn read_until(attached: &mut Attached, marker: &str) -> Vec<u8> {
    let mut all = Vec::new();
    tokio::time::timeout(PATIENCE, async {
        while !String::from_utf8_lossy(&all).contains(marker) {
            match attached.output.recv().await {
                Some(TerminalOutput::Bytes(bytes)) => all.extend(bytes),
                other => panic!("{other:?} after {:?}", String::from_utf8_lossy(&all)),
            }
        }
    })
    .await
    .unwrap_or_else(|_| panic!("waited in vain for {marker:?}"));
    all
}

#[tokio::test]
async fn a_terminal_echoes_and_goes_on_where_one_left_off() {
    let bench = Bench::new();
    let (id, environment) = bench.running(&job(&[], &[])).await;
    let terminal = TerminalId(uuid());
    environment.open_terminal(terminal, SIZE).await.expect("opened");
    environment.open_terminal(terminal, SIZE).await.expect("nothing to do");
    assert_eq!(environment.terminals().await.expect("a list").len(), 1);

    let mut first = environment.attach_terminal(terminal, None).await.expect("attached");
    assert_eq!(first.offset, 0);
    keys(&first, "echo one-$((1+1)); tty; stty size\n").await;
    let seen = read_until(&mut first, "30 100").await;
    let text = String::from_utf8_lossy(&seen).into_owned();
    assert!(text.contains("one-2") && text.contains("/dev/pts/"), "{text}");
    keys(&first, "sleep 0.2; echo la''ter\n").await;
    let more = read_until(&mut first, "echo la''ter").await;
    let known = (seen.len() + more.len()) as u64;
    drop(first);

    let mut second = environment.attach_terminal(terminal, Some(known)).await.expect("attached again");
    assert_eq!(second.offset, known, "no byte twice, none missing");
    read_until(&mut second, "later").await;
    let mut whole = environment.attach_terminal(terminal, None).await.expect("attached from the start");
    assert_eq!(whole.offset, 0);
    let again = read_until(&mut whole, "later").await;
    assert!(again.starts_with(&seen));
    second.input.send(TerminalInput::Resize(TerminalSize { cols: 60, rows: 20 })).await.expect("resized");
    keys(&second, "stty size\n").await;
    read_until(&mut second, "20 60").await;
    bench.remove(id).await;
}

#[tokio::test]
async fn a_shell_that_ends_is_told_with_its_status() {
    let bench = Bench::new();
    let (id, environment) = bench.running(&job(&[], &[])).await;
    let terminal = TerminalId(uuid());
    environment.open_terminal(terminal, SIZE).await.expect("opened");
    let mut attached = environment.attach_terminal(terminal, None).await.expect("attached");
    keys(&attached, "echo bye; exit 5\n").await;
    let mut last = None;
    while let Some(output) = attached.output.recv().await {
        last = Some(output);
    }
    assert_eq!(last, Some(TerminalOutput::Exited(5)));
    let exit_code = environment.terminals().await.expect("a list")[0].exit_code;
    assert_eq!(exit_code, Some(5));
    let mut again = environment.attach_terminal(terminal, None).await.expect("what it wrote is kept");
    read_until(&mut again, "bye").await;
    assert!(environment.attach_terminal(TerminalId(uuid()), None).await.is_err());
    bench.remove(id).await;
}

#[tokio::test]
async fn a_flood_keeps_the_last_of_it_and_nobody_is_held_up() {
    let bench = Bench::new();
    let (id, environment) = bench.running(&job(&[], &[])).await;
    let terminal = TerminalId(uuid());
    environment.open_terminal(terminal, SIZE).await.expect("opened");
    let attached = environment.attach_terminal(terminal, None).await.expect("attached");
    keys(&attached, "seq 1 200000; echo fi''nished > done\n").await;
    // Nobody looks.
    drop(attached);
    until("the end of the flood", async || bench.dir(id).join("workflow/done").exists().then_some(())).await;
    let mut late = environment.attach_terminal(terminal, None).await.expect("attached");
    assert!(late.offset > 1_000_000, "{}", late.offset);
    read_until(&mut late, "\n200000\r\n").await;
    bench.remove(id).await;
}

#[tokio::test]
async fn a_reader_who_follows_a_flood_gets_every_byte() {
    let bench = Bench::new();
    let (id, environment) = bench.running(&job(&[], &[])).await;
    let terminal = TerminalId(uuid());
    environment.open_terminal(terminal, SIZE).await.expect("opened");
    let mut attached = environment.attach_terminal(terminal, None).await.expect("attached");
    keys(&attached, "stty -echo; PS1=; echo; seq 1 100000; echo fi''nished\n").await;
    let all = read_until(&mut attached, "finished\r\n").await;
    let text = String::from_utf8_lossy(&all).replace('\r', "");
    let numbers: Vec<u32> = text.lines().filter_map(|line| line.parse().ok()).collect();
    assert!(numbers.iter().copied().eq(1..=100_000), "{} numbers", numbers.len());
    bench.remove(id).await;
}

#[tokio::test]
async fn no_terminal_opens_before_the_job_runs() {
    let bench = Bench::new();
    let (id, _) = bench.instance(crate::bench::plenty()).await;
    let environment = bench.environment(id).await;
    let refused = environment.open_terminal(TerminalId(uuid()), SIZE).await;
    assert!(matches!(refused, Err(berth::provider::ProviderError::NotReady(_))), "{refused:?}");
    bench.remove(id).await;
}
