use std::collections::BTreeMap;

use serde::Deserialize;

use super::{FromJson, from_text};

#[derive(Debug, PartialEq, Deserialize, FromJson)]
struct Machine {
    name: String,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    cpus: u32,
    #[serde(default = "usual")]
    price: f64,
    zone: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<String, Vec<(i64, Option<u8>)>>,
}

const fn usual() -> f64 {
    1.5
}

#[derive(Debug, PartialEq, Deserialize, FromJson)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    BareMetal,
    #[serde(rename = "vm")]
    Virtual,
}

#[derive(Debug, PartialEq, Deserialize, FromJson)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Message {
    Nothing,
    PutDown { id: u64, name: Option<String> },
    Machine(Box<Named>),
}

#[derive(Debug, PartialEq, Deserialize, FromJson)]
struct Named {
    name: String,
}

/// Both ways; the error of ours.
fn read<T: FromJson + for<'a> Deserialize<'a> + PartialEq + std::fmt::Debug>(
    text: &str,
) -> Result<T, String> {
    let ours = from_text::<T>(text);
    assert_eq!(ours.as_ref().ok(), serde_json::from_str::<T>(text).ok().as_ref(), "{text}");
    ours.map_err(|error| error.to_string())
}

#[test]
fn what_is_absent_is_what_serde_takes_it_for() {
    let least = Machine {
        name: "a".to_owned(),
        kind: Kind::BareMetal,
        cpus: 0,
        price: 1.5,
        zone: None,
        tags: BTreeMap::new(),
    };
    assert_eq!(read(r#"{"name":"a","type":"bare-metal","zone":null,"more":[1,{}]}"#), Ok(least));
    let text =
        r#"{"type":"vm","name":"a","cpus":4,"price":2,"zone":"z","tags":{"b":[[-1,null],[2,255]],"c":[]}}"#;
    let full = read::<Machine>(text).expect("a machine");
    assert_eq!(
        (full.kind, full.cpus, full.price, full.tags["b"][1]),
        (Kind::Virtual, 4, 2.0, (2, Some(255)))
    );
}

#[test]
fn what_says_what_it_is_may_say_it_anywhere() {
    assert_eq!(read(r#"{"type":"nothing","id":1}"#), Ok(Message::Nothing));
    assert_eq!(
        read(r#"{"id":7,"name":"type","more":{"type":"x"},"type":"put_down"}"#),
        Ok(Message::PutDown { id: 7, name: Some("type".to_owned()) })
    );
    assert_eq!(
        read(r#"{"name":"a","type":"machine"}"#),
        Ok(Message::Machine(Box::new(Named { name: "a".to_owned() })))
    );
}

#[test]
fn what_cannot_be_read_is_named_by_its_place() {
    let cases = [
        (r#"{"type":"vm"}"#, "name: missing"),
        (r#"{"name":"a","type":"other"}"#, "type: `other` is not known"),
        (r#"{"name":"a","type":"vm","cpus":-1}"#, "cpus: not a whole number, or out of range"),
        (r#"{"name":"a","type":"vm","cpus":4294967296}"#, "cpus: not a whole number, or out of range"),
        (r#"{"name":"a","type":"vm","cpus":1.0}"#, "cpus: not a whole number, or out of range"),
        (r#"{"name":"a","type":"vm","cpus":null}"#, "cpus: not a whole number, or out of range"),
        (r#"{"name":"a","type":"vm","price":"1"}"#, "price: not a number"),
        (
            r#"{"name":"a","type":"vm","tags":{"b":[[1,2],[1,256]]}}"#,
            "tags.b[1]: not a whole number, or out of range",
        ),
        (r#"{"name":"a","type":"vm","tags":{"b":[[1]]}}"#, "tags.b[0]: not a list of two"),
        (r#"{"name":1,"type":"vm"}"#, "name: not a text"),
        ("7", "not an object"),
        ("{", "EOF while parsing an object at line 1 column 1"),
    ];
    for (text, why) in cases {
        assert_eq!(read::<Machine>(text), Err(why.to_owned()), "{text}");
    }
    for text in ["", "[]", "{}", r#"{"type":1}"#, r#"{"type":"put_down"}"#, r#"{"type":"put_down","id":"x"}"#]
    {
        assert!(read::<Message>(text).is_err(), "{text}");
    }
}
