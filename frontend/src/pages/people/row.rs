//! One person in the table.

use super::{Crowd, role::RolePick};
use crate::{
    components::{Avatar, Icon, Tag},
    format,
    live::use_live,
    pages::team::{is_billed, rate_of},
    permissions::last_admin,
    prelude::*,
};

/// How many instances somebody has, and what those cost, US dollars an hour.
pub(super) fn running(name: &str) -> (usize, f64) {
    let all = use_live().instances.all();
    let own = all.into_iter().filter(|one| one.owner == name).collect::<Vec<_>>();
    (own.len(), rate_of(&own, is_billed))
}

/// A row that redraws only what changes in it.
#[component]
pub(super) fn Row(crowd: Crowd, name: String) -> impl IntoView {
    let live = use_live();
    let called = StoredValue::new(name.clone());
    let person = Memo::new(move |_| called.with_value(|name| crowd.person(name)));
    let is_reader = Memo::new(move |_| {
        live.user.with(|user| user.as_ref().is_some_and(|user| called.with_value(|name| *name == user.name)))
    });
    let seen_at =
        Memo::new(move |_| person.with(|person| person.as_ref().and_then(|person| person.last_seen_at)));
    let seen =
        move || seen_at.get().map_or_else(|| t!("not yet").to_owned(), |at| format::ago(at, live.now.get()));
    let since = move || {
        person.with(|person| {
            person.as_ref().map(|person| tf!("Here since {}", format::exact(person.created_at)))
        })
    };
    let by =
        Memo::new(move |_| match person.with(|person| person.as_ref().map(|person| person.has_password)) {
            Some(true) => "password",
            Some(false) => t!("links only"),
            None => "",
        });
    let has = Memo::new(move |_| called.with_value(|name| running(name)));
    let rate = move || match has.get() {
        (0, _) => "–".to_owned(),
        (_, rate) => format::rate(rate),
    };
    let narrow = move || {
        let has = match has.get() {
            (0, _) => String::new(),
            (1, rate) => tf!(", 1 instance at {}/h", format::rate(rate)),
            (count, rate) => tf!(", {count} instances at {}/h", format::rate(rate)),
        };
        format!(
            "{}, {}{has}",
            seen_at.get().map_or_else(
                || t!("not seen yet").to_owned(),
                |at| tf!("seen {}", format::ago(at, live.now.get()))
            ),
            by.get()
        )
    };
    let last = Memo::new(move |_| {
        called
            .with_value(|name| {
                crowd.known.all.with(|all| last_admin(all.as_deref().unwrap_or_default(), name))
            })
            .map(|why| format::capitalised(&why))
    });
    let kept = Memo::new(move |_| crowd.refused.get().or_else(|| last.get()));
    let label = move |what: &str| format!("{what} {}", called.get_value());
    view! {
        <tr role="row">
            <td role="cell" data-cell="1s">
                <span class="person" title=since>
                    <Avatar name=name.clone()/>
                    <span class="table__strong person__name">{name}</span>
                    <Show when=move || is_reader.get()><Tag tone="accent">"you"</Tag></Show>
                    <Show when=move || last.with(Option::is_some)><span class="tag" title=move || last.get()>"only admin"</span></Show>
                </span>
                <span class="table__sub" data-only="phone">{narrow}</span>
            </td>
            <td role="cell" data-cell="1e"><RolePick crowd person why=kept/></td>
            <td role="cell" data-priority="2"><time class="meta" title=move || seen_at.get().map(format::exact)>{seen}</time></td>
            <td role="cell" data-priority="3"><span class="meta">{move || by.get()}</span></td>
            <td role="cell" data-priority="3" data-num="">{move || has.get().0}</td>
            <td role="cell" data-priority="2" data-num="">{rate}</td>
            <td role="cell" data-cell="2e" data-num=""><span class="rowactions">
                <button class="btn" data-kind="quiet" data-size="sm" aria-haspopup="dialog" aria-label=label(t!("New link for"))
                    disabled=move || crowd.refused.with(Option::is_some) title=move || crowd.refused.get().unwrap_or_else(|| label(t!("New link for")))
                    on:click=move |_| crowd.linking.set(Some(called.get_value()))><Icon name="key"/>"New link"</button>
                <button class="btn" data-kind="quiet" data-icon="" data-size="sm" aria-haspopup="dialog" aria-label=label(t!("Remove"))
                    disabled=move || kept.with(Option::is_some) title=move || kept.get().unwrap_or_else(|| label(t!("Remove")))
                    on:click=move |_| crowd.removing.set(Some(called.get_value()))><Icon name="trash"/></button>
            </span></td>
        </tr>
    }
}
