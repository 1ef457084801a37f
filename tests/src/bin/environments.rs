//! How quickly an environment is there and takes what its programs write: a figure a line, as JSON, on standard output.
//!
//! From the request that launches to the first prompt of a terminal, as a page does it: the run's events over the stream, then a
//! WebSocket for the terminal. In the process sandbox, in a container of an image that is there, and in one on an SSH host.

use std::{net::TcpStream, time::Instant};

use berth_shared::api::{LogHits, RunStatus, ServerMessage};
use berth_tests::{
    engines::{BASH, Engine},
    hosts::Host,
    server::{Server, until},
};
use clap::Parser;
use serde_json::json;
use tokio_tungstenite::tungstenite::{Message, WebSocket, client::IntoClientRequest};
use uuid::Uuid;

/// Measures `berth` (that beside this program, or `BERTH`).
#[derive(Parser)]
struct Args {
    /// How many launches of each kind.
    #[arg(long, default_value_t = 30)]
    rounds: u32,
    /// How many lines of 64 bytes are written for the log.
    #[arg(long, default_value_t = 2_000_000)]
    lines: u64,
}

/// Lines that are written at once, of 64 bytes each.
const BLOCK: u64 = 512;

/// Where environments are.
struct Place {
    name: &'static str,
    server: Server,
    /// What its configurations have besides.
    text: String,
}

fn main() {
    let args = Args::parse();
    let plain = "resources: {cpu: 1, memory: 400MB, disk: null}\n";
    let place = |name, options: &[&str], text: &str| Place {
        name,
        server: Server::start_with(options),
        text: format!("{plain}{text}"),
    };
    measure(&args, &place("sandbox", &["--engine", "none"], ""));
    match Engine::start("podman") {
        Some(engine) => {
            let socket = engine.socket.display().to_string();
            measure(&args, &place("podman", &["--engine", &socket], &format!("image: {BASH}\n")));
        }
        None => eprintln!("Podman cannot run here"),
    }
    match Host::start("h1") {
        Ok(host) => {
            let text = format!("backends: [remote]\nimage: {BASH}\n");
            let there = place("ssh host", &["--engine", "none"], &text);
            let (status, told) =
                there.server.send("/hosts", &serde_json::to_value(host.request()).expect("JSON"));
            assert_eq!(status, 201, "{told}");
            measure(&args, &there);
        }
        Err(why) => eprintln!("an SSH host cannot run here: {why}"),
    }
}

fn measure(args: &Args, place: &Place) {
    let mut running = Vec::new();
    let mut prompt = Vec::new();
    // The first launch warms what a server has for its whole life.
    for round in 0..=args.rounds {
        let (to_running, to_prompt) = launch(place, &format!("sly-fox-{round}"));
        if round > 0 {
            running.push(to_running);
            prompt.push(to_prompt);
        }
    }
    for (what, mut millis) in [("running", running), ("prompt", prompt)] {
        millis.sort_by(f64::total_cmp);
        let at = |share: f64| millis[((millis.len() - 1) as f64 * share).round() as usize];
        println!("{}", json!({ "place": place.name, "what": what, "median_ms": at(0.5), "p90_ms": at(0.9) }));
    }
    log(args, place);
}

/// Milliseconds since then.
fn since(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1000.0
}

fn now() -> Instant {
    #[expect(clippy::disallowed_methods, reason = "it is measured")]
    Instant::now()
}

/// Milliseconds from the launch until the run runs, and until a terminal asks for a command.
fn launch(Place { server, text, .. }: &Place, name: &str) -> (f64, f64) {
    let mut stream = socket(server, "/stream");
    while !matches!(message(&mut stream), ServerMessage::Snapshot { more: false, .. }) {}
    let begun = now();
    let _ = server.submit(name, &format!("type: dev-environment\nide: vscode\n{text}"));
    loop {
        let ServerMessage::Event { run: Some(run), .. } = message(&mut stream) else { continue };
        assert!(!run.status.is_finished(), "{name} ends early: {run:?}");
        if run.name == name && run.status == RunStatus::Running {
            break;
        }
    }
    let running = since(begun);
    let mut terminal =
        socket(server, &format!("/terminals/{name}/{}?cols=80&rows=24", Uuid::from_u128(rand::random())));
    let mut shown = String::new();
    while !shown.trim_end().ends_with(['$', '#']) {
        match terminal.read().expect("the terminal is there") {
            Message::Binary(bytes) => shown.push_str(&String::from_utf8_lossy(&bytes)),
            Message::Text(text) => assert!(text.contains("attached"), "{text}"),
            _ => {}
        }
    }
    let prompt = since(begun);
    server.stop(name, true);
    let _ = server.wait_until(name, |run| run.finished_at.is_some());
    // The next one is not to wait for the share of this one.
    let _ = until("nothing is left", || (server.get("/instances").1.contains("\"items\":[]")).then_some(()));
    (running, prompt)
}

