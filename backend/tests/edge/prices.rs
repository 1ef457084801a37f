//! Azure's price list, served on loopback: paging, throttling, answers that are cut off.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use berth::catalog::azure::{AzureError, fetch::fetch, pace::Limits, prices::Prices};
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// What is answered to the next request; the last one again and again.
#[derive(Clone, Debug)]
enum Say {
    /// A page with so many prices; `next` is where it says the list goes on, `HERE` standing for this server.
    Page(usize, Option<&'static str>),
    /// A status, with a header.
    Status(u16, Option<&'static str>),
    /// A page of which only so many bytes come, and are said to come.
    Cut(usize),
    /// A page of which less comes than is said to.
    BreaksOff,
    /// Bytes.
    Bytes(&'static str),
    /// Nothing, and the end of the connection.
    HangUp,
    /// Nothing, and a connection that stays open.
    Silence,
}

/// A price list that is scripted.
struct List {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for List {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl List {
    async fn start(script: Vec<Say>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            let mut at = 0;
            let mut silent = Vec::new();
            loop {
                let (mut socket, _) = listener.accept().await.expect("a connection");
                let mut head = Vec::new();
                let mut buffer = [0; 4096];
                while !head.windows(4).any(|four| four == b"\r\n\r\n") {
                    match socket.read(&mut buffer).await {
                        Ok(0) | Err(_) => break,
                        Ok(count) => head.extend_from_slice(&buffer[..count]),
                    }
                }
                let head = String::from_utf8_lossy(&head).into_owned();
                heard.lock().unwrap().push(head.split(' ').nth(1).unwrap_or_default().to_owned());
                let say = script[at.min(script.len() - 1)].clone();
                let answer = answer(&say, at, address);
                at += 1;
                if let Say::Silence = say {
                    silent.push(socket);
                    continue;
                }
                // Who hangs up early is a test, too.
                let _ = socket.write_all(&answer).await;
                let _ = socket.shutdown().await;
            }
        });
        Self { address, asked, task }
    }

    fn url(&self) -> String {
        format!("http://{}/api/retail/prices", self.address)
    }

    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

fn answer(say: &Say, number: usize, address: SocketAddr) -> Vec<u8> {
    let whole = |status: u16, header: &str, body: &[u8], length: usize| {
        let head =
            format!("HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {length}\r\n{header}\r\n");
        [head.as_bytes(), body].concat()
    };
    let page = |items: usize, next: Option<&str>| {
        let next = next.map(|next| {
            next.replace("HERE", &format!("http://{address}")).replace("NUMBER", &(number + 1).to_string())
        });
        let items: Vec<Value> = (0..items).map(|n| item(&format!("region{number}-{n}"))).collect();
        let count = items.len();
        json!({ "BillingCurrency": "USD", "Items": items, "NextPageLink": next, "Count": count }).to_string()
    };
    match say {
        Say::Page(items, next) => {
            let body = page(*items, *next);
            whole(200, "", body.as_bytes(), body.len())
        }
        Say::Status(status, header) => {
            whole(*status, &header.map(|header| format!("{header}\r\n")).unwrap_or_default(), b"", 0)
        }
        Say::Cut(length) => {
            let body = page(3, None);
            whole(200, "", &body.as_bytes()[..*length], *length)
        }
        Say::BreaksOff => {
            let body = page(3, None);
            whole(200, "", body.as_bytes(), body.len() + 100)
        }
        Say::Bytes(body) => whole(200, "", body.as_bytes(), body.len()),
        Say::HangUp | Say::Silence => Vec::new(),
    }
}

fn item(region: &str) -> Value {
    json!({
        "currencyCode": "USD",
        "tierMinimumUnits": 0.0,
        "retailPrice": 0.5,
        "armRegionName": region,
        "effectiveStartDate": "2025-01-01T00:00:00Z",
        "meterName": "D2",
        "skuName": "D2",
        "productName": "Virtual Machines D Series",
        "unitOfMeasure": "1 Hour",
        "type": "Consumption",
        "isPrimaryMeterRegion": true,
        "armSkuName": "D2",
    })
}

/// As in the world, but quick.
fn limits() -> Limits {
    Limits {
        first: Duration::from_millis(2),
        longest: Duration::from_millis(8),
        pages: 40,
        ..Limits::default()
    }
}

async fn read(script: Vec<Say>) -> (Result<usize, AzureError>, List) {
    let list = List::start(script).await;
    let mut prices = Prices::new(["D2".to_owned()], "2026-06-15");
    let mut random = StdRng::seed_from_u64(7);
    let done = fetch(&list.url(), &mut prices, &limits(), &mut random, |_| {}).await;
    (done.map(|()| prices.len()), list)
}

/// Why it failed, in words; the server's address made the same each time.
async fn refused(script: Vec<Say>) -> String {
    let (done, list) = read(script).await;
    let error = done.expect_err("it fails");
    let mut said = error.to_string();
    let mut next: Option<&dyn std::error::Error> = std::error::Error::source(&error);
    while let Some(cause) = next {
        said += &format!(": {cause}");
        next = cause.source();
    }
    said.replace(&list.address.to_string(), "ADDRESS")
}

const NEXT: Option<&str> = Some("HERE/api/retail/prices?$skip=NUMBER");

#[tokio::test]
async fn pages_are_followed_to_the_end_and_the_filter_is_asked_for() {
    let (done, list) = read(vec![Say::Page(3, NEXT), Say::Page(0, NEXT), Say::Page(2, None)]).await;
    assert_eq!(done.expect("it is read"), 5);
    let asked = list.asked.lock().unwrap().clone();
    assert!(
        asked[0].starts_with("/api/retail/prices?%24filter=serviceName+eq+%27Virtual+Machines%27+and+"),
        "{asked:?}"
    );
    assert_eq!(asked[1..], ["/api/retail/prices?$skip=1", "/api/retail/prices?$skip=2"]);
}

#[tokio::test]
async fn a_busy_server_is_asked_again_after_the_time_that_it_wants() {
    let begin = tokio::time::Instant::now();
    let (done, list) = read(vec![
        Say::Status(429, Some("Retry-After: 1")),
        Say::Page(1, NEXT),
        Say::Status(503, None),
        Say::Status(500, Some("Retry-After: soon")),
        Say::HangUp,
        Say::BreaksOff,
        Say::Cut(200),
        Say::Page(1, None),
    ])
    .await;
    assert_eq!((done.expect("it is read"), list.asked()), (2, 8));
    assert!(begin.elapsed() >= Duration::from_secs(1), "it did not wait");
}

#[tokio::test]
async fn what_is_not_whole_in_the_end_is_not_used() {
    let said = [
        refused(vec![Say::Page(2, NEXT), Say::Cut(200)]).await,
        refused(vec![Say::Page(2, NEXT), Say::BreaksOff]).await,
        refused(vec![Say::Status(500, None)]).await,
        refused(vec![Say::Status(429, Some("Retry-After: 0"))]).await,
        refused(vec![Say::Status(429, Some("Retry-After: 86400"))]).await,
        refused(vec![Say::Status(404, None)]).await,
        refused(vec![Say::Status(302, Some("Location: http://127.0.0.1:1/"))]).await,
        refused(vec![Say::Bytes("<html>busy</html>")]).await,
        refused(vec![Say::Bytes("{\"Items\":[],\"NextPageLink\":null}")]).await,
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    page 2 of the price list cannot be had after 6 tries: the answer is cut off or is no page of the list: EOF while parsing an object at line 1 column 200
    page 2 of the price list cannot be had after 6 tries: no answer: error decoding response body: request or response body error: error reading a body from connection: end of file before message length reached
    page 1 of the price list cannot be had after 6 tries: HTTP status 500
    page 1 of the price list cannot be had after 6 tries: HTTP status 429
    the price list asks to wait for 86400 s; try again later
    page 1 of the price list was refused with HTTP status 404; see whether the address is right
    page 1 of the price list was refused with HTTP status 302; see whether the address is right
    page 1 of the price list cannot be had after 6 tries: the answer is cut off or is no page of the list: expected value at line 1 column 1
    the price list has no price of any machine in the catalogue
    ");
}

#[tokio::test]
async fn a_list_without_an_end_is_given_up() {
    let said = [
        refused(vec![Say::Page(1, NEXT)]).await,
        refused(vec![Say::Page(1, Some("HERE/api/retail/prices?$skip=0"))]).await,
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    the price list has more than 40 pages; it has no end, or is another one
    page 2 of the price list leads back to a page that was read before; the list has no end
    ");
}

#[tokio::test]
async fn a_list_that_takes_too_long_is_given_up() {
    let list = List::start(vec![Say::Page(1, NEXT), Say::Silence]).await;
    let mut prices = Prices::new(["D2".to_owned()], "2026-06-15");
    let mut random = StdRng::seed_from_u64(7);
    let limits = Limits { total: Duration::from_millis(300), ..limits() };
    let error =
        fetch(&list.url(), &mut prices, &limits, &mut random, |_| {}).await.expect_err("it takes too long");
    assert!(matches!(error, AzureError::TooSlow(_)) && error.is_unreachable(), "{error}");
}

#[tokio::test]
async fn no_link_leads_to_another_server() {
    let elsewhere = List::start(vec![Say::Page(1, None)]).await;
    let target: &'static str = format!("http://{}/api/retail/prices", elsewhere.address).leak();
    let said = refused(vec![Say::Page(1, Some(target))]).await;
    assert!(said.contains("is another server"), "{said}");
    assert_eq!(elsewhere.asked(), 0);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_so() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut prices = Prices::new(["D2".to_owned()], "2026-06-15");
    let mut random = StdRng::seed_from_u64(7);
    let url = format!("http://{free}/");
    let error = fetch(&url, &mut prices, &limits(), &mut random, |_| {}).await.expect_err("nobody is there");
    assert!(error.is_unreachable(), "{error}");
    assert_eq!(error.to_string(), "page 1 of the price list cannot be had after 6 tries");
}
