//! Flags of a launch that stand above what the configuration and the profile say (dstack 0.18, `spec` §5).

use std::path::PathBuf;

use berth_shared::config::{CreationPolicy, NamedProfile, Profile, RetryPolicy, TerminationPolicy};

use crate::cli::{
    flags::{seconds, seconds_or_off},
    profile::{self, ProfileError},
};

/// Flags about a profile, those that only a launch needs among them.
#[derive(Debug, Default, clap::Args)]
#[command(next_help_heading = "Profile")]
pub(in crate::cli) struct LaunchFlags {
    #[command(flatten)]
    base: profile::Flags,

    /// The longest the run may last: `2h`, `3d`, or `off`.
    #[arg(long, value_name = "DURATION", value_parser = seconds_or_off)]
    max_duration: Option<String>,

    /// The pool to take an instance from, and to put a new one into.
    #[arg(long = "pool", value_name = "NAME")]
    pool: Option<String>,

    /// Take the instance of this name.
    #[arg(long = "instance", value_name = "NAME")]
    instance: Option<String>,

    /// Take an instance that exists; make none.
    #[arg(long)]
    reuse: bool,

    /// Keep the instance after the run, until somebody removes it.
    #[arg(long, conflicts_with = "idle_duration")]
    dont_destroy: bool,

    /// How long the instance is kept after the run: `30m`.
    #[arg(long, value_name = "DURATION", value_parser = seconds)]
    idle_duration: Option<i64>,

    /// Submit the run again when there is no capacity.
    #[arg(long, group = "retry_flags")]
    retry: bool,

    /// Do not.
    #[arg(long, group = "retry_flags")]
    no_retry: bool,

    /// Submit the run again when there is no capacity, for this long: `4h`.
    #[arg(long, group = "retry_flags", value_name = "DURATION", value_parser = seconds)]
    retry_duration: Option<i64>,
}

impl LaunchFlags {
    /// What the flags themselves say.
    pub(in crate::cli) fn flags(&self) -> Profile {
        let retry = |retry, duration| Some(RetryPolicy { retry, duration });
        Profile {
            max_duration: self.max_duration.clone(),
            pool_name: self.pool.clone(),
            instance_name: self.instance.clone(),
            creation_policy: self.reuse.then_some(CreationPolicy::Reuse),
            termination_policy: match (self.dont_destroy, self.idle_duration) {
                (true, _) => Some(TerminationPolicy::DontDestroy),
                (false, Some(_)) => Some(TerminationPolicy::DestroyAfterIdle),
                (false, None) => None,
            },
            termination_idle_time: self.idle_duration,
            retry_policy: match (self.retry, self.no_retry, self.retry_duration) {
                (true, ..) => retry(true, None),
                (_, true, _) => retry(false, None),
                (.., Some(seconds)) => retry(true, Some(seconds)),
                _ => None,
            },
            ..self.base.flags()
        }
    }

    /// The profile that is asked for, or the default one.
    pub(in crate::cli) fn choose(&self, folders: &[PathBuf]) -> Result<Option<NamedProfile>, ProfileError> {
        self.base.choose(folders)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(Debug, clap::Parser)]
    struct Command {
        #[command(flatten)]
        flags: LaunchFlags,
    }

    fn parsed(flags: &[&str]) -> Result<Profile, String> {
        Command::try_parse_from(["berth"].iter().chain(flags))
            .map(|command| command.flags.flags())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn flags_of_a_launch_say_what_dstacks_say() {
        assert_eq!(parsed(&[]), Ok(Profile::default()));
        let all = parsed(&[
            "--max-price",
            "2",
            "--max-duration",
            "2h",
            "--pool",
            "team",
            "--instance",
            "big",
            "--reuse",
            "--idle-duration",
            "30m",
            "--retry-duration",
            "4h",
        ]);
        assert_eq!(
            all,
            Ok(Profile {
                max_price: Some(2.0),
                max_duration: Some("7200".into()),
                pool_name: Some("team".into()),
                instance_name: Some("big".into()),
                creation_policy: Some(CreationPolicy::Reuse),
                termination_policy: Some(TerminationPolicy::DestroyAfterIdle),
                termination_idle_time: Some(1800),
                retry_policy: Some(RetryPolicy { retry: true, duration: Some(14_400) }),
                ..Profile::default()
            })
        );
        let retry = |flags: &[&str]| parsed(flags).map(|profile| profile.retry_policy);
        assert_eq!(retry(&["--retry"]), Ok(Some(RetryPolicy { retry: true, duration: None })));
        assert_eq!(retry(&["--no-retry"]), Ok(Some(RetryPolicy { retry: false, duration: None })));
        assert_eq!(
            parsed(&["--dont-destroy"]).map(|profile| profile.termination_policy),
            Ok(Some(TerminationPolicy::DontDestroy))
        );
        assert_eq!(parsed(&["--max-duration", "off"]).map(|p| p.max_duration), Ok(Some("off".into())));
    }

    #[test]
    fn wrong_flags_of_a_launch_are_told_so() {
        for (flags, said) in [
            (&["--max-duration", "1h30m"][..], "expected a duration"),
            (&["--idle-duration", "off"], "expected a duration"),
            (&["--retry", "--no-retry"], "cannot be used with"),
            (&["--dont-destroy", "--idle-duration", "5m"], "cannot be used with"),
        ] {
            let error = parsed(flags).expect_err("it is wrong");
            assert!(error.contains(said), "{error}");
        }
    }
}
