//! What the environment uses, and used.

mod now;
mod past;

use berth_shared::api::UsageSpan;

use self::{now::Now, past::Past};
use super::Subject;
use crate::{
    components::{Segment, Segments},
    prelude::*,
};

/// The panel.
#[component]
pub(super) fn Usage(subject: Subject) -> impl IntoView {
    let chosen = RwSignal::new(None::<UsageSpan>);
    let options =
        [(t!("Now"), None), (t!("Hour"), Some(UsageSpan::Hour)), (t!("Week"), Some(UsageSpan::Week))];
    view! {
        <div class="logbar">
            <Segments label="How far back">
                {options.map(|(word, span)| view! {
                    <Segment chosen=Signal::derive(move || chosen.get() == span) choose=move |()| chosen.set(span)>{word}</Segment>
                }).collect_view()}
            </Segments>
        </div>
        {move || match chosen.get() {
            None => view! { <Now subject=subject.clone()/> }.into_any(),
            Some(span) => view! { <Past subject=subject.clone() span=span/> }.into_any(),
        }}
    }
}
