//! States of a view: a notice, nothing, not yet, not to be had, not for the reader.

use leptos::prelude::*;

use super::{Theme, row};
use crate::components::{Bone, Button, Failed, Icon, Locked, Notice, Prose, Void};

pub(super) fn notice(_: Theme) -> AnyView {
    view! {
        <Notice>"It ended by itself."</Notice>
        <Notice tone="accent">"This is the token "<b>"laptop"</b>". Copy it now: it is not shown again."</Notice>
        <Notice tone="warn"><Prose text="Its machine does not go yet: `gcp` has not answered for 3 min.".to_owned()/></Notice>
        <Notice tone="danger"><Prose text="Failed. `pip install -r requirements.txt` ended with 1.".to_owned()/></Notice>
    }
    .into_any()
}

pub(super) fn void(_: Theme) -> AnyView {
    view! {
        <div class="panel">
            <Void title="No environment yet".to_owned()>
                <p class="void__text">"Write what you need, see what it costs, and launch it."</p>
                <div class="actions"><Button kind="primary"><Icon name="launch"/>"Launch one"</Button></div>
            </Void>
        </div>
        <div class="panel">
            <Void title="There is no price list".to_owned() tone="danger">
                <p class="void__text">"The server does not answer. It is asked again in 8 s."</p>
            </Void>
        </div>
    }
    .into_any()
}

pub(super) fn bone(_: Theme) -> AnyView {
    view! {
        {row("A word, a line", view! { <Bone width="5rem"/><Bone width="14rem"/> })}
        {row("A number", view! { <span class="gallery__cell"><Bone width="3rem" end=true/></span> })}
    }
    .into_any()
}

pub(super) fn failed(_: Theme) -> AnyView {
    let why = RwSignal::new(Some("the server does not answer".to_owned()));
    view! { <div class="panel" data-clip=""><Failed why what="hosts"/></div> }.into_any()
}

pub(super) fn locked(_: Theme) -> AnyView {
    let why = || Signal::stored(Some("Only a manager or an admin makes pools".to_owned()));
    view! { <div class="actions"><Button disabled=true><Icon name="plus"/>"New pool"</Button><Locked why=why()/></div> }.into_any()
}
