//! What whoever runs the server says about the provider.

use std::str::FromStr;

use berth_shared::api::Role;
use reqwest::Url;

/// A provider, and who gets in by it.
#[derive(Clone)]
pub struct OidcSettings {
    /// Whose tokens are believed.
    pub issuer: Issuer,
    /// As whom the provider knows this server.
    pub client_id: String,
    /// By what this server proves that.
    pub client_secret: String,
    /// What people call the provider.
    pub name: String,
    /// The claim of which the name of a new account is made.
    pub claim: String,
    /// What becomes of somebody nobody here is connected with.
    pub new_people: NewPeople,
    /// Domains of e-mail addresses that may come in, in lower case; empty = all, and people without one.
    pub email_domains: Vec<String>,
}

impl std::fmt::Debug for OidcSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (issuer, client_id) = (&self.issuer, &self.client_id);
        f.debug_struct("OidcSettings")
            .field("issuer", issuer)
            .field("client_id", client_id)
            .finish_non_exhaustive()
    }
}

/// Whether somebody unknown gets an account by signing in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NewPeople {
    /// No: there has to be one already.
    #[default]
    None,
    /// One of this role.
    As(Role),
}

impl FromStr for NewPeople {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            "viewer" => Ok(Self::As(Role::Viewer)),
            "member" => Ok(Self::As(Role::Member)),
            _ => Err("expected `none`, `viewer` or `member`; an admin makes managers and admins".to_owned()),
        }
    }
}

/// The address that a provider calls itself by, letter for letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    text: String,
    url: Url,
}

impl Issuer {
    /// As it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }
}

impl FromStr for Issuer {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted =
            "expected the provider's address, such as `https://accounts.example`, without `?` and `#`";
        let url: Url = text.parse().map_err(|_| wanted.to_owned())?;
        let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        match url.scheme() {
            "https" if is_plain => Ok(Self { text: text.to_owned(), url }),
            "http" if is_plain && is_loopback(&url) => Ok(Self { text: text.to_owned(), url }),
            "http" => Err("a provider is asked over `https://`, or on this very machine: who may come in is not read in the open".to_owned()),
            _ => Err(wanted.to_owned()),
        }
    }
}

/// A domain as it stands in e-mail addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailDomain(String);

impl EmailDomain {
    /// In lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EmailDomain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let domain = text.trim().to_lowercase();
        let is_one = !domain.is_empty()
            && !domain.starts_with('.')
            && !domain.contains(|c: char| c == '@' || c == '*' || c == ',' || c.is_whitespace());
        is_one.then_some(Self(domain)).ok_or_else(|| "expected a domain such as `example.org`".to_owned())
    }
}

/// Whether this is on the machine itself.
pub(super) fn is_loopback(url: &Url) -> bool {
    matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_is_asked_over_tls_or_on_this_machine() {
        for fits in ["https://accounts.example", "https://a.example/realms/x", "http://127.0.0.1:4000"] {
            assert_eq!(fits.parse::<Issuer>().expect("an issuer").as_str(), fits);
        }
        for wrong in
            ["http://accounts.example", "accounts.example", "https://a/?x", "https://u@a/", "ftp://a"]
        {
            assert!(wrong.parse::<Issuer>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn nobody_becomes_a_manager_by_signing_in() {
        assert_eq!("viewer".parse(), Ok(NewPeople::As(Role::Viewer)));
        assert!("admin".parse::<NewPeople>().is_err() && "manager".parse::<NewPeople>().is_err());
    }

    #[test]
    fn a_domain_is_no_address_and_no_pattern() {
        assert_eq!(" Example.ORG ".parse::<EmailDomain>().expect("a domain").as_str(), "example.org");
        for wrong in ["", "ann@example.org", "*.example.org", ".org", "a b"] {
            assert!(wrong.parse::<EmailDomain>().is_err(), "{wrong}");
        }
    }
}
