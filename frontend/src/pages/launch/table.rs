//! The offers that fit, as many as there are: only the lines that are seen are in the page.

use leptos::html;
use std::sync::Arc;
use wasm_bindgen::{JsCast, closure::Closure};

use super::{
    desk::Desk,
    line::{Key, line},
};
use crate::{
    components::{Bone, Icon},
    format::grouped,
    launch::{
        columns::{Column, Columns, aria_sort, clicked},
        listing::{Line, Listing},
        window::window as lines_in_view,
    },
    live::use_live,
    prelude::*,
};
use berth_shared::matcher::SortBy;

/// Below this width of the window lines restack, pixels (`table.css`).
const STACKED: f64 = 640.0;

/// What has room.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// The columns that are shown.
    pub(super) shown: Memo<Columns>,
    /// Whether lines restack, as on a phone.
    pub(super) stacked: Memo<bool>,
    /// Whether there is more than the least room.
    roomy: Memo<bool>,
    /// Width of the table, rem; 0 before the first layout.
    rem: RwSignal<f64>,
    /// Width of the window, pixels.
    width: RwSignal<f64>,
}

impl Room {
    pub(super) fn new(desk: Desk) -> Self {
        let rem = RwSignal::new(0.0);
        let width = RwSignal::new(inner(window().inner_width()));
        let shown = Memo::new(move |_| {
            let wanted = desk.listed.columns.get();
            if width.get() <= STACKED || rem.get() <= 0.0 { wanted } else { wanted.within(rem.get()) }
        });
        Self {
            shown,
            roomy: Memo::new(move |_| shown.get().have_room(rem.get())),
            stacked: Memo::new(move |_| width.get() <= STACKED),
            rem,
            width,
        }
    }
}

fn inner(size: Result<wasm_bindgen::JsValue, wasm_bindgen::JsValue>) -> f64 {
    size.ok().and_then(|size| size.as_f64()).unwrap_or_default()
}

