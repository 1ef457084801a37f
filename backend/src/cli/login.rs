//! `berth login`

use std::process::ExitCode;

use berth_shared::api::{LinkLogin, LoginRequest, NewToken, TokenRequest, User};
use reqwest::{
    Method,
    header::{COOKIE, ORIGIN, SET_COOKIE},
};

use super::{
    accounts::Accounts,
    ask,
    client::{Address, Client, ClientError, json, part},
    data_dir::{DataDir, Running},
    database::DatabaseUrl,
    failure::{Failure, finish},
    saved::{Login, Saved},
    words::{say, visible},
};

/// How many labels are tried when the first is taken.
const LABELS: u32 = 50;

/// Arguments of `berth login`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The link that `berth serve` or `berth login-link` printed, or the address of a server. Without one: the server
    /// that runs on this machine.
    #[arg(value_name = "URL", env = "BERTH_SERVER")]
    url: Option<String>,

    /// An API token, as `berth token create` prints one. Others may see it in the list of processes: without this
    /// flag it is asked for, or read from standard input.
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,

    #[command(flatten)]
    data_dir: DataDir,

    #[command(flatten)]
    database: DatabaseUrl,
}

/// Remembers a server and a token for it, after trying both.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(login(args))
}

async fn login(args: &Args) -> Result<(), Failure> {
    let address = match args.url.as_deref().filter(|url| !url.is_empty()) {
        Some(url) => Address::parse(url).map_err(|error| ClientError::Address(visible(url), error))?,
        None => here(&args.data_dir, &args.database).await?,
    };
    let server = &address.server;
    if address.is_open() {
        eprintln!(
            "note: {server} is not encrypted: whoever is on the way can read the token; use https where there is one"
        );
    }
    let mut saved = Saved::read().map_err(ClientError::from)?;
    let login = match (&args.token, &address.login_token) {
        (Some(token), _) => by_token(server, token.trim()).await?,
        (None, Some(token)) => by_link(server, token).await?,
        (None, None) => {
            let token = ask::secret(&format!("API token of {server}")).map_err(Failure::Read)?;
            if token.is_empty() {
                return Err(Failure::Usage(
                    "no token was given; `berth token create NAME`, run where the server runs, prints one"
                        .to_owned(),
                ));
            }
            by_token(server, &token).await?
        }
    };
    let user = login.user.clone();
    let client = Client::new(server, &login.token, false)?;
    let new_label = login.label.clone();
    let before = saved.servers.insert(server.clone(), login);
    saved.current = Some(server.clone());
    let path = saved.write().map_err(ClientError::from)?;
    // The token that this one follows is needed no more.
    if let Some(label) =
        before.and_then(|login| login.label).filter(|label| Some(label) != new_label.as_ref())
    {
        let _ = client.delete(&format!("/tokens/{}", part(&label))).await;
    }
    Ok(say!("Logged in to {server} as {} ({})", visible(&user), path.display())?)
}

/// The server of this machine: whoever may read its data directory may come in.
async fn here(data_dir: &DataDir, database: &DatabaseUrl) -> Result<Address, Failure> {
    let no = |error: &dyn std::error::Error| Failure::No(error.to_string());
    let directory = data_dir.resolve().map_err(|error| no(&error))?;
    let Ok(running) = Running::read(&directory) else {
        return Err(Failure::Usage(format!(
            "no server runs on this machine with the data directory `{}`; name one: `berth login URL`, with the link \
             that `berth serve` printed",
            directory.display()
        )));
    };
    let database = database.address().map_err(|error| no(&error))?;
    let accounts = Accounts::open(&directory, &database)
        .await
        .map_err(|error| Failure::No(crate::http::chain(&error)))?;
    let user = accounts.user().await.map_err(|error| Failure::No(crate::http::chain(&error)))?;
    let token = accounts.auth.login_token(&user).await;
    let token = token.map_err(|source| Failure::No(crate::http::chain(&accounts.failed(source))))?;
    Ok(Address { server: running.url, login_token: Some(token.reveal().to_owned()) })
}

/// Tries an API token.
async fn by_token(server: &str, token: &str) -> Result<Login, Failure> {
    if reqwest::header::HeaderValue::from_str(token).is_err() {
        return Err(Failure::Usage("that is no API token: it has characters that none has".to_owned()));
    }
    match Client::new(server, token, false)?.get::<User>("/me").await {
        Ok(user) => Ok(Login { token: token.to_owned(), user: user.name, label: None }),
        Err(ClientError::NotAccepted { .. }) => Err(Failure::No(format!(
            "{server} does not know this API token; `berth token create NAME`, run where the server runs, makes one"
        ))),
        Err(error) => Err(error.into()),
    }
}

/// Exchanges a one-time token for a session, the session for an API token, and ends the session.
async fn by_link(server: &str, token: &str) -> Result<Login, Failure> {
    let client = Client::stranger(server)?;
    let post = |path: &str| client.request(Method::POST, path).header(ORIGIN, server);
    let response =
        client.send(json(post("/login"), &LoginRequest::Link(LinkLogin { token: token.to_owned() }))).await?;
    let cookie = response.headers().get(SET_COOKIE).and_then(|value| value.to_str().ok());
    let Some(cookie) = cookie.and_then(|cookie| cookie.split(';').next()).map(str::to_owned) else {
        let what = "it answers a login without a session".to_owned();
        return Err(ClientError::Stranger { server: server.to_owned(), what }.into());
    };
    let made = token_of_our_own(&client, |path| post(path).header(COOKIE, &cookie)).await;
    // It would end by itself, only later.
    let _ = client.send(post("/logout").header(COOKIE, &cookie)).await;
    let NewToken { token, label, user } = made?;
    Ok(Login { token, user, label: Some(label) })
}

async fn token_of_our_own(
    client: &Client,
    post: impl Fn(&str) -> reqwest::RequestBuilder,
) -> Result<NewToken, ClientError> {
    let host = nix::unistd::gethostname().unwrap_or_default();
    let host: String = host.to_string_lossy().chars().filter(|c| !c.is_control()).take(64).collect();
    let base = format!("command line on {}", if host.is_empty() { "a machine" } else { &host });
    let mut number = 1;
    loop {
        let label = if number == 1 { base.clone() } else { format!("{base} ({number})") };
        match client
            .answer(json(post("/tokens"), &TokenRequest { label, role: None, expires_in: None }))
            .await
        {
            Err(error) if error.code() == Some("token-label-taken") && number < LABELS => number += 1,
            other => return other,
        }
    }
}
