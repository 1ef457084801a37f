//! Ports forwarded both ways.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use berth_tests::server::until;

use crate::bench::{Bench, done, said};

/// A program that ends with the test.
struct Kept(Child);

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(command: &mut Command) -> Kept {
    Kept(command.stdin(Stdio::null()).spawn().expect("started"))
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port").port()
}

/// Something that answers in capitals, for as long as the test lives.
pub(crate) fn capitals() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("its address").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut stream = stream;
                let mut text = Vec::new();
                stream.read_to_end(&mut text).expect("read");
                stream.write_all(&text.to_ascii_uppercase()).expect("written");
            });
        }
    });
    port
}

/// Sends a text and its end, and reads the answer.
pub(crate) fn ask(mut stream: TcpStream, text: &[u8]) -> Vec<u8> {
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    let mut writer = stream.try_clone().expect("a copy");
    let text = text.to_owned();
    let writing = thread::spawn(move || {
        let _ = writer.write_all(&text);
        let _ = writer.shutdown(std::net::Shutdown::Write);
    });
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    writing.join().expect("written");
    answer
}

pub(crate) fn connect(port: u16) -> TcpStream {
    until("it listens", || TcpStream::connect(("127.0.0.1", port)).ok()).expect("somebody listens")
}

#[test]
fn a_port_of_the_environment_is_reached_by_many_at_once() {
    let bench = Bench::running();
    // The sandbox shares the machine's network, so this is a port of the environment.
    let (near, far) = (free_port(), capitals());
    let _ssh = start(
        bench
            .ssh(&["-N", "-o", "ExitOnForwardFailure=yes", "-L", &format!("{near}:localhost:{far}")])
            .stderr(Stdio::null()),
    );
    assert_eq!(ask(connect(near), b"hello"), b"HELLO");
    let long: Vec<u8> = (0..3_000_000_u32).map(|n| b'a' + (n % 23) as u8).collect();
    let asking: Vec<_> = (0..8)
        .map(|_| {
            let long = long.clone();
            thread::spawn(move || ask(connect(near), &long) == long.to_ascii_uppercase())
        })
        .collect();
    assert!(asking.into_iter().all(|asking| asking.join().expect("asked")));
}

#[test]
fn a_port_where_nobody_listens_and_another_host_are_refused_with_the_reason() {
    let bench = Bench::running();
    let closed = free_port();
    let refused = said(&mut bench.ssh(&["-W", &format!("localhost:{closed}")]), b"");
    assert!(refused.err.contains(&format!("nothing listens on port {closed}")), "{}", refused.err);
    let refused = said(&mut bench.ssh(&["-W", "example.com:80"]), b"");
    assert!(refused.err.contains("the environment itself"), "{}", refused.err);
    let api = bench.server.address().rsplit(':').next().expect("a port");
    let refused = said(&mut bench.ssh(&["-W", &format!("192.0.2.1:{api}")]), b"");
    assert!(refused.err.contains("the environment itself"), "{}", refused.err);
}

#[test]
fn a_port_of_the_client_is_reached_from_the_environment() {
    let bench = Bench::running();
    let (far, near) = (free_port(), capitals());
    let mut ssh = start(&mut bench.ssh(&[
        "-N",
        "-o",
        "ExitOnForwardFailure=yes",
        "-R",
        &format!("{far}:127.0.0.1:{near}"),
    ]));
    assert_eq!(ask(connect(far), b"hello"), b"HELLO");
    let long: Vec<u8> = (0..3_000_000_u32).map(|n| b'a' + (n % 23) as u8).collect();
    assert!(ask(connect(far), &long) == long.to_ascii_uppercase());
    // One that is taken is refused.
    let taken = said(
        &mut bench.ssh(&["-N", "-o", "ExitOnForwardFailure=yes", "-R", &format!("{far}:127.0.0.1:{near}")]),
        b"",
    );
    assert!(taken.err.contains("remote port forwarding failed"), "{}", taken.err);
    // And gone with the connection.
    ssh.0.kill().expect("killed");
    ssh.0.wait().expect("gone");
    assert!(
        until("it is closed", || TcpStream::connect(("127.0.0.1", far)).is_err().then_some(())).is_some()
    );
}

#[test]
fn any_free_port_can_be_asked_for() {
    let bench = Bench::running();
    let near = capitals();
    let mut ssh = bench.ssh(&["-N", "-R", &format!("0:127.0.0.1:{near}")]);
    let mut child = Kept(ssh.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("started"));
    let mut told = String::new();
    let mut stderr = child.0.stderr.take().expect("what it says");
    let mut byte = [0; 1];
    while !told.ends_with('\n') {
        stderr.read_exact(&mut byte).expect("a line");
        told.push(char::from(byte[0]));
    }
    let port = told.split_whitespace().find_map(|word| word.parse::<u16>().ok()).expect("a port");
    assert_eq!(ask(connect(port), b"hello"), b"HELLO", "{told}");
}

/// What the extension does: a shell that reads a script, told over its input, and a SOCKS port on the same connection, through
/// which it reaches the server that the script has started on 127.0.0.1.
#[test]
fn the_handshake_of_vs_code_reaches_the_server_that_its_script_starts() {
    let bench = Bench::running();
    let socks = free_port();
    let mut ssh = bench.ssh(&["-T", "-D", &socks.to_string(), "-o", "ConnectTimeout=15"]);
    ssh.arg("bash").stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = Kept(ssh.spawn().expect("started"));
    let script = r#"
echo "uuid: running"
uname -s
mkdir -p "$HOME/.vscode-server/bin" && cd "$HOME/.vscode-server/bin"
cat > server.py <<'END'
import http.server
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
print("listeningOn==%d==" % server.server_port, flush=True)
server.serve_forever()
END
echo "from the server" > version
exec python3 server.py 2>/dev/null
"#;
    let stdin = child.0.stdin.as_mut().expect("input");
    stdin.write_all(script.as_bytes()).expect("told");
    stdin.flush().expect("told");
    drop(child.0.stdin.take());
    let mut told = String::new();
    let mut stdout = child.0.stdout.take().expect("output");
    let mut byte = [0; 1];
    while !told.ends_with("==\n") {
        stdout.read_exact(&mut byte).unwrap_or_else(|_| panic!("it ended after {told:?}"));
        told.push(char::from(byte[0]));
    }
    assert!(told.contains("uuid: running\nLinux\n"), "{told}");
    let port: u16 = told.split("==").nth(1).and_then(|port| port.parse().ok()).expect("a port");

    let mut through = connect(socks);
    through.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
    // SOCKS 5 without a password, then 127.0.0.1 and the port.
    through.write_all(&[5, 1, 0]).expect("greeted");
    let mut greeted = [0; 2];
    through.read_exact(&mut greeted).expect("greeted");
    assert_eq!(greeted, [5, 0]);
    let [high, low] = port.to_be_bytes();
    through.write_all(&[5, 1, 0, 1, 127, 0, 0, 1, high, low]).expect("asked");
    let mut answer = [0; 10];
    through.read_exact(&mut answer).expect("answered");
    assert_eq!(answer[1], 0, "connected");
    through.write_all(b"GET /version HTTP/1.0\r\n\r\n").expect("asked");
    let mut page = String::new();
    through.read_to_string(&mut page).expect("answered");
    assert!(page.starts_with("HTTP/1.0 200") && page.ends_with("from the server\n"), "{page}");
    assert_eq!(done(bench.ssh(&[]).arg("cat ~/.vscode-server/bin/version"), b""), "from the server\n");
}
