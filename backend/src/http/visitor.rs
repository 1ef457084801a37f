//! From where a request comes: the one place that knows the client's address.
//!
//! What a proxy says about a request (`X-Forwarded-For`, `-Proto`, `-Host`) is what anybody can write. It is believed where the connection comes
//! from a proxy that the server was told to trust, and is gone from every request afterwards.

use std::{
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use ipnet::IpNet;

use super::App;

const FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const HOST: HeaderName = HeaderName::from_static("x-forwarded-host");

/// How a browser speaks to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// In the open.
    Http,
    /// Encrypted.
    Https,
}

impl Scheme {
    /// As it stands in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    /// Whether it is encrypted.
    #[must_use]
    pub const fn is_https(self) -> bool {
        matches!(self, Self::Https)
    }
}

impl std::fmt::Display for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who sent a request, as far as its way tells. Every request has one among its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Visitor {
    /// The client's address.
    pub(crate) address: IpAddr,
    /// How the client speaks to us, or to the proxy that we trust.
    pub(crate) scheme: Scheme,
}

impl Visitor {
    /// What is counted as one: an address, or with IPv6 the network that one household gets.
    pub(crate) fn household(&self) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => self.address,
            IpAddr::V6(address) => IpAddr::V6((u128::from(address) & (u128::MAX << 64)).into()),
        }
    }
}

/// A network whose machines are trusted proxies: `10.0.0.0/8`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyNetwork(IpNet);

impl FromStr for ProxyNetwork {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let one = || text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical())).ok();
        let network = text.parse::<IpNet>().ok().or_else(one);
        match network {
            Some(network) if network.prefix_len() == 0 => {
                Err("this is everybody; name the network that the proxy is in".to_owned())
            }
            Some(network) => Ok(Self(network)),
            None => Err("expected an address or a network, such as `10.1.2.3` or `10.0.0.0/8`".to_owned()),
        }
    }
}

/// Whose word about a request is taken.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<ProxyNetwork>);

impl TrustedProxies {
    /// Those of these networks.
    #[must_use]
    pub fn new(networks: Vec<ProxyNetwork>) -> Self {
        Self(networks)
    }

    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.0.contains(&address))
    }

    /// Who sent a request with these headers, when the connection is `peer`'s and spoke `scheme`. Nothing of what proxies say stays in the
    /// headers; the host that a trusted one tells is the request's.
    fn read(&self, peer: IpAddr, scheme: Scheme, headers: &mut HeaderMap) -> Visitor {
        let peer = peer.to_canonical();
        let mut visitor = Visitor { address: peer, scheme };
        if self.trust(peer) {
            visitor.address = self.client(peer, headers);
            match last(headers, &PROTO) {
                Some(proto) if proto.eq_ignore_ascii_case("https") => visitor.scheme = Scheme::Https,
                Some(proto) if proto.eq_ignore_ascii_case("http") => visitor.scheme = Scheme::Http,
                _ => {}
            }
            if let Some(host) = last(headers, &HOST).and_then(|host| HeaderValue::from_str(host).ok()) {
                headers.insert(header::HOST, host);
            }
        }
        for name in [FOR, PROTO, HOST] {
            headers.remove(name);
        }
        visitor
    }

    /// The first address from the right that is no trusted proxy's: each proxy adds whom it was asked by, and what stands further left the
    /// client may have invented.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let lines = headers.get_all(FOR).iter().map(|line| line.to_str().unwrap_or_default());
        let told: Vec<Option<IpAddr>> = lines.flat_map(|line| line.split(',')).map(address).collect();
        let mut client = peer;
        for next in told.into_iter().rev() {
            match next {
                Some(next) if self.trust(client) => client = next,
                _ => break,
            }
        }
        client
    }
}

/// An address as proxies write it: some add the port.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = || text.parse::<IpAddr>().ok();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    let address =
        bare().or_else(|| text.parse::<SocketAddr>().ok().map(|one| one.ip())).or_else(bracketed)?;
    Some(address.to_canonical())
}

/// What the nearest proxy said.
fn last<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let line = headers.get_all(name).iter().next_back()?.to_str().ok()?;
    line.rsplit(',').next().map(str::trim).filter(|value| !value.is_empty())
}

