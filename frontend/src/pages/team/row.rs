//! One instance in the table.

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

/// A row that redraws only what changes in it.
#[component]
pub(super) fn Row(id: InstanceId, ways: Ways) -> impl IntoView {
    let node = NodeRef::<html::Tr>::new();
    let seen = ways.watch.see(id.to_string(), move || node.get().and_then(|row| row.dyn_into().ok()));
    let line = Line::of(id, seen)?;
    let Line { one, run, offer, hardware, now, .. } = line;
    let (status, note, tone, so_far, person) =
        (line.status(), line.note(), line.tone(), line.so_far(), line.person());
    let up = Memo::new(move |_| format::duration(now.get().millis_since(one.with(|one| one.created_at))));
    let pool = Memo::new(move |_| one.with(|one| one.pool.clone()));
    // A link from a run leads to its very machine.
    let meant = window().location().hash().is_ok_and(|hash| hash == format!("#{id}"));
    Effect::new(move |_| {
        if let Some(row) = node.get().filter(|_| meant) {
            row.scroll_into_view();
        }
    });
    let by_others = Memo::new(move |_| ways.lookout.view.with(|view| view.by != By::Person));
    Some(view! {
        <tr data-tone=move || tone.get() id=id.to_string() data-new=meant.then_some("") node_ref=node>
            <td data-cell="1s">
                <Name line class="table__strong"/>
                <span class="table__sub" data-only="narrow">
                    {move || by_others.get().then(|| format!("{}, ", person.get()))}
                    {move || format!("{}, {}, {}", hardware.get(), offer.with(format::machine::place), pool.get())}
                </span>
            </td>
            <td data-cell="1e"><Status status=status note=note/></td>
            <Show when=move || by_others.get()><td data-priority="3">{move || person.get()}</td></Show>
            <td data-priority="4">{move || pool.get()}</td>
            <td data-priority="3">{move || { let offer = offer.get(); view! { <Backend name=format::machine::place(&offer) backend=offer.backend/> } }}</td>
            <td data-priority="3">{move || hardware.get()}</td>
            <Show when=move || ways.crew.tagged.get()><td data-priority="6"><RunTags line ways most=2/></td></Show>
            <td data-priority="2"><Use line watch=ways.watch seen/></td>
            <td data-priority="1" data-num="">{move || view! { <Price offer=offer.get()/> }}</td>
            <td data-num="" data-cell="2e">
                {move || so_far.get()}
                <span class="table__sub" data-only="phone" data-inline="">{move || view! { <Price offer=offer.get() per=true/> }}</span>
            </td>
            <td data-priority="5" data-num="">{move || up.get()}</td>
            <td data-cell="3s"><Stops one=one run=run remover=ways.remover locked=line.no_change now=now/></td>
            <td data-cell="3e"><Ends line ways/></td>
        </tr>
    })
}
