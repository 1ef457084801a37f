//! Who the reader is, and what they may do.

use crate::{
    components::{Avatar, Bone, Icon, RoleTable, Tag, leave},
    format,
    live::use_live,
    permissions,
    prelude::*,
};

/// The panel.
#[component]
pub(super) fn You() -> impl IntoView {
    let live = use_live();
    let name = Memo::new(move |_| live.user.with(|user| user.as_ref().map(|user| user.name.clone())));
    let role = Memo::new(move |_| live.user.with(|user| user.as_ref().map(|user| user.role)));
    let words = move || {
        role.get().map(|role| {
            format!("{} {}.", format::capitalised(permissions::one(role)), permissions::purpose(role))
        })
    };
    let leave = leave();
    view! {
        <section class="panel" id="you" aria-label="You">
            <div class="panel__body you">
                <Avatar name=Signal::derive(move || name.get().unwrap_or_default()) size="lg"/>
                <div class="you__words" aria-busy=move || name.with(Option::is_none).to_string()>
                    <h2 class="you__name">
                        {move || match name.get() {
                            Some(name) => name.into_any(),
                            None => view! { <Bone width="8rem"/> }.into_any(),
                        }}
                        {move || role.get().map(|role| view! { <Tag tone="accent">{format::capitalised(role.as_str())}</Tag> })}
                    </h2>
                    <p class="you__role">{words}</p>
                </div>
                <button class="btn" on:click=move |_| leave()><Icon name="leave"/>"Sign out"</button>
            </div>
            <details class="panel__foot you__more details">
                <summary class="meta">"What each role may do"</summary>
                <RoleTable own=role/>
            </details>
        </section>
    }
}