/// Says who sent a request, to all that comes after.
pub(super) async fn tell(
    State(app): State<App>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let visitor = app.proxies.read(peer.ip(), app.names.scheme(), request.headers_mut());
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(networks: &[&str]) -> TrustedProxies {
        TrustedProxies::new(networks.iter().map(|network| network.parse().expect("a network")).collect())
    }

    fn read(trusted: &[&str], peer: &str, lines: &[(&'static str, &str)]) -> (Visitor, HeaderMap) {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, HeaderValue::from_static("own"));
        for (name, value) in lines {
            headers.append(HeaderName::from_static(name), value.parse().expect("a value"));
        }
        let peer = peer.parse().expect("an address");
        (proxies(trusted).read(peer, Scheme::Http, &mut headers), headers)
    }

    fn client(trusted: &[&str], peer: &str, told: &[&str]) -> String {
        let lines: Vec<_> = told.iter().map(|line| ("x-forwarded-for", *line)).collect();
        read(trusted, peer, &lines).0.address.to_string()
    }

    #[test]
    fn what_an_untrusted_peer_says_changes_nothing_and_goes_no_further() {
        let said = [
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "berth.example"),
        ];
        for trusted in [&[][..], &["10.0.0.0/8"]] {
            let (visitor, headers) = read(trusted, "192.0.2.7", &said);
            assert_eq!(visitor, Visitor { address: [192, 0, 2, 7].into(), scheme: Scheme::Http });
            assert_eq!(headers.len(), 1);
            assert_eq!(headers[header::HOST], "own");
        }
    }

    #[test]
    fn a_trusted_proxy_tells_the_client_the_scheme_and_the_host() {
        let said = [
            ("x-forwarded-for", "6.6.6.6, 1.2.3.4"),
            ("x-forwarded-proto", "http, https"),
            ("x-forwarded-host", "evil.example, berth.example"),
        ];
        let (visitor, headers) = read(&["10.0.0.0/8"], "::ffff:10.1.1.1", &said);
        assert_eq!(visitor, Visitor { address: [1, 2, 3, 4].into(), scheme: Scheme::Https });
        assert_eq!(headers.len(), 1);
        assert_eq!(headers[header::HOST], "berth.example");
    }

    #[test]
    fn the_client_is_the_right_most_address_that_is_no_trusted_proxys() {
        let trusted = &["10.0.0.0/8", "fd00::/8", "192.0.2.1"][..];
        for (told, wanted) in [
            (&[][..], "10.0.0.1"),
            (&["1.1.1.1"], "1.1.1.1"),
            (&["6.6.6.6, 1.1.1.1, 10.9.9.9"], "1.1.1.1"),
            (&["6.6.6.6", "1.1.1.1", "192.0.2.1,fd00::5"], "1.1.1.1"),
            (&["10.2.2.2"], "10.2.2.2"),
            (&["1.1.1.1:4711"], "1.1.1.1"),
            (&["[2001:db8::1]:4711"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["::ffff:1.1.1.1"], "1.1.1.1"),
            // What cannot be read ends it: all to its left is hearsay.
            (&["1.1.1.1, unknown"], "10.0.0.1"),
            (&["1.1.1.1, , 10.3.3.3"], "10.3.3.3"),
            (&["1.1.1.1", ""], "10.0.0.1"),
        ] {
            assert_eq!(client(trusted, "10.0.0.1", told), wanted, "{told:?}");
        }
    }

    #[test]
    fn addresses_of_one_ipv6_network_count_as_one() {
        let household = |address: &str| {
            let address = address.parse().expect("an address");
            Visitor { address, scheme: Scheme::Http }.household().to_string()
        };
        assert_eq!(household("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(household("192.0.2.7"), "192.0.2.7");
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network_and_not_everybody() {
        assert!("192.0.2.1".parse::<ProxyNetwork>().is_ok());
        for wrong in ["", "berth.example", "10.0.0.0/33", "0.0.0.0/0", "::/0", "10.0.0.1:80"] {
            assert!(wrong.parse::<ProxyNetwork>().is_err(), "{wrong}");
        }
    }
}
