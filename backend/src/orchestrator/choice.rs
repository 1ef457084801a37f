//! Which of the offers of a plan is taken, and what spoke against the others.

use std::collections::BTreeSet;

use berth_shared::{
    api::{LimitNote, Offered, PlannedOffer, Verdict},
    catalog::Offer,
};

use super::{
    error::sentences,
    limits::{self, Room},
    machine::MAX_TRIES,
    planning::Planned,
};
use crate::store::offer_key;

/// What a job or an order goes by, besides what fits.
#[derive(Clone, Copy)]
pub(super) struct Wishes<'a> {
    /// The most that was agreed to, US dollars an hour.
    pub(super) agreed: Option<f64>,
    /// Offers that were tried in this attempt, by their keys.
    pub(super) tried: &'a BTreeSet<&'a str>,
    /// Offers that were lost lately, by their keys: taken only when there is no other.
    pub(super) avoid: &'a BTreeSet<&'a str>,
    /// How much room the limits leave; `None` where nothing is limited.
    pub(super) room: Option<&'a Room>,
}

/// What was decided.
pub(super) enum Choice {
    /// This one, of these.
    Offer(Box<PlannedOffer>, Box<Offered>),
    /// None, but for the reason that is told; asking again would not help now.
    None(String),
    /// None, but a backend could not be asked.
    Unknown(String),
}

/// The first offer that can be had, is affordable, within all limits and was not tried; one that was lost lately only when there is
/// no other.
pub(super) fn choose(planned: &Planned, wishes: Wishes<'_>) -> Choice {
    let mut beyond = None;
    let mut weighed: Vec<(&PlannedOffer, Verdict)> =
        planned.offers.iter().map(|planned| (planned, weigh(planned, wishes, &mut beyond))).collect();
    let first = |sought| weighed.iter().position(|(_, verdict)| *verdict == sought);
    if let Some(chosen) = first(Verdict::Next).or_else(|| first(Verdict::LostLately)) {
        weighed[chosen].1 = Verdict::Chosen;
        let of = weighed.iter().map(|(planned, verdict)| (&planned.offer, *verdict));
        let offered = Offered::of(of, planned.refusals.clone());
        return Choice::Offer(Box::new(weighed[chosen].0.clone()), Box::new(offered));
    }
    let tried = first(Verdict::Tried).is_some();
    let why = beyond.map_or_else(|| why_none(planned, wishes, tried), |over| limits::sentences(&over));
    if planned.unreachable { Choice::Unknown(why) } else { Choice::None(why) }
}

/// What speaks against an offer; [`Verdict::Next`] = nothing. Keeps which limits the first would pass that only they rule out.
fn weigh(planned: &PlannedOffer, wishes: Wishes<'_>, beyond: &mut Option<Vec<LimitNote>>) -> Verdict {
    let offer: &Offer = &planned.offer;
    if !offer.availability.is_usable() {
        return Verdict::NotAvailable;
    }
    // A price that is no number is not below what was agreed to.
    if offer.price.is_nan() || wishes.agreed.is_some_and(|agreed| offer.price > agreed) {
        return Verdict::AboveAgreedPrice;
    }
    if let Some(room) = wishes.room {
        let over = limits::over(room.new_machine(offer, planned.allocation.as_ref()));
        if !over.is_empty() {
            beyond.get_or_insert(over);
            return Verdict::BeyondLimits;
        }
    }
    if wishes.tried.len() >= MAX_TRIES {
        return Verdict::Tried;
    }
    let key = offer_key(offer);
    if wishes.tried.contains(key.as_str()) {
        Verdict::Tried
    } else if wishes.avoid.contains(key.as_str()) {
        Verdict::LostLately
    } else {
        Verdict::Next
    }
}

