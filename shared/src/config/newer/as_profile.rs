//! What the keys of dstack 0.22 come to in those that configurations shared with profiles before, and the reverse: the one
//! place that knows both.

use super::{FleetReference, InstanceSelector, Limit, Newer, Off, Retry};
use crate::config::{Profile, RetryPolicy, TerminationPolicy};

impl Newer {
    /// What its keys say in those of a profile; nothing of those that both have.
    ///
    /// Of several fleets it is the first, and of instances the one that is named, where it is one: whoever can do more asks
    /// for [`Self::fleets`] and [`Self::instances`].
    pub(super) fn as_profile(&self) -> Profile {
        Profile {
            retry_policy: self.retry.as_ref().map(policy),
            max_duration: self.max_duration.map(|limit| match limit {
                Limit::Seconds(seconds) => seconds.to_string(),
                Limit::Off(_) => "off".to_owned(),
            }),
            pool_name: self.fleets.as_ref().and_then(|fleets| Some(fleets.first()?.name.clone())),
            instance_name: match self.instances.as_deref() {
                Some([InstanceSelector::Name { name }]) => Some(name.clone()),
                _ => None,
            },
            termination_policy: self.idle_duration.map(|seconds| match seconds {
                ..0 => TerminationPolicy::DontDestroy,
                0.. => TerminationPolicy::DestroyAfterIdle,
            }),
            termination_idle_time: self.idle_duration.filter(|seconds| *seconds >= 0),
            ..Profile::default()
        }
    }

    /// Takes what a profile says otherwise, and answers the profile as this release says it. What it says as before stays as it is
    /// written, with all that a profile cannot say.
    pub(in crate::config) fn adopt(&mut self, profile: Profile) -> Profile {
        let now = self.as_profile();
        if now.retry_policy != profile.retry_policy {
            self.retry = profile.retry_policy.map(|policy| match policy.duration {
                Some(seconds) => Retry::Policy { on_events: None, duration: Some(seconds) },
                None => Retry::Whether(policy.retry),
            });
        }
        if now.max_duration != profile.max_duration {
            let limit = |text: &String| text.parse().map_or(Limit::Off(Off::Off), Limit::Seconds);
            self.max_duration = profile.max_duration.as_ref().map(limit);
        }
        if now.pool_name != profile.pool_name {
            let fleet = |name: &String| FleetReference { project: None, name: name.clone() };
            self.fleets = profile.pool_name.as_ref().map(|name| vec![fleet(name)]);
        }
        if now.instance_name != profile.instance_name {
            let named = |name: &String| vec![InstanceSelector::Name { name: name.clone() }];
            self.instances = profile.instance_name.as_ref().map(named);
        }
        if (now.termination_policy, now.termination_idle_time)
            != (profile.termination_policy, profile.termination_idle_time)
        {
            self.idle_duration = match (profile.termination_policy, profile.termination_idle_time) {
                (Some(TerminationPolicy::DontDestroy), _) => Some(-1),
                (_, seconds) => seconds,
            };
        }
        let Profile {
            retry_policy,
            max_duration,
            pool_name,
            instance_name,
            termination_policy,
            termination_idle_time,
            ..
        } = self.as_profile();
        Profile {
            retry_policy,
            max_duration,
            pool_name,
            instance_name,
            termination_policy,
            termination_idle_time,
            ..profile
        }
    }
}

fn policy(retry: &Retry) -> RetryPolicy {
    match retry {
        Retry::Whether(retry) => RetryPolicy { retry: *retry, duration: None },
        Retry::Policy { duration, .. } => RetryPolicy { retry: true, duration: *duration },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::check_in, schema::Dialect};

    fn newer(text: &str) -> Newer {
        let text = format!("type: dev-environment\n{text}\n");
        let read = check_in(&text, Dialect::V0_22, None);
        *read.configuration.expect("valid").newer.expect("0.22")
    }

    #[test]
    fn what_a_profile_says_as_before_stays_as_it_is_written() {
        let mut before = newer(
            "fleets: [a, p/b]\nretry: {on_events: [error], duration: 1h}\ninstances: [x, y]\nidle_duration: -300",
        );
        let same = before.clone();
        before.adopt(same.as_profile());
        assert_eq!(before, same);
    }

    #[test]
    fn what_a_profile_says_otherwise_is_taken() {
        let mut all = newer("fleets: [a, b]\nretry: true\nidle_duration: off\nmax_duration: 2h");
        all.adopt(Profile {
            retry_policy: Some(RetryPolicy { retry: true, duration: Some(60) }),
            max_duration: Some("off".to_owned()),
            pool_name: Some("c".to_owned()),
            instance_name: Some("i".to_owned()),
            termination_idle_time: Some(30),
            ..Profile::default()
        });
        let wanted =
            newer("fleets: [c]\nretry: {duration: 1m}\nidle_duration: 30\nmax_duration: off\ninstances: [i]");
        assert_eq!(all, wanted);
    }
}
