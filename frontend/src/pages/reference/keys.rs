//! Every key, with its meaning, type, default and an example.

use berth_shared::schema::{Dialect, Field, elsewhere, field, fields, keys};

use super::Code;
use crate::{
    components::{Prose, Segment, Segments, Tag},
    prelude::*,
    site,
};

/// Contents and sections.
#[component]
pub(super) fn Keys(
    /// The path of the key that the address names.
    here: Memo<String>,
    /// Whose keys.
    dialect: Memo<Dialect>,
) -> impl IntoView {
    move || {
        let dialect = dialect.get();
        let contents = keys("", dialect).map(|field| entry(field, here, dialect)).collect_view();
        let sections = fields(dialect).map(|field| section(field, here, dialect)).collect_view();
        let others = elsewhere(dialect)
            .map(|field| {
                view! {
                    <dt><code class="mono">{field.path}</code></dt>
                    <dd><Prose text=field.doc.to_owned()/></dd>
                }
            })
            .collect_view();
        let (id, title, about) = match dialect {
            Dialect::V0_18 => (
                "newer",
                t!("Keys of newer releases"),
                t!(
                    "These came after dstack 0.18. They are known by name; a file that is read as dstack 0.18 and holds one is refused."
                ),
            ),
            Dialect::V0_22 => (
                "older",
                t!("Keys of older releases"),
                t!("dstack 0.18 has these. A file that is read as dstack 0.22 and holds one is refused."),
            ),
        };
        let link = match dialect {
            Dialect::V0_18 => t!("newer keys"),
            Dialect::V0_22 => t!("older keys"),
        };
        let name = dialect.name();
        view! {
            <nav class="ref__contents" aria-label="Keys">
                <ul role="list">
                    {contents}
                    <li><a class="ref__entry" href=address(id, dialect)>{link}</a></li>
                </ul>
            </nav>
            <div class="ref__body">
                <Releases here dialect/>
                <p class="ref__lead">
                    "A "<code class="mono">".dstack.yml"</code>" of the type "<code class="mono">"dev-environment"</code>
                    ", as dstack "{name}" reads it. Editors know the same from "
                    <a class="link" href=site::file(&format!("/schema/dstack-{name}.json")) rel="external">"the JSON Schema"</a>"."
                </p>
                {sections}
                <section class="ref__item" id=id aria-labelledby=format!("h-{id}")>
                    <h2 class="ref__head" id=format!("h-{id}")>{title}</h2>
                    <p class="ref__text">{about}</p>
                    <dl class="facts">{others}</dl>
                </section>
            </div>
        }
    }
}

/// The choice of a release; it stands in the address, and the key stays where that release has it.
#[component]
fn Releases(here: Memo<String>, dialect: Dialect) -> impl IntoView {
    let navigate = site::use_navigate();
    let each = Dialect::ALL.map(|other| {
        let navigate = navigate.clone();
        let choose = move |()| {
            let key = here.get_untracked();
            let key = if field(&key, other).is_some() { key } else { String::new() };
            navigate(&path(&key, other, true), Default::default());
        };
        view! { <Segment chosen=Signal::stored(other == dialect) choose=Callback::new(choose)>{tf!("dstack {}", other.name())}</Segment> }
    });
    view! { <div><Segments label=t!("Release")>{each.collect_view()}</Segments></div> }
}

/// The path of a key in the reference of a dialect, which it names where it has to or is `told` to.
fn path(key: &str, dialect: Dialect, told: bool) -> String {
    let slash = if key.is_empty() { "" } else { "/" };
    let query = match dialect {
        Dialect::V0_18 if !told => String::new(),
        dialect => format!("?dialect={}", dialect.name()),
    };
    format!("/reference{slash}{key}{query}")
}

fn address(key: &str, dialect: Dialect) -> String {
    site::at(&path(key, dialect, false))
}

/// A key in the contents; those of an object follow it.
fn entry(field: &'static Field, here: Memo<String>, dialect: Dialect) -> impl IntoView {
    let current = move || (here.get() == field.path).then_some("true");
    view! { <li><a class="ref__entry mono" href=address(field.path, dialect) aria-current=current>{field.path}</a></li> }
}

fn section(field: &'static Field, here: Memo<String>, dialect: Dialect) -> impl IntoView {
    let path = field.path;
    let heading = format!("h-{path}");
    let depth = if field.parent().is_empty() { "2" } else { "3" };
    let link = view! { <a class="ref__link mono" href=address(path, dialect)>{path}</a> };
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
                {field.only_in().map(|only| view! { <Tag>{only_words(only)}</Tag> })}
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

/// That no other release has a key.
fn only_words(only: Dialect) -> String {
    let name = only.name();
    match only {
        Dialect::V0_18 => tf!("{name} only"),
        Dialect::V0_22 => tf!("since {name}"),
    }
}
