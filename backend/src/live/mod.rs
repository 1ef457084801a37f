//! The stream: events, logs and figures over one WebSocket a page.
//!
//! [`Hub`] follows the events once for everybody; [`connection`] decides, without any I/O, what a page gets;
//! [`stream`] carries that out. [`terminal`] joins a socket to a terminal. Nothing here waits for a slow page
//! but that page's own task: what it has not taken stays in the ring, and when that has moved on, it gets a
//! fresh snapshot.

mod connection;
mod everything;
mod hub;
mod life;
mod ring;
mod socket;
pub(crate) mod stream;
pub(crate) mod terminal;

pub use hub::Hub;
pub(crate) use life::Life;
pub use socket::Sockets;
pub(crate) use socket::configure;
