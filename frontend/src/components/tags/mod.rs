//! The tags of a run.

use std::collections::BTreeMap;

use crate::{prelude::*, runs, site};

/// A chip for each tag, which leads to the runs that have it, or does what the page has it do.
#[component]
pub fn Tags(
    /// All of them.
    #[prop(into)]
    tags: Signal<BTreeMap<String, String>>,
    /// How many have room; all when absent.
    #[prop(optional)]
    most: Option<usize>,
    /// What happens with a tag that is pressed, its key and its value; without, it is a link.
    #[prop(optional, into)]
    choose: Option<Callback<(String, String)>>,
) -> impl IntoView {
    let chips = move || {
        tags.with(|tags| {
            let most = most.unwrap_or(tags.len());
            let chips = tags.iter().take(most).map(|(key, value)| view! { <li class="tags__one">{chip(key, value, choose)}</li> });
            let more = tags.len().saturating_sub(most);
            let rest = (more > 0).then(|| {
                let rest = tags.iter().skip(most).map(|(key, value)| words(key, value)).collect::<Vec<_>>().join(", ");
                view! { <li class="tags__more" title=rest.clone()>{format!("+{more}")}<span class="sr">{format!(": {rest}")}</span></li> }
            });
            view! { {chips.collect_view()}{rest} }
        })
    };
    view! {
        <Show when=move || tags.with(|tags| !tags.is_empty())>
            <ul class="tags" role="list" aria-label="Tags" data-whole=most.is_none().then_some("")>{chips}</ul>
        </Show>
    }
}

fn chip(key: &str, value: &str, choose: Option<Callback<(String, String)>>) -> AnyView {
    let title = tf!("Show what has the tag {}", words(key, value));
    let (address, said) = (runs::tagged(key, value), value.trim().to_owned());
    // With a value, its key stands before it; a tag may be a key alone.
    let (before, word) =
        if said.is_empty() { (None, key.to_owned()) } else { (Some(format!("{key}: ")), said) };
    let inner = view! {
        {before.map(|key| view! { <span class="chip__key">{key}</span> })}
        <span class="tags__value">{word}</span>
    };
    match choose {
        Some(choose) => {
            let (key, value) = (key.to_owned(), value.to_owned());
            view! { <button type="button" class="chip" title=title on:click=move |_| choose.run((key.clone(), value.clone()))>{inner}</button> }
                .into_any()
        }
        None => view! { <a class="chip" href=site::at(&address) title=title>{inner}</a> }.into_any(),
    }
}

/// A tag as it is said: `team: vision`, or its key alone.
fn words(key: &str, value: &str) -> String {
    match value.trim() {
        "" => key.to_owned(),
        value => format!("{key}: {value}"),
    }
}
