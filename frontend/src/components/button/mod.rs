//! Buttons.

use crate::prelude::*;

/// Something to press. What else belongs on it (`attr:title`, `attr:aria-haspopup`) is passed on.
#[component]
pub fn Button(
    /// `primary`, `quiet`, `danger` or `danger-fill`; a plain one when absent.
    #[prop(optional)]
    kind: Option<&'static str>,
    /// `sm` or `lg`.
    #[prop(optional)]
    size: Option<&'static str>,
    /// Whether it holds an icon alone; then it needs `attr:aria-label`.
    #[prop(optional)]
    icon: bool,
    /// Whether it sends the form that it stands in.
    #[prop(optional)]
    submit: bool,
    /// Whether it cannot be pressed now.
    #[prop(optional, into)]
    disabled: Signal<bool>,
    /// Whether what it does is under way.
    #[prop(optional, into)]
    busy: Signal<bool>,
    /// Whether it is down, where it is one that stays so.
    #[prop(optional, into)]
    pressed: Option<Signal<bool>>,
    /// What it does.
    #[prop(optional, into)]
    press: Option<Callback<()>>,
    /// Its icon and words.
    children: Children,
) -> impl IntoView {
    view! {
        <button class="btn" type=if submit { "submit" } else { "button" } data-kind=kind data-size=size data-icon=icon.then_some("")
            disabled=move || disabled.get() aria-busy=move || busy.get().then_some("true")
            aria-pressed=move || pressed.map(|pressed| pressed.get().to_string())
            on:click=move |_| if let Some(press) = press { press.run(()) }>
            {children()}
        </button>
    }
}
