//! The first few of many.

/// Keeps the `limit` smallest items of those that it is given, without keeping or sorting the rest.
pub(super) struct Top<T> {
    limit: usize,
    items: Vec<T>,
    /// Items from here on cannot be among the first.
    cut: Option<T>,
}

impl<T: Ord + Copy> Top<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, items: Vec::new(), cut: None }
    }

    pub(super) fn push(&mut self, item: T) {
        if self.cut.is_some_and(|cut| item >= cut) {
            return;
        }
        self.items.push(item);
        if self.items.len() >= self.limit.saturating_mul(2).saturating_add(256) {
            self.shrink();
        }
    }

    fn shrink(&mut self) {
        if self.items.len() > self.limit {
            if let Some(last) = self.limit.checked_sub(1) {
                self.cut = Some(*self.items.select_nth_unstable(last).1);
            }
            self.items.truncate(self.limit);
        }
    }

    /// The first items, in order.
    pub(super) fn finish(mut self) -> Vec<T> {
        self.shrink();
        self.items.sort_unstable();
        self.items
    }
}
