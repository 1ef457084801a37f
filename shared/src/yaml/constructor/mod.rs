//! A graph of tagged nodes to values, in the order in which PyYAML makes them: a collection is
//! filled only after all that refers to it in the same round has been made, so that cycles are possible.

mod base64;
mod bignat;
mod merge;
mod number;
mod scalar;
mod timestamp;

pub(super) use timestamp::Timestamp;

use super::composer::{Composed, Graph, Index, Kind, Reference};
use super::error::{Stage, YamlError};
use super::resolver::Tag;
use super::tree::{Document, MapEntry, Node, NodeId, Value};
use crate::diagnostics::ByteRange;

type Construct<T> = Result<T, YamlError>;

/// How much following merge keys may multiply a text. Real files have dozens of merged entries;
/// a few lines of maps that merge each other twice would have billions.
const MERGE_BUDGET: usize = 200_000;

struct Constructor {
    graph: Vec<Composed>,
    /// The made node of each node of the graph.
    made: Vec<Option<NodeId>>,
    nodes: Vec<Node>,
    /// Collections made in this round, to be filled in the next.
    unfilled: Vec<Index>,
    /// Mappings whose merge keys have been followed.
    flat: Vec<bool>,
    /// How many entries of each mapping have been looked at for merge keys.
    scanned: Vec<usize>,
    budget: usize,
    /// Whether a scalar may be asked for again, for a mapping that it is the default value of.
    has_defaults: bool,
}

pub(super) fn construct(graph: Graph) -> Construct<Document> {
    let count = graph.nodes.len();
    let mut constructor = Constructor {
        made: vec![None; count],
        flat: vec![false; count],
        scanned: vec![0; count],
        nodes: Vec::with_capacity(count),
        graph: graph.nodes,
        unfilled: Vec::new(),
        budget: MERGE_BUDGET,
        has_defaults: graph.has_defaults,
    };
    let root = match graph.root {
        None => None,
        Some(root) => Some(constructor.make(root)?),
    };
    while !constructor.unfilled.is_empty() {
        for index in std::mem::take(&mut constructor.unfilled) {
            constructor.fill(index)?;
        }
    }
    Ok(Document { nodes: constructor.nodes, root })
}

impl Constructor {
    /// The value of a node; a collection is left empty for now.
    fn make(&mut self, index: Index) -> Construct<NodeId> {
        if let Some(id) = self.made[index] {
            return Ok(id);
        }
        let (value, text, plain) = match &self.graph[index].tag {
            Tag::Seq => (Value::Seq(Vec::new()), None, false),
            Tag::Map => (Value::Map(Vec::new()), None, false),
            Tag::Set => (Value::Set(Vec::new()), None, false),
            Tag::Omap | Tag::Pairs => (Value::Pairs(Vec::new()), None, false),
            Tag::Merge | Tag::Value | Tag::Other(_) => return Err(self.unknown_tag(index)),
            Tag::Null | Tag::Bool | Tag::Int | Tag::Float | Tag::Binary | Tag::Timestamp | Tag::Str => {
                let (value, text, plain) = self.scalar(index)?;
                (value, Some(text), plain)
            }
        };
        if text.is_none() {
            self.unfilled.push(index);
        }
        let count = u32::try_from(self.nodes.len());
        let id = NodeId(count.map_err(|_| self.error(index, "the text has too many values"))?);
        self.nodes.push(Node { range: self.graph[index].range, value, text, plain });
        self.made[index] = Some(id);
        Ok(id)
    }

    fn fill(&mut self, index: Index) -> Construct<()> {
        let Some(id) = self.made[index] else {
            return Ok(());
        };
        let value = match self.graph[index].tag {
            Tag::Seq => Value::Seq(self.items(index)?),
            Tag::Map => Value::Map(self.entries(index)?),
            Tag::Set => {
                let entries = self.entries(index)?;
                Value::Set(entries.into_iter().map(|entry| (entry.key, entry.key_range)).collect())
            }
            _ => Value::Pairs(self.pairs(index)?),
        };
        self.nodes[id.0 as usize].value = value;
        Ok(())
    }

    fn items(&mut self, index: Index) -> Construct<Vec<(NodeId, ByteRange)>> {
        let count = self.sequence(index)?.len();
        let mut items = Vec::with_capacity(count);
        for i in 0..count {
            let item = self.sequence(index)?[i];
            items.push((self.make(item.node)?, item.range));
        }
        Ok(items)
    }

    fn sequence(&self, index: Index) -> Construct<&[Reference]> {
        match &self.graph[index].kind {
            Kind::Sequence(items) => Ok(items),
            kind => Err(self.error(index, format!("expected a list, found {}", described(kind)))),
        }
    }

