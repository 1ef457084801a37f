//! How busy a running environment was over the last hour.

use berth_shared::api::UsageHistory;
use gloo_timers::future::TimeoutFuture;
use leptos::task::spawn_local;

use crate::{api, components::Spark, prelude::*};

/// How many rows ask for it: a list of hundreds would ask hundreds of times.
const SHOWN: usize = 24;
/// How often, milliseconds.
const EVERY: u32 = 60_000;

/// How many rows ask.
#[derive(Clone, Copy)]
struct Asking(StoredValue<usize>);

/// Begins to count rows that ask; called once for the page.
pub(super) fn provide() {
    provide_context(Asking(StoredValue::new(0)));
}

/// A small chart of the CPUs in use; nothing until there are figures.
#[component]
pub(super) fn UseSpark(name: String, cpus: f64) -> impl IntoView {
    let shares = RwSignal::new(Vec::<f64>::new());
    let asking = use_context::<Asking>();
    let first =
        asking.and_then(|asking| asking.0.try_update_value(|count| std::mem::replace(count, *count + 1)));
    on_cleanup(move || {
        asking.and_then(|asking| asking.0.try_update_value(|count| *count = count.saturating_sub(1)));
    });
    let path = format!("/api/v1/runs/{name}/usage");
    if first.is_some_and(|count| count < SHOWN) {
        spawn_local(async move {
            while !shares.is_disposed() {
                if let Ok(history) = api::get::<UsageHistory>(&path).await {
                    let share = |used: f32| f64::from(used) / cpus.max(0.1);
                    shares.try_set(history.samples.iter().map(|sample| share(sample.cpus)).collect());
                }
                TimeoutFuture::new(EVERY).await;
            }
        });
    }
    let label = tf!("CPU of {name} over the last hour");
    view! {
        <Show when=move || { shares.with(|shares| shares.len() > 1) }>
            <Spark shares=shares label=label.clone() size="sm"/>
        </Show>
    }
}
