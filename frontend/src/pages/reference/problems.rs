//! Every rule that a problem may name, with a text that breaks it and one that keeps it.

use berth_shared::diagnostics::{Code as Rule, Severity};

use super::Code;
use crate::{components::Prose, prelude::*, site};

const GROUPS: [(Severity, &str, &str, &str); 3] = [
    (Severity::Error, t!("Errors"), "error", "danger"),
    (Severity::Warning, t!("Warnings"), "warning", "warn"),
    (Severity::Hint, t!("Hints"), "hint", "accent"),
];

fn of(severity: Severity) -> impl Iterator<Item = Rule> {
    Rule::ALL.iter().copied().filter(move |rule| rule.severity() == severity)
}

/// Contents and sections.
#[component]
pub(super) fn Problems(
    /// The name of the rule that the address names.
    here: Memo<String>,
) -> impl IntoView {
    let contents = GROUPS
        .iter()
        .map(|(severity, title, ..)| {
            let entries = of(*severity)
                .map(|rule| {
                    let name = rule.name();
                    let current = move || (here.get() == name).then_some("true");
                    view! { <li><a class="ref__entry" href=site::at(&format!("/reference/problems/{name}")) aria-current=current>{name}</a></li> }
                })
                .collect_view();
            view! { <p class="ref__group">{*title}</p><ul role="list">{entries}</ul> }
        })
        .collect_view();
    let sections = GROUPS
        .iter()
        .map(|(severity, title, word, tone)| {
            let rules = of(*severity).map(|rule| section(rule, word, tone, here)).collect_view();
            view! { <h2 class="page__title">{*title}</h2>{rules} }
        })
        .collect_view();
    view! {
        <nav class="ref__contents" aria-label="Problems">{contents}</nav>
        <div class="ref__body">
            <p class="ref__lead">
                "Everything that may be said about a configuration, in the editor and by "<code class="mono">"berth validate"</code>
                ". Errors are what dstack refuses; with warnings and hints a file can be launched."
            </p>
            {sections}
        </div>
    }
}

fn section(rule: Rule, word: &'static str, tone: &'static str, here: Memo<String>) -> impl IntoView {
    let (name, page) = (rule.name(), rule.page());
    let heading = format!("h-{name}");
    let about: Vec<&str> = rule.explanation().split_whitespace().collect();
    view! {
        <section class="ref__item" id=name data-depth="3" aria-labelledby=heading.clone()
            data-here=move || (here.get() == name).then_some("")>
            <div class="ref__line">
                <h3 class="ref__head" id=heading.clone()><a class="ref__link mono" href=site::at(&format!("/reference/problems/{name}"))>{name}</a></h3>
                <span class="tag" data-tone=tone>{word}</span>
            </div>
            <p class="ref__text"><Prose text=format!("{} {}", about.join(" "), page.advice)/></p>
            <div class="ref__pair">
                <figure><figcaption class="meta">"Reported in"</figcaption><Code text=page.bad.shown()/></figure>
                <figure><figcaption class="meta">"Not in"</figcaption><Code text=page.good.shown()/></figure>
            </div>
        </section>
    }
}
