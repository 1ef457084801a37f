//! The regions of one machine, with a price each.

use berth_shared::explore::{GpuKind, MachineId, places};

use super::{detail::basis, shelf::Shelf, using::Using};
use crate::{
    components::{Icon, Price},
    explore::use_this::Pick,
    format::figure,
    prelude::*,
};

/// Rows below a machine's own.
pub(super) fn places_of(
    shelf: Shelf,
    using: Using,
    machine: MachineId,
    kind: Option<GpuKind>,
    newest: Memo<String>,
) -> impl IntoView + use<> {
    let offers = shelf
        .catalogue()
        .map(|catalogue| shelf.view.with(|(view, _)| places(&catalogue, &view.wanted, machine)))
        .unwrap_or_default();
    offers
        .into_iter()
        .map(|offer| {
            let count = offer.gpu.as_ref().map_or(0, |gpu| gpu.count);
            let each = (count > 0).then(|| figure(offer.price / f64::from(count)));
            let kind = kind.clone().zip(offer.gpu.as_ref()).map(|(kind, gpu)| GpuKind {
                memory_gib: Some(gpu.memory_gib),
                ..kind
            });
            let pick = Pick::Offer { offer: Box::new(offer.clone()), kind };
            let (name, region) = (offer.instance_type.clone(), offer.region.clone());
            view! {
                <tr class="explore__place">
                    <td class="explore__type" data-cell="1s"><Icon name="enter"/>{region.clone()}</td>
                    <td></td>
                    <td data-priority="4"></td>
                    <td data-priority="4"></td>
                    <td data-priority="2"></td>
                    <td></td>
                    <td data-num data-cell="1e"><Price offer=offer.clone()/></td>
                    <td data-priority="2" data-num>{each}</td>
                    <td data-cell="2e">
                        <span class="explore__end">
                            {basis(&offer, &newest.get())}
                            <button class="btn" data-kind="quiet" data-size="sm" on:click=move |_| using.write(pick.clone())>
                                "Use"<span class="sr">" "{name}" in "{region}</span>
                            </button>
                        </span>
                    </td>
                </tr>
            }
        })
        .collect_view()
}
