//! One instance as a card.

use berth_shared::api::InstanceId;
use leptos::html;
use wasm_bindgen::JsCast;

use super::{
    Ways,
    line::{Ends, Line, Name, RunTags},
    stops::Stops,
    uses::Use,
};
use crate::{
    components::{Backend, Price, Status},
    format,
    prelude::*,
    team::view::By,
};

/// A card that redraws only what changes in it.
#[component]
pub(super) fn Card(id: InstanceId, ways: Ways) -> impl IntoView {
    let node = NodeRef::<html::Article>::new();
    let seen = ways.watch.see(id.to_string(), move || node.get().and_then(|card| card.dyn_into().ok()));
    let line = Line::of(id, seen)?;
    let Line { one, run, offer, hardware, now, .. } = line;
    let (status, note, tone, so_far, person) =
        (line.status(), line.note(), line.tone(), line.so_far(), line.person());
    let by_others = Memo::new(move |_| ways.lookout.view.with(|view| view.by != By::Person));
    Some(view! {
        <article class="icard" data-tone=move || tone.get() id=id.to_string() node_ref=node aria-label=move || line.name.get()>
            <div class="icard__row">
                <span class="icard__title"><Name line class="icard__name"/></span>
                <Status status=status note=note/>
            </div>
            <div class="icard__row icard__where">
                {move || { let offer = offer.get(); view! { <Backend name=format::machine::place(&offer) backend=offer.backend/> } }}
                <span>{move || hardware.get()}</span>
            </div>
            <RunTags line ways most=4/>
            <div class="icard__use"><Use line watch=ways.watch seen size="card"/></div>
            <div class="icard__row">
                <span>
                    {move || view! { <Price offer=offer.get() per=true/> }}" "
                    <span class="meta">{move || so_far.get()}" so far"{move || by_others.get().then(|| format!(", {}", person.get()))}</span>
                </span>
                <Ends line ways/>
            </div>
            <div class="icard__stops"><Stops one=one run=run remover=ways.remover locked=line.no_change now=now/></div>
        </article>
    })
}
