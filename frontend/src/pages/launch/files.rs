//! `files` of a text: they are on the machine of whoever launches, who chooses them here. They are read when the launch sends them.

use berth_shared::{
    api::{CodeAnswer, CodeArchive},
    config::FileMapping,
};
use js_sys::{Array, Object, Reflect};
use leptos::{ev::SubmitEvent, html, task::spawn_local};
use std::collections::BTreeMap;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::{
    desk::{Asking, Desk},
    launching,
};
use crate::{
    api::{self, ApiError},
    components::{Dialog, Icon, Prose, open_while},
    format,
    launch::bringing::{complaint, in_words, named},
    modules,
    prelude::*,
};

/// What somebody chose.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    folder: bool,
    /// The file's or the folder's own name.
    name: String,
    /// Sum of the files' sizes, bytes.
    bytes: u64,
    /// The browser's `File`s.
    files: Array,
}

/// What the text names, as it stands.
fn wanted(desk: Desk) -> Memo<Vec<FileMapping>> {
    Memo::new(move |_| desk.checked.with(|checked| named(checked.configuration.as_ref()).to_vec()))
}

fn is_chosen(chosen: &BTreeMap<String, Chosen>, mapping: &FileMapping) -> bool {
    chosen.get(&mapping.local_path).is_some_and(|chosen| complaint(mapping, chosen.folder).is_none())
}

/// What is to be chosen before the launch.
pub(super) fn missing(desk: Desk) -> Vec<String> {
    desk.checked.with_untracked(|checked| {
        let wanted = named(checked.configuration.as_ref());
        desk.chosen.with_untracked(|chosen| {
            let missing = wanted.iter().filter(|mapping| !is_chosen(chosen, mapping));
            missing.map(|mapping| mapping.local_path.clone()).collect()
        })
    })
}

/// The button that says what is to be chosen.
#[component]
pub(super) fn FilesButton(desk: Desk) -> impl IntoView {
    let wanted = wanted(desk);
    let words = move || {
        wanted.with(|wanted| {
            desk.chosen.with(|chosen| {
                let mut missing = wanted.iter().filter(|mapping| !is_chosen(chosen, mapping));
                let first = missing.next();
                let count = usize::from(first.is_some()) + missing.count();
                in_words(first.map(|mapping| mapping.local_path.as_str()), count, wanted.len())
            })
        })
    };
    view! {
        <Show when=move || wanted.with(|wanted| !wanted.is_empty())>
            <button class="btn launchbar__vars" aria-haspopup="dialog" on:click=move |_| desk.choosing.set(Some(Asking::Later))>
                <Icon name="file"/>
                {words}
                " "<Icon name="down"/>
            </button>
        </Show>
    }
}

