//! As much of a browser as a sign-in takes: cookies, and addresses that it is sent on to.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap},
    time::Duration,
};

/// A browser.
pub(crate) struct Browser {
    agent: ureq::Agent,
    /// By host and port.
    cookies: RefCell<HashMap<String, BTreeMap<String, String>>>,
}

/// What an address answers.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) location: Option<String>,
    /// As they were set.
    pub(crate) cookies: Vec<String>,
    pub(crate) body: String,
}

impl Answer {
    /// Where the browser is sent to.
    #[track_caller]
    pub(crate) fn to(&self) -> &str {
        assert!((300..400).contains(&self.status), "it leads on: {self:?}");
        self.location.as_deref().expect("it says where to")
    }
}

impl Browser {
    pub(crate) fn new() -> Self {
        let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
        let config = config.timeout_global(Some(Duration::from_secs(60)));
        Self { agent: config.build().new_agent(), cookies: RefCell::default() }
    }

    /// Opens an address, and goes nowhere from there.
    pub(crate) fn open(&self, url: &str) -> Answer {
        self.kept(url, self.agent.get(url).header("cookie", self.cookie_line(url)).call())
    }

    /// Sends a form.
    pub(crate) fn fill_in(&self, url: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.agent.post(url).header("cookie", self.cookie_line(url));
        self.kept(url, request.send_form(fields.iter().copied()))
    }

    /// Sends JSON as a page of that server does.
    pub(crate) fn post(&self, url: &str, body: &serde_json::Value) -> Answer {
        let request = self.agent.post(url).header("cookie", self.cookie_line(url));
        self.kept(url, request.header("origin", origin(url)).send_json(body))
    }

    /// Has something removed as a page of that server does.
    pub(crate) fn delete(&self, url: &str) -> Answer {
        let request = self.agent.delete(url).header("cookie", self.cookie_line(url));
        self.kept(url, request.header("origin", origin(url)).call())
    }

    /// Puts JSON as a page of that server does.
    pub(crate) fn put(&self, url: &str, body: &serde_json::Value) -> Answer {
        let request = self.agent.put(url).header("cookie", self.cookie_line(url));
        self.kept(url, request.header("origin", origin(url)).send_json(body))
    }

    /// Gets this cookie, as `name=value`.
    pub(crate) fn take_cookie(&self, url: &str, pair: &str) {
        let (name, value) = pair.split_once('=').expect("a cookie");
        let mut cookies = self.cookies.borrow_mut();
        cookies.entry(authority(url)).or_default().insert(name.to_owned(), value.to_owned());
    }

    /// Forgets a cookie.
    pub(crate) fn drop_cookie(&self, url: &str, name: &str) {
        self.cookies.borrow_mut().entry(authority(url)).or_default().remove(name);
    }

    /// The cookie of this name.
    pub(crate) fn cookie(&self, url: &str, name: &str) -> Option<String> {
        self.cookies.borrow().get(&authority(url))?.get(name).cloned()
    }

    fn cookie_line(&self, url: &str) -> String {
        let cookies = self.cookies.borrow();
        let pairs = cookies.get(&authority(url)).into_iter().flatten();
        pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn kept(&self, url: &str, answer: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Answer {
        let mut answer = answer.unwrap_or_else(|error| panic!("{url} answers: {error}"));
        let text = |value: &ureq::http::HeaderValue| value.to_str().expect("plain").to_owned();
        let cookies: Vec<String> = answer.headers().get_all("set-cookie").iter().map(text).collect();
        for cookie in &cookies {
            let pair = cookie.split(';').next().unwrap_or_default();
            if cookie.contains("Max-Age=0") || cookie.contains("expires=Thu, 01 Jan 1970") {
                self.drop_cookie(url, pair.split('=').next().unwrap_or_default());
            } else {
                self.take_cookie(url, pair);
            }
        }
        let location = answer.headers().get("location").map(text);
        let location =
            location.map(|to| if to.starts_with('/') { format!("{}{to}", origin(url)) } else { to });
        let status = answer.status().as_u16();
        Answer { status, location, cookies, body: answer.body_mut().read_to_string().unwrap_or_default() }
    }
}

/// `http://host:port` of an address.
pub(crate) fn origin(url: &str) -> String {
    format!("http://{}", authority(url))
}

fn authority(url: &str) -> String {
    let rest = url.strip_prefix("http://").unwrap_or_else(|| panic!("{url} is an address"));
    rest.split(['/', '?', '#']).next().unwrap_or_default().to_owned()
}

/// An address with another value for a part of its query.
pub(crate) fn with(url: &str, name: &str, value: &str) -> String {
    let (path, query) = url.split_once('?').expect("a query");
    let changed = query.split('&').map(|pair| match pair.split_once('=') {
        Some((found, _)) if found == name => format!("{name}={value}"),
        _ => pair.to_owned(),
    });
    format!("{path}?{}", changed.collect::<Vec<_>>().join("&"))
}

/// A part of an address's query.
pub(crate) fn part<'a>(url: &'a str, name: &str) -> Option<&'a str> {
    let (_, query) = url.split_once('?')?;
    query
        .split('&')
        .find_map(|pair| pair.split_once('=').filter(|(found, _)| *found == name))
        .map(|(_, value)| value)
}
