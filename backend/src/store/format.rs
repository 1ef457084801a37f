//! Rows that a newer Berth has written: an older one works on them, and keeps what it does not know.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::StoreError;

/// The format of the rows that this Berth writes. Raised whenever a field is added to a row; the rules are in
/// `docs/adr/0009`.
pub(super) const FORMAT: i32 = 3;

/// The row `ours`, with what `stored` says beyond what a `T` can. Something is unknown when it is gone after `stored` has been
/// read as a `T` and written again; what is known and not in `ours` was taken away on purpose.
pub(super) fn keep_unknown<T: Serialize + DeserializeOwned>(
    stored: Value,
    ours: &T,
) -> Result<Value, StoreError> {
    let corrupt = |e: serde_json::Error| StoreError::Corrupt { what: "row", cause: e.to_string() };
    let known: T = serde_json::from_value(stored.clone()).map_err(corrupt)?;
    let known = serde_json::to_value(known).map_err(corrupt)?;
    let mut ours = serde_json::to_value(ours).map_err(corrupt)?;
    merge(&mut ours, &known, stored);
    Ok(ours)
}

fn merge(ours: &mut Value, known: &Value, stored: Value) {
    let (Value::Object(ours), Value::Object(known), Value::Object(stored)) = (ours, known, stored) else {
        return;
    };
    for (key, value) in stored {
        match (known.get(&key), ours.get_mut(&key)) {
            (None, None) => {
                ours.insert(key, value);
            }
            (Some(known), Some(ours)) => merge(ours, known, value),
            (None, Some(_)) | (Some(_), None) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Row {
        name: String,
        inner: Inner,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    }

    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Inner {
        Open { since: i64 },
        Shut { by: String },
    }

    fn written(stored: Value, change: impl FnOnce(&mut Row)) -> Value {
        let mut row: Row = serde_json::from_value(stored.clone()).expect("it is read");
        change(&mut row);
        keep_unknown(stored, &row).expect("it is merged")
    }

    #[test]
    fn what_is_not_known_is_kept_at_every_depth() {
        let stored =
            json!({ "name": "a", "colour": { "r": 1 }, "inner": { "open": { "since": 1, "mood": null } } });
        let merged = written(stored, |row| row.name = "b".to_owned());
        assert_eq!(
            merged,
            json!({ "name": "b", "colour": { "r": 1 }, "inner": { "open": { "since": 1, "mood": null } } })
        );
    }

    #[test]
    fn what_is_known_and_was_taken_away_stays_away() {
        let stored = json!({ "name": "a", "note": "x", "inner": { "open": { "since": 1, "mood": 2 } } });
        let merged = written(stored, |row| {
            row.note = None;
            row.inner = Inner::Shut { by: "b".to_owned() };
        });
        assert_eq!(merged, json!({ "name": "a", "inner": { "shut": { "by": "b" } } }));
    }
}
