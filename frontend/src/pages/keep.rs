//! *Keep*: what would stop by itself stays for an hour at least.

use berth_shared::api::{Instance, InstanceId, KeepInstance, KeepRun, Run};
use leptos::task::spawn_local;

use crate::{
    api::{self, ApiError},
    components::{Tone, toaster},
    pools::clock::KEEP_SECONDS,
    prelude::*,
};

/// What is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// An instance without a run, and its name.
    Instance(InstanceId, String),
    /// A run in which nobody is, by its name.
    Run(String),
}

impl Kept {
    fn name(&self) -> &str {
        match self {
            Self::Instance(_, name) | Self::Run(name) => name,
        }
    }

    async fn ask(&self) -> Result<(), ApiError> {
        let seconds = KEEP_SECONDS;
        match self {
            Self::Instance(id, _) => {
                let address = format!("/api/v1/instances/{id}/keep");
                api::post::<_, Instance>(&address, &KeepInstance { seconds }).await.map(drop)
            }
            Self::Run(name) => {
                let address = format!("/api/v1/runs/{name}/keep");
                api::post::<_, Run>(&address, &KeepRun { seconds }).await.map(drop)
            }
        }
    }
}

/// One press, and it stays. The stream brings the new clock.
#[component]
pub(crate) fn Keep(
    #[prop(into)] what: Signal<Kept>,
    #[prop(into)] locked: Signal<Option<String>>,
) -> impl IntoView {
    let say = toaster();
    let busy = RwSignal::new(false);
    let keep = move |_| {
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        let what = what.get_untracked();
        spawn_local(async move {
            let answer = what.ask().await;
            busy.try_set(false);
            if let Err(error) = answer {
                say(Tone::Failed, tf!("{} is not kept. {error}", what.name()));
            }
        });
    };
    view! {
        <button class="btn" data-size="sm" aria-busy=move || busy.get().to_string() disabled=move || locked.with(Option::is_some) title=move || locked.get() on:click=keep>
            {move || if busy.get() { t!("Keeping…") } else { t!("Keep for 1 h") }}
            <span class="sr">": "{move || what.with(|what| what.name().to_owned())}</span>
        </button>
    }
}
