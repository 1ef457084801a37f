//! One filter: a word and its values.

use crate::prelude::*;

/// A value: its word in the address, and for people.
pub type Value = (String, String);

/// A filter of one value, "" = any.
#[component]
pub fn Choice(
    /// What is chosen.
    label: &'static str,
    /// How "" reads.
    any: &'static str,
    /// The values, with the title of the group that they stand in ("" = none).
    #[prop(into)]
    groups: Signal<Vec<(String, Vec<Value>)>>,
    /// The present value.
    #[prop(into)]
    chosen: Signal<String>,
    /// Takes the new one.
    choose: impl Fn(String) + Copy + 'static,
) -> impl IntoView {
    let option = move |(value, word): Value| {
        let this = value.clone();
        view! { <option value=value prop:selected=move || chosen.get() == this>{word}</option> }
    };
    let options = move || {
        let mut groups = groups.get();
        // An address may name a value that stands in no list.
        let now = chosen.get();
        let known =
            now.is_empty() || groups.iter().any(|(_, values)| values.iter().any(|(value, _)| *value == now));
        if !known {
            groups.insert(0, (String::new(), vec![(now.clone(), now)]));
        }
        groups
            .into_iter()
            .map(|(title, values)| {
                let values = values.into_iter().map(option).collect_view();
                if title.is_empty() {
                    values.into_any()
                } else {
                    view! { <optgroup label=title>{values}</optgroup> }.into_any()
                }
            })
            .collect_view()
    };
    view! {
        <label class="pick" data-set=move || (!chosen.get().is_empty()).then_some("")>
            <span class="pick__key">{label}</span>
            <select class="pick__select" aria-label=label on:change:target=move |event| choose(event.target().value())>
                <option value="" prop:selected=move || chosen.get().is_empty()>{any}</option>
                {options}
            </select>
        </label>
    }
}
