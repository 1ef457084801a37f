//! Where the server sends something because somebody gave it the address: to the internet, and nowhere inside, so that nobody reaches by
//! the server what they do not reach themselves. Each address is checked when it is connected to, and that very address is connected to.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use reqwest::{
    Url,
    dns::{Addrs, Name, Resolve, Resolving},
};

/// Networks of IPv4 that are nobody's on the internet, or may be the server's own (IANA's registry of special-purpose addresses). The last
/// is a cloud's own service to its machines.
const INSIDE_V4: [([u8; 4], u8); 17] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 31, 196, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
    ([168, 63, 129, 16], 32),
];

/// All of IPv6 that is the internet, and what in it is not: protocols that carry IPv4 inside, benchmarks, documentation.
const OUTSIDE_V6: ([u16; 8], u8) = ([0x2000, 0, 0, 0, 0, 0, 0, 0], 3);
const INSIDE_V6: [([u16; 8], u8); 4] = [
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

/// Where something may be sent.
#[derive(Clone, Debug, Default)]
pub struct Egress(Arc<[IpNet]>);

/// Why nothing is sent there.
#[derive(Debug, thiserror::Error)]
pub enum Barred {
    /// It leads to a place inside.
    #[error(
        "`{host}` leads to {address}, which is not on the internet; whoever runs the server can let it be reached with \
         `--webhook-allow {address}`"
    )]
    Inside {
        /// What was asked for.
        host: String,
        /// Where that leads.
        address: IpAddr,
    },
    /// It leads nowhere.
    #[error("`{host}` has no address")]
    Nowhere {
        /// What was asked for.
        host: String,
    },
}

impl Egress {
    /// To the internet, and to these networks.
    #[must_use]
    pub fn new(allowed: Vec<IpNet>) -> Self {
        Self(allowed.into())
    }

    /// Whether something may be sent to this address.
    #[must_use]
    pub fn may(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address)) || is_outside(address)
    }

    /// Looks at an address that is written as one; names are looked at when they are connected to.
    ///
    /// # Errors
    /// When it may not be reached.
    pub fn check(&self, url: &Url) -> Result<(), Barred> {
        let host = url.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        match bare.parse::<IpAddr>() {
            Ok(address) if !self.may(address) => {
                Err(Barred::Inside { host: host.to_owned(), address: address.to_canonical() })
            }
            _ => Ok(()),
        }
    }

    /// Of what a name leads to, what may be reached.
    fn choose(&self, host: &str, found: Vec<SocketAddr>) -> Result<Vec<SocketAddr>, Barred> {
        let first = found.first().map(|found| found.ip().to_canonical());
        let may: Vec<SocketAddr> = found.into_iter().filter(|found| self.may(found.ip())).collect();
        match (may.is_empty(), first) {
            (false, _) => Ok(may),
            (true, Some(address)) => Err(Barred::Inside { host: host.to_owned(), address }),
            (true, None) => Err(Barred::Nowhere { host: host.to_owned() }),
        }
    }
}

impl Resolve for Egress {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.clone();
        Box::pin(async move {
            let host = name.as_str();
            // The port is the connection's.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host, 0)).await?.collect();
            let addresses: Addrs = Box::new(egress.choose(host, found)?.into_iter());
            Ok(addresses)
        })
    }
}

fn is_outside(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let inside = |(network, bits): &([u8; 4], u8)| {
                Ipv4Net::new(Ipv4Addr::from(*network), *bits).is_ok_and(|net| net.contains(&address))
            };
            !INSIDE_V4.iter().any(inside)
        }
        IpAddr::V6(address) => {
            let is_in = |(network, bits): &([u16; 8], u8)| {
                Ipv6Net::new(Ipv6Addr::from(*network), *bits).is_ok_and(|net| net.contains(&address))
            };
            is_in(&OUTSIDE_V6) && !INSIDE_V6.iter().any(is_in)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn what_is_not_the_internet_is_not_reached() {
        let egress = Egress::default();
        for inside in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.100.100.200",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!egress.may(address(inside)), "{inside}");
        }
        for outside in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.1",
            "100.63.255.255",
            "100.128.0.1",
            "126.1.1.1",
            "128.0.0.1",
            "172.15.1.1",
            "172.32.0.1",
            "192.167.1.1",
            "223.255.255.255",
            "168.63.129.17",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00::1",
            "::ffff:1.1.1.1",
        ] {
            assert!(egress.may(address(outside)), "{outside}");
        }
    }

    #[test]
    fn networks_that_are_let_through_are_reached_and_no_others() {
        let egress = Egress::new(vec!["10.1.0.0/16".parse().expect("one"), "::1/128".parse().expect("one")]);
        for may in ["10.1.2.3", "::ffff:10.1.2.3", "::1", "1.1.1.1"] {
            assert!(egress.may(address(may)), "{may}");
        }
        for not in ["10.2.0.1", "127.0.0.1", "fe80::1"] {
            assert!(!egress.may(address(not)), "{not}");
        }
    }

    #[test]
    fn an_address_in_whatever_writing_is_looked_at() {
        let egress = Egress::default();
        for inside in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://2130706433/",
            "http://0x7f.0.0.1/",
            "http://0177.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "https://169.254.169.254/latest/meta-data",
            "http://0/",
            "http://\u{ff11}27.0.0.1/",
        ] {
            let url = Url::parse(inside).expect("an address");
            assert!(matches!(egress.check(&url), Err(Barred::Inside { .. })), "{inside}");
        }
        assert!(egress.check(&Url::parse("https://example.com/").expect("an address")).is_ok());
        assert!(egress.check(&Url::parse("https://1.1.1.1/").expect("an address")).is_ok());
    }

    #[test]
    fn of_what_a_name_leads_to_only_the_internet_is_taken() {
        let egress = Egress::default();
        let found =
            |texts: &[&str]| texts.iter().map(|text| SocketAddr::new(address(text), 0)).collect::<Vec<_>>();
        let chosen = egress.choose("x.example", found(&["10.0.0.1", "1.1.1.1"])).expect("one");
        assert_eq!(chosen, found(&["1.1.1.1"]));
        insta::assert_snapshot!(egress.choose("x.example", found(&["::ffff:10.0.0.1"])).expect_err("none"), @"`x.example` leads to 10.0.0.1, which is not on the internet; whoever runs the server can let it be reached with `--webhook-allow 10.0.0.1`");
        assert!(matches!(egress.choose("x.example", Vec::new()), Err(Barred::Nowhere { .. })));
    }
}
