//! What happened, newest first.

use super::Subject;
use crate::{
    components::{Glyph, Prose, Time, TimeAs},
    format::status_glyph,
    prelude::*,
    story::story,
};

/// The panel.
#[component]
pub(super) fn Timeline(subject: Subject) -> impl IntoView {
    let timeline = subject.feed.timeline;
    let all = RwSignal::new(false);
    let count = Memo::new({
        let timeline = timeline.clone();
        move |_| timeline.with(|timeline| timeline.as_ref().map_or(0, |timeline| timeline.events.len()))
    });
    let entries = Memo::new(move |_| {
        timeline.with(|timeline| {
            story(timeline.as_ref().map(|t| t.events.as_slice()).unwrap_or_default(), all.get())
        })
    });
    let has_more = Memo::new(move |_| all.get() || count.get() > entries.with(Vec::len));
    let newest = Memo::new(move |_| entries.with(|entries| entries.first().map(|entry| entry.seq)));
    let label = move || match (all.get(), count.get()) {
        (true, _) => t!("Only the main ones").to_owned(),
        (false, count) => tf!("All {count} events"),
    };
    view! {
        <section class="panel" aria-labelledby="timeline">
            <div class="panel__head">
                <h2 class="panel__title" id="timeline">"Timeline"</h2>
                <span class="panel__spring"></span>
                <Show when=move || has_more.get()>
                    <button class="btn" data-kind="quiet" data-size="sm" aria-pressed=move || all.get().to_string()
                        on:click=move |_| all.update(|all| *all = !*all)>{label}</button>
                </Show>
            </div>
            <ol class="timeline" tabindex="0" aria-labelledby="timeline">
                <For each=move || entries.get() key=|entry| entry.seq let:entry>
                    <li class="timeline__item" data-status=entry.status.clone() data-now=move || (newest.get() == Some(entry.seq)).then_some("")>
                        <Glyph name=status_glyph(&entry.status) class="timeline__glyph"/>
                        <span class="timeline__what"><Prose text=entry.what/></span>
                        <Time at=entry.at how=TimeAs::Seconds class="timeline__when"/>
                        {(!entry.why.is_empty()).then(|| view! { <p class="timeline__why"><Prose text=entry.why/></p> })}
                    </li>
                </For>
            </ol>
        </section>
    }
}
