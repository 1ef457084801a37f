//! Walks the list over HTTP.

use std::{collections::HashSet, time::Duration};

use rand::{RngExt, rngs::StdRng};
use reqwest::{
    Client, Url,
    header::{ACCEPT, RETRY_AFTER},
    redirect,
};
use tokio::time::{sleep, timeout};

use super::{
    AzureError, FILTER,
    error::TryError,
    pace::{self, Limits},
    page::Page,
    prices::Prices,
};

/// The largest page, bytes; a full one has about 800 KB.
const MAX_PAGE: usize = 16 << 20;
/// How long a connection may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(60);

/// Reads the list at `address` to its end into `prices`. After each page `progress` is told how many there were.
///
/// # Errors
/// When that cannot be done; what `prices` has then is not the whole list and must not be used.
pub async fn fetch(
    address: &str,
    prices: &mut Prices,
    limits: &Limits,
    random: &mut StdRng,
    progress: impl FnMut(usize),
) -> Result<(), AzureError> {
    match timeout(limits.total, walk(address, prices, limits, random, progress)).await {
        Ok(done) => done,
        Err(_) => Err(AzureError::TooSlow(limits.total)),
    }
}

async fn walk(
    address: &str,
    prices: &mut Prices,
    limits: &Limits,
    random: &mut StdRng,
    mut progress: impl FnMut(usize),
) -> Result<(), AzureError> {
    let base = base(address)?;
    let client = client()?;
    let mut url = base.clone();
    url.query_pairs_mut().append_pair("$filter", FILTER);
    let mut seen = HashSet::from([url.to_string()]);
    for number in 1..=limits.pages {
        let page = page(&client, &url, number, limits, random).await?;
        page.items.iter().for_each(|item| prices.add(item));
        progress(number);
        let Some(link) = page.next.filter(|link| !link.is_empty()) else {
            return if prices.is_empty() { Err(AzureError::Nothing) } else { Ok(()) };
        };
        url = next(&base, &link).map_err(|target| AzureError::Elsewhere { page: number, target })?;
        if !seen.insert(url.to_string()) {
            return Err(AzureError::Circle(number));
        }
    }
    Err(AzureError::TooManyPages(limits.pages))
}

/// Where the list begins.
fn base(address: &str) -> Result<Url, AzureError> {
    let url = Url::parse(address).map_err(|_| AzureError::Address(address.to_owned()))?;
    if matches!(url.scheme(), "http" | "https") && url.has_host() {
        Ok(url)
    } else {
        Err(AzureError::Address(address.to_owned()))
    }
}

/// Where the list goes on: only ever at the server that it began at, whatever an answer says. Else the address's server.
fn next(base: &Url, link: &str) -> Result<Url, String> {
    let Ok(url) = base.join(link) else { return Err("no address".to_owned()) };
    // The list names its port even where it is the usual one.
    let place =
        |url: &Url| (url.scheme().to_owned(), url.host_str().map(str::to_owned), url.port_or_known_default());
    if place(&url) == place(base) && url.username().is_empty() && url.password().is_none() {
        Ok(url)
    } else {
        Err(url.origin().ascii_serialization())
    }
}

fn client() -> Result<Client, AzureError> {
    // Fails when there is one already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("berth/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .connect_timeout(CONNECT)
        .timeout(ANSWER)
        .build()
        .map_err(AzureError::Client)
}

/// A page, tried as often as makes sense.
async fn page(
    client: &Client,
    url: &Url,
    number: usize,
    limits: &Limits,
    random: &mut StdRng,
) -> Result<Page, AzureError> {
    let mut attempt = 1;
    loop {
        let (error, asked) = match once(client, url).await {
            Ok(page) => return Ok(page),
            Err((TryError::Status(status), _)) if !pace::is_temporary(status) => {
                return Err(AzureError::Refused { page: number, status });
            }
            Err(failed) => failed,
        };
        match asked {
            Some(asked) if asked > limits.patience => return Err(AzureError::Busy(asked)),
            _ => {}
        }
        let Some(wait) = limits.wait(attempt, asked, random.random()) else {
            return Err(AzureError::Unreachable { page: number, attempts: attempt, source: error.into() });
        };
        sleep(wait).await;
        attempt += 1;
    }
}

/// One try; with the wait that the server asks for when it fails.
async fn once(client: &Client, url: &Url) -> Result<Page, (TryError, Option<Duration>)> {
    let lost = |error: reqwest::Error| (TryError::Connection(error.without_url()), None);
    let mut answer = client.get(url.clone()).header(ACCEPT, "application/json").send().await.map_err(lost)?;
    let status = answer.status();
    if !status.is_success() {
        let asked = answer.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        return Err((TryError::Status(status.as_u16()), asked.and_then(pace::retry_after)));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(lost)? {
        if bytes.len() + piece.len() > MAX_PAGE {
            return Err((TryError::TooLarge(MAX_PAGE), None));
        }
        bytes.extend_from_slice(&piece);
    }
    Page::read(&bytes).map_err(|error| (error.into(), None))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(link: &str) -> Result<String, String> {
        next(&base("https://prices.azure.com/api/retail/prices").expect("an address"), link)
            .map(|url| url.to_string())
    }

    #[test]
    fn the_next_page_is_at_the_same_server() {
        assert_eq!(
            follow("https://prices.azure.com:443/api/retail/prices?$skip=1000"),
            Ok("https://prices.azure.com/api/retail/prices?$skip=1000".to_owned())
        );
        assert_eq!(
            follow("?$skip=1000"),
            Ok("https://prices.azure.com/api/retail/prices?$skip=1000".to_owned())
        );
    }

    #[test]
    fn no_link_leads_to_another_server() {
        for link in [
            "http://prices.azure.com/api/retail/prices",
            "https://prices.azure.com.evil.example/x",
            "https://prices.azure.com:8443/x",
            "https://user:secret@prices.azure.com/x",
            "//169.254.169.254/latest/meta-data",
            "http://127.0.0.1:8080/",
            "file:///etc/passwd",
            "https://prices.azure.com@evil.example/",
        ] {
            assert!(follow(link).is_err(), "{link}: {:?}", follow(link));
        }
    }

    #[test]
    fn an_address_is_one_of_the_web() {
        for wrong in ["prices", "ftp://x/", "file:///x", "https:", ""] {
            assert!(base(wrong).is_err(), "{wrong}");
        }
    }
}
