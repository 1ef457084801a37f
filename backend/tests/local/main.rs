//! The provider `local` with real supervisors, sandboxes and processes.

mod bench;
mod end;
mod job;
mod restart;
mod terminal;
