//! The server's door: what comes from an environment on this machine is not let in.
//!
//! An environment in a container has a network of its own, whose bridge is an interface of this machine, and from it every address
//! of this machine can be reached. What it sends there keeps the container's address: engines put another in its place only where
//! something leaves the machine. So the address of a visitor tells, and no packet filter has to be touched.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use axum::serve::Listener;
use nix::ifaddrs::getifaddrs;
use tokio::net::{TcpListener, TcpStream};

use crate::provider::container::is_bridge;

/// Listens, and lets in whom it may.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    /// Whether environments are let in, too.
    open: bool,
}

impl Door {
    /// For what comes to this listener; with `open` from environments, too.
    #[must_use]
    pub fn new(listener: TcpListener, open: bool) -> Self {
        Self { listener, open }
    }

    /// The next who is let in. Others are closed without a word.
    ///
    /// # Errors
    /// As [`TcpListener::accept`].
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        loop {
            let (stream, peer) = self.listener.accept().await?;
            if self.lets_in(peer) {
                return Ok((stream, peer));
            }
        }
    }

    fn lets_in(&self, peer: SocketAddr) -> bool {
        if self.open || peer.ip().to_canonical().is_loopback() {
            return true;
        }
        match bridges() {
            Ok(bridges) if !bridges.iter().any(|bridge| bridge.has(peer)) => true,
            Ok(_) => {
                tracing::debug!(%peer, "an environment was not let in");
                false
            }
            // As when there are no more descriptors: whoever it is comes again.
            Err(error) => {
                tracing::warn!(%peer, %error, "not let in: this machine does not say which networks it has");
                false
            }
        }
    }
}

impl Listener for Door {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            // Waits by itself when it cannot.
            let (stream, peer) = Listener::accept(&mut self.listener).await;
            if self.lets_in(peer) {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// One end of an environment's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bridge {
    /// With addresses of its own: an address and how many of its leading bits are the network's.
    Network(IpAddr, u8),
    /// The number of the interface, by which addresses that every network has are told apart.
    Scope(u32),
}

impl Bridge {
    fn has(self, peer: SocketAddr) -> bool {
        match (self, peer.ip().to_canonical()) {
            (Self::Network(IpAddr::V4(own), bits), IpAddr::V4(ip)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(bits.min(32))).unwrap_or(0);
                (u32::from(own) ^ u32::from(ip)) & mask == 0
            }
            // Those of one link are on every link: which one it is, their scope tells.
            (Self::Network(IpAddr::V6(own), bits), IpAddr::V6(ip)) if !ip.is_unicast_link_local() => {
                let mask = u128::MAX.checked_shl(128 - u32::from(bits.min(128))).unwrap_or(0);
                (u128::from(own) ^ u128::from(ip)) & mask == 0
            }
            (Self::Scope(index), IpAddr::V6(ip)) if ip.is_unicast_link_local() => {
                matches!(peer, SocketAddr::V6(peer) if peer.scope_id() == index)
            }
            _ => false,
        }
    }
}

/// The bridges of environments on this machine, whoever made them.
fn bridges() -> io::Result<Vec<Bridge>> {
    let mut found = Vec::new();
    for interface in getifaddrs()?.filter(|interface| is_bridge(&interface.interface_name)) {
        let storage = |address: Option<nix::sys::socket::SockaddrStorage>| {
            let address = address?;
            let v4 = address.as_sockaddr_in().map(|address| IpAddr::V4(address.ip()));
            v4.or_else(|| address.as_sockaddr_in6().map(|address| IpAddr::V6(address.ip())))
        };
        let bits = match storage(interface.netmask) {
            Some(IpAddr::V4(mask)) => u32::from(mask).leading_ones(),
            Some(IpAddr::V6(mask)) => u128::from(mask).leading_ones(),
            None => 0,
        };
        match storage(interface.address) {
            Some(IpAddr::V6(own)) if own.is_unicast_link_local() => {
                found.push(Bridge::Scope(nix::net::if_::if_nametoindex(interface.interface_name.as_str())?));
            }
            // A network of everything would keep everybody out.
            Some(own) if bits > 0 => {
                found.push(Bridge::Network(own, u8::try_from(bits).unwrap_or(u8::MAX)));
            }
            _ => {}
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(text: &str) -> SocketAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn whoever_has_an_address_of_an_environments_network_is_one() {
        let network = Bridge::Network([10, 89, 3, 1].into(), 24);
        assert!(network.has(peer("10.89.3.2:1")) && network.has(peer("[::ffff:10.89.3.255]:1")));
        assert!(!network.has(peer("10.89.4.2:1")) && !network.has(peer("[fd00::2]:1")));
        let network = Bridge::Network("fd01:2::1".parse().expect("an address"), 64);
        assert!(network.has(peer("[fd01:2::7]:1")) && !network.has(peer("[fd01:2:0:1::7]:1")));
    }

    #[test]
    fn an_address_that_every_link_has_is_told_by_its_link() {
        let link =
            |scope| SocketAddr::V6(std::net::SocketAddrV6::new("fe80::1".parse().expect("one"), 1, 0, scope));
        assert!(Bridge::Scope(7).has(link(7)) && !Bridge::Scope(7).has(link(8)));
        assert!(!Bridge::Network("fe80::2".parse().expect("one"), 64).has(link(8)));
        assert!(!Bridge::Scope(0).has(peer("[fd00::1]:1")));
    }

    #[test]
    fn a_bridge_is_known_by_its_name() {
        assert!(is_bridge("bt0123456789abc"));
        for other in ["bt0", "br-0123456789ab", "btrfs", "podman1", "bt0123456789abcd", "bt0123456789xyz"] {
            assert!(!is_bridge(other), "{other}");
        }
    }
}