/// Why none was taken; `tried` = there were some that could be had, and they were tried.
fn why_none(planned: &Planned, wishes: Wishes<'_>, tried: bool) -> String {
    match (planned.refusals.as_slice(), tried) {
        (_, true) if wishes.tried.len() >= MAX_TRIES => format!("{MAX_TRIES} offers were tried"),
        (_, true) => "every offer that fits was tried".to_owned(),
        ([], false) if planned.offers.is_empty() => "nothing fits".to_owned(),
        ([], false) => match wishes.agreed {
            Some(agreed) if agreed.is_finite() => {
                format!("what fits costs more than the agreed ${agreed} an hour, or cannot be had now")
            }
            _ => "what fits cannot be had now".to_owned(),
        },
        (refusals, false) => sentences(refusals),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::catalog::Availability;

    use super::*;
    use crate::store::contract::sample;

    fn planned(offers: &[(&str, f64, Availability)]) -> Planned {
        let offers = offers.iter().map(|(name, price, availability)| {
            let mut planned = sample::instance(1, "gcp").request.planned;
            planned.offer.instance_type = (*name).to_owned();
            planned.offer.price = *price;
            planned.offer.availability = *availability;
            planned
        });
        Planned { offers: offers.collect(), ..Planned::default() }
    }

    fn key(planned: &Planned, at: usize) -> String {
        offer_key(&planned.offers[at].offer)
    }

    fn told(choice: Choice) -> (String, Vec<Verdict>) {
        match choice {
            Choice::Offer(chosen, offered) => {
                (chosen.offer.instance_type, offered.offers.iter().map(|weighed| weighed.verdict).collect())
            }
            Choice::None(why) | Choice::Unknown(why) => (why, Vec::new()),
        }
    }

    const NO: &BTreeSet<&str> = &BTreeSet::new();
    const ANY: Wishes<'_> = Wishes { agreed: None, tried: NO, avoid: NO, room: None };
    use Availability::{Available, NotAvailable};
    use Verdict::{AboveAgreedPrice, Chosen, LostLately, Next, Tried};

    #[test]
    fn the_cheapest_that_nothing_speaks_against_is_taken_and_each_other_has_its_reason() {
        let planned = planned(&[
            ("tried", 1.0, Available),
            ("lost", 2.0, Available),
            ("good", 3.0, Available),
            ("dear", 9.0, Available),
            ("gone", 0.5, NotAvailable),
        ]);
        let (tried, lost) = (key(&planned, 0), key(&planned, 1));
        let (tried, avoid) = ([tried.as_str()].into(), [lost.as_str()].into());
        let choice = choose(&planned, Wishes { agreed: Some(5.0), tried: &tried, avoid: &avoid, room: None });
        assert_eq!(
            told(choice),
            ("good".to_owned(), vec![Verdict::NotAvailable, Tried, LostLately, Chosen, AboveAgreedPrice])
        );
    }

    #[test]
    fn what_was_lost_lately_is_taken_when_there_is_no_other() {
        let planned = planned(&[("lost", 2.0, Available), ("gone", 1.0, NotAvailable)]);
        let lost = key(&planned, 0);
        let choice = choose(&planned, Wishes { avoid: &[lost.as_str()].into(), ..ANY });
        assert_eq!(told(choice), ("lost".to_owned(), vec![Verdict::NotAvailable, Chosen]));
    }

    #[test]
    fn when_none_is_taken_it_is_said_why() {
        let (nothing, gone) = (planned(&[]), planned(&[("gone", 1.0, NotAvailable)]));
        let dear = planned(&[("dear", 9.0, Available)]);
        let key = key(&dear, 0);
        let tried = [key.as_str()].into();
        for (planned, wishes, why) in [
            (&nothing, ANY, "nothing fits"),
            (&gone, ANY, "what fits cannot be had now"),
            (
                &dear,
                Wishes { agreed: Some(5.0), ..ANY },
                "what fits costs more than the agreed $5 an hour, or cannot be had now",
            ),
            (&dear, Wishes { tried: &tried, ..ANY }, "every offer that fits was tried"),
        ] {
            assert_eq!(told(choose(planned, wishes)), (why.to_owned(), vec![]));
        }
        assert!(matches!(choose(&Planned { unreachable: true, ..planned(&[]) }, ANY), Choice::Unknown(_)));
    }

    #[test]
    fn offers_that_come_later_are_told_as_the_next() {
        let planned = planned(&[("a", 1.0, Available), ("b", 1.0, Available)]);
        assert_eq!(told(choose(&planned, ANY)), ("a".to_owned(), vec![Chosen, Next]));
    }
}
