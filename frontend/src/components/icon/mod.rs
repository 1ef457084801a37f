//! Icons and glyphs.

use crate::{
    drawings::{Drawing, all},
    prelude::*,
};

/// The names of all icons.
pub fn icon_names() -> impl Iterator<Item = &'static str> {
    all().filter_map(|drawing| drawing.id.strip_prefix("i-"))
}

/// A 16-px icon: `launch`, `runs`, `stop` … (`drawings.svg` has them all).
#[component]
pub fn Icon(
    /// Its name, without the `i-` of the file.
    name: &'static str,
    /// The class that places it, beside its own.
    #[prop(optional)]
    class: &'static str,
) -> impl IntoView {
    let class = if class.is_empty() { "icon".to_owned() } else { tf!("icon {class}") };
    drawn(class, Drawing::of(&format!("i-{name}")))
}

/// A status's 12-px shape.
#[component]
pub fn Glyph(
    /// Its name, without the `s-` of the file.
    #[prop(into)]
    name: Signal<&'static str>,
    /// The class that places it.
    #[prop(default = "status__glyph")]
    class: &'static str,
) -> impl IntoView {
    let content = move || Drawing::of(&format!("s-{}", name.get())).map_or("", |drawing| drawing.content);
    view! { <svg class=class viewBox="0 0 12 12" aria-hidden="true" inner_html=content></svg> }
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
            {drawn("brand__icon".to_owned(), Drawing::of("brand"))}
            {word.then(|| view! { <span class="brand__word">"Berth"</span> })}
        </span>
    }
}

fn drawn(class: String, drawing: Option<Drawing>) -> impl IntoView {
    let (view, content) = drawing.map_or(("0 0 0 0", ""), |drawing| (drawing.view, drawing.content));
    view! { <svg class=class viewBox=view aria-hidden="true" inner_html=content></svg> }
}