fn message(socket: &mut WebSocket<TcpStream>) -> ServerMessage {
    loop {
        if let Message::Text(text) = socket.read().expect("the stream goes on") {
            return serde_json::from_str(&text).expect("a message of the stream");
        }
    }
}

fn socket(server: &Server, at: &str) -> WebSocket<TcpStream> {
    let host = server.address().trim_start_matches("http://");
    let mut request = format!("ws://{host}/api/v1{at}").into_client_request().expect("an address");
    let headers = request.headers_mut();
    headers.insert("cookie", server.session().parse().expect("a cookie"));
    headers.insert("origin", server.address().parse().expect("an origin"));
    let stream = TcpStream::connect(host).expect("the server is there");
    stream.set_nodelay(true).expect("set");
    tokio_tungstenite::tungstenite::client(request, stream).expect("the server takes it").0
}

/// How quickly the log takes lines, beside a pipe that leads nowhere, and how quickly it is read again.
fn log(args: &Args, Place { name, server, text }: &Place) {
    let lines = args.lines;
    // A block of lines at a time, by a shell's own means, so that making them costs next to nothing.
    let blocks = lines.div_ceil(BLOCK);
    let write = format!(
        "line=$(printf %063d 7); block=; for ((i = 0; i < {BLOCK}; i++)); do block+=$line$\'\\n\'; done; \
         flood() {{ for ((i = 0; i < {blocks}; i++)); do printf %s \"$block\"; done; }}; \
         s=$EPOCHREALTIME; flood | cat > /dev/null; m=$EPOCHREALTIME; flood; e=$EPOCHREALTIME; \
         echo took pipe $((${{m/./}} - ${{s/./}})); echo took log $((${{e/./}} - ${{m/./}}))"
    );
    let configuration =
        format!("type: dev-environment\nide: vscode\n{text}init:\n- |\n  bash <<\\END\n  {write}\n  END\n");
    let _ = server.submit("busy-fox-1", &configuration);
    let took = |what: &str| {
        let mut after = 0;
        until("it is written", || {
            let (_, told) =
                server.get(&format!("/runs/busy-fox-1/logs/search?q=took%20{what}&after={after}"));
            let hits: LogHits = serde_json::from_str(&told).ok()?;
            if let Some(next) = hits.next {
                after = next;
            }
            let hit = hits
                .hits
                .iter()
                .find_map(|hit| hit.text.strip_prefix(&format!("took {what} ")).map(str::to_owned))?;
            hit.trim().parse::<f64>().ok()
        })
        .unwrap_or_else(|| panic!("{name}: the log says how long it took"))
    };
    let mib = (blocks * BLOCK) as f64 * 64.0 / f64::from(1 << 20);
    let (pipe, log) = (took("pipe") / 1e6, took("log") / 1e6);
    let begun = now();
    let whole = ureq::get(format!("{}/api/v1/runs/busy-fox-1/logs/download", server.address()))
        .header("cookie", server.session())
        .call()
        .and_then(|mut answer| answer.body_mut().with_config().limit(u64::MAX).read_to_vec())
        .expect("the log is given");
    let read = since(begun) / 1000.0;
    println!(
        "{}",
        json!({
            "place": name, "what": "log", "lines": lines, "pipe_mib_per_s": mib / pipe, "log_mib_per_s": mib / log,
            "read_mib": whole.len() as f64 / f64::from(1 << 20), "read_mib_per_s": whole.len() as f64 / f64::from(1 << 20) / read,
        })
    );
    server.stop("busy-fox-1", true);
    let _ = server.wait_until("busy-fox-1", |run| run.finished_at.is_some());
}
