//! What says by a field of its own what it is, read without what serde derives for it.
//!
//! For `#[serde(tag = "…")]` serde derives code that keeps all fields until it has seen the tag, and reads them from there by code of
//! its own for each type in them. In the page that would be a tenth of all code that each reader waits for.

use std::borrow::Cow;

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeOwned, DeserializeSeed, EnumAccess, Error as _, IntoDeserializer, VariantAccess, Visitor,
    },
    forward_to_deserialize_any,
};
use serde_json::{Error, Value};

/// Reads `{"type": "pong", "id": 1}` as an enum reads its variant `pong` with the field `id`: the text is looked through for the tag
/// first, and then read.
///
/// # Errors
/// What is no such message.
#[cfg_attr(
    not(any(target_arch = "wasm32", test)),
    expect(dead_code, reason = "elsewhere what serde derives weighs nothing")
)]
pub(super) fn from_str<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Error> {
    #[derive(Deserialize)]
    struct Tag<'a> {
        #[serde(borrow, rename = "type")]
        kind: Cow<'a, str>,
    }
    let Tag { kind } = serde_json::from_str(text)?;
    T::deserialize(Tagged { kind: &kind, text })
}

/// A message and what it says that it is.
struct Tagged<'a, 'de> {
    kind: &'a str,
    text: &'de str,
}

impl<'de> Deserializer<'de> for Tagged<'_, 'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

impl<'a, 'de> EnumAccess<'de> for Tagged<'a, 'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let kind = IntoDeserializer::<Error>::into_deserializer(self.kind);
        Ok((seed.deserialize(kind)?, self))
    }
}

impl<'de> VariantAccess<'de> for Tagged<'_, 'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(&mut serde_json::Deserializer::from_str(self.text))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("a message has fields with names"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        serde_json::Deserializer::from_str(self.text).deserialize_struct("", fields, visitor)
    }
}

/// What a small value says by its `kind` that it is.
///
/// # Errors
/// It says nothing.
pub(super) fn kind(value: &Value) -> Result<&str, String> {
    value["kind"].as_str().ok_or_else(|| "missing field `kind`".to_owned())
}

/// The value as what its `kind` says.
///
/// # Errors
/// It is not that.
pub(super) fn rest<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

/// That there is no such `kind`.
pub(super) fn unknown(kind: &str, kinds: &[&str]) -> String {
    let kinds: Vec<_> = kinds.iter().map(|kind| format!("`{kind}`")).collect();
    format!("unknown kind `{kind}`, expected one of {}", kinds.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Message {
        Pong { id: u64, name: Option<String> },
        Nothing,
    }

    #[test]
    fn a_message_is_what_its_type_says_wherever_that_stands() {
        let pong = |name: Option<&str>| Message::Pong { id: 1, name: name.map(str::to_owned) };
        assert_eq!(from_str::<Message>(r#"{"type":"pong","id":1}"#).unwrap(), pong(None));
        assert_eq!(
            from_str::<Message>(r#"{"id":1,"name":"type","more":{"type":"x"},"type":"pong"}"#).unwrap(),
            pong(Some("type"))
        );
        assert_eq!(from_str::<Message>(r#"{"type":"nothing"}"#).unwrap(), Message::Nothing);
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"type":1}"#,
            r#"{"type":"other"}"#,
            r#"{"type":"pong"}"#,
            r#"{"type":"pong","id":"x"}"#,
        ] {
            assert!(from_str::<Message>(text).is_err(), "{text}");
        }
    }
}
