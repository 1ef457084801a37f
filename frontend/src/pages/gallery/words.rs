//! Small parts that say something: statuses, prices, moments.

use std::collections::BTreeMap;

use berth_shared::{
    catalog::{Availability, Offer, PriceBasis},
    time::Timestamp,
};
use leptos::prelude::*;

use super::{Theme, row};
use crate::{
    components::{
        Avatar, Backend, Icon, Mark, Price, Prose, Spot, Status, Tag, Tags, Time, TimeAs, icon_names,
    },
    live::use_live,
};

/// Every word on the wire that has a shape of its own, or another word for people.
const STATUSES: [&str; 14] = [
    "submitted",
    "provisioning",
    "pulling",
    "pending",
    "running",
    "busy",
    "idle",
    "interrupted",
    "terminating",
    "terminated",
    "aborted",
    "failed",
    "done",
    "stopped",
];

pub(super) fn status(_: Theme) -> AnyView {
    let all = STATUSES.map(|status| view! { <Status status=Signal::stored(status)/> }).collect_view();
    let note = |text: &str| Signal::stored(text.to_owned());
    let noted = view! {
        <Status status=Signal::stored("idle") note=note("22 min")/>
        <Status status=Signal::stored("failed") note=note("`setup` ended with 1")/>
    };
    let large = view! { <Status status=Signal::stored("running") size="lg"/> };
    view! { {row("Words on the wire", all)}{row("With a note", noted)}{row("Beside a title", large)} }
        .into_any()
}

pub(super) fn tag(_: Theme) -> AnyView {
    view! {
        <div class="gallery__states">
            <Tag>"read only"</Tag>
            <Tag tone="accent">"you"</Tag>
            <Tag tone="warn">"ends soon"</Tag>
            <Tag tone="danger">"refused"</Tag>
        </div>
    }
    .into_any()
}

pub(super) fn tags(_: Theme) -> AnyView {
    let of = |all: &[(&str, &str)]| {
        let all = all.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        Signal::stored(all.collect::<BTreeMap<_, _>>())
    };
    let some = || {
        of(&[("night", ""), ("paper", "a note that is longer than there is room for"), ("team", "vision")])
    };
    let pressed = RwSignal::new(String::new());
    let choose = move |(key, value)| pressed.set(format!("{key}={value}"));
    let cell = view! {
        <table class="table" aria-label="Tags in a row"><tbody><tr>
            <td><Tags tags=some() most=2 choose/></td>
            <td class="meta">{move || pressed.get()}</td>
        </tr></tbody></table>
    };
    view! { {row("Links", view! { <Tags tags=some()/> })}{row("In a row, to be pressed", cell)} }.into_any()
}

pub(super) fn avatar(_: Theme) -> AnyView {
    let name = || Signal::stored("mara".to_owned());
    view! {
        <div class="gallery__states">
            <span class="person"><Avatar name=name()/><span>"mara"</span></span>
            <span class="person"><Avatar name=name() size="lg"/><span>"mara"</span></span>
        </div>
    }
    .into_any()
}

pub(super) fn backend(_: Theme) -> AnyView {
    let clouds = ["aws", "azure", "gcp", "lambda", "runpod", "local", "ssh"]
        .map(|cloud| view! { <Backend backend=cloud.to_owned()/> })
        .collect_view();
    let place = view! { <Backend backend="gcp".to_owned() name="us-central1"/> };
    view! { {row("Clouds", clouds)}{row("With its place", place)} }.into_any()
}

pub(super) fn spot(_: Theme) -> AnyView {
    let words = view! { <Spot spot=true/><Spot spot=false/> };
    let bare = view! { <Spot spot=true bare=true/><Spot spot=false bare=true/> };
    view! { {row("Both kinds", words)}{row("Beside their word", bare)} }.into_any()
}

/// An offer at a price that rests on `basis`.
fn offer(price: f64, basis: PriceBasis) -> Offer {
    Offer {
        backend: "gcp".to_owned(),
        region: "us-central1".to_owned(),
        instance_type: "g2-standard-4".to_owned(),
        arch: None,
        cpus: 4.0,
        memory_gib: 16.0,
        gpu: None,
        disk_gib: None,
        spot: false,
        price,
        basis,
        as_of: Some("2026-05-20".to_owned()),
        availability: Availability::Unknown,
    }
}

pub(super) fn price(_: Theme) -> AnyView {
    let bases = [PriceBasis::Listed, PriceBasis::Sum, PriceBasis::Estimated, PriceBasis::Own];
    let all =
        move |per: bool| bases.map(|basis| view! { <Price offer=offer(0.747, basis) per/> }).collect_view();
    let range =
        [0.004, 1.5, 98.32].map(|price| view! { <Price offer=offer(price, PriceBasis::Listed) per=true/> });
    view! {
        {row("Listed, added up, estimated, one’s own", all(false))}
        {row("With the period", all(true))}
        {row("Small and large", range.collect_view())}
    }
    .into_any()
}

pub(super) fn time(_: Theme) -> AnyView {
    let live = use_live();
    // Where the page was opened: moments that stay where they are while the clock goes on.
    let opened = live.now.get_untracked();
    let at = |seconds: i64, how: TimeAs| {
        let at: Timestamp = opened.plus_seconds(seconds);
        view! { <Time at=Signal::stored(at) how/> }
    };
    let ago = [-3, -2640, -90_000, -2_600_000].map(|seconds| at(seconds, TimeAs::Ago)).collect_view();
    let ahead = [40, 2640, 90_000].map(|seconds| at(seconds, TimeAs::Ahead)).collect_view();
    let clock = [-60, -200_000].map(|seconds| at(seconds, TimeAs::Clock)).collect_view();
    view! {
        {row("Past", ago)}
        {row("Ahead", ahead)}
        {row("By the clock", clock)}
        {row("To the second", at(0, TimeAs::Seconds))}
    }
    .into_any()
}

pub(super) fn prose(_: Theme) -> AnyView {
    view! {
        <p><Prose text="the file names `gpu: A100:16`, and no machine has as many".to_owned() capital=true/></p>
        <p><Prose text="A ` without its partner stays one.".to_owned()/></p>
    }
    .into_any()
}

pub(super) fn icon(_: Theme) -> AnyView {
    let all = icon_names()
        .map(|name| view! { <span class="gallery__icon" title=name><Icon name/></span> })
        .collect_view();
    let mark = view! { <Mark/><Mark word=true/> };
    view! { {row("Icons", all)}{row("The mark", mark)} }.into_any()
}
