//! A notice within a page.

use super::Icon;
use crate::prelude::*;

/// A line that says how something stands, with the icon of its tone.
#[component]
pub fn Notice(
    /// `accent`, `warn` or `danger`; a plain one when absent.
    #[prop(optional)]
    tone: Option<&'static str>,
    /// Whether it is said aloud as soon as it is there.
    #[prop(optional)]
    alert: bool,
    /// Whether it goes from edge to edge of its panel.
    #[prop(optional)]
    bleed: bool,
    /// What it says.
    children: Children,
) -> impl IntoView {
    let icon = match tone {
        Some("danger") => "error",
        Some("warn") => "warn",
        Some(_) => "check",
        None => "hint",
    };
    view! {
        <div class="notice" data-tone=tone data-bleed=bleed.then_some("") role=alert.then_some("alert")>
            <Icon name=icon/><span class="notice__text">{children()}</span>
        </div>
    }
}
