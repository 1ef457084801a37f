//! `--oidc-…`: single sign-on.

use std::path::PathBuf;

use crate::auth::oidc::{EmailDomain, Issuer, NewPeople, Oidc, OidcSettings};

/// The longest name of a provider, characters.
const NAME: usize = 60;

/// The provider of single sign-on, and who gets in by it.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Single sign-on")]
pub(super) struct OidcArgs {
    /// Lets people sign in by this provider of OpenID Connect: the address that it calls itself by.
    #[arg(long, value_name = "URL", env = "BERTH_OIDC_ISSUER", requires = "oidc_client_id")]
    oidc_issuer: Option<Issuer>,

    /// As whom the provider knows this server.
    #[arg(long, value_name = "ID", env = "BERTH_OIDC_CLIENT_ID", requires_all = ["oidc_issuer", "oidc_client_secret_file"])]
    oidc_client_id: Option<String>,

    /// File with the secret by which this server proves that.
    #[arg(long, value_name = "FILE", env = "BERTH_OIDC_CLIENT_SECRET_FILE", requires = "oidc_issuer")]
    oidc_client_secret_file: Option<PathBuf>,

    /// What people call the provider; the button to sign in says it.
    #[arg(long, value_name = "NAME", env = "BERTH_OIDC_NAME", default_value = "single sign-on", value_parser = name)]
    oidc_name: String,

    /// The claim of which the name of a new account is made.
    #[arg(long, value_name = "CLAIM", env = "BERTH_OIDC_CLAIM", default_value = "preferred_username")]
    oidc_claim: String,

    /// What somebody becomes whom nobody has invited: `none` lets in only whose account is connected.
    #[arg(long, value_name = "none|viewer|member", env = "BERTH_OIDC_NEW_PEOPLE", default_value = "none")]
    oidc_new_people: NewPeople,

    /// Lets in only people with a confirmed e-mail address of this domain. May be given several times.
    #[arg(
        long,
        value_name = "DOMAIN",
        env = "BERTH_OIDC_EMAIL_DOMAIN",
        value_delimiter = ',',
        requires = "oidc_issuer"
    )]
    oidc_email_domain: Vec<EmailDomain>,
}

/// Why there can be no single sign-on.
#[derive(Debug, thiserror::Error)]
pub(super) enum OidcArgsError {
    #[error("cannot read the secret for single sign-on in `{}`", file.display())]
    Read {
        file: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("the file `{}` holds no secret for single sign-on: write what the provider gave you into it, on one line", .0.display())]
    Empty(PathBuf),
    #[error("cannot make requests to the provider of single sign-on")]
    Prepare(#[from] reqwest::Error),
}

impl OidcArgs {
    /// The provider, where one is given.
    ///
    /// # Errors
    /// When the secret cannot be read.
    pub(super) fn open(&self) -> Result<Option<Oidc>, OidcArgsError> {
        let (Some(issuer), Some(id), Some(file)) =
            (&self.oidc_issuer, &self.oidc_client_id, &self.oidc_client_secret_file)
        else {
            return Ok(None);
        };
        let read = std::fs::read_to_string(file);
        let text = read.map_err(|source| OidcArgsError::Read { file: file.clone(), source })?;
        let client_secret = text.trim().to_owned();
        if client_secret.is_empty() || client_secret.chars().any(char::is_control) {
            return Err(OidcArgsError::Empty(file.clone()));
        }
        let settings = OidcSettings {
            issuer: issuer.clone(),
            client_id: id.clone(),
            client_secret,
            name: self.oidc_name.clone(),
            claim: self.oidc_claim.clone(),
            new_people: self.oidc_new_people,
            email_domains: self.oidc_email_domain.iter().map(|domain| domain.as_str().to_owned()).collect(),
        };
        Ok(Some(Oidc::new(settings)?))
    }
}

fn name(text: &str) -> Result<String, String> {
    let name = text.trim();
    let fits = !name.is_empty() && name.chars().count() <= NAME && !name.chars().any(char::is_control);
    fits.then(|| name.to_owned()).ok_or_else(|| format!("expected 1 to {NAME} characters on one line"))
}
