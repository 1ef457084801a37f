//! What the plot shows, as a table.

use crate::{
    components::Spot,
    format::{grouped, price},
    launch::figures::Figure,
    prelude::*,
};

/// The figures: as many lines as there are GPUs or sizes, not only those that are drawn.
pub(super) fn figures(head: &'static str, figures: &[Figure], limited: bool) -> impl IntoView + use<> {
    let dollars = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), price);
    let rows = figures
        .iter()
        .map(|figure| {
            view! {
                <tr>
                    <th scope="row">{figure.name.clone()}</th>
                    <td><Spot spot=figure.spot/></td>
                    <td data-num>{grouped(figure.offers as u64)}</td>
                    <td data-num>{dollars(figure.prices.map(|prices| prices.0))}</td>
                    <td data-num>{dollars(figure.prices.map(|prices| prices.1))}</td>
                    {limited.then(|| view! { <td data-num>{grouped(figure.beyond as u64)}</td> })}
                </tr>
            }
        })
        .collect_view();
    view! {
        <div class="plot__table" tabindex="0" role="group" aria-label="Figures of the plot">
            <table class="table" aria-label="Figures of the plot">
                <thead><tr>
                    <th scope="col">{head}</th>
                    <th scope="col">"Kind"</th>
                    <th scope="col" data-num>"Offers"</th>
                    <th scope="col" data-num>"Lowest, $/h"</th>
                    <th scope="col" data-num>"Highest, $/h"</th>
                    {limited.then(|| view! { <th scope="col" data-num>"Above max_price"</th> })}
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}
