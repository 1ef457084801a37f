//! The addresses of previews: `PORT--RUN.DOMAIN`, or `PROJECT--PORT--RUN.DOMAIN` in another project than the first; a host of its own for each, so that browsers keep what is there apart from the dashboard
//! and from every other preview.

use std::{net::SocketAddr, str::FromStr};

use berth_shared::api::{DEFAULT_PROJECT, is_project_name, page_of};

use crate::http::{PublicUrl, Scheme};

/// The domain where none is given. Browsers look for what is below it on their own machine, without asking anybody.
const HERE: &str = "localhost";

/// Below which previews are: a domain whose every name leads to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreviewDomain(String);

impl FromStr for PreviewDomain {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && !label.starts_with('-')
                && !label.ends_with('-')
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let domain = text.to_ascii_lowercase();
        // A label of up to 63 letters and a dot stand before it in a name of at most 253.
        let fits = domain.len() <= 200 && domain.split('.').all(label);
        if !fits || domain.parse::<std::net::Ipv4Addr>().is_ok() {
            return Err("expected a domain such as `previews.example.com`, without a port; every name below it has to lead to the \
                        server (a wildcard in DNS)"
                .to_owned());
        }
        Ok(Self(domain))
    }
}

/// Which port of which run is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The project.
    pub project: String,
    /// The run's name.
    pub run: String,
    /// The port in its environment.
    pub port: u16,
}

impl Place {
    /// The first part of its host's name.
    fn label(&self) -> String {
        let Self { project, run, port } = self;
        if project == DEFAULT_PROJECT {
            format!("{port}--{run}")
        } else {
            format!("{project}--{port}--{run}")
        }
    }
}

/// What the addresses of this server's previews are.
#[derive(Clone, Debug)]
pub struct Addresses {
    scheme: Scheme,
    domain: Option<PreviewDomain>,
    public: Option<PublicUrl>,
    listen_port: u16,
    dashboard: String,
}

impl Addresses {
    /// For a server that listens on `address`, speaks `scheme` there and is reached at `public`; `dashboard` is what is told as its address.
    #[must_use]
    pub fn new(
        address: SocketAddr,
        scheme: Scheme,
        public: Option<PublicUrl>,
        domain: Option<PreviewDomain>,
        dashboard: String,
    ) -> Self {
        Self { scheme, domain, public, listen_port: address.port(), dashboard }
    }

    /// What a request for this `Host` is for: `None` when that is no preview's host, `Some(None)` when it is below the previews' domain
    /// and names none.
    #[must_use]
    pub fn read(&self, host: &str) -> Option<Option<Place>> {
        let host = host.to_ascii_lowercase();
        if self.public.as_ref().is_some_and(|public| public.authority() == host) {
            return None;
        }
        let name = name_of(&host);
        let domain = self.domain.as_ref().map_or(HERE, |domain| &domain.0);
        let label = name.strip_suffix(domain)?.strip_suffix('.')?;
        Some(place(label))
    }

    /// The address of a preview, for a person who sees the dashboard at `host`; `None` when there is none that leads there.
    #[must_use]
    pub fn of(&self, place: &Place, host: &str) -> Option<String> {
        let label = place.label();
        let Some(PreviewDomain(domain)) = &self.domain else {
            // The browser is on the server's machine, or a tunnel leads there; the same port leads to the same server.
            let name = name_of(host);
            let here = name.eq_ignore_ascii_case(HERE) || matches!(name, "127.0.0.1" | "[::1]");
            let rest = host.get(name.len()..).unwrap_or_default();
            return here.then(|| format!("{}://{label}.{HERE}{rest}", self.scheme));
        };
        Some(match &self.public {
            Some(public) => {
                let authority = public.authority();
                let rest = &authority[name_of(authority).len()..];
                format!("{}://{label}.{domain}{rest}", public.scheme())
            }
            None => format!("{}://{label}.{domain}:{}", self.scheme, self.listen_port),
        })
    }

    /// Whether previews are reached encrypted.
    #[must_use]
    pub fn is_https(&self) -> bool {
        let public =
            || self.domain.is_some() && self.public.as_ref().is_some_and(|public| public.scheme() == "https");
        self.scheme.is_https() || public()
    }

    /// The dashboard's page of a run.
    #[must_use]
    pub fn page_of(&self, place: &Place) -> String {
        let page = page_of(&place.project, &format!("/runs/{}", place.run));
        format!("{}{page}", self.dashboard)
    }

    /// Why there is no address for a preview, and what to do.
    pub(crate) const NONE: &'static str = "this server has no addresses for previews of ports; whoever runs it can give them one \
                                           with `--preview-domain DOMAIN`. Until then `berth attach RUN` forwards the ports";
}

/// A host without its port.
fn name_of(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, digits)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