    fn entries(&mut self, index: Index) -> Construct<Vec<MapEntry>> {
        if !matches!(self.graph[index].kind, Kind::Mapping(_)) {
            let found = described(&self.graph[index].kind);
            return Err(self.error(index, format!("expected a mapping, found {found}")));
        }
        self.flatten(index)?;
        let count = self.mapping_len(index);
        let mut entries = Vec::with_capacity(count);
        for i in 0..count {
            let Kind::Mapping(composed) = &self.graph[index].kind else { break };
            let Some(&entry) = composed.get(i) else { break };
            let key = self.make(entry.key.node)?;
            if is_collection(&self.nodes[key.0 as usize].value) {
                let mark = self.graph[entry.key.node].mark;
                let found = described(&self.graph[entry.key.node].kind);
                let message = format!("a key must be a single value, found {found}");
                return Err(YamlError::new(Stage::Constructor, message, entry.key.range, mark)
                    .within("in this mapping", self.opening(index))
                    .help("quote the key if it is text; `{` and `[` begin a mapping or a list"));
            }
            entries.push(MapEntry {
                key,
                value: self.make(entry.value.node)?,
                key_range: entry.key.range,
                value_range: entry.value.range,
                merged: entry.merged,
            });
        }
        Ok(entries)
    }

    fn mapping_len(&self, index: Index) -> usize {
        match &self.graph[index].kind {
            Kind::Mapping(entries) => entries.len(),
            _ => 0,
        }
    }

    /// `!!omap` and `!!pairs`: a list of mappings of one entry each.
    fn pairs(&mut self, index: Index) -> Construct<Vec<(NodeId, NodeId)>> {
        let count = self.sequence(index)?.len();
        let mut pairs = Vec::with_capacity(count);
        for i in 0..count {
            let item = self.sequence(index)?[i];
            let entry = match &self.graph[item.node].kind {
                Kind::Mapping(entries) => match entries[..] {
                    [entry] => entry,
                    _ => {
                        let message = format!("expected one key and its value, found {}", entries.len());
                        return Err(self.error_at(item, message));
                    }
                },
                kind => {
                    let message = format!("expected a mapping of one entry, found {}", described(kind));
                    return Err(self.error_at(item, message));
                }
            };
            let key = self.make(entry.key.node)?;
            pairs.push((key, self.make(entry.value.node)?));
        }
        Ok(pairs)
    }

    fn unknown_tag(&self, index: Index) -> YamlError {
        let node = &self.graph[index];
        let (message, help) = match &node.tag {
            Tag::Merge if node.tag_range.is_none() => {
                ("`<<` is a merge key and no value".to_owned(), "put it in quotes if it is text")
            }
            Tag::Value if node.tag_range.is_none() => {
                ("a lone `=` is no value".to_owned(), "put it in quotes if it is text")
            }
            tag => {
                let name = match tag {
                    Tag::Merge => "tag:yaml.org,2002:merge",
                    Tag::Value => "tag:yaml.org,2002:value",
                    Tag::Other(name) => name,
                    _ => "",
                };
                let shown = name.strip_prefix("tag:yaml.org,2002:").map(|short| format!("!!{short}"));
                let shown = shown.unwrap_or_else(|| name.to_owned());
                (
                    format!("the tag `{shown}` is not known"),
                    "remove it, or put the value in quotes if it is text",
                )
            }
        };
        let range = node.tag_range.unwrap_or(node.range);
        YamlError::new(Stage::Constructor, message, range, node.mark).help(help)
    }

    /// An error about a whole node.
    fn error(&self, index: Index, message: impl Into<String>) -> YamlError {
        let node = &self.graph[index];
        YamlError::new(Stage::Constructor, message, node.range, node.mark)
    }

    /// An error about a node at the place where it is referred to.
    fn error_at(&self, reference: Reference, message: impl Into<String>) -> YamlError {
        YamlError::new(Stage::Constructor, message, reference.range, self.graph[reference.node].mark)
    }

    /// Where a collection begins.
    fn opening(&self, index: Index) -> ByteRange {
        let start = self.graph[index].range.start;
        ByteRange::new(start, start)
    }
}

fn is_collection(value: &Value) -> bool {
    matches!(value, Value::Seq(_) | Value::Map(_) | Value::Set(_) | Value::Pairs(_))
}

fn described(kind: &Kind) -> &'static str {
    match kind {
        Kind::Scalar { .. } => "a single value",
        Kind::Sequence(_) => "a list",
        Kind::Mapping(_) => "a mapping",
    }
}
