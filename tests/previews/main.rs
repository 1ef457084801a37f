//! Previews of ports: what a program in an environment serves, in a browser, for whoever may see it.

mod app;
mod apps;
mod bench;
mod doors;
mod ends;
mod https;
mod inactivity;
mod passing;
