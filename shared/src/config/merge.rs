//! What a profile holds, and how it gives way to a configuration: flag > configuration > profile >
//! default, field by field (dstack 0.18, `spec` §5).

use serde::{Deserialize, Serialize};

use super::{Configuration, CreationPolicy, RetryPolicy, SpotPolicy, TerminationPolicy};

/// How long an instance without a run is kept when nobody says, in seconds.
pub const DEFAULT_IDLE_SECONDS: i64 = 300;

/// The fields that configurations, profiles and flags share; `None` says nothing about a field.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// Backends to consider; empty = none.
    pub backends: Option<Vec<String>>,
    /// Regions to consider; empty = none.
    pub regions: Option<Vec<String>>,
    /// Instance types to consider; empty = none.
    pub instance_types: Option<Vec<String>>,
    /// Spot or on-demand.
    pub spot_policy: Option<SpotPolicy>,
    /// Whether and how long to re-submit.
    pub retry_policy: Option<RetryPolicy>,
    /// `off` or decimal seconds.
    pub max_duration: Option<String>,
    /// US dollars an hour, above 0.
    #[serde(with = "crate::config::number::option")]
    pub max_price: Option<f64>,
    /// Name of the pool.
    pub pool_name: Option<String>,
    /// Name of the instance.
    pub instance_name: Option<String>,
    /// Whether new instances may be made.
    pub creation_policy: Option<CreationPolicy>,
    /// What happens to an idle instance.
    pub termination_policy: Option<TerminationPolicy>,
    /// Seconds that an idle instance is kept.
    pub termination_idle_time: Option<i64>,
}

impl Profile {
    /// This, and where it says nothing, `other`. A retry policy is taken as a whole.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            backends: self.backends.or(other.backends),
            regions: self.regions.or(other.regions),
            instance_types: self.instance_types.or(other.instance_types),
            spot_policy: self.spot_policy.or(other.spot_policy),
            retry_policy: self.retry_policy.or(other.retry_policy),
            max_duration: self.max_duration.or(other.max_duration),
            max_price: self.max_price.or(other.max_price),
            pool_name: self.pool_name.or(other.pool_name),
            instance_name: self.instance_name.or(other.instance_name),
            creation_policy: self.creation_policy.or(other.creation_policy),
            termination_policy: self.termination_policy.or(other.termination_policy),
            termination_idle_time: self.termination_idle_time.or(other.termination_idle_time),
        }
    }

    /// What holds for a run when nobody says: new instances may be made, and go five minutes after
    /// the last run. To be asked for last of all.
    #[must_use]
    pub fn defaults() -> Self {
        Self {
            creation_policy: Some(CreationPolicy::ReuseOrCreate),
            termination_policy: Some(TerminationPolicy::DestroyAfterIdle),
            termination_idle_time: Some(DEFAULT_IDLE_SECONDS),
            ..Self::default()
        }
    }
}

impl Configuration {
    /// The fields that it shares with profiles.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile {
            backends: self.backends.clone(),
            regions: self.regions.clone(),
            instance_types: self.instance_types.clone(),
            spot_policy: self.spot_policy,
            retry_policy: self.retry_policy,
            max_duration: self.max_duration.clone(),
            max_price: self.max_price,
            pool_name: self.pool_name.clone(),
            instance_name: self.instance_name.clone(),
            creation_policy: self.creation_policy,
            termination_policy: self.termination_policy,
            termination_idle_time: self.termination_idle_time,
        }
    }

    /// The configuration with its profile fields replaced by these; of one of dstack 0.22 with what that has in their place.
    #[must_use]
    pub fn with_profile(mut self, profile: Profile) -> Self {
        let profile = match &mut self.newer {
            Some(newer) => newer.adopt(profile),
            None => profile,
        };
        Self {
            backends: profile.backends,
            regions: profile.regions,
            instance_types: profile.instance_types,
            spot_policy: profile.spot_policy,
            retry_policy: profile.retry_policy,
            max_duration: profile.max_duration,
            max_price: profile.max_price,
            pool_name: profile.pool_name,
            instance_name: profile.instance_name,
            creation_policy: profile.creation_policy,
            termination_policy: profile.termination_policy,
            termination_idle_time: profile.termination_idle_time,
            ..self
        }
    }

    /// The configuration as it counts for a run: what the flags say, else the configuration, else the
    /// profile, else [`Profile::defaults`].
    #[must_use]
    pub fn merged(self, flags: Profile, profile: Profile) -> Self {
        let fields = flags.or(self.profile()).or(profile).or(Profile::defaults());
        self.with_profile(fields)
    }
}
