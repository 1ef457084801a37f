//! The columns of the offers' table: which there are, which are wanted, which have room.

use berth_shared::matcher::SortBy;
use berth_texts::t;

/// A column that can be shown or not. Backend and instance type always are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    /// Region.
    Region,
    /// vCPUs.
    Cpus,
    /// RAM.
    Memory,
    /// The disk that comes with the machine.
    Disk,
    /// GPUs.
    Gpu,
    /// Spot or on-demand.
    Kind,
    /// US dollars an hour.
    Price,
    /// US dollars an hour for each GPU.
    PricePerGpu,
    /// How much cheaper than on-demand.
    Saving,
    /// What the price is based on, and its date.
    Basis,
}

impl Column {
    /// All of them, as they stand from left to right.
    pub const ALL: [Self; 10] = [
        Self::Region,
        Self::Cpus,
        Self::Memory,
        Self::Disk,
        Self::Gpu,
        Self::Kind,
        Self::Price,
        Self::PricePerGpu,
        Self::Saving,
        Self::Basis,
    ];

    /// Its head.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Region => t!("Region"),
            Self::Cpus => t!("vCPU"),
            Self::Memory => t!("RAM"),
            Self::Disk => t!("Disk"),
            Self::Gpu => t!("GPU"),
            Self::Kind => t!("Kind"),
            Self::Price => "$/h",
            Self::PricePerGpu => "$/GPU-h",
            Self::Saving => t!("Saving"),
            Self::Basis => t!("Price basis"),
        }
    }

    /// Its name in the menu.
    #[must_use]
    pub fn long_label(self) -> &'static str {
        match self {
            Self::Price => t!("Price an hour"),
            Self::PricePerGpu => t!("Price per GPU-hour"),
            Self::Saving => t!("Spot saving"),
            other => other.label(),
        }
    }

    /// What the column's cells are called where the page and the browser's storage name them.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Cpus => "cpus",
            Self::Memory => "memory",
            Self::Disk => "disk",
            Self::Gpu => "gpu",
            Self::Kind => "kind",
            Self::Price => "price",
            Self::PricePerGpu => "gpu-price",
            Self::Saving => "saving",
            Self::Basis => "basis",
        }
    }

    /// What a click on its head sorts by.
    #[must_use]
    pub fn sort(self) -> SortBy {
        match self {
            Self::Region => SortBy::Region,
            Self::Cpus => SortBy::Cpus,
            Self::Memory => SortBy::Memory,
            Self::Disk => SortBy::Disk,
            Self::Gpu => SortBy::Gpu,
            Self::Kind => SortBy::Spot,
            Self::Price => SortBy::Price,
            Self::PricePerGpu => SortBy::PricePerGpu,
            Self::Saving => SortBy::Saving,
            Self::Basis => SortBy::Basis,
        }
    }

    /// Whether its cells are numbers, which stand at the end of the cell.
    #[must_use]
    pub fn is_number(self) -> bool {
        !matches!(self, Self::Region | Self::Gpu | Self::Kind)
    }

    /// Its width in rem. The styles have the same figures (`launch.css`).
    fn width(self) -> f64 {
        match self {
            Self::Region => 8.0,
            Self::Gpu => 7.25,
            Self::Cpus => 3.75,
            Self::Memory | Self::Disk | Self::Saving => 4.75,
            Self::Kind => 6.25,
            Self::Price => 4.5,
            Self::PricePerGpu => 5.25,
            Self::Basis => 9.75,
        }
    }

    /// How soon it leaves where there is no room: the greatest first.
    fn leaves(self) -> u8 {
        match self {
            Self::Disk => 9,
            Self::Memory => 8,
            Self::Cpus => 7,
            Self::PricePerGpu => 6,
            Self::Saving => 5,
            Self::Region => 4,
            Self::Kind => 3,
            Self::Gpu => 2,
            Self::Basis => 1,
            Self::Price => 0,
        }
    }
}

/// Width of the backend's column, and the least that the instance type needs, rem.
const FIXED: f64 = 4.75 + 7.75;
/// How much wider columns are where there is room: the backend's with a word beside the plate, region and GPU, rem.
const EASE: f64 = 3.0 + 1.75 + 1.75;

/// Which columns are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Columns(u16);

impl Default for Columns {
    fn default() -> Self {
        Self::of(
            Column::ALL
                .into_iter()
                .filter(|column| !matches!(column, Column::Disk | Column::PricePerGpu | Column::Saving)),
        )
    }
}

impl Columns {
    fn of(columns: impl IntoIterator<Item = Column>) -> Self {
        Self(columns.into_iter().fold(0, |set, column| set | 1 << column as u16))
    }

    /// Whether this one is wanted.
    #[must_use]
    pub fn has(self, column: Column) -> bool {
        self.0 >> (column as u16) & 1 == 1
    }

    /// The same with this one wanted, or no longer.
    #[must_use]
    pub fn toggled(self, column: Column) -> Self {
        Self(self.0 ^ 1 << column as u16)
    }

