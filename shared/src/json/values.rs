//! What types are made of.

use std::collections::BTreeMap;

use serde_json::Number;
use uuid::Uuid;

use super::{FromJson, Json, Unreadable};

impl FromJson for String {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        match json {
            Json::Text(text) => Ok(std::mem::take(text).into_owned()),
            _ => Err(Unreadable::new("not a text")),
        }
    }
}

impl FromJson for bool {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        if let Json::Bool(is) = json { Ok(*is) } else { Err(Unreadable::new("neither true nor false")) }
    }
}

impl FromJson for f64 {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        number(json).and_then(Number::as_f64).ok_or_else(|| Unreadable::new("not a number"))
    }
}

impl FromJson for f32 {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        f64::from_json(json).map(|number| number as Self)
    }
}

fn number<'a>(json: &'a Json<'_>) -> Option<&'a Number> {
    if let Json::Number(number) = json { Some(number) } else { None }
}

/// A whole number.
fn whole<T: TryFrom<u64> + TryFrom<i64>>(json: &Json<'_>) -> Result<T, Unreadable> {
    let number = number(json);
    let whole = match number.and_then(Number::as_u64) {
        Some(whole) => whole.try_into().ok(),
        None => number.and_then(Number::as_i64).and_then(|whole| whole.try_into().ok()),
    };
    whole.ok_or_else(|| Unreadable::new("not a whole number, or out of range"))
}

macro_rules! whole {
    ($($number:ty)*) => {
        $(impl FromJson for $number {
            fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
                whole(json)
            }
        })*
    };
}

whole!(u8 u16 u32 u64 usize i32 i64);

impl FromJson for Uuid {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        let text = json.as_text().unwrap_or_default();
        Self::try_parse(text).map_err(|_| Unreadable::new("not a UUID"))
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        if matches!(json, Json::Null) { Ok(None) } else { T::from_json(json).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

impl<T: FromJson> FromJson for Box<T> {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        T::from_json(json).map(Self::new)
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        let Json::List(values) = json else { return Err(Unreadable::new("not a list")) };
        let mut items = Self::with_capacity(values.len());
        for (at, value) in values.iter_mut().enumerate() {
            items.push(T::from_json(value).map_err(|error| error.inside(&format!("[{at}]")))?);
        }
        Ok(items)
    }
}

impl<T: FromJson> FromJson for BTreeMap<String, T> {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        let Json::Object(values) = json else { return Err(Unreadable::new("not an object")) };
        let mut items = Self::new();
        for (name, value) in values {
            let name = String::from_json(name)?;
            let item = T::from_json(value).map_err(|error| error.inside(&name))?;
            items.insert(name, item);
        }
        Ok(items)
    }
}

impl<A: FromJson, B: FromJson> FromJson for (A, B) {
    fn from_json(json: &mut Json<'_>) -> Result<Self, Unreadable> {
        let why = || Unreadable::new("not a list of two");
        let Json::List(two) = json else { return Err(why()) };
        let [first, second] = two.as_mut_slice() else { return Err(why()) };
        Ok((A::from_json(first)?, B::from_json(second)?))
    }
}
