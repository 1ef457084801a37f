//! Every key, with its meaning, type, default and an example.

use berth_shared::schema::{Dialect, Field, fields, keys, newer};

use super::Code;
use crate::{
    components::{Prose, Tag},
    prelude::*,
    site,
};

/// Contents and sections.
#[component]
pub(super) fn Keys(
    /// The path of the key that the address names.
    here: Memo<String>,
) -> impl IntoView {
    let contents = keys("", Dialect::V0_18).map(|field| entry(field, here)).collect_view();
    let sections = fields(Dialect::V0_18).map(|field| section(field, here)).collect_view();
    let newer = newer()
        .map(|field| {
            view! {
                <dt><code class="mono">{field.path}</code></dt>
                <dd><Prose text=field.doc.to_owned()/></dd>
            }
        })
        .collect_view();
    view! {
        <nav class="ref__contents" aria-label="Keys">
            <ul role="list">
                {contents}
                <li><a class="ref__entry" href=site::at("/reference/newer")>"newer keys"</a></li>
            </ul>
        </nav>
        <div class="ref__body">
            <p class="ref__lead">
                "A "<code class="mono">".dstack.yml"</code>" of the type "<code class="mono">"dev-environment"</code>
                ", as dstack 0.18 reads it. Editors know the same from "
                <a class="link" href=site::file("/schema/dstack-0.18.json") rel="external">"the JSON Schema"</a>"."
            </p>
            {sections}
            <section class="ref__item" id="newer" aria-labelledby="h-newer">
                <h2 class="ref__head" id="h-newer">"Keys of newer releases"</h2>
                <p class="ref__text">"These came after dstack 0.18. They are known by name; a file that holds one is refused."</p>
                <dl class="facts">{newer}</dl>
            </section>
        </div>
    }
}

/// A key in the contents; those of an object follow it.
fn entry(field: &'static Field, here: Memo<String>) -> impl IntoView {
    let current = move || (here.get() == field.path).then_some("true");
    view! { <li><a class="ref__entry mono" href=site::at(&format!("/reference/{}", field.path)) aria-current=current>{field.path}</a></li> }
}

fn section(field: &'static Field, here: Memo<String>) -> impl IntoView {
    let path = field.path;
    let heading = format!("h-{path}");
    let depth = if field.parent().is_empty() { "2" } else { "3" };
    let link = view! { <a class="ref__link mono" href=site::at(&format!("/reference/{path}"))>{path}</a> };
    // Headings of two levels, so that a screen reader can walk over objects.
    let head = if depth == "2" {
        view! { <h2 class="ref__head" id=heading.clone()>{link}</h2> }.into_any()
    } else {
        view! { <h3 class="ref__head" id=heading.clone()>{link}</h3> }.into_any()
    };
    let values = (!field.values.is_empty()).then(|| {
        let values = field
            .values
            .iter()
            .map(|value| view! { <li><code class="mono">{*value}</code></li> })
            .collect_view();
        view! { <dt>"Values"</dt><dd><ul class="ref__values" role="list">{values}</ul></dd> }
    });
    let default =
        field.default.map(|default| view! { <dt>"Default"</dt><dd><code class="mono">{default}</code></dd> });
    view! {
        <section class="ref__item" id=path data-depth=depth aria-labelledby=heading
            data-here=move || (here.get() == path).then_some("")>
            <div class="ref__line">
                {head}
                {field.required.then(|| view! { <Tag tone="accent">"required"</Tag> })}
            </div>
            <p class="ref__text"><Prose text=field.doc.to_owned()/></p>
            <dl class="facts">
                <dt>"Type"</dt><dd><Prose text=words(field)/></dd>
                {default}
                {values}
            </dl>
            <Code text=field.example_yaml()/>
        </section>
    }
}

fn words(field: &Field) -> String {
    let null = if field.nullable { t!("; `null` is accepted") } else { "" };
    format!("{}{null}", field.kind.words())
}
