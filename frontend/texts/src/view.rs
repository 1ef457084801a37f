//! Which parts of a view are texts.

use proc_macro2::TokenStream;
use quote::ToTokens;
use rstml::{
    Parser, ParserConfig,
    node::{KVAttributeValue, KeyedAttribute, KeyedAttributeValue, Node, NodeAttribute, NodeElement},
};
use syn::{Expr, ExprLit, Lit, LitStr};

/// Attributes that people read or hear, and properties of components that are shown as they are.
const READ: [&str; 14] = [
    "aria-label",
    "aria-description",
    "aria-roledescription",
    "aria-valuetext",
    "alt",
    "placeholder",
    "title",
    "hint",
    "label",
    "none",
    "text",
    "unit",
    "what",
    "word",
];

/// Whether a literal value of the attribute is a text.
pub(crate) fn is_read(attribute: &str) -> bool {
    READ.contains(&attribute.strip_prefix("attr:").unwrap_or(attribute))
}

/// Whether there is anything to translate: a letter.
pub(crate) fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

/// The view with each of its texts replaced by what `translate` says. What cannot be parsed comes back as it is: Leptos
/// says what is wrong with it.
pub(crate) fn with_texts(
    tokens: TokenStream,
    mut translate: impl FnMut(&str) -> Option<String>,
) -> TokenStream {
    let Some(mut nodes) = parse(tokens.clone()) else { return tokens };
    each_text(&mut nodes, &mut |text| {
        if let Some(other) = translate(&text.value()) {
            *text = LitStr::new(&other, text.span());
        }
    });
    nodes.iter().map(ToTokens::to_token_stream).collect()
}

/// The nodes of a view, as Leptos parses them.
pub(crate) fn parse(tokens: TokenStream) -> Option<Vec<Node>> {
    let parser = Parser::new(ParserConfig::default().recover_block(true));
    let (nodes, errors) = parser.parse_recoverable(tokens).split_vec();
    errors.is_empty().then_some(nodes)
}

/// Calls `act` for every text, in order.
pub(crate) fn each_text(nodes: &mut [Node], act: &mut impl FnMut(&mut LitStr)) {
    for node in nodes {
        match node {
            Node::Text(text) if has_words(&text.value.value()) => act(&mut text.value),
            Node::Element(element) if !is_code(element) => {
                for attribute in element.attributes_mut() {
                    if let Some((name, value)) = literal(attribute)
                        && is_read(&name)
                        && has_words(&value.value())
                    {
                        act(value);
                    }
                }
                each_text(element.children_mut(), act);
            }
            Node::Fragment(fragment) => each_text(&mut fragment.children, act),
            _ => {}
        }
    }
}

/// An attribute with a string as its value.
pub(crate) fn literal(attribute: &mut NodeAttribute) -> Option<(String, &mut LitStr)> {
    match attribute {
        NodeAttribute::Attribute(KeyedAttribute {
            key,
            possible_value: KeyedAttributeValue::Value(value),
        }) => match &mut value.value {
            KVAttributeValue::Expr(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => {
                Some((key.to_string(), text))
            }
            _ => None,
        },
        _ => None,
    }
}

/// Code is the same in every language: `<code>`, and what says so by HTML's own attribute.
pub(crate) fn is_code<C: rstml::node::CustomNode>(element: &NodeElement<C>) -> bool {
    element.name().to_string() == "code"
        || element.attributes().iter().any(|attribute| {
            matches!(attribute, NodeAttribute::Attribute(pair)
                if pair.key.to_string() == "translate" && pair.value_literal_string().as_deref() == Some("no"))
        })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn loud(tokens: TokenStream) -> String {
        with_texts(tokens, |text| Some(text.to_uppercase())).to_string()
    }

    #[test]
    fn text_and_attributes_that_are_read_are_translated() {
        assert_eq!(
            loud(quote!(<p class="note" title="why" aria-label={kept("as it is")}>"because" {x}</p>)),
            quote!(<p class="note" title="WHY" aria-label={kept("as it is")}>"BECAUSE" {x}</p>).to_string()
        );
    }

    #[test]
    fn code_and_signs_are_left_alone() {
        let view = quote!(<p><code>"berth up"</code><kbd translate="no">"Esc"</kbd>" · " {"here"}</p>);
        assert_eq!(loud(view.clone()), view.to_string());
    }

    #[test]
    fn fragments_and_components_are_looked_into() {
        assert_eq!(
            loud(quote!(<><Void title="Nothing yet"><b>"none"</b></Void></>)),
            quote!(<><Void title="NOTHING YET"><b>"NONE"</b></Void></>).to_string()
        );
    }

    #[test]
    fn what_is_no_view_comes_back_as_it_was() {
        let view = quote!(<p>"never closed");
        assert_eq!(loud(view.clone()), view.to_string());
    }
}
