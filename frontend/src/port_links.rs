//! Addresses that programs in an environment print, such as `http://localhost:8888/?token=…`: the reader's own machine is another one, so
//! they lead to the preview of that port, where there is one.

/// A place on a port of the environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Local<'a> {
    /// The port.
    pub port: u16,
    /// Path and query, from the `/` on; empty when the address ends before.
    pub rest: &'a str,
    /// The fragment with its `#`, or empty.
    pub fragment: &'a str,
}

/// Names by which a program calls its own machine. `host` is the one that it was given there.
const OWN: [&str; 5] = ["localhost", "127.0.0.1", "0.0.0.0", "[::1]", "[::]"];

impl<'a> Local<'a> {
    /// Reads an address; `None` when it is not of the program's own machine, or not plain HTTP, which is all that a preview speaks.
    /// `host` is how the environment calls itself besides.
    #[must_use]
    pub fn read(address: &'a str, host: &str) -> Option<Self> {
        const SCHEME: &str = "http://";
        let (scheme, rest) = address.split_at_checked(SCHEME.len())?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return None;
        }
        let (rest, fragment) = rest.split_at(rest.find('#').unwrap_or(rest.len()));
        let (authority, rest) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // A colon in brackets is none before a port.
        let (name, port) = match authority.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().ok()?),
            _ => (authority, 80),
        };
        let is_own = OWN.iter().any(|own| name.eq_ignore_ascii_case(own)) || name.eq_ignore_ascii_case(host);
        is_own.then_some(Self { port, rest, fragment })
    }

    /// Path and query as a request has them: with the `/` that an address may leave out.
    #[must_use]
    pub fn target(&self) -> String {
        if self.rest.starts_with('/') { self.rest.to_owned() } else { format!("/{}", self.rest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(address: &str) -> Option<(u16, String, &str)> {
        Local::read(address, "sly-fox-1").map(|local| (local.port, local.target(), local.fragment))
    }

    #[test]
    fn an_address_of_the_programs_own_machine_is_a_port_with_path_query_and_fragment() {
        let all = [
            ("http://localhost:8888/tree?token=a%20b#cell-3", (8888, "/tree?token=a%20b", "#cell-3")),
            ("http://127.0.0.1:8888", (8888, "/", "")),
            ("http://0.0.0.0:6006/", (6006, "/", "")),
            ("http://[::1]:5173/a", (5173, "/a", "")),
            ("http://[::]/", (80, "/", "")),
            ("HTTP://LocalHost?x=1:2/3", (80, "/?x=1:2/3", "")),
            ("http://sly-fox-1:8888/lab", (8888, "/lab", "")),
        ];
        for (address, (port, target, fragment)) in all {
            assert_eq!(read(address), Some((port, target.to_owned(), fragment)), "{address}");
        }
    }

    #[test]
    fn other_addresses_are_left_alone() {
        for address in [
            "https://localhost:8888/",
            "http://example.com:8888/",
            "http://localhost.example.com/",
            "http://user@localhost:8888/",
            "http://localhost:99999/",
            "http://localhost:/",
            "http://127.0.0.1.evil:80/",
            "http:/",
            "ftp://localhost/",
            "héé://localhost",
        ] {
            assert_eq!(read(address), None, "{address}");
        }
    }
}
