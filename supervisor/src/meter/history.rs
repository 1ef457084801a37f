//! An hour in fine steps and a week in coarse ones: 2376 samples, about 320 KB for each environment.

use std::collections::VecDeque;

use berth_shared::{
    api::{Usage, UsageHistory, UsageSample, UsageSpan},
    time::Timestamp,
};

/// Samples, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    fine: VecDeque<UsageSample>,
    coarse: VecDeque<UsageSample>,
    /// Those of the coarse step that is not over.
    gathered: Vec<UsageSample>,
    /// When the network was measured last, and the bytes that had come in and gone out.
    network: Option<(Timestamp, u64, u64)>,
}

impl History {
    /// Adds a measurement. The first one after a while has no CPUs: it is left out.
    pub(super) fn add(&mut self, usage: &Usage) {
        let network = usage.network.map(|now| (usage.at, now.received_bytes, now.sent_bytes));
        let before = std::mem::replace(&mut self.network, network);
        let Some(cpus) = usage.cpus else { return };
        let rates =
            network.zip(before).and_then(|((now, received, sent), (then, was_received, was_sent))| {
                let millis = now.millis_since(then).unsigned_abs();
                let rate = |more: u64, less: u64| more.saturating_sub(less).saturating_mul(1000) / millis;
                (millis > 0).then(|| (rate(received, was_received), rate(sent, was_sent)))
            });
        let count = usage.gpus.len() as f32;
        let gpus = !usage.gpus.is_empty();
        let sample = UsageSample {
            at: usage.at,
            cpus: cpus as f32,
            cpus_most: cpus as f32,
            memory_bytes: usage.memory_bytes,
            memory_most_bytes: usage.memory_bytes,
            disk_bytes: usage.disk_bytes,
            received_per_second: rates.map(|(received, _)| received),
            sent_per_second: rates.map(|(_, sent)| sent),
            gpu: gpus.then(|| usage.gpus.iter().map(|gpu| gpu.busy).sum::<f32>() / count),
            gpus_most: usage.gpus.iter().map(|gpu| gpu.busy).collect(),
            gpu_memory_bytes: gpus.then(|| usage.gpus.iter().map(|gpu| gpu.memory_bytes).sum()),
        };
        push(&mut self.fine, sample.clone(), UsageSpan::Hour);
        let step = |at: Timestamp| at.0.div_euclid(UsageSpan::Week.step_seconds() * 1000);
        if self.gathered.first().is_some_and(|first| step(first.at) != step(sample.at)) {
            if let Some(joined) = join(&self.gathered) {
                push(&mut self.coarse, joined, UsageSpan::Week);
            }
            self.gathered.clear();
        }
        self.gathered.push(sample);
    }

    /// The samples of this span; the coarse step that is not over counts as one.
    pub(super) fn of(&self, span: UsageSpan) -> UsageHistory {
        let samples = match span {
            UsageSpan::Hour => self.fine.iter().cloned().collect(),
            UsageSpan::Week => self.coarse.iter().cloned().chain(join(&self.gathered)).collect(),
        };
        UsageHistory { step_seconds: span.step_seconds(), samples }
    }
}

fn push(to: &mut VecDeque<UsageSample>, sample: UsageSample, span: UsageSpan) {
    to.push_back(sample);
    if to.len() > span.kept() {
        to.pop_front();
    }
}

/// Several samples as one: means, and the most where that is what is kept.
fn join(samples: &[UsageSample]) -> Option<UsageSample> {
    let last = samples.last()?;
    let count = samples.len() as u64;
    let mean = |read: fn(&UsageSample) -> Option<u64>| {
        let known: Vec<u64> = samples.iter().filter_map(read).collect();
        (!known.is_empty()).then(|| known.iter().sum::<u64>() / known.len() as u64)
    };
    let shares: Vec<f32> = samples.iter().filter_map(|sample| sample.gpu).collect();
    let mut gpus_most: Vec<f32> = Vec::new();
    for sample in samples {
        for (at, busy) in sample.gpus_most.iter().enumerate() {
            match gpus_most.get_mut(at) {
                Some(most) => *most = most.max(*busy),
                None => gpus_most.push(*busy),
            }
        }
    }
    Some(UsageSample {
        at: last.at,
        cpus: samples.iter().map(|sample| sample.cpus).sum::<f32>() / count as f32,
        cpus_most: samples.iter().map(|sample| sample.cpus_most).fold(0.0, f32::max),
        memory_bytes: samples.iter().map(|sample| sample.memory_bytes).sum::<u64>() / count,
        memory_most_bytes: samples.iter().map(|sample| sample.memory_most_bytes).max().unwrap_or(0),
        disk_bytes: last.disk_bytes,
        received_per_second: mean(|sample| sample.received_per_second),
        sent_per_second: mean(|sample| sample.sent_per_second),
        gpu: (!shares.is_empty()).then(|| shares.iter().sum::<f32>() / shares.len() as f32),
        gpus_most,
        gpu_memory_bytes: samples.iter().filter_map(|sample| sample.gpu_memory_bytes).max(),
    })
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{GpuUsage, NetworkUsage};

    use super::*;

    fn usage(seconds: i64, cpus: f64) -> Usage {
        Usage {
            at: Timestamp(seconds * 1000),
            cpus: Some(cpus),
            memory_bytes: (cpus * 1000.0) as u64,
            network: Some(NetworkUsage { received_bytes: seconds as u64 * 100, sent_bytes: 0 }),
            gpus: vec![
                GpuUsage { index: 0, busy: 1.0, memory_bytes: 5, memory_total_bytes: 10 },
                GpuUsage { index: 1, busy: 0.5, memory_bytes: 6, memory_total_bytes: 10 },
            ],
            ..Usage::default()
        }
    }

    #[test]
    fn an_hour_is_kept_finely_and_a_week_coarsely() {
        let mut history = History::default();
        for n in 0..8 * 24 * 360 {
            history.add(&usage(n * 10, if n % 30 == 7 { 3.0 } else { 1.0 }));
        }
        let (hour, week) = (history.of(UsageSpan::Hour), history.of(UsageSpan::Week));
        assert_eq!((hour.samples.len(), hour.step_seconds), (360, 10));
        assert_eq!((week.samples.len(), week.step_seconds), (2017, 300));
        let sample = &week.samples[1000];
        assert!((sample.cpus - 32.0 / 30.0).abs() < 1e-4, "{sample:?}");
        assert_eq!((sample.cpus_most, sample.memory_most_bytes, sample.memory_bytes), (3.0, 3000, 1066));
        assert_eq!(
            (sample.received_per_second, sample.gpu, sample.gpu_memory_bytes),
            (Some(100), Some(0.75), Some(11))
        );
        assert_eq!(sample.gpus_most, [1.0, 0.5]);
        assert!(std::mem::size_of::<UsageSample>() <= 136);
    }

    #[test]
    fn the_first_measurement_tells_no_rate() {
        let mut history = History::default();
        history.add(&Usage { cpus: None, ..usage(0, 1.0) });
        assert!(history.of(UsageSpan::Hour).samples.is_empty());
        history.add(&usage(10, 0.5));
        assert_eq!(history.of(UsageSpan::Hour).samples.len(), 1);
        assert_eq!(history.of(UsageSpan::Week).samples.len(), 1, "what has begun is seen");
    }
}
