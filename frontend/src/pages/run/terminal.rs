//! One terminal: a screen by xterm.js, a WebSocket of its own, and what holds when that falls.

use std::{cell::RefCell, rc::Rc, time::Duration};

use berth_shared::api::{TerminalClientMessage, TerminalId, TerminalServerMessage, TerminalSize};
use leptos::{html, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, closure::Closure, prelude::wasm_bindgen};

use crate::{
    browser,
    components::{Icon, Prose},
    live::{Live, backoff, machine::Connection},
    modules,
    socket::{Socket, SocketEvent},
};

#[wasm_bindgen]
extern "C" {
    /// What `js/terminal.js` makes.
    type Screen;
    #[wasm_bindgen(method)]
    fn write(this: &Screen, bytes: &[u8]);
    #[wasm_bindgen(method)]
    fn reset(this: &Screen);
    #[wasm_bindgen(method)]
    fn focus(this: &Screen);
    #[wasm_bindgen(method)]
    fn cols(this: &Screen) -> u16;
    #[wasm_bindgen(method)]
    fn rows(this: &Screen) -> u16;
    #[wasm_bindgen(method)]
    fn close(this: &Screen);

    /// That module.
    type Module;
    #[wasm_bindgen(method)]
    fn open(
        this: &Module,
        element: &web_sys::HtmlElement,
        label: &str,
        on_input: &Closure<dyn FnMut(Vec<u8>)>,
        on_resize: &Closure<dyn FnMut(u16, u16)>,
    ) -> Screen;
}

/// How a terminal stands.
#[derive(Clone, Debug, PartialEq)]
enum State {
    Loading,
    Attached,
    /// Tries again at this moment of the steady clock.
    Waiting(u64),
    /// The shell ended with this code.
    Exited(i32),
    /// It cannot be had, and why.
    Failed(String),
}

/// For bytes that are typed, and for columns and rows.
type Handlers = (Closure<dyn FnMut(Vec<u8>)>, Closure<dyn FnMut(u16, u16)>);

/// What a terminal holds outside of the reactive world.
#[derive(Default)]
struct Inner {
    screen: Option<Screen>,
    socket: Option<Socket>,
    /// What the screen calls; kept for as long as it does.
    handlers: Option<Handlers>,
    /// Bytes of the terminal's output that the screen has, from its very beginning.
    seen: u64,
    failures: u32,
    generation: u64,
}

#[derive(Clone)]
struct Session {
    path: Rc<str>,
    inner: Rc<RefCell<Inner>>,
    state: RwSignal<State>,
}

impl Session {
    fn connect(&self) {
        let (path, generation) = {
            let mut inner = self.inner.borrow_mut();
            let Some(screen) = &inner.screen else { return };
            let (cols, rows) = (screen.cols(), screen.rows());
            let path = format!("{}?after={}&cols={cols}&rows={rows}", self.path, inner.seen);
            inner.generation += 1;
            (path, inner.generation)
        };
        let session = self.clone();
        let socket = Socket::open(&path, move |event| {
            if session.inner.borrow().generation == generation {
                session.on_event(event);
            }
        });
        match socket {
            Ok(socket) => {
                // Dropped after the borrow: a socket that closes has handlers of its own.
                let old = self.inner.borrow_mut().socket.replace(socket);
                drop(old);
            }
            Err(()) => self.fell(),
        }
    }

    fn on_event(&self, event: SocketEvent) {
        match event {
            SocketEvent::Opened => {}
            SocketEvent::Text(text) => match serde_json::from_str(&text) {
                Ok(TerminalServerMessage::Attached { offset }) => {
                    let mut inner = self.inner.borrow_mut();
                    inner.failures = 0;
                    if offset != inner.seen
                        && let Some(screen) = &inner.screen
                    {
                        screen.reset();
                    }
                    inner.seen = offset;
                    drop(inner);
                    self.state.try_set(State::Attached);
                }
                Ok(TerminalServerMessage::Exited { exit_code }) => {
                    self.end(State::Exited(exit_code));
                }
                Ok(TerminalServerMessage::Failed { message }) => self.end(State::Failed(message)),
                Err(_) => self.end(State::Failed(
                    "The server said something about this terminal that this page does not understand. Load the page again.".to_owned(),
                )),
            },
            SocketEvent::Bytes(bytes) => {
                let mut inner = self.inner.borrow_mut();
                inner.seen += bytes.len() as u64;
                if let Some(screen) = &inner.screen {
                    screen.write(&bytes);
                }
            }
            SocketEvent::Closed => self.fell(),
        }
    }

    /// Nothing more comes over this socket, by the server's word.
    fn end(&self, state: State) {
        self.inner.borrow_mut().generation += 1;
        self.state.try_set(state);
    }

    fn fell(&self) {
        let wait = {
            let mut inner = self.inner.borrow_mut();
            inner.generation += 1;
            inner.failures = inner.failures.saturating_add(1);
            backoff::delay_ms(inner.failures, browser::random())
        };
        self.state.try_set(State::Waiting(browser::steady_millis() + wait));
        let session = self.clone();
        set_timeout(move || session.retry(), Duration::from_millis(wait));
    }

    /// Connects again, if it waits for that.
    fn retry(&self) {
        if matches!(self.state.try_get_untracked(), Some(State::Waiting(_))) {
            self.state.set(State::Loading);
            self.connect();
        }
    }

