//! What happened, newest first.

use berth_shared::api::{Event, Subject as About};
use leptos::prelude::*;

use super::Subject;
use crate::{
    components::{Glyph, Prose, status_glyph, status_word},
    format,
};

/// What happened, in a few words, and more of it where there is more.
fn words(event: &Event) -> (String, String) {
    let message = event.message.clone();
    let Some(to) = &event.to else { return (message, String::new()) };
    let word = status_word(to);
    let by = event.actor.as_ref().map(|actor| format!(" by {actor}")).unwrap_or_default();
    let what = match event.subject {
        About::Run => format!("{word}{by}"),
        About::Job => word,
        About::Instance => format!("Machine {}", to.replace("terminated", "gone")),
    };
    (what, message)
}

/// The panel.
#[component]
pub(super) fn Timeline(subject: Subject) -> impl IntoView {
    let timeline = subject.feed.timeline;
    let events = Memo::new(move |_| {
        timeline.with(|timeline| {
            timeline.as_ref().map(|timeline| timeline.events.iter().rev().cloned().collect::<Vec<Event>>())
        })
    });
    let count = move || {
        events.with(|events| {
            events.as_ref().map(|events| match events.len() {
                1 => "1 event".to_owned(),
                n => format!("{n} events"),
            })
        })
    };
    let newest = Memo::new(move |_| {
        events.with(|events| events.as_ref().and_then(|events| events.first().map(|event| event.seq)))
    });
    view! {
        <section class="panel" aria-labelledby="timeline">
            <div class="panel__head">
                <h2 class="panel__title" id="timeline">"Timeline"</h2>
                <span class="panel__spring"></span>
                <span class="meta">{count}</span>
            </div>
            <ol class="timeline" tabindex="0" aria-label="Timeline">
                <For each=move || events.get().unwrap_or_default() key=|event| event.seq let:event>
                    {
                        let seq = event.seq;
                        let (what, why) = words(&event);
                        let status = event.to.clone().unwrap_or_default();
                        let glyph = status_glyph(&status);
                        view! {
                            <li class="timeline__item" data-status=status data-now=move || (newest.get() == Some(seq)).then_some("")>
                                <Glyph name=glyph class="timeline__glyph"/>
                                <span class="timeline__what"><Prose text=what/></span>
                                <time class="timeline__when" title=format::exact(event.at)>{format::clock_seconds(event.at)}</time>
                                {(!why.is_empty()).then(|| view! { <p class="timeline__why"><Prose text=why/></p> })}
                            </li>
                        }
                    }
                </For>
            </ol>
        </section>
    }
}