    /// The columns, from left to right.
    #[must_use]
    pub fn list(self) -> Vec<Column> {
        Column::ALL.into_iter().filter(|column| self.has(*column)).collect()
    }

    /// Those of them that have room in a table of this many rem; the others leave one after the other.
    #[must_use]
    pub fn within(self, rem: f64) -> Self {
        let mut shown = self.list();
        while FIXED + shown.iter().map(|column| column.width()).sum::<f64>() > rem && shown.len() > 1 {
            let first = shown.iter().copied().max_by_key(|column| column.leaves());
            shown.retain(|column| Some(*column) != first);
        }
        Self::of(shown)
    }

    /// Whether all these columns have more than the least room in a table of this many rem: then a word stands beside
    /// the backend's plate, and region and GPU are wider.
    #[must_use]
    pub fn have_room(self, rem: f64) -> bool {
        FIXED + EASE + self.list().into_iter().map(Column::width).sum::<f64>() <= rem
    }

    /// How they are kept: keys with commas.
    #[must_use]
    pub fn kept(self) -> String {
        self.list().into_iter().map(Column::key).collect::<Vec<_>>().join(",")
    }

    /// What was kept. Keys that are not known any more are left out; nothing known = the usual ones.
    #[must_use]
    pub fn of_kept(kept: &str) -> Self {
        let known = |key: &str| Column::ALL.into_iter().find(|column| column.key() == key.trim());
        match Self::of(kept.split(',').filter_map(known)) {
            Self(0) => Self::default(),
            some => some,
        }
    }
}

/// What a click on a head makes of the sorting: first the way that is looked for more often, then the other, then
/// the usual order again. `None` is the usual order, which is that of the price.
#[must_use]
pub fn clicked(sort: Option<(SortBy, bool)>, by: SortBy) -> Option<(SortBy, bool)> {
    if by == SortBy::Price {
        return if sort.is_none() { Some((SortBy::Price, true)) } else { None };
    }
    let first = by == SortBy::Saving;
    match sort {
        Some((same, descending)) if same == by => (descending == first).then_some((by, !first)),
        _ => Some((by, first)),
    }
}

/// What a head's `aria-sort` says; `None` = nothing.
#[must_use]
pub fn aria_sort(sort: Option<(SortBy, bool)>, by: SortBy) -> Option<&'static str> {
    let (sorted, descending) = sort.unwrap_or((SortBy::Price, false));
    (sorted == by).then_some(if descending { "descending" } else { "ascending" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_remembered() {
        let chosen = Columns::default().toggled(Column::Saving).toggled(Column::Region);
        assert!(chosen.has(Column::Saving) && !chosen.has(Column::Region));
        assert_eq!(Columns::of_kept(&chosen.kept()), chosen);
        assert_eq!(Columns::of_kept("gpu, colour ,saving").list(), [Column::Gpu, Column::Saving]);
        for nothing in ["", "colour", ",,"] {
            assert_eq!(Columns::of_kept(nothing), Columns::default());
        }
    }

    #[test]
    fn columns_leave_where_there_is_no_room_and_the_price_stays() {
        let all = Columns::of(Column::ALL);
        assert_eq!(all.within(100.0), all);
        assert_eq!(all.within(1.0).list(), [Column::Price]);
        // The right half of a window of 1440 pixels.
        let usual = Columns::default().within(48.7).list();
        assert_eq!(usual, [Column::Region, Column::Gpu, Column::Kind, Column::Price, Column::Basis]);
        let mut before = 11;
        for rem in (16..100).rev() {
            let count = all.within(f64::from(rem)).list().len();
            assert!(count <= before, "{rem}");
            before = count;
        }
        assert!(!Columns::default().within(48.7).have_room(48.7));
        assert!(Columns::default().have_room(70.0));
        // One alone is shown however narrow it is.
        assert_eq!(Columns::of([Column::Disk]).within(1.0).list(), [Column::Disk]);
    }

    #[test]
    fn a_head_goes_through_both_ways_and_back() {
        let cpus = SortBy::Cpus;
        let once = clicked(None, cpus);
        let twice = clicked(once, cpus);
        assert_eq!((once, twice, clicked(twice, cpus)), (Some((cpus, false)), Some((cpus, true)), None));
        // The greatest saving is what is looked for.
        let saving = clicked(twice, SortBy::Saving);
        assert_eq!(saving, Some((SortBy::Saving, true)));
        assert_eq!(clicked(saving, SortBy::Saving), Some((SortBy::Saving, false)));
        // The usual order is that of the price.
        assert_eq!(clicked(None, SortBy::Price), Some((SortBy::Price, true)));
        assert_eq!(clicked(Some((SortBy::Price, true)), SortBy::Price), None);
        assert_eq!(clicked(Some((cpus, true)), SortBy::Price), None);
        assert_eq!(aria_sort(None, SortBy::Price), Some("ascending"));
        assert_eq!(aria_sort(twice, cpus), Some("descending"));
        assert_eq!(aria_sort(twice, SortBy::Price), None);
    }
}
