//! What is said where there is nothing to show: a page for people, without scripts; a line for programs.

use std::fmt::Write;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

const PAGE: &str = include_str!("page.html");

/// The page's style stands in it, and there is nothing else that could come from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// After how many seconds a page is tried again by itself, where that may help.
const AGAIN_SECONDS: u32 = 3;

/// A preview that is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) status: StatusCode,
    /// What it is, in a few words.
    pub(super) title: String,
    /// What to do; literals in backticks.
    pub(super) text: String,
    /// Where to go on.
    pub(super) link: Option<(String, &'static str)>,
    /// Whether it may come right by itself.
    pub(super) again: bool,
}

impl Notice {
    pub(super) fn new(status: StatusCode, title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { status, title: title.into(), text: text.into(), link: None, again: false }
    }

    /// With a link.
    pub(super) fn leading(self, to: String, words: &'static str) -> Self {
        Self { link: Some((to, words)), ..self }
    }

    /// One that is tried again by itself.
    pub(super) fn again(self) -> Self {
        Self { again: true, ..self }
    }

    /// As whoever asks takes it.
    pub(super) fn render(self, asked: &HeaderMap) -> Response {
        let mut response = if takes_html(asked) {
            let mut response = (self.status, self.html()).into_response();
            let html = HeaderValue::from_static("text/html; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            if self.again {
                response.headers_mut().insert("refresh", HeaderValue::from(AGAIN_SECONDS));
            }
            response
        } else {
            (self.status, format!("{}\n{}\n", self.title, self.text)).into_response()
        };
        let headers = response.headers_mut();
        if self.again {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(AGAIN_SECONDS));
        }
        for (name, value) in [
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::REFERRER_POLICY, "no-referrer"),
            (header::CACHE_CONTROL, "no-store"),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        response
    }

    fn html(&self) -> String {
        let mut link = String::new();
        if let Some((to, words)) = &self.link {
            let _ = write!(link, "<a href=\"{}\">{}</a>", escape(to), escape(words));
        }
        let text: String = self.text.split('\n').map(|line| format!("<p>{}</p>", prose(line))).collect();
        // The text last: what people wrote must not be taken for a place of the page's.
        let (head, tail) = PAGE.split_once("{text}").unwrap_or((PAGE, ""));
        let tail = tail.replace("{link}", &link);
        format!("{}{text}{tail}", head.replace("{title}", &escape(&self.title)))
    }
}

/// Whether a person sees the answer.
fn takes_html(asked: &HeaderMap) -> bool {
    let accept = asked.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html")) && !asked.contains_key(header::UPGRADE)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Text with literals in backticks.
fn prose(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(n, part)| match n % 2 {
            1 => format!("<code>{}</code>", escape(part)),
            _ => escape(part),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice::new(StatusCode::BAD_GATEWAY, "Nothing <yet>", "see `a & b`\nand {link}")
            .leading("http://127.0.0.1/runs/x".to_owned(), "See the run")
            .again()
    }

    #[test]
    fn people_get_a_page_without_scripts_and_programs_a_line() {
        let mut asked = HeaderMap::new();
        let plain = notice().render(&asked);
        assert_eq!(plain.headers()["content-type"], "text/plain; charset=utf-8");
        assert!(!plain.headers().contains_key("refresh"));
        asked.insert(header::ACCEPT, HeaderValue::from_static("text/html,*/*;q=0.8"));
        let page = notice().render(&asked);
        assert_eq!(page.headers()["refresh"], "3");
        assert!(
            page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
        );
    }

    #[test]
    fn what_people_wrote_is_text_in_the_page() {
        let html = notice().html();
        assert!(html.contains("<h1>Nothing &lt;yet&gt;</h1>"), "{html}");
        assert!(html.contains("<p>see <code>a &amp; b</code></p><p>and {link}</p>"), "{html}");
        assert!(html.contains("<a href=\"http://127.0.0.1/runs/x\">See the run</a>"), "{html}");
        assert!(!html.contains("<script"));
    }
}
