//! A sign-in under way, between the page that sent a browser to the provider and the one that it comes back to.

use super::super::{Digest, Secret};

/// For how long a sign-in may take.
pub const FLOW_SECONDS: i64 = 600;

/// What shows that an answer belongs to a sign-in. All three are made of the secret in the browser's cookie, whose digest alone is kept:
/// who reads the database can neither finish somebody's sign-in nor tell what its answer has to be.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Proofs {
    /// Comes back beside the code: the browser is the one that was sent.
    pub(super) state: String,
    /// Comes back inside the ID token: the token was made for this sign-in.
    pub(super) nonce: String,
    /// Shown when the code is exchanged (RFC 7636): nobody else who got hold of the code can.
    pub(super) verifier: String,
}

impl Proofs {
    pub(super) fn of(cookie: &str) -> Self {
        let of = |what: &str| Digest::of(&format!("oidc {what} {cookie}")).as_str().to_owned();
        Self { state: of("state"), nonce: of("nonce"), verifier: of("verifier") }
    }
}

/// Why somebody goes to the provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::auth) enum Purpose {
    /// To sign in.
    SignIn,
    /// To connect the account of who is signed in by this session.
    Connect(Digest),
    /// To accept the invitation with this token.
    Invitation(Digest),
}

/// A sign-in, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::auth) struct Flow {
    /// Why.
    pub(in crate::auth) purpose: Purpose,
    /// The page that is opened then.
    pub(in crate::auth) back_to: String,
}

/// A browser goes to the provider.
#[derive(Debug)]
pub struct Begun {
    /// Where to.
    pub url: String,
    /// For its cookie.
    pub cookie: Secret,
}

/// The page to open, when it is one of this server's own: a path without a host, and none of the API's. Else the first page.
pub(super) fn own_page(asked: &str) -> String {
    let is_own = asked.starts_with('/')
        && !asked.starts_with("//")
        && !asked.starts_with("/api/")
        && !asked.contains('\\')
        && asked.len() <= MAX_PAGE
        && asked.bytes().all(|byte| byte.is_ascii_graphic());
    if is_own { asked.to_owned() } else { "/".to_owned() }
}

/// The longest address of a page, bytes.
const MAX_PAGE: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_a_sign_in_is_made_of_its_cookie_and_tells_nothing_about_it() {
        let (one, other) = (Proofs::of("a"), Proofs::of("b"));
        assert!(one == Proofs::of("a") && one.state != other.state);
        let all = [&one.state, &one.nonce, &one.verifier, Digest::of("a").as_str()].map(str::to_owned);
        assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), 4);
        // RFC 7636, section 4.1.
        assert!((43..=128).contains(&one.verifier.len()));
    }

    #[test]
    fn only_pages_of_our_own_are_opened_afterwards() {
        for page in ["/", "/runs", "/runs/calm-otter-1?tab=log#end"] {
            assert_eq!(own_page(page), page);
        }
        for elsewhere in [
            "",
            "runs",
            "//evil.example",
            "https://evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/a\r\nset-cookie: x",
            "/api/v1/logout",
            "/ü",
            &format!("/{}", "a".repeat(MAX_PAGE)),
        ] {
            assert_eq!(own_page(elsewhere), "/", "{elsewhere}");
        }
    }
}
