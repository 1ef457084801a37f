//! The image on its way, layer by layer, while the engine fetches it.

use berth_shared::api::{ImagePull, LayerState, PullLayer, RunStatus};
use gloo_timers::future::TimeoutFuture;
use leptos::task::spawn_local;

use super::Subject;
use crate::{api, format, prelude::*};

/// How often it is asked for, milliseconds.
const EVERY: u32 = 500;

/// A panel while an image is pulled.
#[component]
pub(super) fn Pull(subject: Subject) -> impl IntoView {
    let Subject { name, run, .. } = subject;
    let begins = Memo::new(move |_| {
        run.with(|run| {
            matches!(run.status, RunStatus::Submitted | RunStatus::Pending | RunStatus::Provisioning)
        })
    });
    let pull = RwSignal::new(None::<ImagePull>);
    spawn_local(async move {
        while let Some(begins) = begins.try_get_untracked() {
            let machine = run.try_with_untracked(|run| run.instance_id.is_some()) == Some(true);
            if !begins {
                pull.try_set(None);
            } else if machine && !document().hidden() {
                // What was told stays while the server does not answer.
                if let Ok(told) = api::get::<Option<ImagePull>>(&format!("/api/v1/runs/{name}/pull")).await {
                    pull.try_set(told);
                }
            }
            TimeoutFuture::new(EVERY).await;
        }
    });
    let layers = Memo::new(move |_| pull.with(|pull| pull.as_ref().map_or(0, |pull| pull.layers.len())));
    let image = Memo::new(move |_| pull.with(|pull| pull.as_ref().map(|pull| pull.image.clone())));
    let row = move |index: usize| {
        let layer = Memo::new(move |_| {
            pull.with(|pull| pull.as_ref().and_then(|pull| pull.layers.get(index).cloned()))
        });
        let id = move || layer.with(|layer| layer.as_ref().map(|layer| layer.id.clone()));
        let percent =
            move || layer.with(|layer| layer.as_ref().map(|layer| format!("{:.0}", 100.0 * layer.share())));
        view! {
            <li class="pull__layer">
                <span class="pull__id">{id}</span>
                <span class="pull__bar" role="progressbar" aria-label=move || tf!("Layer {}", id().unwrap_or_default())
                    aria-valuemin="0" aria-valuemax="100" aria-valuenow=percent
                    style:--share=move || percent().map(|percent| format!("{percent}%"))></span>
                <span class="meta">{move || layer.with(|layer| layer.as_ref().map(words))}</span>
            </li>
        }
    };
    view! {
        <Show when=move || image.with(Option::is_some)>
            <section class="panel" aria-label="Image">
                <div class="pull">
                    <p>"Pulling "<span class="mono pull__image">{move || image.get()}</span></p>
                    <Show when=move || layers.get() != 0 fallback=|| view! { <p class="meta">"Asking its registry…"</p> }>
                        <ul class="pull__layers" aria-label="Layers">
                            <For each=move || 0..layers.get() key=|index| *index children=row/>
                        </ul>
                    </Show>
                </div>
            </section>
        </Show>
    }
}

fn words(layer: &PullLayer) -> String {
    let size = || match layer.total_bytes {
        0 => String::new(),
        total => format!(", {}", format::bytes(total)),
    };
    match layer.state {
        LayerState::Waiting => t!("on its way").to_owned(),
        LayerState::Downloading if layer.total_bytes > 0 => {
            tf!("{} of {}", format::bytes(layer.current_bytes), format::bytes(layer.total_bytes))
        }
        LayerState::Downloading => tf!("{} so far", format::bytes(layer.current_bytes)),
        LayerState::Unpacking => tf!("unpacking{}", size()),
        LayerState::Done => tf!("there{}", size()),
    }
}
