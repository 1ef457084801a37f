//! A field of a form: its label, its hint, what is wrong with it.

use super::{Icon, Prose};
use crate::prelude::*;

/// A field with its label; the control is its child.
#[component]
pub fn Field(
    /// What it is called.
    label: &'static str,
    /// What it should be like.
    #[prop(optional, into)]
    hint: Option<Signal<String>>,
    /// The control.
    children: Children,
) -> impl IntoView {
    view! {
        <label class="field">
            <span class="field__label">{label}</span>
            {children()}
            {hint.map(|hint| view! { <span class="field__hint">{move || hint.get()}</span> })}
        </label>
    }
}

/// What is wrong with what was entered; nothing while nothing is.
#[component]
pub fn Wrong(
    /// The complaint, where there is one.
    #[prop(into)]
    why: Signal<Option<String>>,
) -> impl IntoView {
    move || {
        why.get().map(|why| view! { <p class="field__error" role="alert"><Icon name="error"/><span><Prose text=why/></span></p> })
    }
}
