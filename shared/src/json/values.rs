//! What types are made of.

use std::collections::BTreeMap;

use serde_json::Value;
use uuid::Uuid;

use super::{FromJson, Unreadable};

impl FromJson for Value {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        Ok(json.take())
    }
}

impl FromJson for String {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        match json {
            Value::String(text) => Ok(std::mem::take(text)),
            _ => Err(Unreadable::new("not a text")),
        }
    }
}

impl FromJson for bool {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        json.as_bool().ok_or_else(|| Unreadable::new("neither true nor false"))
    }
}

impl FromJson for f64 {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        json.as_f64().ok_or_else(|| Unreadable::new("not a number"))
    }
}

impl FromJson for f32 {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        f64::from_json(json).map(|number| number as Self)
    }
}

/// A whole number.
fn whole<T: TryFrom<u64> + TryFrom<i64>>(json: &Value) -> Result<T, Unreadable> {
    let number = match json.as_u64() {
        Some(number) => number.try_into().ok(),
        None => json.as_i64().and_then(|number| number.try_into().ok()),
    };
    number.ok_or_else(|| Unreadable::new("not a whole number, or out of range"))
}

macro_rules! whole {
    ($($number:ty)*) => {
        $(impl FromJson for $number {
            fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
                whole(json)
            }
        })*
    };
}

whole!(u8 u16 u32 u64 usize i32 i64);

impl FromJson for Uuid {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        let text = json.as_str().unwrap_or_default();
        Self::try_parse(text).map_err(|_| Unreadable::new("not a UUID"))
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        if json.is_null() { Ok(None) } else { T::from_json(json).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        T::from_json(json).map(Self::new)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        let Value::Array(values) = json else { return Err(Unreadable::new("not a list")) };
        let mut items = Self::with_capacity(values.len());
        for (at, value) in values.iter_mut().enumerate() {
            items.push(T::from_json(value).map_err(|error| error.inside(&format!("[{at}]")))?);
        }
        Ok(items)
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        let Value::Object(values) = json else { return Err(Unreadable::new("not an object")) };
        let mut items = Self::new();
        for (name, mut value) in std::mem::take(values) {
            let item = T::from_json(&mut value).map_err(|error| error.inside(&name))?;
            items.insert(name, item);
        }
        Ok(items)
    }
}

impl<A: FromJson, B: FromJson> FromJson for (A, B) {
    fn from_json(json: &mut Value) -> Result<Self, Unreadable> {
        match json.as_array_mut().map(Vec::as_mut_slice) {
            Some([first, second]) => Ok((A::from_json(first)?, B::from_json(second)?)),
            _ => Err(Unreadable::new("not a list of two")),
        }
    }
}
