//! What to tell, and what to offer, when a launch was refused.

use berth_shared::api::Problem;

/// What a person can do about a refused launch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Try the same once more.
    TryAgain,
    /// Agree to the price that the server names now.
    AgreeToPrice,
    /// Give the run another name.
    Rename,
    /// Give the values that are missing.
    GiveValues,
    /// Mend the text; the problems are in its list.
    MendText,
    /// Log in again.
    LogIn,
}

/// A refused launch.
#[derive(Clone, Debug, PartialEq)]
pub struct Refused {
    /// What is wrong, for people.
    pub message: String,
    /// What can be done.
    pub remedy: Remedy,
    /// The request, for whoever looks into the server's log; empty when it never got there.
    pub request_id: String,
    /// The price that can be agreed to, US dollars an hour, and the catalogue that it is of.
    pub price: Option<Agreement>,
}

/// What a person agrees to by launching.
#[derive(Clone, Debug, PartialEq)]
pub struct Agreement {
    /// US dollars an hour, at most.
    pub price: f64,
    /// Version of the catalogue that it was seen in.
    pub catalog: String,
}

impl Refused {
    /// The server said no.
    #[must_use]
    pub fn by_server(problem: &Problem) -> Self {
        let message = if problem.detail.is_empty() { &problem.title } else { &problem.detail };
        let remedy = match problem.code.as_str() {
            "price-changed" => Remedy::AgreeToPrice,
            "run-name-taken" | "run-name-invalid" => Remedy::Rename,
            "variable-missing" => Remedy::GiveValues,
            "invalid-configuration" => Remedy::MendText,
            _ if problem.status == 401 => Remedy::LogIn,
            _ => Remedy::TryAgain,
        };
        let price = problem
            .price
            .as_ref()
            .map(|change| Agreement { price: change.now, catalog: change.catalog_version.clone() });
        Self { message: message.clone(), remedy, request_id: problem.request_id.clone(), price }
    }

    /// The server did not answer, or not in a way that makes sense here.
    #[must_use]
    pub fn without_answer(message: String) -> Self {
        Self { message, remedy: Remedy::TryAgain, request_id: String::new(), price: None }
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{
        api::PriceChange,
        catalog::{Availability, Offer, PriceBasis},
    };

    use super::*;

    fn problem(status: u16, code: &str, detail: &str) -> Problem {
        Problem {
            status,
            code: code.into(),
            title: "Title".into(),
            detail: detail.into(),
            request_id: "r-1".into(),
            diagnostics: vec![],
            price: None,
            limits: Vec::new(),
        }
    }

    #[test]
    fn each_refusal_has_its_remedy() {
        for (status, code, remedy) in [
            (409, "price-changed", Remedy::AgreeToPrice),
            (409, "run-name-taken", Remedy::Rename),
            (422, "variable-missing", Remedy::GiveValues),
            (422, "invalid-configuration", Remedy::MendText),
            (409, "no-offers", Remedy::TryAgain),
            (401, "unauthorized", Remedy::LogIn),
            (500, "internal", Remedy::TryAgain),
        ] {
            assert_eq!(Refused::by_server(&problem(status, code, "why")).remedy, remedy, "{code}");
        }
    }

    #[test]
    fn a_price_that_has_risen_can_be_agreed_to() {
        let offer = Offer {
            backend: "aws".into(),
            region: "eu-west-1".into(),
            instance_type: "p3.2xlarge".into(),
            arch: None,
            cpus: 8.0,
            memory_gib: 61.0,
            gpu: None,
            disk_gib: None,
            spot: false,
            price: 3.5,
            basis: PriceBasis::Listed,
            as_of: None,
            availability: Availability::Unknown,
        };
        let change = PriceChange {
            agreed: 3.0,
            now: 3.5,
            offer,
            catalog_version: "new".into(),
            agreed_catalog: Some("old".into()),
        };
        let problem = Problem { price: Some(change), ..problem(409, "price-changed", "It costs more.") };
        let refused = Refused::by_server(&problem);
        assert_eq!(refused.price, Some(Agreement { price: 3.5, catalog: "new".into() }));
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        assert_eq!(Refused::by_server(&problem(409, "no-offers", "Nothing fits.")).message, "Nothing fits.");
        assert_eq!(Refused::by_server(&problem(409, "no-offers", "")).message, "Title");
    }
}
