//! Which offers the table lists, and how: the choices of the person who looks, and the lines that follow from them.

use std::{collections::BTreeSet, ops::Range, sync::Arc, time::Duration};

use berth_shared::matcher::{ListOptions, OfferIndex, RowList, SizePoint, SortBy};
use leptos::prelude::*;

use super::{
    desk::{Desk, Kind},
    matching::Matched,
};
use crate::{
    browser,
    launch::{
        brush::Brush,
        columns::Columns,
        listing::{Listing, View},
        marks::Axis,
    },
};

/// The key in the browser's storage of the columns.
const COLUMNS: &str = "berth.offers.columns";
/// How long the typing rests before all lines are worked out anew, milliseconds. The first ones come with the match.
const REST_MS: u64 = 60;

/// What the table and the plot share. Copied about freely; all copies are one.
#[derive(Clone, Copy)]
pub(super) struct Listed {
    /// How the table shows the offers.
    pub(super) view: RwSignal<View>,
    /// By what it is sorted, and whether the greatest comes first; `None` = in the usual order.
    pub(super) sort: RwSignal<Option<(SortBy, bool)>>,
    /// The columns that are wanted.
    pub(super) columns: RwSignal<Columns>,
    /// The keys of the groups that are unfolded.
    pub(super) open: RwSignal<BTreeSet<u32>>,
    /// The prices that are looked at.
    pub(super) brush: RwSignal<Option<Brush>>,
    /// What the plot shows prices against.
    pub(super) axis: RwSignal<Axis>,
    /// Whether the plot's figures are shown as a table.
    pub(super) figures: RwSignal<bool>,
    /// Which lines are in the page.
    pub(super) window: RwSignal<Range<usize>>,
    /// Grows whenever something has been scrolled or has another size.
    pub(super) moved: RwSignal<u32>,
    /// The lines; `None` until there are prices.
    pub(super) listing: RwSignal<Option<Arc<Listing>>>,
    /// What the plot by size shows.
    pub(super) sizes: RwSignal<Option<BySize>>,
    /// What is known about the catalogue as a whole, once it is there.
    index: StoredValue<Option<Arc<OfferIndex>>>,
}

/// The points of a plot by size.
#[derive(Clone)]
pub(super) struct BySize {
    /// What they were made for.
    pub(super) axis: Axis,
    pub(super) points: Arc<Vec<SizePoint>>,
    /// The limit of the price at the time.
    pub(super) limit: Option<f64>,
}

impl Listed {
    pub(super) fn new() -> Self {
        Self {
            view: RwSignal::new(View::default()),
            sort: RwSignal::new(None),
            columns: RwSignal::new(
                browser::recall(COLUMNS).map_or_else(Columns::default, |kept| Columns::of_kept(&kept)),
            ),
            open: RwSignal::new(BTreeSet::new()),
            brush: RwSignal::new(None),
            axis: RwSignal::new(Axis::default()),
            figures: RwSignal::new(false),
            window: RwSignal::new(0..0),
            moved: RwSignal::new(0),
            listing: RwSignal::new(None),
            sizes: RwSignal::new(None),
            index: StoredValue::new(None),
        }
    }

    /// The catalogue is there. Nothing when the page is gone.
    pub(super) fn know(self, index: Arc<OfferIndex>) {
        let _ = self.index.try_set_value(Some(index));
    }

    /// What is known about the catalogue.
    pub(super) fn index(self) -> Option<Arc<OfferIndex>> {
        self.index.try_get_value().flatten()
    }

    /// Another view: nothing is unfolded in it.
    pub(super) fn show(self, view: View) {
        self.open.set(BTreeSet::new());
        self.view.set(view);
    }

    /// Unfolds a group, or folds it.
    pub(super) fn toggle(self, key: u32) {
        self.open.update(|open| {
            if !open.remove(&key) {
                open.insert(key);
            }
        });
    }

