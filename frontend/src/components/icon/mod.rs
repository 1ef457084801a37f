//! Icons and glyphs, all from one sprite in the page.

use leptos::prelude::*;

/// The drawings that the others refer to; once, at the root.
#[component]
pub fn Sprite() -> impl IntoView {
    view! { <svg class="sprite" aria-hidden="true" inner_html=include_str!("sprite.svg")></svg> }
}

/// The names of all icons.
pub fn icon_names() -> impl Iterator<Item = &'static str> {
    include_str!("sprite.svg").split("id=\"i-").skip(1).filter_map(|rest| rest.split('"').next())
}

/// A 16-px icon: `launch`, `runs`, `stop` … (`sprite.svg` has them all).
#[component]
pub fn Icon(
    /// Its name, without the `i-` of the sprite.
    name: &'static str,
) -> impl IntoView {
    view! { <svg class="icon" aria-hidden="true"><use href=format!("#i-{name}")/></svg> }
}

/// A status's 12-px shape.
#[component]
pub fn Glyph(
    /// Its name, without the `s-` of the sprite.
    #[prop(into)]
    name: Signal<&'static str>,
    /// The class that places it.
    #[prop(default = "status__glyph")]
    class: &'static str,
) -> impl IntoView {
    view! { <svg class=class aria-hidden="true"><use href=move || format!("#s-{}", name.get())/></svg> }
}

/// Berth's mark, with or without the word.
#[component]
pub fn Mark(
    /// Whether the word stands beside it.
    #[prop(optional)]
    word: bool,
) -> impl IntoView {
    view! {
        <span class="brand">
            <svg class="brand__icon" viewBox="0 0 20 20" aria-hidden="true"><use href="#brand"/></svg>
            {word.then(|| view! { <span class="brand__word">"Berth"</span> })}
        </span>
    }
}