fn place(label: &str) -> Option<Place> {
    // A project begins with a letter and has no two dashes in a row, a port with a digit.
    let (project, rest) = match label.split_once("--")? {
        (project, rest) if is_project_name(project) && project != DEFAULT_PROJECT => (project, rest),
        _ => (DEFAULT_PROJECT, label),
    };
    let (digits, run) = rest.split_once("--")?;
    let port = digits.parse().ok().filter(|port: &u16| port.to_string() == digits && *port != 0)?;
    let fits = (2..=41).contains(&run.len())
        && run.starts_with(|c: char| c.is_ascii_lowercase())
        && run.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    fits.then(|| Place { project: project.to_owned(), run: run.to_owned(), port })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Addresses {
        Addresses::new(
            ([127, 0, 0, 1], 8080).into(),
            Scheme::Http,
            None,
            None,
            "http://127.0.0.1:8080".to_owned(),
        )
    }

    fn public() -> Addresses {
        let public = "https://berth.example.com".parse().unwrap();
        let domain = "Previews.Example.COM".parse().unwrap();
        Addresses::new(
            ([0, 0, 0, 0], 8080).into(),
            Scheme::Http,
            Some(public),
            Some(domain),
            "https://berth.example.com".into(),
        )
    }

    fn fox() -> Place {
        Place { project: DEFAULT_PROJECT.to_owned(), run: "sly-fox-1".to_owned(), port: 8888 }
    }

    #[test]
    fn an_address_leads_back_to_its_port_and_run() {
        for (addresses, dashboard, wanted) in [
            (here(), "127.0.0.1:8080", "http://8888--sly-fox-1.localhost:8080"),
            (here(), "localhost:8080", "http://8888--sly-fox-1.localhost:8080"),
            (here(), "[::1]:8080", "http://8888--sly-fox-1.localhost:8080"),
            (here(), "localhost", "http://8888--sly-fox-1.localhost"),
            (public(), "berth.example.com", "https://8888--sly-fox-1.previews.example.com"),
            (public(), "localhost:8080", "https://8888--sly-fox-1.previews.example.com"),
        ] {
            let url = addresses.of(&fox(), dashboard).unwrap();
            assert_eq!(url, wanted);
            let host = url.split_once("://").unwrap().1;
            assert_eq!(addresses.read(host), Some(Some(fox())), "{host}");
        }
    }

    #[test]
    fn another_projects_runs_have_hosts_of_their_own() {
        let place = Place { project: "vision".to_owned(), ..fox() };
        let url = public().of(&place, "berth.example.com").unwrap();
        assert_eq!(url, "https://vision--8888--sly-fox-1.previews.example.com");
        assert_eq!(public().read("vision--8888--sly-fox-1.previews.example.com"), Some(Some(place.clone())));
        assert_eq!(public().page_of(&place), "https://berth.example.com/p/vision/runs/sly-fox-1");
        // One host is not two places' at once, and the longest is one that a name can have.
        assert_eq!(public().read("main--8888--sly-fox-1.previews.example.com"), Some(None));
        let longest = Place { project: "a".repeat(13), run: "b".repeat(41), port: 65535 };
        assert!(longest.label().len() <= 63);
    }

    #[test]
    fn a_server_that_speaks_tls_itself_shows_previews_over_tls() {
        assert!(public().is_https() && !here().is_https());
        let mut own = Addresses { scheme: Scheme::Https, ..here() };
        assert!(own.is_https());
        assert_eq!(own.of(&fox(), "localhost:8080").unwrap(), "https://8888--sly-fox-1.localhost:8080");
        own.domain = Some("example.com".parse().unwrap());
        assert_eq!(own.of(&fox(), "localhost:8080").unwrap(), "https://8888--sly-fox-1.example.com:8080");
    }

    #[test]
    fn without_a_domain_only_who_is_on_the_machine_has_previews() {
        for dashboard in ["192.168.1.5:8080", "berth.example.com", "", "localhost.example.com"] {
            assert_eq!(here().of(&fox(), dashboard), None, "{dashboard}");
        }
    }

    #[test]
    fn the_dashboards_hosts_are_no_previews() {
        for host in ["localhost:8080", "127.0.0.1:8080", "[::1]:8080", "example.com", "", "localhost"] {
            assert_eq!(here().read(host), None, "{host}");
        }
        for host in [
            "berth.example.com",
            "previews.example.com",
            "8888--sly-fox-1.localhost",
            "xpreviews.example.com",
        ] {
            assert_eq!(public().read(host), None, "{host}");
        }
        // Even where it lies below the previews' domain itself.
        let mut below = public();
        below.domain = Some("example.com".parse().unwrap());
        assert_eq!(below.read("berth.example.com"), None);
        assert_eq!(below.read("other.example.com"), Some(None));
    }

    #[test]
    fn a_host_below_the_domain_that_names_no_port_and_run_is_no_ones() {
        for host in [
            "x.localhost",
            "0--sly-fox.localhost",
            "65536--sly-fox.localhost",
            "080--sly-fox.localhost",
            "+80--sly-fox.localhost",
            "80--.localhost",
            "80--a.localhost",
            "80--1ab.localhost",
            "80--a_b.localhost",
            "80--ab.cd.localhost",
            ".localhost",
        ] {
            assert_eq!(here().read(host), Some(None), "{host}");
        }
        let place = here().read("80--A--B-.LOCALHOST:1").unwrap().unwrap();
        assert_eq!((place.port, place.run.as_str()), (80, "a--b-"));
    }

    #[test]
    fn a_domain_is_a_name_and_nothing_else() {
        for wrong in ["", ".", "a..b", "a:80", "http://a", "*.a", "-a", "a-", "127.0.0.1", "[::1]", "a/b"] {
            assert!(wrong.parse::<PreviewDomain>().is_err(), "{wrong}");
        }
    }
}