    /// Other columns, kept for this browser.
    pub(super) fn choose(self, columns: Columns) {
        let kept = (columns != Columns::default()).then(|| columns.kept());
        browser::keep(COLUMNS, kept.as_deref());
        self.columns.set(columns);
    }

    /// Whether the first lines can be told from the match alone.
    fn is_usual(self, kind: Kind) -> bool {
        kind == Kind::All
            && self.view.get_untracked() == View::default()
            && self.sort.get_untracked().is_none()
            && self.brush.get_untracked().is_none()
            && self.open.with_untracked(BTreeSet::is_empty)
    }
}

/// Keeps lines and points in step with the match and the choices: at once when a choice changes, and soon after the
/// last key when the text does.
pub(super) fn follow(desk: Desk) {
    let listed = desk.listed;
    let timer = StoredValue::new(None::<TimeoutHandle>);
    let cancel = move || {
        if let Some(waiting) = timer.try_get_value().flatten() {
            waiting.clear();
        }
    };
    on_cleanup(cancel);
    Effect::new(move |last: Option<Option<Arc<Matched>>>| {
        listed.view.track();
        listed.sort.track();
        listed.brush.track();
        listed.axis.track();
        let kind = desk.kind.get();
        let matched = desk.matched.get()?;
        let typed = last.flatten().is_some_and(|last| !Arc::ptr_eq(&last, &matched));
        if listed.is_usual(kind) {
            let first = Listing::first_types(&matched.all);
            // Whoever has scrolled further keeps the lines of the last text until those of this one are there.
            if listed.window.with_untracked(|window| window.end.min(first.lines()) <= first.known()) {
                listed.listing.set(Some(Arc::new(first)));
            }
        }
        let wait = if typed { REST_MS } else { 0 };
        cancel();
        let handle = set_timeout_with_handle(
            move || {
                list(desk);
                // In a task of its own, so that a key that comes meanwhile waits for neither.
                set_timeout(move || plot(desk), Duration::ZERO);
            },
            Duration::from_millis(wait),
        );
        timer.set_value(handle.ok());
        Some(matched)
    });
    Effect::new(move |_| {
        let open = listed.open.get();
        listed.listing.update(|listing| {
            if let Some(listing) = listing {
                Arc::make_mut(listing).unfold(&open);
            }
        });
    });
}

/// Works out all lines.
fn list(desk: Desk) {
    let listed = desk.listed;
    let (Some(index), Some(Some(matched))) = (listed.index(), desk.matched.try_get_untracked()) else {
        return;
    };
    let mut requirements = matched.requirements.clone();
    let of_kind = match desk.kind.get_untracked() {
        Kind::All => None,
        Kind::OnDemand => Some(false),
        Kind::Spot => Some(true),
    };
    let excluded = matches!((of_kind, requirements.spot), (Some(kind), Some(asked)) if kind != asked);
    let list = if excluded {
        RowList::default()
    } else {
        requirements.spot = of_kind.or(requirements.spot);
        let options = ListOptions {
            group_by: listed.view.get_untracked().group_by(),
            sort: listed.sort.get_untracked(),
            prices: listed.brush.get_untracked().map(Brush::prices),
        };
        index.list(&requirements, &matched.context, &options)
    };
    let listing = listed.open.with_untracked(|open| Listing::new(list, open));
    listed.listing.set(Some(Arc::new(listing)));
}

/// Works out the points of the plot where it is not the match that has them.
fn plot(desk: Desk) {
    let listed = desk.listed;
    let (Some(index), Some(Some(matched))) = (listed.index(), desk.matched.try_get_untracked()) else {
        return;
    };
    let axis = listed.axis.get_untracked();
    let points =
        axis.size().map(|size| Arc::new(index.scatter(&matched.requirements, &matched.context, size)));
    let limit = matched.requirements.max_price;
    listed.sizes.set(points.map(|points| BySize { axis, points, limit }));
}
