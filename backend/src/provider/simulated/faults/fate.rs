//! What becomes of a call.

use berth_shared::time::Timestamp;

use super::{Fate, Faults, HOUR, On, Quirks, Seed, Span, Trouble, Wrong};

impl Faults {
    /// What becomes of a call. Uses the script up.
    pub(in crate::provider::simulated) fn fate(
        &mut self,
        kind: On,
        seed: Seed,
        outages: Seed,
        call: Span,
        now: Timestamp,
    ) -> Fate {
        let takes = seed.of("takes").within(call);
        let mut fate = Fate { before: takes / 2, after: takes - takes / 2, lag: 0, trouble: None };
        if matches!(kind, On::Find | On::List) && !self.is_over(now) {
            fate.lag = seed.of("lag").within(self.lag);
        }
        fate.trouble = self.scripted(kind).or_else(|| self.drawn(kind, seed, outages, now));
        if let Some(Trouble::Slow(longer)) = fate.trouble {
            fate.before += longer / 2;
            fate.after += longer - longer / 2;
        }
        fate
    }

    fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now >= until)
    }

    fn scripted(&mut self, kind: On) -> Option<Trouble> {
        for scripted in self.script.iter_mut().filter(|one| one.times > 0 && one.on.covers(kind)) {
            if scripted.after > 0 {
                scripted.after -= 1;
                continue;
            }
            scripted.times -= 1;
            return Some(scripted.what);
        }
        None
    }

    fn drawn(&self, kind: On, seed: Seed, outages: Seed, now: Timestamp) -> Option<Trouble> {
        if self.is_over(now) {
            return None;
        }
        if self.is_out(outages, now) {
            return Some(Trouble::Unreachable);
        }
        let environment = matches!(kind, On::Start | On::Observe | On::Stop | On::Environment);
        let happens = |name: &str, probability: f64| probability > 0.0 && seed.of(name).happens(probability);
        if environment && happens("environment", self.environment_unreachable) {
            return Some(Trouble::Unreachable);
        }
        if happens("throttled", self.throttled) {
            return Some(Trouble::Throttled);
        }
        if happens("never", self.never) {
            let effect = seed.of("effect").happens(0.5);
            return Some(if effect { Trouble::NeverAfter } else { Trouble::NeverBefore });
        }
        if kind.has_effect() && happens("late", self.late) {
            return Some(Trouble::Late(seed.of("lateness").within(self.lateness)));
        }
        if kind.has_effect() && happens("lost", self.answer_lost) {
            return Some(Trouble::AnswerLost);
        }
        if kind == On::Create && happens("key", self.key_ignored) {
            return Some(Trouble::KeyIgnored);
        }
        if matches!(kind, On::Find | On::List) && happens("wrong", self.wrong_answer) {
            return Some(Trouble::Wrong(match seed.of("how").between(0, 2) {
                0 => Wrong::State,
                1 => Wrong::Id,
                _ => Wrong::Price,
            }));
        }
        happens("slow", self.slow).then(|| Trouble::Slow(seed.of("slowness").within(self.slowness)))
    }

    /// Whether the cloud cannot be reached now.
    fn is_out(&self, seed: Seed, now: Timestamp) -> bool {
        if self.outages_per_hour <= 0.0 {
            return false;
        }
        let hour = now.0.div_euclid(HOUR);
        [hour - 1, hour].into_iter().any(|hour| {
            let seed = seed.of("outage").with(hour as u64);
            let begins = hour * HOUR + seed.of("begins").between(0, HOUR);
            let lasts = seed.of("lasts").within(self.outage);
            seed.happens(self.outages_per_hour) && (begins..begins + lasts).contains(&now.0)
        })
    }

    /// What is unusual about the next machine.
    pub(in crate::provider::simulated) fn quirks(
        &self,
        trouble: Option<Trouble>,
        seed: Seed,
        now: Timestamp,
    ) -> Quirks {
        let drawn = |name: &str, probability: f64| {
            !self.is_over(now) && probability > 0.0 && seed.of(name).happens(probability)
        };
        let mut quirks = Quirks {
            key_ignored: trouble == Some(Trouble::KeyIgnored),
            never_ready: trouble == Some(Trouble::NeverReady) || drawn("never ready", self.never_ready),
            dies_after: drawn("dies", self.dies).then(|| seed.of("lifetime").within(self.lifetime)),
            resists: if drawn("resists", self.terminate_fails) { self.resistance } else { 0 },
        };
        match trouble {
            Some(Trouble::Dies(after)) => quirks.dies_after = Some(after),
            Some(Trouble::Resists(millis)) => quirks.resists = millis,
            _ => {}
        }
        quirks
    }

    /// Whether a hint gets lost.
    pub(in crate::provider::simulated) fn loses_hint(&self, seed: Seed, now: Timestamp) -> bool {
        !self.is_over(now) && seed.of("hint").happens(self.hint_lost)
    }
}