/// The dialog in which they are chosen.
#[component]
pub(super) fn FilesDialog(desk: Desk) -> impl IntoView {
    let open = open_while(desk.choosing);
    let wanted = wanted(desk);
    let launch = launching::launcher(desk);
    let to_launch = move || desk.choosing.get() == Some(Asking::ToLaunch);
    let lacking = move || {
        wanted.with(|wanted| {
            desk.chosen.with(|chosen| !wanted.iter().all(|mapping| is_chosen(chosen, mapping)))
        })
    };
    let done = move |event: SubmitEvent| {
        event.prevent_default();
        let to_launch = desk.choosing.get_untracked() == Some(Asking::ToLaunch);
        desk.choosing.set(None);
        if to_launch {
            launch();
        }
    };
    view! {
        <Dialog open title="Files">
            <form class="values" on:submit=done>
                <p class="dialog__text">
                    "The text names these on the machine of whoever launches. They are read and sent when the launch begins; of a folder all that is in it, but "
                    <code class="mono">".git"</code>"."
                </p>
                <ul class="brings" role="list">
                    <For each=move || wanted.get() key=|mapping| (mapping.local_path.clone(), mapping.path.clone()) let:mapping>
                        <Pick desk mapping/>
                    </For>
                </ul>
                <div class="dialog__actions">
                    <button class="btn" type="button" on:click=move |_| desk.choosing.set(None)>"Cancel"</button>
                    <button class="btn" data-kind="primary" type="submit" disabled=move || to_launch() && lacking()>
                        {move || if to_launch() { t!("Launch") } else { t!("Use for this launch") }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// One of them: what it is called, where it goes, what was chosen.
#[component]
fn Pick(desk: Desk, mapping: FileMapping) -> impl IntoView {
    let FileMapping { local_path, path } = mapping.clone();
    let key = local_path.clone();
    let broken = RwSignal::new(None::<String>);
    let chosen = Memo::new_with_compare(
        {
            let key = key.clone();
            move |_| {
                desk.chosen.with(|chosen| {
                    chosen.get(&key).map(|one| (one.folder, one.name.clone(), one.files.length(), one.bytes))
                })
            }
        },
        |a, b| a != b,
    );
    let told = move || match chosen.get() {
        None => t!("Not chosen yet").to_owned(),
        Some((false, name, _, bytes)) => tf!("{name}, {}", format::bytes(bytes)),
        Some((true, name, 1, bytes)) => tf!("{name}: 1 file, {}", format::bytes(bytes)),
        Some((true, name, count, bytes)) => {
            tf!("{name}: {} files, {}", format::grouped(u64::from(count)), format::bytes(bytes))
        }
    };
    let wrong = Signal::derive({
        let mapping = mapping.clone();
        move || {
            broken.get().or_else(|| complaint(&mapping, chosen.get()?.0)).map(|why| format::capitalised(&why))
        }
    });
    let take = Callback::new(move |(folder, input): (bool, web_sys::HtmlInputElement)| {
        let key = key.clone();
        broken.set(None);
        spawn_local(async move {
            match picked(folder, &input).await {
                Ok(Some(one)) => {
                    desk.chosen.try_update(|chosen| drop(chosen.insert(key, one))).unwrap_or_default()
                }
                Ok(None) => {}
                Err(why) => drop(broken.try_set(Some(why))),
            }
            // The same can be chosen again.
            input.set_value("");
        });
    });
    view! {
        <li class="bring" data-chosen=move || chosen.with(Option::is_some).then_some("")>
            <p class="bring__name">
                <span class="mono">{local_path.clone()}</span>
                <span class="meta">" to "</span>
                <span class="mono">{if path.is_empty() { ".".to_owned() } else { path }}</span>
            </p>
            <p class="bring__told meta" role="status">{told}</p>
            <div class="bring__ways">
                <Way folder=false of=local_path.clone() take/>
                <Way folder=true of=local_path take/>
            </div>
            <p class="field__error" role="alert" hidden=move || wrong.with(Option::is_none)>
                <Icon name="error"/>
                <span><Prose text=Signal::derive(move || wrong.get().unwrap_or_default())/></span>
            </p>
        </li>
    }
}

/// A way to choose: a file, or a folder.
#[component]
fn Way(folder: bool, of: String, take: Callback<(bool, web_sys::HtmlInputElement)>) -> impl IntoView {
    let node = NodeRef::<html::Input>::new();
    let (word, label) = match folder {
        true => (t!("Choose a folder"), tf!("Choose a folder for {of}")),
        false => (t!("Choose a file"), tf!("Choose a file for {of}")),
    };
    view! {
        <label class="btn" data-size="sm">
            {word}
            <input class="sr" type="file" node_ref=node aria-label=label prop:webkitdirectory=folder
                on:change=move |_| if let Some(input) = node.get_untracked() { take.run((folder, input)) }/>
        </label>
    }
}

/// What an input holds; `None` = nothing. A folder in which nothing is left is told.
async fn picked(folder: bool, input: &web_sys::HtmlInputElement) -> Result<Option<Chosen>, String> {
    let Some(list) = input.files().filter(|list| list.length() > 0) else { return Ok(None) };
    if !folder {
        let file = JsValue::from(list.item(0));
        let (name, bytes) = (text(&file, "name"), number(&file, "size"));
        return Ok(Some(Chosen { folder, name, bytes, files: Array::of1(&file) }));
    }
    let module = modules::load("archive").await?;
    let found = modules::function(&module, "below")?.call1(&JsValue::NULL, &list).map_err(|_| unable())?;
    let files: Array = Reflect::get(&found, &"files".into())
        .ok()
        .and_then(|files| files.dyn_into().ok())
        .ok_or_else(unable)?;
    let name = text(&found, "name");
    if files.length() == 0 {
        return Err(tf!("nothing of `{name}` would be brought: it has nothing but a `.git`"));
    }
    Ok(Some(Chosen { folder, name, bytes: number(&found, "bytes"), files }))
}

/// What is to be sent, as `js/archive.js` takes it.
pub(super) fn entries(desk: Desk, files: &[FileMapping]) -> Array {
    desk.chosen.with_untracked(|chosen| {
        let entry = |mapping: &FileMapping| {
            let entry = Object::new();
            let one = chosen.get(&mapping.local_path);
            let files = one.map_or_else(Array::new, |one| one.files.clone());
            // Neither is ever refused by an object of one's own.
            let _ = Reflect::set(&entry, &"folder".into(), &one.is_some_and(|one| one.folder).into());
            let _ = Reflect::set(&entry, &"files".into(), &files);
            entry
        };
        files.iter().map(entry).collect()
    })
}

/// Why nothing was sent.
pub(super) enum Unsent {
    Server(ApiError),
    /// A sentence.
    Here(String),
}

impl From<ApiError> for Unsent {
    fn from(error: ApiError) -> Self {
        Self::Server(error)
    }
}

/// Makes an archive of what was chosen, and has the server have it.
pub(super) async fn send(entries: &Array) -> Result<CodeArchive, Unsent> {
    let CodeAnswer { limit, .. } = api::get("/api/v1/code").await?;
    let made = make(entries, limit).await.map_err(Unsent::Here)?;
    let archive = CodeArchive {
        sha256: text(&made, "sha256"),
        size: number(&made, "size"),
        files: number(&made, "files"),
        entries: number(&made, "entries"),
        bytes: number(&made, "bytes"),
        ..CodeArchive::default()
    };
    let body =
        Reflect::get(&made, &"body".into()).ok().and_then(|body| body.dyn_into::<web_sys::Blob>().ok());
    let body = body.ok_or_else(|| Unsent::Here(sentence(&unable())))?;
    let answer: CodeAnswer = api::get(&format!("/api/v1/code?sha256={}", archive.sha256)).await?;
    if !answer.there {
        api::put_blob(&format!("/api/v1/code/{}", archive.sha256), "application/gzip", &body).await?;
    }
    Ok(archive)
}

/// The archive; a sentence when there is none.
async fn make(entries: &Array, limit: u64) -> Result<JsValue, String> {
    let module = modules::load("archive").await.map_err(|why| sentence(&why))?;
    let make = modules::function(&module, "archive").map_err(|why| sentence(&why))?;
    let promise = make.call2(&JsValue::NULL, entries, &JsValue::from_f64(limit as f64));
    let promise = promise
        .ok()
        .and_then(|value| value.dyn_into::<js_sys::Promise>().ok())
        .ok_or_else(|| sentence(&unable()))?;
    JsFuture::from(promise).await.map_err(|error| match text(&error, "what").as_str() {
        "unreadable" => tf!(
            "`{}` cannot be read: it was changed, moved or removed since it was chosen. Choose it again.",
            text(&error, "name")
        ),
        "large" => tf!(
            "What `files` names is too large: the server takes at most {}, compressed.",
            format::bytes(limit)
        ),
        _ => sentence(&unable()),
    })
}

fn unable() -> String {
    t!("this browser cannot pack files").to_owned()
}

fn sentence(why: &str) -> String {
    format!("{}.", format::capitalised(why))
}

fn text(of: &JsValue, name: &str) -> String {
    Reflect::get(of, &name.into()).ok().and_then(|value| value.as_string()).unwrap_or_default()
}

fn number(of: &JsValue, name: &str) -> u64 {
    Reflect::get(of, &name.into()).ok().and_then(|value| value.as_f64()).unwrap_or_default() as u64
}
