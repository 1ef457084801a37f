//! What the environment uses at this moment.

use berth_shared::api::{GpuUsage, Topic, Usage as Sample};

use super::super::Subject;
use crate::{components::Spark, format, live::use_live, prelude::*};

/// The gauges. Figures come only while somebody looks.
#[component]
pub(super) fn Now(subject: Subject) -> impl IntoView {
    let live = use_live();
    live.follow(Topic::Usage { run_id: subject.id });
    let run = subject.run;
    let history = subject.feed.usage.clone();
    let cpus = Memo::new(move |_| {
        run.with(|run| run.offer.as_ref().map(|offer| offer.cpus)).filter(|cpus| *cpus > 0.0).unwrap_or(1.0)
    });
    let read = move |read: fn(&Sample, f64) -> f64| {
        let history = history.clone();
        Memo::new(move |_| {
            history
                .with(|history| history.iter().map(|sample| read(sample, cpus.get())).collect::<Vec<f64>>())
        })
    };
    let cpu_share = read(|sample, cpus| sample.cpus.unwrap_or_default() / cpus);
    let history = subject.feed.usage.clone();
    let last = Memo::new(move |_| history.with(|history| history.back().cloned()));
    let history = subject.feed.usage;
    let memory_share = Memo::new(move |_| {
        history.with(|history| {
            let most = history.iter().map(|sample| sample.memory_bytes).max().unwrap_or_default();
            // Without a limit the highest so far is the top, with a little air.
            let top =
                history.back().and_then(|last| last.memory_limit_bytes).unwrap_or(most + most / 4).max(1);
            history.iter().map(|sample| sample.memory_bytes as f64 / top as f64).collect::<Vec<f64>>()
        })
    });
    let cpu = move || {
        last.get()
            .and_then(|last| last.cpus)
            .map_or_else(|| "–".to_owned(), |used| format!("{:.0}%", 100.0 * used / cpus.get()))
    };
    let cpu_note = move || match last.get().and_then(|last| last.cpus) {
        Some(used) => tf!("{} of {} vCPU", format::number(used), format::number(cpus.get())),
        None => tf!("{} vCPU", format::number(cpus.get())),
    };
    let total =
        move || last.get().map(|last| tf!("{} of CPU time in all", format::duration(last.cpu_millis as i64)));
    let memory = move || last.get().map_or_else(|| "–".to_owned(), |last| format::bytes(last.memory_bytes));
    let limit = move || {
        last.get().map_or_else(String::new, |last| match last.memory_limit_bytes {
            Some(limit) => tf!("of {} at most", format::bytes(limit)),
            None => t!("no limit in force").to_owned(),
        })
    };
    let processes = move || {
        last.get().map(|last| match last.processes {
            1 => t!("1 process").to_owned(),
            n => tf!("{n} processes"),
        })
    };
    let gpus = Memo::new(move |_| last.with(|last| last.as_ref().and_then(|last| busy(&last.gpus))));
    let disk = move || last.get()?.disk_bytes.map(|bytes| tf!("{} in its folders", format::bytes(bytes)));
    let network = move || {
        let network = last.get()?.network?;
        let (received, sent) = (format::bytes(network.received_bytes), format::bytes(network.sent_bytes));
        Some(tf!("{received} received, {sent} sent"))
    };
    let over = Memo::new(move |_| run.with(|run| run.status.is_finished()));
    view! {
        <div class="gauges">
            <div class="gauge">
                <div class="gauge__head"><span>"CPU"</span><span class="gauge__value">{cpu}</span></div>
                <Spark shares=cpu_share label="CPU over the last minutes" size="lg"/>
                <div class="meta">{cpu_note}</div>
            </div>
            <div class="gauge">
                <div class="gauge__head"><span>"RAM"</span><span class="gauge__value">{memory}</span></div>
                <Spark shares=memory_share label="RAM over the last minutes" size="lg"/>
                <div class="meta">{limit}</div>
            </div>
            {move || gpus.get().map(|(busy, note)| view! {
                <div class="gauge">
                    <div class="gauge__head"><span>"GPU"</span><span class="gauge__value">{busy}</span></div>
                    <div class="meta">{note}</div>
                </div>
            })}
        </div>
        <div class="panel__foot">
            {move || match (last.with(Option::is_none), over.get()) {
                (true, true) => t!("It is over: nothing is measured any more.").into_any(),
                (true, false) => t!("Measured every two seconds while it runs and this tab is open. The first figures come in a moment.").into_any(),
                (false, _) => view! { <span>{processes}</span><span>{total}</span><span>{disk}</span><span>{network}</span> }.into_any(),
            }}
        </div>
    }
}

/// How busy GPUs are, and what stands below.
fn busy(gpus: &[GpuUsage]) -> Option<(String, String)> {
    if gpus.is_empty() {
        return None;
    }
    let mean = gpus.iter().map(|gpu| gpu.busy).sum::<f32>() / gpus.len() as f32;
    let used = format::bytes(gpus.iter().map(|gpu| gpu.memory_bytes).sum());
    let total = format::bytes(gpus.iter().map(|gpu| gpu.memory_total_bytes).sum());
    Some((format!("{:.0}%", 100.0 * mean), tf!("{used} of {total} of GPU memory")))
}
