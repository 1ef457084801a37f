//! Signing out.

use leptos::{prelude::*, task::spawn_local};

use super::super::{Tone, toaster};
use crate::api;

/// A function that ends the session and leads to the login.
pub fn leave() -> impl Fn() + Copy + Send + Sync + 'static {
    let say = toaster();
    move || {
        spawn_local(async move {
            match api::post_empty("/api/v1/logout", &()).await {
                // A fresh page, so that nothing of the session stays in memory.
                Ok(()) => {
                    let _ = window().location().assign("/login");
                }
                Err(error) => say(Tone::Failed, error.to_string()),
            }
        });
    }
}
