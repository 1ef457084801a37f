//! The server's edge, over real sockets: a server on a free port with a data directory of its own, and behind it
//! a made-up orchestrator whose events the tests write.

mod api;
mod audit;
mod catalog;
mod certificate;
mod cli;
mod client;
mod code;
mod fake;
mod limits;
mod login;
mod origins;
mod pace;
mod people;
mod permissions;
mod prices;
mod process;
mod projects;
mod proxies;
mod server;
mod stream;
mod terminal;
mod tls;
mod tls_files;
mod webhooks;
