//! The list of keys.

use super::super::{Button, Dialog};
use crate::{browser, palette::keys::PAGES, prelude::*, site};

/// The dialog.
#[component]
pub(super) fn Shortcuts(open: RwSignal<bool>) -> impl IntoView {
    let mac = browser::is_mac();
    let command = if mac { "⌘" } else { "Ctrl" };
    let everywhere = [
        (vec![command, "K"], t!("Search, and do something")),
        (vec!["?"], t!("This list")),
        (vec!["/"], t!("Into the page’s search")),
        (vec![command, "↵"], t!("Launch, on the page Launch")),
        (vec!["F6"], t!("Out of a terminal")),
        (vec!["Esc"], t!("Close what is open")),
    ];
    let row = |keys: Vec<String>, what: String| {
        let keys = keys.into_iter().map(|key| view! { <kbd class="kbd">{key}</kbd>" " }).collect_view();
        view! { <dt>{keys}</dt><dd>{what}</dd> }
    };
    let general = move || {
        everywhere
            .iter()
            .map(|(keys, what)| row(keys.iter().map(|key| (*key).to_owned()).collect(), (*what).to_owned()))
            .collect_view()
    };
    let pages = move || {
        PAGES
            .iter()
            .filter(|page| site::has_server() || !page.server)
            .map(|page| {
                row(vec!["G".to_owned(), page.key.to_ascii_uppercase().to_string()], page.name.to_owned())
            })
            .collect_view()
    };
    view! {
        <Dialog open=open title=t!("Keys").to_owned()>
            <div class="keylist">
                <dl class="facts">{general}</dl>
                <dl class="facts">{pages}</dl>
            </div>
            <div class="dialog__actions"><Button press=move |()| open.set(false)>"Close"</Button></div>
        </Dialog>
    }
}