/// The table and its foot.
#[component]
pub(super) fn OffersTable(desk: Desk, room: Room) -> impl IntoView {
    let listed = desk.listed;
    let live = use_live();
    let frame = NodeRef::<html::Div>::new();
    let before = NodeRef::<html::Tr>::new();
    // Height of a line, pixels, as it was last seen.
    let height = RwSignal::new(32.0_f64);
    let count = Memo::new(move |_| listed.listing.with(|listing| listing.as_ref().map_or(0, |l| l.lines())));
    let measure = move || {
        let (Some(frame), Some(before)) =
            (frame.try_get_untracked().flatten(), before.try_get_untracked().flatten())
        else {
            return;
        };
        let table = frame.get_bounding_client_rect();
        // Hidden, as offers are while a phone shows the text.
        if table.width() == 0.0 {
            return;
        }
        let root = document().document_element();
        let root_size = root
            .and_then(|root| window().get_computed_style(&root).ok().flatten())
            .and_then(|style| style.get_property_value("font-size").ok())
            .and_then(|size| size.trim_end_matches("px").parse::<f64>().ok())
            .filter(|size| *size > 0.0)
            .unwrap_or(16.0);
        set(room.rem, table.width() / root_size);
        set(room.width, inner(window().inner_width()));
        if let Some(seen) = frame.query_selector(".offers__line").ok().flatten() {
            let seen = seen.get_bounding_client_rect().height();
            if seen > 0.0 {
                set(height, seen);
            }
        }
        let seen = lines_in_view(
            before.get_bounding_client_rect().top(),
            inner(window().inner_height()),
            height.get_untracked(),
            count.get_untracked(),
        );
        if listed.window.with_untracked(|window| *window != seen) {
            listed.window.set(seen);
        }
    };
    // Whatever may have moved the table or made it another: at once, so that no gap is ever drawn.
    let scrolled = window_event_listener(leptos::ev::scroll, move |_| measure());
    let resized = window_event_listener(leptos::ev::resize, move |_| measure());
    on_cleanup(move || {
        scrolled.remove();
        resized.remove();
    });
    Effect::new(move |_| {
        listed.moved.track();
        measure();
    });
    Effect::new(move |_| {
        count.track();
        room.shown.track();
        listed.axis.track();
        listed.figures.track();
        desk.shown.track();
        // What has changed is laid out by then.
        request_animation_frame(measure);
    });
    let watcher = StoredValue::new_local(None::<web_sys::ResizeObserver>);
    on_cleanup(move || {
        if let Some(watcher) = watcher.try_get_value().flatten() {
            watcher.disconnect();
        }
    });
    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        let seen = Closure::<dyn FnMut()>::new(measure).into_js_value();
        let Ok(observer) = web_sys::ResizeObserver::new(seen.unchecked_ref()) else { return };
        observer.observe(&frame);
        watcher.set_value(Some(observer));
    });
    let newest = Memo::new(move |_| {
        desk.matched.with(|matched| {
            matched.as_ref().and_then(|matched| matched.all.newest.clone()).unwrap_or_default()
        })
    });
    let set_up = Memo::new(move |_| {
        live.server.with(|server| server.as_ref().map(|server| server.backends.clone()).unwrap_or_default())
    });
    let keys = move || {
        let window = listed.window.get();
        let (view, columns, newest) = (listed.view.get_untracked(), room.shown.get(), newest.get());
        let (index, stacked) = (listed.index(), room.stacked.get());
        set_up.with(|set_up| {
            listed.listing.with(|listing| {
                let Some(listing) = listing else { return Vec::new() };
                let end = window.end.min(listing.lines());
                let numbered = listing.numbered(window.start.min(end)..end);
                numbered
                    .map(|(number, line)| {
                        let backend = Key::row(line).zip(index.as_ref()).and_then(|(row, index)| {
                            index.backend(row).map(|name| set_up.iter().any(|n| n == name))
                        });
                        Key {
                            number,
                            // Whether it is unfolded, the button alone tells.
                            line: match line {
                                Line::Group { key, best, offers, .. } => {
                                    Line::Group { key, best, offers, open: false }
                                }
                                other => other,
                            },
                            view,
                            columns,
                            newest: newest.clone(),
                            preview: backend == Some(false),
                            stacked,
                        }
                    })
                    .collect()
            })
        })
    };
    // The focus does not go with a line that is scrolled away: the keys go on scrolling.
    let had_focus = StoredValue::new(false);
    let keep_focus = move || {
        let lost = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
        if !lost || had_focus.try_get_value() != Some(true) {
            return;
        }
        had_focus.set_value(false);
        let frame = frame.try_get_untracked().flatten();
        let pane = frame.and_then(|frame| frame.closest(".launch__offers").ok().flatten());
        if let Some(pane) = pane.and_then(|pane| pane.dyn_into::<web_sys::HtmlElement>().ok()) {
            let options = web_sys::FocusOptions::new();
            options.set_prevent_scroll(true);
            let _ = pane.focus_with_options(&options);
        }
    };
    Effect::new(move |_| {
        listed.window.track();
        listed.listing.track();
        // The lines have changed by then.
        if had_focus.get_value() {
            request_animation_frame(keep_focus);
        }
    });
    let unfold = move |event: leptos::ev::MouseEvent| {
        let button = event
            .target()
            .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
            .and_then(|target| target.closest("[data-unfold]").ok().flatten());
        let Some(button) = button else { return };
        let Some(key) = button.get_attribute("data-unfold").and_then(|key| key.parse().ok()) else { return };
        listed.toggle(key);
        let open = listed.open.with_untracked(|open| open.contains(&key));
        // The line stays as it is, but for this.
        let _ = button.set_attribute("aria-expanded", if open { "true" } else { "false" });
    };
    let above = move || {
        let lines = listed.window.with(|window| window.start.min(count.get()));
        format!("{}px", lines as f64 * height.get())
    };
    let below = move || {
        let lines = listed.window.with(|window| count.get().saturating_sub(window.end));
        format!("{}px", lines as f64 * height.get())
    };
    let loading = Memo::new(move |_| listed.listing.with(Option::is_none));
    let empty = Memo::new(move |_| !loading.get() && count.get() == 0);
    let columns = move || room.shown.get().list().len() + 2;
    view! {
        <div class="offers" node_ref=frame data-roomy=move || room.roomy.get().then_some("")
            on:focusin=move |_| had_focus.set_value(true)
            on:focusout=move |event| if event.related_target().is_some() { had_focus.set_value(false) }>
            <table class="table" data-stack aria-label="Offers" aria-busy=move || loading.get().to_string()
                aria-rowcount=move || (count.get() + 1).to_string() role="table">
                <thead><tr aria-rowindex="1">
                    {head(desk, "backend", t!("Backend"), SortBy::Backend, false)}
                    {head(desk, "type", t!("Instance type"), SortBy::InstanceType, false)}
                    {move || room.shown.get().list().into_iter()
                        .map(|column: Column| head(desk, column.key(), column.label(), column.sort(), column.is_number()))
                        .collect_view()}
                </tr></thead>
                <tbody role="rowgroup" on:click=unfold>
                    <tr class="offers__space" aria-hidden="true" node_ref=before>
                        <td colspan=columns style=("block-size", above)></td>
                    </tr>
                    <For each=keys key=Key::clone children=move |key| line(listed, &key)/>
                    <tr class="offers__space" aria-hidden="true"><td colspan=columns style=("block-size", below)></td></tr>
                </tbody>
            </table>
            <Show when=move || loading.get()>
                <div class="offers__loading" role="status">
                    <span class="sr">"Loading the price list"</span>
                    {[70, 55, 62, 48, 66].map(|width| view! {
                        <Bone width=format!("{width}%")/>
                    }).collect_view()}
                </div>
            </Show>
            <Show when=move || empty.get()>{move || nothing(desk)}</Show>
        </div>
        <Foot desk/>
    }
}