    fn send_size(&self, cols: u16, rows: u16) {
        let message = TerminalClientMessage::Resize { size: TerminalSize { cols, rows } };
        if let (Some(socket), Ok(text)) = (&self.inner.borrow().socket, serde_json::to_string(&message)) {
            socket.send_text(&text);
        }
    }

    fn send_input(&self, bytes: &[u8]) {
        if self.state.try_get_untracked() == Some(State::Attached)
            && let Some(socket) = &self.inner.borrow().socket
        {
            socket.send_bytes(bytes);
        }
    }

    async fn show(&self, element: web_sys::HtmlElement, label: String) {
        let module = match modules::load("terminal").await {
            Ok(module) => module.unchecked_into::<Module>(),
            Err(why) => {
                self.state.try_set(State::Failed(why));
                return;
            }
        };
        // The reader may have gone meanwhile.
        if self.state.try_get_untracked().is_none() {
            return;
        }
        let on_input = Closure::new({
            let session = self.clone();
            move |bytes: Vec<u8>| session.send_input(&bytes)
        });
        let on_resize = Closure::new({
            let session = self.clone();
            move |cols, rows| session.send_size(cols, rows)
        });
        let screen = module.open(&element, &label, &on_input, &on_resize);
        {
            let mut inner = self.inner.borrow_mut();
            inner.screen = Some(screen);
            inner.handlers = Some((on_input, on_resize));
        }
        self.connect();
    }

    fn close(&self) {
        let (screen, socket, handlers) = {
            let mut inner = self.inner.borrow_mut();
            inner.generation += 1;
            (inner.screen.take(), inner.socket.take(), inner.handlers.take())
        };
        if let Some(screen) = screen {
            screen.close();
        }
        drop((socket, handlers));
    }
}

/// How a shell ended, in words.
fn ending(code: i32) -> String {
    match code {
        0 => "The shell has ended.".to_owned(),
        129..=192 => format!("The shell was ended by signal {}.", code - 128),
        code => format!("The shell has ended with {code}."),
    }
}

/// The terminal.
#[component]
pub(super) fn Terminal(
    name: String,
    id: TerminalId,
    number: usize,
    shown: Signal<bool>,
    alive: Signal<bool>,
    live: Live,
    on_close: Callback<()>,
    on_new: Callback<()>,
) -> impl IntoView {
    let node = NodeRef::<html::Div>::new();
    let state = RwSignal::new(State::Loading);
    let session =
        Session { path: format!("/api/v1/terminals/{name}/{id}").into(), inner: Rc::default(), state };
    let label = format!("Terminal {number} of {name}");
    let held = StoredValue::new_local(session);
    let begun = StoredValue::new(false);
    // The screen is measured when it is made, so it is made when it can be seen.
    Effect::new(move |_| {
        let Some(element) = node.get() else { return };
        if shown.get() && !begun.get_value() {
            begun.set_value(true);
            let (session, label) = (held.get_value(), label.clone());
            request_animation_frame(move || {
                spawn_local(async move { session.show(element.unchecked_into(), label).await });
            });
        }
    });
    Effect::new(move |_| {
        // Who walks along the tabs with the arrow keys stays there.
        let walking = || document().query_selector("[role=tab]:focus-visible").ok().flatten().is_some();
        if shown.get() && state.get() == State::Attached && !walking() {
            held.with_value(|session| {
                if let Some(screen) = &session.inner.borrow().screen {
                    screen.focus();
                }
            });
        }
    });
    // When the stream is back, so is the server.
    Effect::new(move |was: Option<bool>| {
        let is = matches!(live.connection.get(), Connection::Live { .. });
        if is && was == Some(false) {
            held.with_value(Session::retry);
        }
        is
    });
    on_cleanup(move || {
        held.try_with_value(Session::close);
    });

    let retry = move |_| {
        state.set(State::Loading);
        held.with_value(Session::connect);
    };
    let note = Memo::new(move |_| match state.get() {
        State::Attached => None,
        State::Loading => Some("Connecting…".to_owned()),
        State::Waiting(at) => {
            live.now.track();
            let left = at.saturating_sub(browser::steady_millis()).div_ceil(1000);
            Some(format!("Connection lost. What runs in it goes on. Next try in {left} s."))
        }
        State::Exited(code) => Some(ending(code)),
        State::Failed(why) => Some(why),
    });
    let tone = move || match state.get() {
        State::Waiting(_) => Some("warn"),
        State::Failed(_) => Some("danger"),
        _ => None,
    };
    let ended = move || matches!(state.get(), State::Exited(_) | State::Failed(_));
    view! {
        <div class="term" hidden=move || !shown.get()>
            <div class="term__screen" node_ref=node></div>
            <Show when=move || note.get().is_some()>
                <div class="notice term__note" role="status" data-tone=tone>
                    <Icon name="term"/>
                    <span class="notice__text"><Prose text=Signal::derive(move || note.get().unwrap_or_default())/></span>
                    <Show when=move || matches!(state.get(), State::Failed(_)) && alive.get()>
                        <button class="btn" data-size="sm" on:click=retry>"Try again"</button>
                    </Show>
                    <Show when=move || ended() && alive.get()>
                        <button class="btn" data-size="sm" on:click=move |_| on_new.run(())>"New terminal"</button>
                    </Show>
                    <Show when=ended>
                        <button class="btn" data-kind="quiet" data-size="sm" on:click=move |_| on_close.run(())>"Close"</button>
                    </Show>
                </div>
            </Show>
        </div>
    }
}
