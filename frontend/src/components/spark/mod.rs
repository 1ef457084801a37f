//! A small chart of one figure over time.

use crate::prelude::*;

/// A line with its area over a base, 0 to 1 from foot to top, equally spaced, oldest first.
#[component]
pub fn Spark(
    /// The shares.
    #[prop(into)]
    shares: Signal<Vec<f64>>,
    /// What it shows, for those who do not see it.
    #[prop(into)]
    label: Signal<String>,
    /// `lg` or `sm`.
    #[prop(optional)]
    size: Option<&'static str>,
    /// `waste` for what is paid for and not used.
    #[prop(optional, into)]
    tone: Signal<Option<&'static str>>,
) -> impl IntoView {
    let line = Memo::new(move |_| shares.with(|shares| path(shares)));
    let area = move || {
        let line = line.get();
        if line.is_empty() { line } else { format!("{line}L100 40L0 40z") }
    };
    view! {
        <svg class="spark" data-size=size data-tone=move || tone.get() viewBox="0 0 100 40" preserveAspectRatio="none" role="img" aria-label=move || label.get()>
            <path class="spark__area" d=area></path>
            <path class="spark__line" d=move || line.get()></path>
            <path class="spark__base" d="M0 40H100"></path>
        </svg>
    }
}

fn path(shares: &[f64]) -> String {
    use std::fmt::Write;
    let step = 100.0 / shares.len().saturating_sub(1).max(1) as f64;
    let mut path = String::new();
    for (index, share) in shares.iter().enumerate() {
        let letter = if index == 0 { 'M' } else { 'L' };
        let _ = write!(path, "{letter}{:.1} {:.1}", index as f64 * step, 40.0 - 38.0 * share.clamp(0.0, 1.0));
    }
    // A single one is level: a slope would be made up.
    if let [share] = shares {
        let _ = write!(path, "L100.0 {:.1}", 40.0 - 38.0 * share.clamp(0.0, 1.0));
    }
    path
}
