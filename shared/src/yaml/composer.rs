//! Events to a graph of nodes with tags; aliases refer to the node itself.

use std::collections::BTreeMap;

use super::error::{Stage, YamlError};
use super::event::{Event, EventKind, Mark, Properties, ScalarStyle, Spanned};
use super::parser::Parser;
use super::resolver::{Tag, resolve_scalar};
use crate::diagnostics::ByteRange;

/// Index of a node in a [`Graph`].
pub(super) type Index = usize;

/// A reference to a node, and where it is: the alias, or the node itself.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reference {
    pub(super) node: Index,
    pub(super) range: ByteRange,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) key: Reference,
    pub(super) value: Reference,
    /// Whether it came in by a merge key.
    pub(super) merged: bool,
    /// Whether it is a merge key that has been followed, and waits to be swept out.
    pub(super) followed: bool,
}

#[derive(Debug)]
pub(super) enum Kind {
    Scalar { text: String, plain: bool },
    Sequence(Vec<Reference>),
    Mapping(Vec<Entry>),
}

#[derive(Debug)]
pub(super) struct Composed {
    pub(super) tag: Tag,
    /// Where its tag is written.
    pub(super) tag_range: Option<ByteRange>,
    /// Where it begins, anchor and tag included.
    pub(super) mark: Mark,
    /// Its text, anchor and tag left out.
    pub(super) range: ByteRange,
    pub(super) kind: Kind,
}

/// The nodes of one document, in the order in which they begin.
#[derive(Debug, Default)]
pub(super) struct Graph {
    pub(super) nodes: Vec<Composed>,
    pub(super) root: Option<Index>,
    /// Whether any key is `=`, by which a mapping stands for one of its values.
    pub(super) has_defaults: bool,
}

/// A collection whose end has not come yet.
struct Open {
    node: Index,
    /// A mapping's key that waits for its value.
    key: Option<Reference>,
}

struct Composer {
    nodes: Vec<Composed>,
    open: Vec<Open>,
    anchors: BTreeMap<String, Index>,
    root: Option<Index>,
    has_defaults: bool,
}

/// Composes the one document of a text, or none.
pub(super) fn compose(mut parser: Parser<'_>) -> Result<Graph, YamlError> {
    let mut composer = Composer {
        // About one node for two dozen characters in files that people write: a long one is not moved about as it grows.
        nodes: Vec::with_capacity(parser.text().len() / 24 + 8),
        open: Vec::new(),
        anchors: BTreeMap::new(),
        root: None,
        has_defaults: false,
    };
    while let Some(event) = parser.next_event()? {
        match event.kind {
            EventKind::DocumentStart { .. } => {
                if let Some(first) = composer.root {
                    return Err(second_document(&event, composer.nodes[first].range));
                }
            }
            EventKind::DocumentEnd { .. } => {}
            _ => composer.node(event)?,
        }
    }
    Ok(Graph { nodes: composer.nodes, root: composer.root, has_defaults: composer.has_defaults })
}

fn second_document(event: &Event<'_>, first: ByteRange) -> YamlError {
    let range = ByteRange::new(event.start.offset, event.end.offset);
    YamlError::new(Stage::Composer, "a second document begins here", range, event.start)
        .within("this is the first one", first)
        .help("a configuration is one document: remove the `---` line or what belongs to the other document")
}

impl Composer {
    fn node(&mut self, event: Event<'_>) -> Result<(), YamlError> {
        let Event { kind, start, content, .. } = event;
        match kind {
            EventKind::Alias { name } => {
                let Some(&node) = self.anchors.get(&name) else {
                    let message = format!("the alias `*{name}` has no anchor `&{name}` before it");
                    return Err(YamlError::new(Stage::Composer, message, content, start)
                        .help("define the anchor further up, or put the value in quotes if it is text"));
                };
                self.refer(Reference { node, range: content });
            }
            EventKind::Scalar { properties, value, style } => {
                let plain = style == ScalarStyle::Plain;
                let tag = match &properties.tag {
                    None if plain => resolve_scalar(&value),
                    None => Tag::Str,
                    // The non-specific tag means "as if plain", even for a quoted scalar.
                    Some(tag) if tag.text == "!" => resolve_scalar(&value),
                    Some(tag) => Tag::named(&tag.text),
                };
                self.has_defaults |= tag == Tag::Value;
                let kind = Kind::Scalar { text: value.into_owned(), plain };
                let node = self.add(properties, tag, kind, start, content)?;
                self.refer(Reference { node, range: content });
            }
            EventKind::SequenceStart { properties } => {
                let tag = collection_tag(&properties, Tag::Seq);
                let node = self.add(properties, tag, Kind::Sequence(Vec::new()), start, content)?;
                self.open.push(Open { node, key: None });
            }
            EventKind::MappingStart { properties } => {
                let tag = collection_tag(&properties, Tag::Map);
                let node = self.add(properties, tag, Kind::Mapping(Vec::new()), start, content)?;
                self.open.push(Open { node, key: None });
            }
            EventKind::SequenceEnd | EventKind::MappingEnd => {
                if let Some(Open { node, .. }) = self.open.pop() {
                    let range = &mut self.nodes[node].range;
                    range.end = range.end.max(content.end);
                    let range = *range;
                    self.refer(Reference { node, range });
                }
            }
            EventKind::DocumentStart { .. } | EventKind::DocumentEnd { .. } => {}
        }
        Ok(())
    }

    fn add(
        &mut self,
        properties: Properties,
        tag: Tag,
        kind: Kind,
        mark: Mark,
        range: ByteRange,
    ) -> Result<Index, YamlError> {
        let node = self.nodes.len();
        let tag_range = properties.tag.map(|tag| tag.range);
        if let Some(anchor) = properties.anchor {
            if let Some(&first) = self.anchors.get(&anchor.text) {
                let message = format!("the anchor `&{}` is defined twice", anchor.text);
                return Err(YamlError::new(Stage::Composer, message, anchor.range, mark)
                    .within("it is defined here first", self.nodes[first].range)
                    .help("give one of them another name"));
            }
            let Spanned { text, .. } = *anchor;
            self.anchors.insert(text, node);
        }
        self.nodes.push(Composed { tag, tag_range, mark, range, kind });
        Ok(node)
    }

    /// Puts a complete node where it belongs.
    fn refer(&mut self, reference: Reference) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(reference.node);
            return;
        };
        match &mut self.nodes[open.node].kind {
            Kind::Sequence(items) => items.push(reference),
            Kind::Mapping(entries) => match open.key.take() {
                None => open.key = Some(reference),
                Some(key) => entries.push(Entry { key, value: reference, merged: false, followed: false }),
            },
            Kind::Scalar { .. } => {}
        }
    }
}

fn collection_tag(properties: &Properties, default: Tag) -> Tag {
    match &properties.tag {
        Some(tag) if tag.text != "!" => Tag::named(&tag.text),
        _ => default,
    }
}
