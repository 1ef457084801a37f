//! Where an SSH server is, and as whom one comes in.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The port where none is given.
const PORT: u16 = 22;

/// `USER@HOST:PORT`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// The account there.
    pub user: String,
    /// A name or an IP address, without brackets.
    pub host: String,
    /// 1 to 65535.
    pub port: u16,
}

impl Address {
    /// Where it is, without the account: what a key is pinned to.
    #[must_use]
    pub fn place(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Nobody's name in front.
    #[error("`{0}` does not say as whom: write `USER@HOST`, such as `ubuntu@{0}`")]
    NoUser(String),
    /// Something else.
    #[error(
        "`{0}` is no address: write `USER@HOST` or `USER@HOST:PORT`, such as `ubuntu@gpu-1.example:2222`"
    )]
    Malformed(String),
    /// Behind the last colon.
    #[error("`{0}` is no port: use a number from 1 to 65535")]
    Port(String),
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        let malformed = || AddressError::Malformed(text.to_owned());
        let bare = text.strip_prefix("ssh://").unwrap_or(text);
        let (user, place) = bare.rsplit_once('@').ok_or_else(|| AddressError::NoUser(bare.to_owned()))?;
        let (host, port) = match place.strip_prefix('[') {
            Some(rest) => {
                let (host, after) = rest.split_once(']').ok_or_else(malformed)?;
                (host, after.strip_prefix(':').or_else(|| after.is_empty().then_some("")))
            }
            // More than one colon: an IPv6 address without a port.
            None if place.matches(':').count() > 1 => (place, Some("")),
            None => place.split_once(':').map_or((place, Some("")), |(host, port)| (host, Some(port))),
        };
        let port = match port.ok_or_else(malformed)? {
            "" if !place.ends_with(':') || place.matches(':').count() > 1 => PORT,
            port => port
                .parse()
                .ok()
                .filter(|&port| port > 0)
                .ok_or_else(|| AddressError::Port(port.to_owned()))?,
        };
        let fits = |text: &str, also: &str| {
            let ok = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
            !text.is_empty() && !text.starts_with('-') && text.chars().all(ok)
        };
        if !fits(user, "-_.+@\\$") || !fits(host, "-_.:%") {
            return Err(malformed());
        }
        Ok(Self { user: user.to_owned(), host: host.to_owned(), port })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.user, self.place())
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_ssh_reads_them() {
        let told = |text: &str| text.parse::<Address>().map(|address| address.to_string());
        for (text, address) in [
            ("ada@gpu-1", "ada@gpu-1:22"),
            ("ada@gpu-1:2222", "ada@gpu-1:2222"),
            (" ssh://ada@gpu-1.example:22 ", "ada@gpu-1.example:22"),
            ("root@10.0.0.1", "root@10.0.0.1:22"),
            ("root@fe80::1", "root@[fe80::1]:22"),
            ("root@[fe80::1]:2222", "root@[fe80::1]:2222"),
            ("root@[::1]", "root@[::1]:22"),
        ] {
            assert_eq!(told(text).as_deref(), Ok(address));
            assert_eq!(told(address).as_deref(), Ok(address), "its own form");
        }
    }

    #[test]
    fn what_is_no_address_is_told_by_what_is_wrong() {
        let told = |text: &str| text.parse::<Address>().expect_err("no address");
        assert_eq!(told("gpu-1"), AddressError::NoUser("gpu-1".into()));
        assert_eq!(told("ada@gpu-1:0"), AddressError::Port("0".into()));
        assert_eq!(told("ada@gpu-1:"), AddressError::Port(String::new()));
        assert_eq!(told("ada@gpu-1:99999"), AddressError::Port("99999".into()));
        for text in [
            "@gpu-1",
            "ada@",
            "ada@gpu 1",
            "ada@-oProxyCommand=x",
            "-l@gpu",
            "ada@[::1",
            "ada@[::1]x",
            "a b@c",
        ] {
            assert_eq!(told(text), AddressError::Malformed(text.into()));
        }
    }
}
