//! A cloud's account and what goes wrong with it, still pure: [`Account::decide`] says what becomes of a call,
//! [`Account::carry_out`] has its effect. Waiting is for whoever owns it.

use std::collections::BTreeSet;

use berth_shared::{api::InstanceId, time::Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{
    cloud::Cloud,
    faults::{Fate, Faults, On, Trouble, Wrong},
    seed::Seed,
    wire::{Call, CloudError, Reply, Seen},
};

/// An account and what goes wrong with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The account.
    pub cloud: Cloud,
    /// What goes wrong.
    pub faults: Faults,
    seed: Seed,
    /// How many calls there were.
    calls: u64,
    hints: u64,
}

impl Account {
    /// An account with nothing in it.
    #[must_use]
    pub fn new(cloud: Cloud, faults: Faults, seed: u64) -> Self {
        let seed = Seed(seed).of(&cloud.settings().name).of("faults");
        Self { cloud, faults, seed, calls: 0, hints: 0 }
    }

    /// How many calls there were.
    #[must_use]
    pub fn calls(&self) -> u64 {
        self.calls
    }

    /// Decides what becomes of a call.
    pub fn decide(&mut self, now: Timestamp, call: &Call) -> Fate {
        let seed = self.seed.of("call").with(self.calls);
        self.calls += 1;
        let takes = self.cloud.settings().call;
        self.faults.fate(On::of(call), seed, self.seed, takes, now)
    }

    /// Has the effect of a call, unless its fate is to have none, and answers.
    ///
    /// # Errors
    /// What the cloud says, and what its fate is.
    pub fn carry_out(&mut self, now: Timestamp, call: &Call, fate: &Fate) -> Result<Reply, CloudError> {
        let name = self.cloud.settings().name.clone();
        match fate.trouble {
            Some(Trouble::Throttled) => {
                return Err(CloudError::Throttled(format!(
                    "{name} was asked too often (429); try again later"
                )));
            }
            Some(Trouble::Unreachable) => {
                return Err(CloudError::Unreachable(match call {
                    Call::Environment { handle, .. } => format!("{handle} cannot be reached"),
                    _ => format!("{name} cannot be reached"),
                }));
            }
            Some(Trouble::NoCapacity) => {
                return Err(CloudError::NoCapacity(format!("{name} has none left just now")));
            }
            _ => {}
        }
        let answer = self.effect(now, call, fate);
        match fate.trouble {
            Some(Trouble::AnswerLost) => {
                answer.and(Err(CloudError::Unreachable(format!("the connection to {name} broke off"))))
            }
            Some(Trouble::Wrong(how)) => answer.map(|reply| self.garble(how, reply, call)),
            _ => answer,
        }
    }

    fn effect(&mut self, now: Timestamp, call: &Call, fate: &Fate) -> Result<Reply, CloudError> {
        let cloud = &mut self.cloud;
        let machines = |machines| Ok(Reply::Machines { machines });
        match call {
            Call::Availability { pools } => {
                let pools = pools.iter().map(|pool| cloud.availability(now, pool)).collect();
                Ok(Reply::Availability { pools })
            }
            Call::Create(order) => {
                let quirks = self.faults.quirks(fate.trouble, cloud.draw_for_next(), now);
                cloud.create(now, order, &quirks).map(|handle| Reply::Created { handle })
            }
            Call::Find { installation, id } => {
                machines(cloud.find(now, Timestamp(now.0 - fate.lag), installation, *id))
            }
            Call::Describe { handle } => machines(cloud.describe(now, handle).into_iter().collect()),
            Call::List => machines(cloud.list(now, Timestamp(now.0 - fate.lag))),
            Call::Terminate { handle } => {
                if let Some(Trouble::Resists(millis)) = fate.trouble {
                    cloud.resist(now, handle, millis)?;
                }
                cloud.terminate(now, handle).map(|()| Reply::Done)
            }
            Call::Environment { handle, ask } => cloud.environment(now, handle, ask),
        }
    }

    /// Makes an answer wrong; one without machines can only be wrong by having some.
    fn garble(&self, how: Wrong, reply: Reply, call: &Call) -> Reply {
        let Reply::Machines { mut machines } = reply else { return reply };
        let seed = self.seed.of("garble").with(self.calls);
        match how {
            Wrong::State => {
                if let Some(machine) = machines.first_mut() {
                    machine.state = "0xdeadbeef".to_owned();
                }
            }
            Wrong::Price => machines.iter_mut().for_each(|machine| machine.price *= 1.5),
            Wrong::Id => {
                let high = u128::from(seed.of("high").0) << 64;
                let id = Uuid::from_u128(high | u128::from(seed.of("low").0));
                let tag = |installation: &str| super::wire::Tag {
                    installation: installation.to_owned(),
                    id: InstanceId(id),
                    name: "nobody".to_owned(),
                };
                let installation = match call {
                    Call::Find { installation, .. } => installation.as_str(),
                    _ => "",
                };
                let known = machines.first().and_then(|machine| machine.tag.clone());
                machines.push(Seen {
                    handle: format!("{}-nobody", self.cloud.settings().name),
                    tag: Some(known.map_or_else(|| tag(installation), |known| tag(&known.installation))),
                    state: "running".to_owned(),
                    message: None,
                    leaves_at: None,
                    accepted_at: Timestamp(0),
                    billed_from: Some(Timestamp(0)),
                    billed_to: None,
                    price: 1.0,
                });
            }
        }
        Reply::Machines { machines }
    }

    /// The instances to tell of: those that have changed until `now`, but for the hints that get lost.
    #[must_use]
    pub fn hints(&mut self, now: Timestamp) -> BTreeSet<InstanceId> {
        let mut changed = self.cloud.changed(now);
        changed.retain(|_| {
            self.hints += 1;
            !self.faults.loses_hint(self.seed.of("hints").with(self.hints), now)
        });
        changed
    }
}
