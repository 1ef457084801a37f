//! Changes limits.

use berth_shared::api::{Limited, Limits};
use leptos::{ev::SubmitEvent, task::spawn_local};

use super::{Board, Whose};
use crate::{
    api,
    components::{Dialog, Icon, Prose, Tone, toaster},
    format,
    limits::{ALL, field, read},
    prelude::*,
};

/// The dialog.
#[component]
pub(super) fn EditDialog(board: Board) -> impl IntoView {
    let open = RwSignal::new(false);
    let editing = board.editing;
    Effect::new(move |_| open.set(editing.with(Option::is_some)));
    Effect::new(move |_| {
        if !open.get() && editing.with_untracked(Option::is_some) {
            editing.set(None);
        }
    });
    let title = Signal::derive(move || {
        editing
            .with(|whose| whose.as_ref().map_or_else(String::new, |whose| tf!("Limits of {}", whose.words())))
    });
    view! {
        <Dialog open=open title=title>
            // Made anew with each opening: the figures are those of the moment.
            {move || editing.get().map(|whose| view! { <Form board whose/> })}
        </Dialog>
    }
}

/// What counts now for whomever it is about.
fn present(board: Board, whose: &Whose) -> Limits {
    board
        .asked
        .answer
        .with_untracked(|all| {
            let all = all.as_ref()?;
            Some(match whose {
                Whose::Project => all.project.limits.clone(),
                Whose::Everybody => all.everybody.clone(),
                Whose::Person(name) => {
                    all.people.iter().find(|one| one.person.as_ref() == Some(name))?.limits.clone()
                }
            })
        })
        .unwrap_or_default()
}

#[component]
fn Form(board: Board, whose: Whose) -> impl IntoView {
    let say = toaster();
    let now = present(board, &whose);
    let fields = RwSignal::new(ALL.map(|(what, ..)| field(&now, what)));
    let wrong = RwSignal::new(None::<(Option<Limited>, String)>);
    let busy = RwSignal::new(false);
    let purpose = match &whose {
        Whose::Project => t!("All people together may have and spend no more than this.").to_owned(),
        Whose::Everybody => {
            t!("Each person for whom nothing else is set may have and spend no more than this.").to_owned()
        }
        Whose::Person(name) => tf!("These count for {name} in place of everybody’s, each of them."),
    };
    let set = move |event: SubmitEvent| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        let limits = match fields.with_untracked(read) {
            Ok(limits) => limits,
            Err((what, why)) => return wrong.set(Some((Some(what), why))),
        };
        busy.set(true);
        wrong.set(None);
        let whose = whose.clone();
        spawn_local(async move {
            let answer = api::put(&whose.path(), &limits).await;
            busy.try_set(false);
            match answer {
                Ok(()) => {
                    board.editing.try_set(None);
                    say(Tone::Done, tf!("The limits of {} are set.", whose.words()));
                }
                Err(error) => drop(wrong.try_set(Some((None, format::capitalised(&error.to_string()))))),
            }
            board.asked.ask();
        });
    };
    let input = move |at: usize, (what, label, unit): (Limited, &'static str, &'static str)| {
        let invalid = move || {
            wrong
                .with(|wrong| wrong.as_ref().is_some_and(|(field, _)| *field == Some(what)))
                .then_some("true")
        };
        let (id, hint) = (format!("limit-{at}-field"), format!("limit-{at}"));
        view! {
            <div class="field">
                <label class="field__label" for=id.clone()>{label}</label>
                <input class="input" id=id inputmode="decimal" autocomplete="off" placeholder="no limit" aria-describedby=hint.clone() aria-invalid=invalid
                    prop:value=move || fields.with(|fields| fields[at].clone())
                    on:input:target=move |event| { let value = event.target().value(); fields.update(|fields| fields[at] = value); wrong.set(None); }/>
                <span class="field__hint" id=hint>{unit}</span>
            </div>
        }
    };
    view! {
        <form class="values" on:submit=set>
            <p class="dialog__text">{purpose}" An empty field is no limit."</p>
            <div class="limits__fields">{ALL.into_iter().enumerate().map(|(at, row)| input(at, row)).collect_view()}</div>
            {move || wrong.get().map(|(_, why)| view! { <p class="field__error" role="alert"><Icon name="error"/><span><Prose text=why/></span></p> })}
            <div class="dialog__actions">
                <button class="btn" type="button" on:click=move |_| board.editing.set(None)>"Cancel"</button>
                <button class="btn" data-kind="primary" type="submit" aria-busy=move || busy.get().to_string()>{move || if busy.get() { t!("Setting…") } else { t!("Set") }}</button>
            </div>
        </form>
    }
}
