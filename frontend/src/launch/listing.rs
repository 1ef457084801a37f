//! The lines of the offers' table: groups, the offers of those that are unfolded, or offers alone.

use berth_texts::t;
use std::{collections::BTreeSet, ops::Range};

use berth_shared::{
    catalog::RowId,
    matcher::{GroupBy, Matches, RowList},
};

/// How the table shows the offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum View {
    /// A line for each machine type, which unfolds its regions.
    #[default]
    Types,
    /// A line for each offer.
    Offers,
    /// By GPU.
    Gpus,
    /// By backend.
    Backends,
    /// By region.
    Regions,
}

impl View {
    /// All of them, in the order of the menu.
    pub const ALL: [Self; 5] = [Self::Types, Self::Offers, Self::Gpus, Self::Backends, Self::Regions];

    /// Its word in the menu.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Types => t!("By machine type"),
            Self::Offers => t!("Every offer"),
            Self::Gpus => t!("By GPU"),
            Self::Backends => t!("By backend"),
            Self::Regions => t!("By region"),
        }
    }

    /// What it is called where it is kept.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Types => "type",
            Self::Offers => "offer",
            Self::Gpus => "gpu",
            Self::Backends => "backend",
            Self::Regions => "region",
        }
    }

    /// The view of a key.
    #[must_use]
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|view| view.key() == key)
    }

    /// What the matcher puts together for it.
    #[must_use]
    pub fn group_by(self) -> Option<GroupBy> {
        match self {
            Self::Types => Some(GroupBy::Type),
            Self::Offers => None,
            Self::Gpus => Some(GroupBy::Gpu),
            Self::Backends => Some(GroupBy::Backend),
            Self::Regions => Some(GroupBy::Region),
        }
    }

    /// How many groups there are, in words: "1 machine type", "12 backends"; `None` without groups.
    #[must_use]
    pub fn counted(self, groups: usize) -> Option<String> {
        let (one, many) = match self {
            Self::Types => (t!("machine type"), t!("machine types")),
            Self::Offers => return None,
            Self::Gpus => (t!("GPU"), t!("GPUs")),
            Self::Backends => (t!("backend"), t!("backends")),
            Self::Regions => (t!("region"), t!("regions")),
        };
        let word = if groups == 1 { one } else { many };
        Some(format!("{} {word}", crate::format::grouped(groups as u64)))
    }
}

/// One line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Line {
    /// A group.
    Group {
        /// As [`berth_shared::matcher::RowGroup::key`].
        key: u32,
        /// The offer that stands for it.
        best: RowId,
        /// How many offers it has.
        offers: usize,
        /// Whether its offers follow.
        open: bool,
    },
    /// An offer.
    Offer {
        /// Which.
        row: RowId,
        /// Whether it belongs to the group above.
        inside: bool,
    },
    /// One that is not known yet, but will be here.
    Pending,
}

/// The lines, each of which is found without going through the others.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listing {
    list: RowList,
    /// For each group the number of its line, and at last the number of all lines.
    starts: Vec<usize>,
    open: BTreeSet<u32>,
    /// Lines at the end that are not known yet.
    pending: usize,
}

impl Listing {
    /// The lines of a list, the groups of these keys unfolded.
    #[must_use]
    pub fn new(list: RowList, open: &BTreeSet<u32>) -> Self {
        let mut listing = Self { list, ..Self::default() };
        listing.unfold(open);
        listing
    }

    /// The first lines by machine type, as the match itself knows them.
    #[must_use]
    pub fn first_types(matches: &Matches) -> Self {
        let groups = matches
            .groups
            .iter()
            .scan(0, |end, group| {
                let start = *end;
                *end += group.regions;
                Some(berth_shared::matcher::RowGroup { key: group.key, best: group.row, rows: start..*end })
            })
            .collect();
        let list = RowList { rows: Vec::new(), groups, fitting: matches.total };
        let mut listing = Self::new(list, &BTreeSet::new());
        listing.pending = matches.group_total - matches.groups.len();
        listing
    }

    /// Unfolds the groups of these keys and folds the others.
    pub fn unfold(&mut self, open: &BTreeSet<u32>) {
        self.open.clone_from(open);
        self.starts.clear();
        let mut line = 0;
        for group in &self.list.groups {
            self.starts.push(line);
            line += 1 + if open.contains(&group.key) { group.rows.len() } else { 0 };
        }
        self.starts.push(line);
    }

    /// How many lines there are.
    #[must_use]
    pub fn lines(&self) -> usize {
        let known = if self.list.groups.is_empty() {
            self.list.rows.len()
        } else {
            self.starts.last().copied().unwrap_or_default()
        };
        known + self.pending
    }

