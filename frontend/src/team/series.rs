//! How busy an environment was over the last half hour, and since when its GPUs rest.

use berth_texts::t;
use std::collections::VecDeque;

use berth_shared::{
    api::{Usage, UsageHistory},
    time::Timestamp,
};

/// From one point to the next, milliseconds.
const STEP: i64 = 10_000;
/// How many points are kept: half an hour.
const KEPT: usize = 180;
/// Below this share a GPU rests.
const RESTS: f64 = 0.02;
/// For how long GPUs must rest until it is said, milliseconds. Between two steps of a training they do for a moment.
const LASTS: i64 = 5 * 60_000;

#[derive(Clone, Copy, Debug, PartialEq)]
struct Point {
    at: Timestamp,
    share: f64,
    /// Of how many measurements it is the mean.
    of: u32,
}

/// What is used, 0 to 1: of GPUs where they are measured, else of CPUs.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    points: VecDeque<Point>,
    gpus: bool,
}

impl Series {
    /// What the server remembers. `cpus`: how many there are.
    #[must_use]
    pub fn of_history(history: &UsageHistory, cpus: f64) -> Self {
        let mut series =
            Self { gpus: history.samples.iter().any(|sample| sample.gpu.is_some()), ..Self::default() };
        for sample in &history.samples {
            let share = match sample.gpu {
                Some(gpu) => f64::from(gpu),
                None if series.gpus => continue,
                None => f64::from(sample.cpus) / cpus.max(0.1),
            };
            series.push(sample.at, share);
        }
        series
    }

    /// Adds a measurement, unless it is older than what is there.
    pub fn add(&mut self, usage: &Usage, cpus: f64) {
        let share = if usage.gpus.is_empty() {
            let Some(used) = usage.cpus.filter(|_| !self.gpus) else { return };
            used / cpus.max(0.1)
        } else {
            if !self.gpus {
                // Until now only CPUs were measured, which is another figure.
                self.points.clear();
                self.gpus = true;
            }
            usage.gpus.iter().map(|gpu| f64::from(gpu.busy)).sum::<f64>() / usage.gpus.len() as f64
        };
        match self.points.back_mut() {
            Some(last) if usage.at < last.at => {}
            // Measurements of the same ten seconds are one point, so that the line does not run faster while one looks.
            Some(last) if usage.at.millis_since(last.at) < STEP => {
                last.share = (last.share * f64::from(last.of) + share) / f64::from(last.of + 1);
                last.of += 1;
            }
            _ => self.push(usage.at, share),
        }
    }

    fn push(&mut self, at: Timestamp, share: f64) {
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.points.push_back(Point { at, share, of: 1 });
        if self.points.len() > KEPT {
            self.points.pop_front();
        }
    }

    /// The shares, oldest first; none, or two at least.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        let mut shares: Vec<f64> = self.points.iter().map(|point| point.share).collect();
        // One point is no line.
        if let [only] = shares[..] {
            shares.push(only);
        }
        shares
    }

    /// The newest share in per cent; `None` while there is none.
    #[must_use]
    pub fn per_cent(&self) -> Option<u32> {
        self.points.back().map(|point| (point.share * 100.0).round() as u32)
    }

    /// When the newest point was measured.
    #[must_use]
    pub fn last(&self) -> Option<Timestamp> {
        self.points.back().map(|point| point.at)
    }

    /// What is measured: `GPU` or `CPU`.
    #[must_use]
    pub fn what(&self) -> &'static str {
        if self.gpus { t!("GPU") } else { t!("CPU") }
    }

    /// Since when all its GPUs rest, once that has lasted for five minutes; `None` where none is measured.
    #[must_use]
    pub fn rests_since(&self) -> Option<Timestamp> {
        if !self.gpus {
            return None;
        }
        let last = self.points.back()?.at;
        let since = self.points.iter().rev().take_while(|point| point.share < RESTS).last()?.at;
        (last.millis_since(since) >= LASTS).then_some(since)
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{GpuUsage, UsageSample};

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp(seconds * 1000)
    }

    fn gpu(seconds: i64, busy: f32) -> Usage {
        let gpus = vec![GpuUsage { busy, ..GpuUsage::default() }];
        Usage { at: at(seconds), gpus, ..Usage::default() }
    }

    fn cpu(seconds: i64, cpus: f64) -> Usage {
        Usage { at: at(seconds), cpus: Some(cpus), ..Usage::default() }
    }

    #[test]
    fn measurements_of_ten_seconds_are_one_point() {
        let mut series = Series::default();
        for (second, used) in [(0, 1.0), (2, 2.0), (4, 3.0), (10, 4.0), (9, 4.0)] {
            series.add(&cpu(second, used), 4.0);
        }
        assert_eq!(series.shares(), [0.5, 1.0]);
        assert_eq!((series.per_cent(), series.what()), (Some(100), "CPU"));
    }

    #[test]
    fn half_an_hour_is_kept() {
        let mut series = Series::default();
        for step in 0..1000 {
            series.add(&cpu(step * 10, 1.0), 2.0);
        }
        assert_eq!(series.shares().len(), KEPT);
    }

    #[test]
    fn what_the_server_remembers_goes_on() {
        let sample = |seconds, gpu| UsageSample { at: at(seconds), gpu, ..UsageSample::default() };
        let samples = vec![sample(0, None), sample(10, Some(0.5)), sample(20, Some(0.7))];
        let mut series = Series::of_history(&UsageHistory { step_seconds: 10, samples }, 4.0);
        series.add(&cpu(40, 4.0), 4.0);
        series.add(&gpu(40, 0.9), 4.0);
        let shares: Vec<f64> = series.shares().iter().map(|share| (share * 10.0).round() / 10.0).collect();
        assert_eq!(shares, [0.5, 0.7, 0.9]);
        assert_eq!(series.what(), "GPU");
    }

    #[test]
    fn gpus_that_rest_for_five_minutes_are_said_to() {
        let mut series = Series::default();
        series.add(&gpu(0, 0.9), 4.0);
        for second in (10..300).step_by(10) {
            series.add(&gpu(second, 0.0), 4.0);
        }
        assert_eq!(series.rests_since(), None, "not yet");
        for second in (300..=310).step_by(10) {
            series.add(&gpu(second, 0.01), 4.0);
        }
        assert_eq!(series.rests_since(), Some(at(10)));
        series.add(&gpu(320, 0.5), 4.0);
        assert_eq!(series.rests_since(), None, "they work again");
    }

    #[test]
    fn without_gpus_nothing_rests() {
        let mut series = Series::default();
        for second in (0..1000).step_by(10) {
            series.add(&cpu(second, 0.0), 4.0);
        }
        assert_eq!(series.rests_since(), None);
        assert_eq!(series.per_cent(), Some(0));
    }
}
