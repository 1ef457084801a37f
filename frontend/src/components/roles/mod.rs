//! Roles: as a choice, and what each may do.

use berth_shared::api::Role;

use super::Icon;
use crate::{format, permissions, prelude::*};

/// The options of a `<select>` of roles, from `least` to `most`.
#[component]
pub fn RoleOptions(
    /// The one that is chosen.
    chosen: Signal<Option<Role>>,
    /// The highest that can be chosen.
    #[prop(default = Role::Admin)]
    most: Role,
    /// The lowest that can be chosen.
    #[prop(default = Role::Guest)]
    least: Role,
) -> impl IntoView {
    Role::ALL
        .into_iter()
        .filter(move |role| (least..=most).contains(role))
        .map(|role| {
            view! {
                <option value=role.as_str() prop:selected=move || chosen.get() == Some(role)>
                    {format::capitalised(role.as_str())}
                </option>
            }
        })
        .collect_view()
}

/// What somebody is, as a word of its own.
#[component]
pub fn RoleTag(
    /// Their role.
    role: Role,
) -> impl IntoView {
    view! { <span class="tag">{role.as_str()}</span> }
}

/// What each role may do, from the one policy.
#[component]
pub fn RoleTable(
    /// The reader's own, which stands out.
    #[prop(into)]
    own: Signal<Option<Role>>,
) -> impl IntoView {
    let heads = permissions::SHOWN.map(|role| {
        view! {
            <th scope="col" data-own=move || (own.get() == Some(role)).then_some("")>{format::capitalised(role.as_str())}</th>
        }
    });
    let cell = move |role: Role, may: bool| {
        view! {
            <td data-own=move || (own.get() == Some(role)).then_some("")>
                {if may { view! { <Icon name="check"/> }.into_any() } else { view! { <span aria-hidden="true">"–"</span> }.into_any() }}
                <span class="sr">{if may { t!("yes") } else { t!("no") }}</span>
            </td>
        }
    };
    let row = move |line: permissions::Line| {
        let cells =
            permissions::SHOWN.into_iter().zip(line.may).map(|(role, may)| cell(role, may)).collect_view();
        view! { <tr><th scope="row">{line.what}</th>{cells}</tr> }
    };
    view! {
        <table class="roles" aria-label="What each role may do">
            <thead><tr><td></td>{heads}</tr></thead>
            <tbody>{permissions::lines().into_iter().map(row).collect_view()}</tbody>
        </table>
    }
}
