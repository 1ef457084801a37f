//! Which elements are in sight, or near it.

use js_sys::Array;
use leptos::prelude::*;
use std::collections::HashMap;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

/// One observer for many elements. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(crate) struct Sight {
    observer: StoredValue<Option<Observer>, LocalStorage>,
    seen: StoredValue<HashMap<String, RwSignal<bool>>>,
}

struct Observer {
    observer: IntersectionObserver,
    _callback: Closure<dyn FnMut(Array)>,
}

impl Drop for Observer {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

impl Sight {
    /// Takes for in sight what is at most `margin` pixels above or below the window.
    pub(crate) fn new(margin: u32) -> Self {
        let seen = StoredValue::new(HashMap::<String, RwSignal<bool>>::new());
        let callback = Closure::<dyn FnMut(Array)>::new(move |entries: Array| {
            for entry in entries.iter().filter_map(|entry| entry.dyn_into::<IntersectionObserverEntry>().ok())
            {
                let id = entry.target().id();
                let signal = seen.try_with_value(|seen| seen.get(&id).copied()).flatten();
                if let Some(signal) = signal
                    && signal.try_get_untracked() != Some(entry.is_intersecting())
                {
                    signal.try_set(entry.is_intersecting());
                }
            }
        });
        let options = IntersectionObserverInit::new();
        options.set_root_margin(&format!("{margin}px 0px"));
        let observer =
            IntersectionObserver::new_with_options(callback.as_ref().unchecked_ref(), &options).ok();
        Self {
            observer: StoredValue::new_local(
                observer.map(|observer| Observer { observer, _callback: callback }),
            ),
            seen,
        }
    }

    /// Whether an element is in sight, until the current component goes. It is told apart by its `id`.
    pub(crate) fn see(self, id: String, element: impl Fn() -> Option<Element> + 'static) -> RwSignal<bool> {
        let signal = RwSignal::new(false);
        self.seen.update_value(|seen| {
            seen.insert(id.clone(), signal);
        });
        let node = StoredValue::new_local(None::<Element>);
        Effect::new(move |_| {
            let Some(element) = element() else { return };
            let _ = self.observer.try_with_value(|observer| {
                if let Some(observer) = observer {
                    observer.observer.observe(&element);
                }
            });
            node.set_value(Some(element));
        });
        on_cleanup(move || {
            if let Some(element) = node.try_get_value().flatten() {
                let _ = self.observer.try_with_value(|observer| {
                    if let Some(observer) = observer {
                        observer.observer.unobserve(&element);
                    }
                });
            }
            let _ = self.seen.try_update_value(|seen| {
                // What was drawn anew has its own signal there by now.
                if seen.get(&id) == Some(&signal) {
                    seen.remove(&id);
                }
            });
        });
        signal
    }
}
