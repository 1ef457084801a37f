//! Merge keys: `<<` brings in the entries of another mapping, or of a list of them
//! (yaml.org/type/merge.html). Entries that are brought in come first, so that the mapping's own win.

use super::super::composer::{Entry, Index, Kind, Reference};
use super::super::resolver::Tag;
use super::{Construct, Constructor, MERGE_BUDGET, described};

/// A mapping whose merge keys are being followed.
struct Frame {
    mapping: Index,
    /// What has been brought in so far.
    merged: Vec<Entry>,
    /// What the merge key at hand refers to, as far as it is not yet taken in.
    sources: Option<Sources>,
}

struct Sources {
    /// One mapping, or the items of a list.
    list: Option<Index>,
    single: Index,
    next: usize,
    /// Whether the source at hand has been flattened, so that it can be taken in.
    flattened: bool,
    /// Of each source its entries; a list's first source wins, so they are taken in last to first.
    entries: Vec<Vec<Entry>>,
}

/// What to do after looking at the top frame.
enum Step {
    Descend(Index),
    Done,
}

impl Frame {
    fn new(mapping: Index) -> Self {
        Self { mapping, merged: Vec::new(), sources: None }
    }
}

impl Constructor {
    /// Replaces the merge keys of a mapping, and of all it merges, by the entries they stand for.
    /// Mappings may merge each other in a circle; then each entry is still brought in.
    pub(super) fn flatten(&mut self, mapping: Index) -> Construct<()> {
        if self.flat[mapping] {
            return Ok(());
        }
        let mut frames = vec![Frame::new(mapping)];
        while let Some(frame) = frames.last_mut() {
            match self.step(frame)? {
                Step::Descend(inner) => frames.push(Frame::new(inner)),
                Step::Done => {
                    if let Some(frame) = frames.pop() {
                        self.finish(frame);
                    }
                }
            }
        }
        Ok(())
    }

    /// Goes on with one mapping until another has to be flattened first, or it is done.
    fn step(&mut self, frame: &mut Frame) -> Construct<Step> {
        loop {
            if let Some(sources) = &mut frame.sources {
                if let Some(inner) = self.take_source(frame.mapping, sources)? {
                    return Ok(Step::Descend(inner));
                }
                if let Some(sources) = frame.sources.take() {
                    frame.merged.extend(sources.entries.into_iter().rev().flatten());
                }
            }
            // In a circle, an inner frame has dealt with the rest of this mapping.
            if self.flat[frame.mapping] {
                return Ok(Step::Done);
            }
            let Some(entry) = self.next_entry(frame.mapping) else {
                return Ok(Step::Done);
            };
            match self.graph[entry.key.node].tag {
                Tag::Merge => frame.sources = Some(self.sources(entry.value)?),
                // As a key, `=` is a text.
                Tag::Value => self.graph[entry.key.node].tag = Tag::Str,
                _ => {}
            }
        }
    }

    /// The next entry of a mapping, whichever frame asks; a merge key is marked as followed.
    fn next_entry(&mut self, mapping: Index) -> Option<Entry> {
        let next = self.scanned[mapping];
        let Kind::Mapping(entries) = &self.graph[mapping].kind else {
            return None;
        };
        let entry = *entries.get(next)?;
        self.scanned[mapping] += 1;
        if self.graph[entry.key.node].tag == Tag::Merge
            && let Kind::Mapping(entries) = &mut self.graph[mapping].kind
        {
            entries[next].followed = true;
        }
        Some(entry)
    }

    fn sources(&self, value: Reference) -> Construct<Sources> {
        let list = match &self.graph[value.node].kind {
            Kind::Mapping(_) => None,
            Kind::Sequence(_) => Some(value.node),
            kind @ Kind::Scalar { .. } => {
                let message =
                    format!("`<<` merges a mapping or a list of mappings, found {}", described(kind));
                return Err(self.error_at(value, message).help("refer to a mapping, such as `<<: *name`"));
            }
        };
        Ok(Sources { list, single: value.node, next: 0, flattened: false, entries: Vec::new() })
    }

    /// Takes in the entries of flattened sources; returns the first that is not flattened yet.
    fn take_source(&mut self, into: Index, sources: &mut Sources) -> Construct<Option<Index>> {
        loop {
            let source = match sources.list {
                None if sources.next > 0 => return Ok(None),
                None => sources.single,
                Some(list) => match &self.graph[list].kind {
                    Kind::Sequence(items) => match items.get(sources.next) {
                        None => return Ok(None),
                        Some(item) => self.check_source(*item)?,
                    },
                    _ => return Ok(None),
                },
            };
            if !self.flat[source] && !sources.flattened {
                sources.flattened = true;
                return Ok(Some(source));
            }
            sources.flattened = false;
            sources.next += 1;
            let Kind::Mapping(entries) = &self.graph[source].kind else { continue };
            let entries: Vec<Entry> = entries
                .iter()
                .filter(|entry| !entry.followed)
                .map(|entry| Entry { merged: true, ..*entry })
                .collect();
            self.spend(entries.len() + 1, into)?;
            sources.entries.push(entries);
        }
    }

    fn check_source(&self, item: Reference) -> Construct<Index> {
        match &self.graph[item.node].kind {
            Kind::Mapping(_) => Ok(item.node),
            kind => {
                let message = format!("`<<` merges mappings, found {} in the list", described(kind));
                Err(self.error_at(item, message))
            }
        }
    }

    /// Sweeps out the merge keys and puts what they brought in before the rest.
    fn finish(&mut self, frame: Frame) {
        self.flat[frame.mapping] = true;
        if let Kind::Mapping(entries) = &mut self.graph[frame.mapping].kind {
            entries.retain(|entry| !entry.followed);
            if !frame.merged.is_empty() {
                let own = std::mem::replace(entries, frame.merged);
                entries.extend(own);
            }
        }
    }

    /// Counts what following merge keys and default keys (`=`) costs.
    pub(super) fn spend(&mut self, amount: usize, index: Index) -> Construct<()> {
        match self.budget.checked_sub(amount) {
            Some(left) => {
                self.budget = left;
                Ok(())
            }
            None => Err(self
                .error(
                    index,
                    format!("the merge keys (`<<`) of this text bring in more than {MERGE_BUDGET} entries"),
                )
                .help("mappings that merge each other several times multiply: write the entries out")),
        }
    }
}
