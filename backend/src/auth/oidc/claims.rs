//! What a provider says about somebody, once it is believed.

use openidconnect::{AdditionalClaims, GenderClaim, IdTokenClaims, UserInfoClaims};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Claims that the standard does not name.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Others {
    #[serde(flatten)]
    others: Map<String, Value>,
}

impl AdditionalClaims for Others {}

/// Somebody at the provider.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Claims {
    /// Who, for ever.
    pub(super) subject: String,
    all: Map<String, Value>,
}

impl Claims {
    /// Those of an ID token, which has been verified.
    pub(super) fn of_token<G: GenderClaim>(claims: &IdTokenClaims<Others, G>) -> Self {
        Self { subject: claims.subject().to_string(), all: object(claims) }
    }

    /// Adds what is asked for separately, about the same subject. What the token says stands.
    pub(super) fn add<G: GenderClaim>(&mut self, more: &UserInfoClaims<Others, G>) {
        for (name, value) in object(more) {
            self.all.entry(name).or_insert(value);
        }
    }

    /// Whether this is said at all.
    pub(super) fn has(&self, name: &str) -> bool {
        self.all.contains_key(name)
    }

    /// A claim that is a text with something in it.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// Whether the e-mail address is confirmed and of one of these domains.
    pub(super) fn is_of(&self, domains: &[String]) -> bool {
        let confirmed = self.all.get("email_verified") == Some(&Value::Bool(true));
        let domain = self.text("email").and_then(|email| email.rsplit_once('@')).map(|(_, domain)| domain);
        confirmed && domain.is_some_and(|domain| domains.contains(&domain.to_lowercase()))
    }

    /// What to call them where they manage their account.
    pub(super) fn label(&self) -> String {
        let found = ["email", "preferred_username", "name"].iter().find_map(|name| self.text(name));
        let label = found.unwrap_or(&self.subject);
        label.chars().filter(|c| !c.is_control()).take(LABEL).collect()
    }
}

/// The longest label, characters.
const LABEL: usize = 100;

fn object(claims: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(all)) => all,
        // Claims are an object; were they not, nothing would be said.
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(all: Value) -> Claims {
        Claims { subject: "7".to_owned(), all: all.as_object().expect("an object").clone() }
    }

    #[test]
    fn an_address_counts_when_it_is_confirmed_and_of_the_very_domain() {
        let domains = ["example.org".to_owned()];
        let is_in = |email: &str, verified: Value| {
            claims(json!({ "email": email, "email_verified": verified })).is_of(&domains)
        };
        assert!(is_in("ann@example.org", json!(true)) && is_in("Ann@Example.ORG", json!(true)));
        for (email, verified) in [
            ("ann@example.org", json!(false)),
            ("ann@example.org", json!("true")),
            ("ann@sub.example.org", json!(true)),
            ("ann@example.org.evil", json!(true)),
            ("example.org", json!(true)),
            ("ann@example.org@evil", json!(true)),
        ] {
            assert!(!is_in(email, verified.clone()), "{email} {verified}");
        }
        assert!(!claims(json!({ "email": "ann@example.org" })).is_of(&domains));
    }

    #[test]
    fn somebody_is_called_by_what_people_know_or_else_by_the_subject() {
        assert_eq!(claims(json!({ "name": "Ann", "email": "ann@example.org" })).label(), "ann@example.org");
        assert_eq!(claims(json!({ "name": " " })).label(), "7");
    }
}
