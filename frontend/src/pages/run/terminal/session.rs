//! A terminal's screen and its WebSocket, and what holds when that falls.

use std::{cell::RefCell, rc::Rc, time::Duration};

use berth_shared::{
    api::{TerminalClientMessage, TerminalServerMessage, TerminalSize},
    json::from_text,
};
use wasm_bindgen::{JsCast, closure::Closure};

use super::screen::{Module, Screen, Wants};
use crate::{
    browser,
    live::backoff,
    modules,
    prelude::*,
    socket::{Socket, SocketEvent},
};

/// How a terminal stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum State {
    Loading,
    Attached,
    /// Tries again at this moment of the steady clock.
    Waiting(u64),
    /// The shell ended with this code.
    Exited(i32),
    /// It cannot be had, and why.
    Failed(String),
}

/// What a terminal holds outside of the reactive world.
#[derive(Default)]
struct Inner {
    screen: Option<Screen>,
    socket: Option<Socket>,
    wants: Option<Wants>,
    /// Bytes of the terminal's output that the screen has, from its very beginning.
    seen: u64,
    /// Bytes before this one were shown somewhere before.
    old_until: u64,
    /// The size that the server was asked for.
    asked: (u16, u16),
    failures: u32,
    generation: u64,
}

/// Where an address that a program wrote is for the reader.
pub(super) type Leads = Box<dyn Fn(&str) -> String>;

/// What the screen asks of the page, as signals.
#[derive(Clone, Copy)]
pub(super) struct Asks {
    /// How often the reader wanted to look for something.
    pub(super) finding: RwSignal<u32>,
    /// Which place the search has gone to, from 0 on, and how many there are.
    pub(super) found: RwSignal<Option<(i32, u32)>>,
    /// How many lines wait to be pasted.
    pub(super) many_lines: RwSignal<Option<u32>>,
}

impl Asks {
    pub(super) fn new() -> Self {
        Self { finding: RwSignal::new(0), found: RwSignal::new(None), many_lines: RwSignal::new(None) }
    }
}

/// A screen and its socket, and what becomes of them.
#[derive(Clone)]
pub(super) struct Session {
    path: Rc<str>,
    inner: Rc<RefCell<Inner>>,
    pub(super) state: RwSignal<State>,
    pub(super) asks: Asks,
}

impl Session {
    /// Of the terminal at this path, before it is shown.
    pub(super) fn new(path: &str) -> Self {
        Self {
            path: path.into(),
            inner: Rc::default(),
            state: RwSignal::new(State::Loading),
            asks: Asks::new(),
        }
    }

    pub(super) fn connect(&self) {
        let (path, generation) = {
            let mut inner = self.inner.borrow_mut();
            let Some(screen) = &inner.screen else { return };
            let (cols, rows) = (screen.cols(), screen.rows());
            let path = format!("{}?after={}&cols={cols}&rows={rows}", self.path, inner.seen);
            inner.asked = (cols, rows);
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
            SocketEvent::Text(text) => match from_text(&text) {
                Ok(TerminalServerMessage::Attached { offset, seen }) => self.attached(offset, seen),
                Ok(TerminalServerMessage::Exited { exit_code }) => {
                    self.end(State::Exited(exit_code));
                }
                Ok(TerminalServerMessage::Failed { message }) => self.end(State::Failed(message)),
                Err(_) => self.end(State::Failed(
                    t!("The server said something about this terminal that this page does not understand. Load the page again.").to_owned(),
                )),
            },
            SocketEvent::Bytes(bytes) => {
                let old = {
                    let mut inner = self.inner.borrow_mut();
                    let old = inner.old_until.saturating_sub(inner.seen);
                    inner.seen += bytes.len() as u64;
                    usize::try_from(old).unwrap_or(usize::MAX)
                };
                let (old, new) = bytes.split_at(old.min(bytes.len()));
                for (bytes, is_old) in [(old, true), (new, false)] {
                    if !bytes.is_empty() {
                        self.with_screen(|screen| screen.write(bytes, is_old));
                    }
                }
            }
            SocketEvent::Closed => self.fell(),
        }
    }

    /// The bytes that come begin at `offset`, and those before `seen` were shown somewhere before.
    fn attached(&self, offset: u64, seen: u64) {
        let (asked, before) = {
            let mut inner = self.inner.borrow_mut();
            inner.failures = 0;
            inner.old_until = seen;
            (inner.asked, std::mem::replace(&mut inner.seen, offset))
        };
        let look = |screen: &Screen| {
            if offset != before {
                screen.reset();
            }
            (screen.cols(), screen.rows())
        };
        let Some(size) = self.with_screen(look) else { return };
        self.state.try_set(State::Attached);
        if size != asked {
            self.send_size(size.0, size.1);
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
    pub(super) fn retry(&self) {
        if matches!(self.state.try_get_untracked(), Some(State::Waiting(_))) {
            self.state.set(State::Loading);
            self.connect();
        }
    }

    /// Before it is attached, the size goes with the address; after the shell's end nobody asks for it.
    fn send_size(&self, cols: u16, rows: u16) {
        self.send(&TerminalClientMessage::Resize { size: TerminalSize { cols, rows } });
    }

    /// Says how far the screen is, so that the server does not run away from it.
    fn send_shown(&self, behind: u32) {
        let offset = self.inner.borrow().seen.saturating_sub(u64::from(behind));
        self.send(&TerminalClientMessage::Shown { offset });
    }

    fn send(&self, message: &TerminalClientMessage) {
        if self.state.try_get_untracked() == Some(State::Attached)
            && let (Some(socket), Ok(text)) = (&self.inner.borrow().socket, serde_json::to_string(message))
        {
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

    pub(super) async fn show(&self, element: web_sys::HtmlElement, label: String, leads: Leads) {
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
        let wants = self.wants(leads);
        let screen = module.open(&element, &label, &wants.object());
        {
            let mut inner = self.inner.borrow_mut();
            inner.screen = Some(screen);
            inner.wants = Some(wants);
        }
        self.connect();
    }

    fn wants(&self, leads: Leads) -> Wants {
        let (typing, sizing, showing) = (self.clone(), self.clone(), self.clone());
        let Asks { finding, found, many_lines } = self.asks;
        Wants {
            input: Closure::new(move |bytes: Vec<u8>| typing.send_input(&bytes)),
            resize: Closure::new(move |cols, rows| sizing.send_size(cols, rows)),
            behind: Closure::new(move |bytes| showing.send_shown(bytes)),
            find: Closure::new(move || {
                finding.try_update(|finding| *finding += 1);
            }),
            found: Closure::new(move |at, count| {
                found.try_set(Some((at, count)));
            }),
            many_lines: Closure::new(move |count| {
                many_lines.try_set(Some(count));
            }),
            leads: Closure::new(move |address: String| leads(&address)),
        }
    }

    /// Does something with the screen, once there is one.
    pub(super) fn with_screen<T>(&self, act: impl FnOnce(&Screen) -> T) -> Option<T> {
        // Not borrowed meanwhile: what it does may call back.
        let screen = self.inner.borrow().screen.clone();
        screen.as_ref().map(act)
    }

    pub(super) fn close(&self) {
        let (screen, socket, wants) = {
            let mut inner = self.inner.borrow_mut();
            inner.generation += 1;
            (inner.screen.take(), inner.socket.take(), inner.wants.take())
        };
        if let Some(screen) = screen {
            screen.close();
        }
        drop((socket, wants));
    }
}
