//! What is pressed, chosen and filled in.

use berth_shared::api::Role;
use leptos::prelude::*;

use super::{Theme, row};
use crate::components::{
    Button, Choice, CopyLine, Field, Icon, Password, RoleOptions, Segment, Segments, Switch, Tab, TabList,
    Wrong,
};

pub(super) fn button(_: Theme) -> AnyView {
    let kinds = [
        (None, "Keep for 1 h"),
        (Some("primary"), "Launch"),
        (Some("quiet"), "Cancel"),
        (Some("danger"), "Remove"),
        (Some("danger-fill"), "Stop"),
    ];
    let all = move |disabled: bool, busy: bool| {
        kinds
            .map(|(kind, word)| match kind {
                Some(kind) => view! { <Button kind disabled busy>{word}</Button> }.into_any(),
                None => view! { <Button disabled busy>{word}</Button> }.into_any(),
            })
            .collect_view()
    };
    let down = RwSignal::new(true);
    let sizes = view! {
        <Button size="sm">"Small"</Button>
        <Button>"Usual"</Button>
        <Button size="lg" kind="primary">"Large"</Button>
    };
    let icons = view! {
        <Button><Icon name="plus"/>"Add"</Button>
        <Button icon=true attr:aria-label="Remove"><Icon name="trash"/></Button>
        <Button icon=true size="sm" kind="quiet" attr:aria-label="Copy"><Icon name="copy"/></Button>
        <Button pressed=down press=move |()| down.update(|down| *down = !*down)>"Stays down"</Button>
    };
    view! {
        {row("Kinds", all(false, false))}
        {row("Not now", all(true, false))}
        {row("Under way", all(false, true))}
        {row("Sizes", sizes)}
        {row("With icons, and one that stays down", icons)}
    }
    .into_any()
}

pub(super) fn segments(_: Theme) -> AnyView {
    let chosen = RwSignal::new("All");
    let options = move |counted: bool| {
        [("All", 12), ("Active", 3), ("Failed", 0)]
            .map(|(word, count)| {
                let is = Signal::derive(move || chosen.get() == word);
                let choose = move |()| chosen.set(word);
                if counted {
                    view! { <Segment chosen=is choose count=count.to_string()>{word}</Segment> }.into_any()
                } else {
                    view! { <Segment chosen=is choose>{word}</Segment> }.into_any()
                }
            })
            .collect_view()
    };
    view! {
        {row("Words", view! { <Segments label="State">{options(false)}</Segments> })}
        {row("With counts", view! { <Segments label="State, counted">{options(true)}</Segments> })}
    }
    .into_any()
}

pub(super) fn switch(_: Theme) -> AnyView {
    let one = |on: bool, disabled: bool, word: &'static str| {
        let on = RwSignal::new(on);
        view! { <Switch on disabled flip=move |()| on.update(|on| *on = !*on)>{word}</Switch> }
    };
    let able = view! { {one(true, false, "Follow")}{one(false, false, "Times")} };
    let locked = view! { {one(true, true, "On")}{one(false, true, "Off")} };
    view! { {row("On and off", able)}{row("Not now", locked)} }.into_any()
}

pub(super) fn choice(_: Theme) -> AnyView {
    let clouds = || {
        let value = |word: &str| (word.to_owned(), word.to_owned());
        vec![
            (String::new(), vec![value("local")]),
            ("Clouds".to_owned(), vec![value("aws"), value("gcp"), value("lambda")]),
        ]
    };
    let one = |chosen: &str| {
        let chosen = RwSignal::new(chosen.to_owned());
        view! { <Choice label="Backend" any="Any" groups=clouds() chosen choose=move |value| chosen.set(value)/> }
    };
    let unknown = one("a-cloud-of-an-old-address");
    view! {
        {row("Any, and one", view! { {one("")}{one("gcp")} })}
        {row("A value that is in no list", unknown)}
    }
    .into_any()
}

pub(super) fn field(_: Theme) -> AnyView {
    let text = |value: &'static str, wrong: bool, disabled: bool| {
        view! { <input class="input" autocomplete="off" prop:value=value placeholder="What stands behind the key" disabled=disabled aria-invalid=wrong.then_some("true")/> }
    };
    let none = Signal::stored(None::<Role>);
    view! {
        <div class="form">
            <Field label="Name">{text("", false, false)}</Field>
            <Field label="Name, filled" hint="Seen by everybody.".to_owned()>{text("laptop", false, false)}</Field>
            <Field label="Name, locked">{text("laptop", false, true)}</Field>
            <Field label="Role"><select class="select"><RoleOptions chosen=none/></select></Field>
            <Field label="Name, wrong">{text("lap top", true, false)}</Field>
            <Wrong why=Some("`lap top` has a space in it: use letters, digits and dashes.".to_owned())/>
            <Field label="Public key"><textarea class="input keys__text" rows="2" placeholder="ssh-ed25519 AAAA… me@laptop"></textarea></Field>
        </div>
    }
    .into_any()
}

pub(super) fn password(Theme(theme): Theme) -> AnyView {
    let keys: [&'static str; 2] =
        if theme == "dark" { ["dark", "dark-wrong"] } else { ["light", "light-wrong"] };
    let hint = || Signal::stored("At least 12 characters.".to_owned());
    view! {
        <div class="form">
            <Password label="Password" autocomplete="new-password" key=keys[0] value=RwSignal::new(String::new()) hint=hint()/>
            <Password label="Password, wrong" autocomplete="new-password" key=keys[1] value=RwSignal::new("short".to_owned())
                hint=hint() wrong=Signal::stored(true)/>
        </div>
    }
    .into_any()
}

pub(super) fn copy_line(_: Theme) -> AnyView {
    view! {
        <CopyLine text="ssh calm-otter@berth.example.org".to_owned() what="SSH command"/>
        <CopyLine text="berth attach calm-otter --with-a-line-that-is-longer-than-any-column-of-this-page-has-room-for-and-is-cut".to_owned()/>
    }
    .into_any()
}

pub(super) fn tabs(Theme(theme): Theme) -> AnyView {
    let keys: [&'static str; 3] = if theme == "dark" {
        ["dark-log", "dark-terminal", "dark-usage"]
    } else {
        ["light-log", "light-terminal", "light-usage"]
    };
    let tabs = [("Log", None), ("Terminal", Some(2_usize)), ("Usage", Some(0))]
        .into_iter()
        .zip(keys)
        .map(|((label, count), key)| Tab { key, label, count: count.map(Signal::stored) })
        .collect();
    let chosen = RwSignal::new(keys[0]);
    let panels = keys
        .map(|key| {
            view! {
                <div role="tabpanel" id=format!("p-{key}") aria-labelledby=format!("t-{key}") hidden=move || chosen.get() != key>
                    <p class="meta">"What belongs to this tab."</p>
                </div>
            }
        })
        .collect_view();
    view! { <TabList label="Work" tabs chosen/>{panels} }.into_any()
}
