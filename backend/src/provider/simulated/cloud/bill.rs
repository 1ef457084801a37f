//! What an account has cost.

use berth_shared::time::{Timestamp, cost};
use serde::{Deserialize, Serialize};

use super::machine::Machine;
use crate::provider::simulated::wire::{Pool, Tag};

/// What an account has cost, machine by machine: what is held against what Berth believes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Bill {
    /// At this moment.
    pub at: Timestamp,
    /// Every machine that was ever made, in that order, those included that never cost anything.
    pub lines: Vec<BillLine>,
    /// US dollars: the sum of the lines, in their order.
    pub total: f64,
}

/// What one machine has cost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BillLine {
    /// The machine.
    pub handle: String,
    /// What it carries.
    pub tag: Option<Tag>,
    /// What it is.
    pub pool: Pool,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// Whether it is there still: being made, running or being removed.
    pub there: bool,
    /// From when it cost.
    pub from: Option<Timestamp>,
    /// Until when; `None` = it costs still, or never did.
    pub to: Option<Timestamp>,
    /// US dollars an hour.
    pub price: f64,
    /// US dollars until the moment of the bill, as [`berth_shared::time::cost`] works it out.
    pub cost: f64,
}

impl BillLine {
    pub(super) fn of(machine: &Machine, now: Timestamp) -> Self {
        let (from, to) = machine.billed(now);
        Self {
            handle: machine.handle.clone(),
            tag: machine.tag.clone(),
            pool: machine.pool.clone(),
            accepted_at: machine.accepted_at,
            there: machine.gone_at().is_none_or(|at| at > now),
            from,
            to,
            price: machine.price,
            cost: machine.cost(now),
        }
    }
}

impl Bill {
    pub(super) fn of(machines: &[Machine], now: Timestamp) -> Self {
        let lines: Vec<BillLine> = machines.iter().map(|machine| BillLine::of(machine, now)).collect();
        let total = lines.iter().map(|line| line.cost).sum();
        Self { at: now, lines, total }
    }

    /// The same, worked out anew: reading a long decimal fraction of JSON may be off by its last bit.
    pub(in crate::provider::simulated) fn exact(mut self) -> Self {
        for line in &mut self.lines {
            let until = line.to.unwrap_or(self.at);
            line.cost = line.from.map_or(0.0, |from| cost(line.price, from, until));
        }
        self.total = self.lines.iter().map(|line| line.cost).sum();
        self
    }

    /// The lines of machines that are there still.
    pub fn there(&self) -> impl Iterator<Item = &BillLine> {
        self.lines.iter().filter(|line| line.there)
    }
}
