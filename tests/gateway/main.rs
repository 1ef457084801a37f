//! The SSH gateway, as OpenSSH's own programs see it.

mod attach;
mod bench;
mod doors;
mod files;
mod floods;
mod inactivity;
mod ports;
mod sessions;
