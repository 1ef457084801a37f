//! Which server, and how to get in.

use berth_shared::api::{DEFAULT_PROJECT, PROJECT_NAME_LIMIT, is_project_name};

use super::{Client, ClientError, address::Address};
use crate::cli::{
    data_dir::{DataDir, Running},
    saved::Saved,
};

/// Flags of every command that talks to a server.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Server")]
pub(in crate::cli) struct Access {
    /// Address of the server; else the one of the last `berth login`. The token is that of its login, or BERTH_TOKEN.
    #[arg(long, global = true, value_name = "URL", env = "BERTH_SERVER")]
    server: Option<String>,

    /// The project that is meant; else the first one.
    #[arg(long, global = true, value_name = "NAME", env = "BERTH_PROJECT", value_parser = project_name)]
    project: Option<String>,
}

/// Reads the name of a project; what is empty names none.
fn project_name(text: &str) -> Result<String, String> {
    if text.is_empty() || is_project_name(text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "a project's name has 2 to {PROJECT_NAME_LIMIT} lower-case letters, digits and `-`; `berth project list` shows those that there are"
    ))
}

impl Access {
    /// Without flags.
    pub(super) fn of_environment() -> Self {
        let project = std::env::var("BERTH_PROJECT").ok().filter(|name| is_project_name(name));
        Self { server: std::env::var("BERTH_SERVER").ok(), project }
    }

    /// The server that is meant, as the project sees it.
    pub(in crate::cli) fn client(&self) -> Result<Client, ClientError> {
        let project = self.project.as_deref().filter(|project| !project.is_empty());
        Ok(self.server()?.of(project.unwrap_or(DEFAULT_PROJECT)))
    }

    /// The server that is meant, for what is no project's: whether there is the project that is named makes no difference.
    pub(in crate::cli) fn server(&self) -> Result<Client, ClientError> {
        let token = std::env::var("BERTH_TOKEN").ok().filter(|token| !token.trim().is_empty());
        let named = self.server.as_deref().filter(|server| !server.is_empty());
        let named = named.map(|text| {
            Address::parse(text)
                .map(|address| address.server)
                .map_err(|error| ClientError::Address(text.to_owned(), error))
        });
        let named = named.transpose()?;
        // Nothing needs to be read when the environment says everything.
        if let (Some(server), Some(token)) = (&named, &token) {
            return Client::new(server, token.trim(), true);
        }
        let saved = Saved::read()?;
        let Some(server) = named.or(saved.current) else {
            let here = DataDir::of_environment().and_then(|dir| Running::read(&dir).ok());
            return match (here, token) {
                (Some(running), Some(token)) => Client::new(&running.url, token.trim(), true),
                (Some(running), None) => Err(ClientError::OnlyHere(running.url)),
                (None, _) => Err(ClientError::NoServer),
            };
        };
        match (token, saved.servers.get(&server)) {
            (Some(token), _) => Client::new(&server, token.trim(), true),
            (None, Some(login)) => Client::new(&server, &login.token, false),
            (None, None) => Err(ClientError::NoToken(server)),
        }
    }
}
