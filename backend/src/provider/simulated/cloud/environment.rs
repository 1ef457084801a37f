//! What the environment on a simulated machine does.

use berth_shared::{
    api::{Usage, UsageHistory, UsageSample, UsageSpan},
    time::Timestamp,
};

use super::{job::Job, log, machine::Machine, terminal::Terminal};
use crate::provider::{
    JobObservation,
    simulated::{
        seed::Seed,
        settings::Settings,
        wire::{Ask, CloudError, Reply},
    },
};

/// How many terminals may be open at once.
const TERMINALS: usize = 32;
/// For how long a GPU is used, or is not, at least, in milliseconds.
const GPU_STRETCH: i64 = 400_000;
/// How often figures of use change, in milliseconds.
const SAMPLE: i64 = 5000;

/// Answers; the machine is there.
pub(super) fn ask(
    machine: &mut Machine,
    settings: &Settings,
    seed: Seed,
    ask: &Ask,
    now: Timestamp,
) -> Result<Reply, CloudError> {
    match ask {
        Ask::Start { job } => {
            match &machine.job {
                Some(current) if current.id == job.id || current.turn > job.turn => return Ok(Reply::Done),
                Some(current) if current.turn == job.turn && !current.has_ended(now) => {
                    return Err(CloudError::NotReady(format!("job {} is still on it", current.id)));
                }
                // What is left of a job of an earlier turn ends with it.
                _ => {}
            }
            let seed = seed.of("job").of(&job.id.to_string());
            machine.job = Some(Job::begin(job, settings, seed, now));
            machine.terminals.clear();
            Ok(Reply::Done)
        }
        Ask::Observe => {
            let job = machine.job.as_ref().map_or(JobObservation::None, |job| job.observe(now));
            Ok(Reply::Job { job })
        }
        Ask::Stop { grace_seconds } => {
            if let Some(job) = &mut machine.job {
                job.stop(*grace_seconds, settings, now);
            }
            Ok(Reply::Done)
        }
        Ask::Logs { after } => {
            let job = current(machine)?;
            Ok(Reply::Log { chunk: log::read(job, &machine.handle, *after, now) })
        }
        Ask::Stats => {
            let job = current(machine)?;
            Ok(Reply::Stats { usage: usage(job, seed, now) })
        }
        Ask::Usage { span } => {
            let gpus = machine.gpus;
            Ok(Reply::Usage { history: history(current(machine)?, gpus, seed, *span, now) })
        }
        Ask::OpenTerminal { id } => {
            let job = current(machine)?;
            if machine.terminals.iter().any(|terminal| terminal.id == *id) {
                return Ok(Reply::Done);
            }
            if job.has_ended(now) || job.running_at().is_none_or(|at| now < at) {
                return Err(CloudError::NotReady("its job does not run".to_owned()));
            }
            let open = |terminal: &&Terminal| terminal.exit_code().is_none();
            if machine.terminals.iter().filter(open).count() >= TERMINALS {
                return Err(CloudError::NotReady(format!(
                    "{TERMINALS} terminals are open, and there may be no more; close one first"
                )));
            }
            let terminal = Terminal::open(*id, &job.run_name, &machine.handle, now);
            machine.terminals.retain(|terminal| terminal.exit_code().is_none());
            machine.terminals.push(terminal);
            Ok(Reply::Done)
        }
        Ask::Terminals => {
            hang_up(machine, now);
            Ok(Reply::Terminals { terminals: machine.terminals.iter().map(Terminal::info).collect() })
        }
        Ask::Terminal { id, typed, after } => {
            hang_up(machine, now);
            let terminal = machine
                .terminals
                .iter_mut()
                .find(|terminal| terminal.id == *id)
                .ok_or_else(|| CloudError::NotFound(format!("terminal {id}")))?;
            terminal.type_in(typed);
            let (offset, text) = terminal.read(*after);
            Ok(Reply::Terminal { offset, text, exit_code: terminal.exit_code() })
        }
    }
}

fn current(machine: &Machine) -> Result<&Job, CloudError> {
    machine.job.as_ref().ok_or_else(|| CloudError::NotReady("no job was begun".to_owned()))
}

/// A job that ends takes its terminals with it.
fn hang_up(machine: &mut Machine, now: Timestamp) {
    if machine.job.as_ref().is_some_and(|job| job.has_ended(now)) {
        machine.terminals.iter_mut().for_each(Terminal::hang_up);
    }
}

/// Figures of the past that go with [`usage`].
fn history(job: &Job, gpus: u32, seed: Seed, span: UsageSpan, now: Timestamp) -> UsageHistory {
    let (step, kept) = (span.step_seconds() * 1000, span.kept() as i64);
    let until = job.ends_at().map_or(now, |end| end.min(now));
    let newest = until.millis_since(job.begun_at) / step;
    let sample = |number: i64| {
        let at = Timestamp(job.begun_at.0 + number * step);
        let then = usage(job, seed, at);
        let cpus = then.cpus.unwrap_or_default() as f32;
        let busy: Vec<f32> = (0..gpus).map(|gpu| busy(seed, gpu, at)).collect();
        UsageSample {
            at,
            cpus,
            cpus_most: cpus,
            memory_bytes: then.memory_bytes,
            memory_most_bytes: then.memory_bytes,
            gpu: (gpus > 0).then(|| busy.iter().sum::<f32>() / gpus as f32),
            gpus_most: busy,
            ..UsageSample::default()
        }
    };
    let samples = ((newest - kept).max(0) + 1..=newest).map(sample).collect();
    UsageHistory { step_seconds: span.step_seconds(), samples }
}

/// The share of time in which a GPU is busy, 0 to 1: for a while much, for a while not at all.
fn busy(seed: Seed, gpu: u32, at: Timestamp) -> f32 {
    let seed = seed.of("gpu").with(u64::from(gpu));
    let works = seed.of("works").with(at.0.div_euclid(GPU_STRETCH).unsigned_abs()).happens(0.5);
    let share = 0.6 + 0.4 * seed.with(at.0.div_euclid(SAMPLE).unsigned_abs()).share() as f32;
    if works { share } else { 0.0 }
}

/// Figures that look like use; the same at the same time.
fn usage(job: &Job, seed: Seed, now: Timestamp) -> Usage {
    let at = job.ends_at().map_or(now, |end| end.min(now));
    let samples = at.millis_since(job.begun_at) / SAMPLE;
    let load = |sample: i64| seed.of("load").with(sample.unsigned_abs()).share() * 1.5;
    // The mean of the loads, so that it never falls.
    let cpu_millis = (samples * SAMPLE * 3 / 4) as u64;
    Usage {
        at,
        cpu_millis,
        cpus: Some(load(samples)),
        memory_bytes: (1 << 30) + (seed.of("memory").with(samples.unsigned_abs()).share() * 5e8) as u64,
        memory_limit_bytes: None,
        processes: 3 + job.steps.len().min(20) as u32,
        ..Usage::default()
    }
}
