//! A password that is typed, pasted or filled in.

use crate::{format::lowered, prelude::*};

/// A field for a password, with a button that shows what is in it.
#[component]
pub fn Password(
    /// What it is called.
    label: &'static str,
    /// What a password manager takes it for: `current-password`, `new-password`.
    autocomplete: &'static str,
    /// What is in it.
    value: RwSignal<String>,
    /// What it should be like.
    #[prop(optional, into)]
    hint: Option<Signal<String>>,
    /// Whether it is what was wrong.
    #[prop(optional, into)]
    wrong: Signal<bool>,
    /// The id of the element that says what is wrong.
    #[prop(default = "")]
    error: &'static str,
    /// What its ids begin with, where a page has two for the same.
    #[prop(default = "")]
    key: &'static str,
) -> impl IntoView {
    let shown = RwSignal::new(false);
    let key = if key.is_empty() { autocomplete } else { key };
    let (id, about) = (format!("{key}-field"), format!("{key}-hint"));
    let described = match (hint.is_some(), error) {
        (true, "") => about.clone(),
        (true, error) => format!("{about} {error}"),
        (false, error) => error.to_owned(),
    };
    view! {
        <div class="field">
            <label class="field__label" for=id.clone()>{label}</label>
            <span class="secret">
                <input class="input" id=id.clone() name=autocomplete type=move || if shown.get() { "text" } else { "password" }
                    autocomplete=autocomplete autocapitalize="off" spellcheck="false" prop:value=value
                    on:input:target=move |event| value.set(event.target().value())
                    aria-invalid=move || wrong.get().then_some("true") aria-describedby=(!described.is_empty()).then_some(described)/>
                <button class="btn secret__show" type="button" data-kind="quiet" data-size="sm" aria-controls=id aria-pressed=move || shown.get().to_string()
                    on:click=move |_| shown.update(|shown| *shown = !*shown)>
                    {move || if shown.get() { t!("Hide") } else { t!("Show") }}<span class="sr">" the "{lowered(label)}</span>
                </button>
            </span>
            {hint.map(|hint| view! { <span class="field__hint" id=about>{move || hint.get()}</span> })}
        </div>
    }
}
