//! Answers that are none.

use std::{
    io::{Read, Write},
    net::TcpListener,
};

use super::Home;

/// A server that answers every request with the same bytes.
fn canned(answer: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address");
    let answer = answer.to_owned();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            // As much as has come: none of the requests here is long.
            let mut request = [0; 16 * 1024];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    format!("http://{address}")
}

fn problem(status: &str, headers: &str, code: &str, detail: &str) -> String {
    let number = &status[..3];
    let body = format!(
        r#"{{"status":{number},"code":"{code}","title":"no","detail":"{detail}","request_id":"abc-1"}}"#
    );
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/problem+json\r\n{headers}content-length: {}\r\nconnection: \
         close\r\n\r\n{body}",
        body.len()
    )
}

async fn told(answer: &str) -> String {
    Home::at(&canned(answer), "berth_x").berth(&["ps"]).await.all()
}

#[tokio::test]
async fn too_many_submissions_say_when_to_try_again() {
    let answer = problem(
        "429 Too Many Requests",
        "retry-after: 7\r\n",
        "too-many-submissions",
        "you have submitted 20 runs within a minute, and no more are taken",
    );
    insta::assert_snapshot!(told(&answer).await, @r"
        1
        --
        --
        error: you have submitted 20 runs within a minute, and no more are taken; try again in 7 s
        ");
}

#[tokio::test]
async fn a_fault_of_the_server_has_a_number_to_look_for() {
    let answer = problem("500 Internal Server Error", "", "internal", "the server could not do this");
    insta::assert_snapshot!(told(&answer).await, @r"
        1
        --
        --
        error: the server could not do this (request abc-1)
        ");
}

#[tokio::test]
async fn words_from_afar_play_no_tricks_with_the_terminal() {
    let answer = problem("409 Conflict", "", "odd", "a\\u001b[2Jb\\nc");
    insta::assert_snapshot!(told(&answer).await, @r"
        1
        --
        --
        error: a�[2Jb c
        ");
}

#[tokio::test]
async fn what_is_no_berth_server_is_told_apart() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "HTTP/1.1 301 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        "SSH-2.0-OpenSSH_9.2\r\n",
        "",
    ] {
        let said = told(answer).await;
        assert!(said.starts_with("3\n"), "{said}");
        assert!(said.contains("SERVER"), "{said}");
    }
    insta::assert_snapshot!(told("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await, @r"
        3
        --
        --
        error: what answers at SERVER is not a Berth server (it answers with 404 Not Found); check the address
        ");
}
