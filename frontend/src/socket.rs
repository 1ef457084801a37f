//! A WebSocket of the browser.

use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BinaryType, MessageEvent, WebSocket};

/// What a socket says.
#[derive(Debug)]
pub enum SocketEvent {
    /// It stands; bytes can be sent.
    Opened,
    /// A text frame.
    Text(String),
    /// A binary frame.
    Bytes(Vec<u8>),
    /// It ended or could not be made; nothing follows.
    Closed,
}

/// A socket. Dropping it closes it, and nothing is heard of it from then on.
pub struct Socket {
    socket: WebSocket,
    _handlers: [Closure<dyn FnMut(MessageEvent)>; 3],
}

impl Socket {
    /// Connects to a path of the page's own server.
    ///
    /// # Errors
    /// When the browser refuses to try at all.
    pub fn open(path: &str, handler: impl Fn(SocketEvent) + 'static) -> Result<Self, ()> {
        let location = leptos::prelude::window().location();
        let scheme =
            if location.protocol().is_ok_and(|protocol| protocol == "https:") { "wss" } else { "ws" };
        let host = location.host().map_err(drop)?;
        let socket = WebSocket::new(&format!("{scheme}://{host}{path}")).map_err(drop)?;
        socket.set_binary_type(BinaryType::Arraybuffer);

        let handler = Rc::new(handler);
        let on_open = Closure::new({
            let handler = handler.clone();
            move |_| handler(SocketEvent::Opened)
        });
        let on_message = Closure::new({
            let handler = handler.clone();
            move |event: MessageEvent| {
                let data = event.data();
                if let Some(text) = data.as_string() {
                    handler(SocketEvent::Text(text));
                } else if data.is_instance_of::<js_sys::ArrayBuffer>() {
                    handler(SocketEvent::Bytes(js_sys::Uint8Array::new(&data).to_vec()));
                }
            }
        });
        // An error is always followed by a close.
        let on_close = Closure::new(move |_| handler(SocketEvent::Closed));
        socket.set_onopen(Some(on_open.as_ref().unchecked_ref()));
        socket.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        socket.set_onclose(Some(on_close.as_ref().unchecked_ref()));
        Ok(Self { socket, _handlers: [on_open, on_message, on_close] })
    }

    /// Sends a text frame; a socket that does not stand drops it, and will say that it is closed.
    pub fn send_text(&self, text: &str) {
        let _ = self.socket.send_with_str(text);
    }

    /// Sends a binary frame; a socket that does not stand drops it, and will say that it is closed.
    pub fn send_bytes(&self, bytes: &[u8]) {
        let _ = self.socket.send_with_u8_array(bytes);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.socket.set_onopen(None);
        self.socket.set_onmessage(None);
        self.socket.set_onclose(None);
        let _ = self.socket.close();
    }
}
