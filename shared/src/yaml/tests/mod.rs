//! Tests of the whole reader; what is particular to one module is tested there.

mod anything;
mod events;
mod limits;
mod mistakes;
mod places;
mod values;

use super::{Document, NodeId, Value, load};

/// The value of a text as one line, aliases written out.
fn value_of(text: &str) -> String {
    match load(text) {
        Ok(document) => document.root.map_or("nothing".to_owned(), |root| shown(&document, root)),
        Err(error) => format!("error: {error}"),
    }
}

fn shown(document: &Document, id: NodeId) -> String {
    let list = |ids: Vec<NodeId>| ids.iter().map(|&id| shown(document, id)).collect::<Vec<_>>().join(", ");
    let pair = |key, value| format!("{}: {}", shown(document, key), shown(document, value));
    match &document.node(id).value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::BigInt(n) => format!("big {n}"),
        Value::Float(f) => format!("{f:?}"),
        Value::Str(s) => format!("{s:?}"),
        Value::Binary(bytes) => format!("bytes {bytes:?}"),
        Value::Timestamp(t) => format!("time {t}"),
        Value::Seq(items) => format!("[{}]", list(items.iter().map(|item| item.0).collect())),
        Value::Set(items) => format!("set [{}]", list(items.iter().map(|item| item.0).collect())),
        Value::Map(entries) => {
            let entries: Vec<_> = entries.iter().map(|e| pair(e.key, e.value)).collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Pairs(pairs) => {
            let pairs: Vec<_> = pairs.iter().map(|&(key, value)| pair(key, value)).collect();
            format!("pairs [{}]", pairs.join(", "))
        }
    }
}
