//! A container engine and a private registry for tests that are not in Rust, and a small web application to put into an image.
//!
//! `engine` starts them, prints where they are as a line of JSON, and ends with its standard input, on which a line is a command:
//! `hold` and `release` the registry's large answers, and `left`, which prints what is left on the engine. Where no engine can run, the
//! line says so. `engine PORT` is the application.

use std::{
    io::{BufRead, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    process::ExitCode,
    thread,
};

use berth_tests::engines::{self, Engine, Registry, Slow};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{self, Message};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match &arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => engine(),
        [port] => match port.parse() {
            Ok(port) => webapp(port),
            Err(_) => ExitCode::from(2),
        },
        _ => ExitCode::from(2),
    }
}

fn say(value: &Value) {
    let mut out = std::io::stdout().lock();
    // Who does not listen has gone, and the standard input tells.
    let _ = writeln!(out, "{value}").and_then(|()| out.flush());
}

fn engine() -> ExitCode {
    let skipped = |why: &str| {
        say(&json!({ "skipped": why }));
        ExitCode::SUCCESS
    };
    let Some(engine) = Engine::start("podman") else { return skipped("Podman cannot run here") };
    let registry = match Registry::start(&engine) {
        Ok(registry) => registry,
        Err(why) if std::env::var_os("BERTH_REQUIRE_ENGINES").is_none() => return skipped(&why),
        Err(why) => {
            eprintln!("a registry is required and cannot run: {why}");
            return ExitCode::FAILURE;
        }
    };
    let slow = match Slow::before(registry.address.clone()) {
        Ok(slow) => slow,
        Err(why) => return skipped(&why),
    };
    let here = std::env::current_exe().expect("this program has a path");
    let image = with_program(&engine, &here);
    let kept = registry.keep(&engine, &image, "private/app:1");
    // What it shares with others here would not be pulled.
    let _ = engine.ask(&["rmi", "--all", "--force"]);
    say(&json!({
        "socket": engine.socket,
        "image": kept.replace(&registry.address, &slow.address),
        "username": Registry::USERNAME,
        "password": Registry::PASSWORD,
    }));
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        match line.trim() {
            "hold" => slow.hold(true),
            "release" => slow.hold(false),
            "left" => {}
            other => eprintln!("no such command: {other}"),
        }
        say(&json!({ "left": engine.left() }));
    }
    ExitCode::SUCCESS
}

/// An image with bash, whose second layer is this program.
fn with_program(engine: &Engine, program: &Path) -> String {
    let image = "localhost/berth-test/app:1";
    engines::layer(engine, engines::BASH, program, "/bin/webapp", image);
    image.to_owned()
}

const PAGE: &str = "<!doctype html><html lang=\"en\"><title>An application</title><h1>An application</h1><p id=\"said\"></p><script>\
const socket = new WebSocket(location.origin.replace('http', 'ws') + '/socket');\
socket.onmessage = ({ data }) => (document.getElementById('said').textContent = data);\
socket.onopen = () => socket.send('out of the container');</script>";

fn webapp(port: u16) -> ExitCode {
    let Ok(listener) = TcpListener::bind(("127.0.0.1", port)) else { return ExitCode::FAILURE };
    println!("listening on {port}");
    for stream in listener.incoming().flatten() {
        thread::spawn(move || serve(stream));
    }
    ExitCode::SUCCESS
}

/// A page, or a WebSocket that says everything again.
fn serve(mut stream: TcpStream) -> Option<()> {
    let mut head = [0; 8 * 1024];
    let length = loop {
        let length = stream.peek(&mut head).ok()?;
        let whole = head[..length].windows(4).any(|four| four == b"\r\n\r\n");
        if whole || length == 0 || length == head.len() {
            break length;
        }
        thread::yield_now();
    };
    let text = String::from_utf8_lossy(&head[..length]).to_ascii_lowercase();
    if text.contains("upgrade: websocket") {
        let mut socket = tungstenite::accept(stream).ok()?;
        while let Ok(message) = socket.read() {
            if let Message::Text(text) = message {
                socket.send(Message::text(format!("echo: {text}"))).ok()?;
            }
        }
        return Some(());
    }
    stream.read_exact(&mut head[..length]).ok()?;
    let answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{PAGE}",
        PAGE.len()
    );
    stream.write_all(answer.as_bytes()).ok()
}
