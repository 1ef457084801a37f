//! The provider `local` with real supervisors, sandboxes and processes.

mod attach;
mod bench;
mod code;
mod end;
mod job;
mod plan;
mod restart;
mod terminal;
mod volumes;
