//! `berth logout` and `berth whoami`

use std::{io::Write as _, process::ExitCode};

use berth_shared::api::User;

use super::{
    client::{Access, Client, ClientError, part},
    failure::{Failure, finish},
    saved::Saved,
    words::{Format, json_line, say, visible},
};

/// Arguments of `berth logout`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Forget this server; else the one of the last `berth login`.
    #[arg(value_name = "URL")]
    url: Option<String>,
}

/// Forgets a server, and makes the token worthless that `berth login` made.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(logout(args))
}

async fn logout(args: &Args) -> Result<(), Failure> {
    let mut saved = Saved::read().map_err(ClientError::from)?;
    let server = match &args.url {
        Some(url) => {
            let address = super::client::Address::parse(url);
            Some(address.map_err(|error| ClientError::Address(visible(url), error))?.server)
        }
        None => saved.current.clone(),
    };
    let Some((server, login)) = server.and_then(|server| saved.servers.remove_entry(&server)) else {
        return Err(Failure::No("not logged in there; nothing is remembered".to_owned()));
    };
    if saved.current.as_ref() == Some(&server) {
        saved.current = saved.servers.keys().next().cloned();
    }
    saved.write().map_err(ClientError::from)?;
    if let Some(label) = &login.label {
        let client = Client::new(&server, &login.token, false)?;
        if let Err(error) = client.delete(&format!("/tokens/{}", part(label))).await
            && !matches!(error, ClientError::NotAccepted { .. })
        {
            eprintln!(
                "note: the token is forgotten here, but not revoked: {error}; `berth token revoke '{label}'`, run \
                 where the server runs, does it"
            );
        }
    }
    say!("Logged out of {server}")?;
    if let Some(current) = &saved.current {
        say!("Commands now go to {current}")?;
    }
    Ok(())
}

/// Arguments of `berth whoami`.
#[derive(Debug, clap::Args)]
pub struct WhoamiArgs {
    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

/// Says which server commands go to, and as whom.
#[must_use]
pub fn whoami(args: &WhoamiArgs) -> ExitCode {
    finish(async {
        let client = args.access.client()?;
        let User { name, role, .. } = client.get("/me").await?;
        let mut out = std::io::stdout().lock();
        match args.format {
            Format::Text => writeln!(out, "{} ({role}) at {}", visible(&name), client.server())?,
            Format::Json | Format::Jsonl => {
                json_line(
                    &mut out,
                    &serde_json::json!({ "user": name, "role": role, "server": client.server() }),
                )?;
            }
        }
        Ok(())
    })
}
