//! What was offered when a machine was chosen, and why this one was.

use serde::{Deserialize, Serialize};

use super::Refusal;
use crate::{catalog::Offer, json::FromJson};

/// The offers of a moment in which one was chosen: those that came before it, it, and what would have been next.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Offered {
    /// How many offers fitted the configuration.
    pub fit: u64,
    /// How many of them could be had, as far as their providers said.
    pub usable: u64,
    /// How many of those that fitted cost less than the chosen one.
    pub cheaper: u64,
    /// The chosen one, up to six that are cheaper or came before it, and up to three that came after it,
    /// cheapest first.
    pub offers: Vec<WeighedOffer>,
    /// Why backends had nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refusals: Vec<Refusal>,
}

/// An offer, and what spoke for or against it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WeighedOffer {
    /// The machine.
    pub offer: Offer,
    /// What became of it.
    pub verdict: Verdict,
}

/// What became of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, FromJson)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It was chosen.
    Chosen,
    /// It came after the chosen one: it costs as much, or more.
    Next,
    /// Its provider said that it cannot be had.
    NotAvailable,
    /// It costs more than whoever launched had agreed to.
    AboveAgreedPrice,
    /// It would pass a limit of the project or of the run's owner.
    BeyondLimits,
    /// It was tried before, in this attempt, and could not be had.
    Tried,
    /// The run lost such a machine lately: it is taken only when there is no other.
    LostLately,
}

impl Verdict {
    /// In words, for people.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Chosen => "chosen: the cheapest left",
            Self::Next => "next in turn",
            Self::NotAvailable => "could not be had",
            Self::AboveAgreedPrice => "above the agreed price",
            Self::BeyondLimits => "would pass a limit",
            Self::Tried => "tried before, in vain",
            Self::LostLately => "lost lately: the last resort",
        }
    }
}

impl Offered {
    /// How many offers are kept that came before the chosen one.
    pub const BEFORE: usize = 6;
    /// How many are kept that came after it.
    pub const AFTER: usize = 3;

    /// Of offers with their verdicts, in the order in which they would be tried; at most one of them is [`Verdict::Chosen`].
    #[must_use]
    pub fn of<'a>(weighed: impl Iterator<Item = (&'a Offer, Verdict)>, refusals: Vec<Refusal>) -> Self {
        let mut weighed: Vec<_> = weighed.collect();
        let fit = weighed.len() as u64;
        let usable = weighed.iter().filter(|(offer, _)| offer.availability.is_usable()).count() as u64;
        // What cannot be had comes last in a plan; whoever asks why it was not taken looks for it where its price puts it.
        weighed.sort_by(|(a, _), (b, _)| a.price.total_cmp(&b.price));
        let chosen = weighed.iter().position(|(_, verdict)| *verdict == Verdict::Chosen);
        let (from, to) = match chosen {
            Some(at) => (at.saturating_sub(Self::BEFORE), at + 1 + Self::AFTER),
            None => (0, Self::BEFORE + Self::AFTER),
        };
        let price = chosen.map(|at| weighed[at].0.price);
        let cheaper =
            weighed.iter().filter(|(offer, _)| price.is_some_and(|price| offer.price < price)).count();
        let kept = weighed.into_iter().take(to).skip(from);
        let offers = kept.map(|(offer, verdict)| WeighedOffer { offer: offer.clone(), verdict }).collect();
        Self { fit, usable, cheaper: cheaper as u64, offers, refusals }
    }

    /// In a sentence, for people: how many there were, and whether something cheaper was passed over.
    #[must_use]
    pub fn told(&self) -> String {
        let fitted = match self.fit {
            1 => "1 offer fitted".to_owned(),
            fit => format!("{fit} offers fitted"),
        };
        let usable = match self.usable {
            usable if usable == self.fit && usable == 1 => "and could be had".to_owned(),
            usable if usable == self.fit => "and all could be had".to_owned(),
            usable => format!("of which {usable} could be had"),
        };
        let taken = match self.cheaper {
            0 => "none costs less than the one that was taken".to_owned(),
            1 => "one that costs less was passed over".to_owned(),
            count => format!("{count} that cost less were passed over"),
        };
        format!("{fitted}, {usable}; {taken}.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Availability, PriceBasis};

    fn offer(price: f64, availability: Availability) -> Offer {
        Offer {
            backend: "gcp".to_owned(),
            region: "us-central1".to_owned(),
            instance_type: format!("n1-{price}"),
            arch: None,
            cpus: 4.0,
            memory_gib: 16.0,
            gpu: None,
            disk_gib: None,
            spot: false,
            price,
            basis: PriceBasis::Listed,
            as_of: None,
            availability,
        }
    }

    #[test]
    fn what_cost_less_and_what_was_next_stand_around_the_chosen_one_by_their_price() {
        let usable: Vec<Offer> = (1..=12).map(|n| offer(f64::from(n), Availability::Available)).collect();
        let gone = offer(7.5, Availability::NotAvailable);
        let weighed = usable.iter().map(|offer| match offer.price {
            price if price < 8.0 => (offer, Verdict::Tried),
            8.0 => (offer, Verdict::Chosen),
            _ => (offer, Verdict::Next),
        });
        let offered = Offered::of(weighed.chain([(&gone, Verdict::NotAvailable)]), Vec::new());
        let told: Vec<(f64, Verdict)> =
            offered.offers.iter().map(|weighed| (weighed.offer.price, weighed.verdict)).collect();
        use Verdict::{Chosen, Next, NotAvailable, Tried};
        assert_eq!(
            told,
            [
                (3.0, Tried),
                (4.0, Tried),
                (5.0, Tried),
                (6.0, Tried),
                (7.0, Tried),
                (7.5, NotAvailable),
                (8.0, Chosen),
                (9.0, Next),
                (10.0, Next),
                (11.0, Next)
            ]
        );
        assert_eq!((offered.fit, offered.usable, offered.cheaper), (13, 12, 8));
        insta::assert_snapshot!(offered.told(), @"13 offers fitted, of which 12 could be had; 8 that cost less were passed over.");
    }

    #[test]
    fn one_offer_alone_is_told_as_one() {
        let only = offer(0.0, Availability::Available);
        let offered = Offered::of([(&only, Verdict::Chosen)].into_iter(), Vec::new());
        insta::assert_snapshot!(offered.told(), @"1 offer fitted, and could be had; none costs less than the one that was taken.");
    }

    #[test]
    fn prices_that_are_no_numbers_do_no_harm() {
        let (odd, good) = (offer(f64::NAN, Availability::Unknown), offer(1.0, Availability::Available));
        let offered = Offered::of([(&odd, Verdict::Next), (&good, Verdict::Chosen)].into_iter(), Vec::new());
        assert_eq!((offered.cheaper, offered.offers.len()), (0, 2));
    }
}
