//! The YAML 1.1 reader: text to events with places (`events`), events to a tree whose every node
//! knows where it stands ([`Document`]). It follows PyYAML 6, because that is what reads these files elsewhere.

mod tree;

pub use tree::{Document, MapEntry, Node, NodeId, Value};