    /// How many lines from the first on are known.
    #[must_use]
    pub fn known(&self) -> usize {
        self.lines() - self.pending
    }

    /// How many groups there are; 0 without.
    #[must_use]
    pub fn groups(&self) -> usize {
        let known = self.list.groups.len();
        if known == 0 { 0 } else { known + self.pending }
    }

    /// How many offers the lines stand for, and how many fit.
    #[must_use]
    pub fn offers(&self) -> (usize, usize) {
        let shown = if self.pending > 0 { self.list.fitting } else { self.list.rows.len() };
        (shown, self.list.fitting)
    }

    /// The line of this number; [`Line::Pending`] beyond the last.
    #[must_use]
    pub fn line(&self, number: usize) -> Line {
        if self.list.groups.is_empty() {
            return match self.list.rows.get(number) {
                Some(&row) => Line::Offer { row, inside: false },
                None => Line::Pending,
            };
        }
        let group = self.starts.partition_point(|&start| start <= number) - 1;
        let Some(found) = self.list.groups.get(group) else { return Line::Pending };
        match number - self.starts[group] {
            0 => Line::Group {
                key: found.key,
                best: found.best,
                offers: found.rows.len(),
                open: self.open.contains(&found.key),
            },
            place => match self.list.rows[found.rows.clone()].get(place - 1) {
                Some(&row) => Line::Offer { row, inside: true },
                None => Line::Pending,
            },
        }
    }

    /// Lines with their numbers.
    pub fn numbered(&self, numbers: Range<usize>) -> impl Iterator<Item = (usize, Line)> {
        numbers.map(|number| (number, self.line(number)))
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::matcher::RowGroup;

    use super::*;

    fn grouped() -> RowList {
        RowList {
            rows: vec![10, 11, 12, 20, 30, 31],
            groups: vec![
                RowGroup { key: 1, best: 10, rows: 0..3 },
                RowGroup { key: 2, best: 20, rows: 3..4 },
                RowGroup { key: 3, best: 30, rows: 4..6 },
            ],
            fitting: 9,
        }
    }

    fn rows(listing: &Listing) -> Vec<String> {
        listing
            .numbered(0..listing.lines())
            .map(|(_, line)| match line {
                Line::Group { key, offers, open, .. } => {
                    format!("{key} of {offers}{}", if open { " open" } else { "" })
                }
                Line::Offer { row, inside } => format!("{}{row}", if inside { "  " } else { "" }),
                Line::Pending => "…".to_owned(),
            })
            .collect()
    }

    #[test]
    fn groups_unfold_in_place() {
        let mut listing = Listing::new(grouped(), &BTreeSet::new());
        assert_eq!(rows(&listing), ["1 of 3", "2 of 1", "3 of 2"]);
        listing.unfold(&BTreeSet::from([3, 1]));
        assert_eq!(
            rows(&listing),
            ["1 of 3 open", "  10", "  11", "  12", "2 of 1", "3 of 2 open", "  30", "  31"]
        );
        listing.unfold(&BTreeSet::from([2, 99]));
        assert_eq!(rows(&listing), ["1 of 3", "2 of 1 open", "  20", "3 of 2"]);
        assert_eq!((listing.groups(), listing.offers()), (3, (6, 9)));
        assert_eq!(listing.line(99), Line::Pending);
    }

    #[test]
    fn offers_alone_are_lines_of_their_own() {
        let list = RowList { groups: Vec::new(), ..grouped() };
        let listing = Listing::new(list, &BTreeSet::from([1]));
        assert_eq!(rows(&listing), ["10", "11", "12", "20", "30", "31"]);
        assert_eq!(listing.groups(), 0);
        assert_eq!(Listing::default().lines(), 0);
        assert_eq!(Listing::default().line(0), Line::Pending);
    }

    #[test]
    fn the_first_lines_keep_the_place_of_those_to_come() {
        let matches = Matches { total: 70, group_total: 7, ..Matches::default() };
        let listing = Listing::first_types(&matches);
        // Without any groups there is nothing that could be told from "nothing fits".
        assert_eq!(listing.lines(), 7);
        assert_eq!((listing.known(), listing.line(0)), (0, Line::Pending));
    }

    #[test]
    fn every_view_is_found_by_its_key() {
        for view in View::ALL {
            assert_eq!(View::of_key(view.key()), Some(view));
            assert_eq!(view.counted(2).is_some(), view.group_by().is_some());
        }
        assert_eq!(View::of_key("?"), None);
        assert_eq!(View::Types.counted(1).as_deref(), Some("1 machine type"));
        assert_eq!(View::Backends.counted(1200).as_deref(), Some("1,200 backends"));
    }
}
