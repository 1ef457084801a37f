//! Where the gateway listens, as people write it.

use std::{
    net::{Ipv4Addr, SocketAddr},
    str::FromStr,
};

/// An address and port, or a port of 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListenOn(pub SocketAddr);

impl FromStr for ListenOn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(port) = text.parse::<u16>() {
            return Ok(Self((Ipv4Addr::LOCALHOST, port).into()));
        }
        text.parse().map(Self).map_err(|_| {
            format!("`{text}` is neither a port, such as 2222, nor an address with one, such as 0.0.0.0:2222")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_of_this_machine_alone() {
        assert_eq!("2222".parse(), Ok(ListenOn(([127, 0, 0, 1], 2222).into())));
        assert_eq!("0.0.0.0:22".parse(), Ok(ListenOn(([0, 0, 0, 0], 22).into())));
        assert!("localhost".parse::<ListenOn>().is_err());
        assert!("99999".parse::<ListenOn>().is_err());
    }
}