fn set(signal: RwSignal<f64>, value: f64) {
    if (signal.get_untracked() - value).abs() > 0.01 {
        signal.set(value);
    }
}

/// A head with its button.
fn head(desk: Desk, column: &'static str, label: &'static str, by: SortBy, number: bool) -> impl IntoView {
    let sort = desk.listed.sort;
    let sorted = move || aria_sort(sort.get(), by);
    view! {
        <th scope="col" data-col=column data-num=number.then_some("") aria-sort=sorted>
            <button class="table__sort" on:click=move |_| sort.update(|sort| *sort = clicked(*sort, by))>
                {label}
                <span class="offers__arrow" data-sort=sorted><Icon name="down"/></span>
            </button>
        </th>
    }
}

/// Why there is no line although something fits.
fn nothing(desk: Desk) -> impl IntoView {
    if desk.listed.brush.get().is_some() {
        return view! { <p class="offers__empty">"No offer is in this range of prices."</p> }.into_any();
    }
    view! {
        <p class="offers__empty">"None of this kind. The configuration’s "<span class="mono">"spot_policy"</span>" decides which kinds fit."</p>
    }
    .into_any()
}

#[component]
fn Foot(desk: Desk) -> impl IntoView {
    let listed = desk.listed;
    let text = move || {
        listed.listing.with(|listing| {
            let listing: &Arc<Listing> = listing.as_ref()?;
            let (shown, fitting) = listing.offers();
            let offers = if shown == fitting {
                tf!("{} offers", grouped(shown as u64))
            } else {
                tf!("{} of {} offers", grouped(shown as u64), grouped(fitting as u64))
            };
            Some(match listed.view.get().counted(listing.groups()) {
                Some(groups) => format!("{groups}, {offers}"),
                None => offers,
            })
        })
    };
    let took = move || {
        desk.matched.with(|matched| {
            matched
                .as_ref()
                .map(|matched| tf!("matched in {}", crate::launch::counts::millis(matched.millis)))
        })
    };
    view! {
        <div class="panel__foot">
            <span>{text}</span>
            <span class="strip__spring"></span>
            <span>{took}</span>
        </div>
    }
}
