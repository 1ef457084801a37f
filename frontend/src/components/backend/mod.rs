//! A backend's plate and the place's name.

use crate::{format::machine::plate, prelude::*};

/// Three letters, never a vendor's logo, and where.
#[component]
pub fn Backend(
    /// The backend's word.
    backend: String,
    /// What stands beside the plate; the backend's word when absent.
    #[prop(optional, into)]
    name: Option<String>,
) -> impl IntoView {
    let mark = plate(&backend);
    let spoken = name.is_some().then(|| backend.clone());
    let name = name.unwrap_or(backend);
    view! {
        <span class="backend">
            <span class="backend__mark" aria-hidden="true">{mark}</span>
            {spoken.map(|backend| view! { <span class="sr">{backend}" "</span> })}
            <span class="backend__name">{name}</span>
        </span>
    }
}
