//! Elements of a view as templates: HTML as the browser reads it, and where in it something is filled in.
//!
//! Leptos makes code of each element and each attribute. Most of what a page shows never changes, and as text it is a third of that
//! code; the browser also copies a template faster than it is told of each element. What is left to code is what is filled in:
//! values, and what reacts. `crate::template` of the dashboard does that.

mod html;
mod way;

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use rstml::node::{
    KVAttributeValue, KeyedAttribute, KeyedAttributeValue, Node, NodeAttribute, NodeBlock, NodeElement,
    NodeName,
};
use syn::{Expr, ExprLit, Ident, Lit, Stmt, spanned::Spanned};

use html::{attribute_into, is_svg, is_void, misplaced, text_into};
use way::Way;

/// A view as code: each of its elements a template, all else as Leptos has it.
pub(crate) fn view(nodes: TokenStream) -> TokenStream {
    let Some(parsed) = crate::view::parse(nodes.clone()) else {
        // Leptos says what is wrong with it.
        return quote!(::leptos::prelude::view! { #nodes });
    };
    match parsed.as_slice() {
        [Node::Element(element)] if fits(element) => template(element),
        nodes => {
            let nodes = nodes.iter().map(around);
            quote!(::leptos::prelude::view! { #(#nodes)* })
        }
    }
}

/// A node for Leptos' own macro, with the elements in it as templates.
fn around(node: &Node) -> TokenStream {
    match node {
        Node::Element(element) if fits(element) => {
            let template = template(element);
            quote!({ #template })
        }
        Node::Element(element) => {
            let (open, close) = (&element.open_tag, &element.close_tag);
            let children = element.children.iter().map(around);
            quote!(#open #(#children)* #close)
        }
        Node::Fragment(fragment) => {
            let children = fragment.children.iter().map(around);
            quote!(<> #(#children)* </>)
        }
        other => other.to_token_stream(),
    }
}

/// Whether it can be a template: no component, and nothing on it that only Leptos knows.
fn fits(element: &Element) -> bool {
    let name = element.name().to_string();
    let plain = matches!(element.name(), NodeName::Path(_))
        && name.starts_with(|first: char| first.is_ascii_lowercase());
    // The browser reads no elements in these.
    let text_alone = matches!(name.as_str(), "textarea" | "script" | "style") && !element.children.is_empty();
    plain
        && !name.contains("::")
        && !text_alone
        && element.open_tag.attributes.iter().all(
            |attribute| matches!(attribute, NodeAttribute::Attribute(pair) if fills(pair, &name).is_some()),
        )
}

fn template(element: &Element) -> TokenStream {
    let Template { html, way, fills, errors } = Template::of(element);
    let (template, way) = (name(), way.steps());
    let errors = errors.into_iter().map(syn::Error::into_compile_error);
    quote! {{
        #(#errors)*
        static MARKUP: crate::template::Markup = crate::template::Markup { html: #html, way: #way };
        #[allow(unused_mut)]
        let mut #template = crate::template::Template::new(&MARKUP);
        #(#fills)*
        #template.done()
    }}
}

/// The variable that holds the template; nothing in the view can name it.
fn name() -> Ident {
    Ident::new("template", Span::mixed_site())
}

/// An element as the parser has it; no other kinds of nodes are added to HTML's.
type Element = NodeElement<rstml::Infallible>;

#[derive(Default)]
struct Template {
    html: String,
    way: Way,
    fills: Vec<TokenStream>,
    errors: Vec<syn::Error>,
}

/// What stands between two tags.
enum Child<'a> {
    Text(String),
    Element(&'a Element),
    Hole(TokenStream),
}

impl Template {
    fn of(element: &Element) -> Self {
        let mut made = Self::default();
        // Outside of `<svg>` the browser takes what belongs in it for unknown elements.
        let part = is_svg(&element.name().to_string());
        if part {
            made.html.push_str("<svg>");
            made.way = Way::through_svg();
        }
        made.element(element, &[]);
        if part {
            made.html.push_str("</svg>");
        }
        made
    }

    fn element(&mut self, element: &Element, path: &[usize]) {
        let tag = element.name().to_string();
        self.html.push('<');
        self.html.push_str(&tag);
        for attribute in &element.open_tag.attributes {
            let NodeAttribute::Attribute(pair) = attribute else { continue };
            match fills(pair, &tag) {
                Some(Filling::Fixed(key, Some(value))) => attribute_into(&mut self.html, &key, &value),
                Some(Filling::Code(code)) => self.fill(path, way::ATTRIBUTE, code),
                Some(Filling::Fixed(_, None)) | None => {}
            }
        }
        self.html.push('>');
        if is_void(&tag) {
            return;
        }
        self.children(&tag, children(&element.children), path);
        self.html.push_str("</");
        self.html.push_str(&tag);
        self.html.push('>');
    }

    fn children(&mut self, tag: &str, children: Vec<Child<'_>>, path: &[usize]) {
        let fixed = children.iter().rposition(|child| !matches!(child, Child::Hole(_)));
        for (at, child) in children.iter().enumerate() {
            let here: Vec<usize> = path.iter().copied().chain([at]).collect();
            match child {
                Child::Text(text) => {
                    if at == 0 && tag == "pre" && text.starts_with('\n') {
                        // The browser leaves the first one out.
                        self.html.push('\n');
                    }
                    text_into(&mut self.html, text);
                }
                Child::Element(element) => {
                    let inner = element.name().to_string();
                    if let Some(why) = misplaced(tag, &inner) {
                        self.errors.push(syn::Error::new(element.name().span(), why));
                    }
                    self.element(element, &here);
                }
                Child::Hole(code) if fixed.is_some_and(|fixed| at < fixed) => {
                    self.html.push_str("<!>");
                    self.fill(&here, way::BEFORE, code.clone());
                }
                Child::Hole(code) => self.fill(path, way::INSIDE, code.clone()),
            }
        }
    }

    fn fill(&mut self, path: &[usize], how: char, code: TokenStream) {
        self.way.stop(path, how);
        self.fills.push(code);
    }
}

/// The nodes in an element, fragments opened and neighbouring texts joined, as the browser joins them.
fn children(nodes: &[Node]) -> Vec<Child<'_>> {
    let mut children: Vec<Child<'_>> = Vec::new();
    let text = |children: &mut Vec<Child<'_>>, more: String| match children.last_mut() {
        Some(Child::Text(text)) => text.push_str(&more),
        _ if more.is_empty() => {}
        _ => children.push(Child::Text(more)),
    };
    for node in nodes {
        match node {
            Node::Text(node) => text(&mut children, node.value.value()),
            Node::RawText(node) => text(&mut children, node.to_string_best()),
            Node::Element(element) if fits(element) => children.push(Child::Element(element)),
            Node::Fragment(fragment) => {
                for child in self::children(&fragment.children) {
                    match child {
                        Child::Text(more) => text(&mut children, more),
                        other => children.push(other),
                    }
                }
            }
            Node::Block(block) => children.push(Child::Hole(block_child(block))),
            Node::Element(_) => {
                let node = around(node);
                children.push(Child::Hole(child(&quote!(::leptos::prelude::view! { #node }))));
            }
            Node::Comment(_) | Node::Doctype(_) | Node::Custom(_) => {}
        }
    }
    children
}

fn block_child(block: &NodeBlock) -> TokenStream {
    let reacts = matches!(block, NodeBlock::ValidBlock(block) if matches!(block.stmts.as_slice(), [Stmt::Expr(Expr::Closure(_), _)]));
    let value = if reacts { shared(block) } else { block.to_token_stream() };
    child(&quote!(::leptos::prelude::IntoRender::into_render(#[allow(unused_braces)] { #value })))
}

fn child(view: &TokenStream) -> TokenStream {
    let template = name();
    quote!(#template.put(#view);)
}

/// A closure as the type that all closures with its answer share, so that there is one piece of code for them.
fn shared(closure: &impl ToTokens) -> TokenStream {
    quote!(::leptos::__as_shared_reactive_fn(#closure))
}

/// What an attribute comes to.
enum Filling {
    /// A name and a value that never change; without a value it is not there.
    Fixed(String, Option<String>),
    /// Code that fills it in.
    Code(TokenStream),
}

/// `None` is what only Leptos knows.
fn fills(pair: &KeyedAttribute, tag: &str) -> Option<Filling> {
    let key = pair.key.to_string();
    let key = key.strip_prefix("r#").unwrap_or(&key);
    let plain = !key.contains(':') && !matches!(key, "node_ref" | "inner_html");
    let value = match &pair.possible_value {
        KeyedAttributeValue::None if plain => {
            return Some(Filling::Fixed(key.to_owned(), Some(String::new())));
        }
        KeyedAttributeValue::Value(value) => &value.value,
        KeyedAttributeValue::None | KeyedAttributeValue::Binding(_) => return None,
    };
    let KVAttributeValue::Expr(expr) = value else { return None };
    if plain
        && key != "style"
        && let Expr::Lit(ExprLit { lit, .. }) = expr
    {
        match lit {
            Lit::Str(text) => return Some(Filling::Fixed(key.to_owned(), Some(text.value()))),
            Lit::Int(number) => {
                return Some(Filling::Fixed(key.to_owned(), Some(number.base10_digits().to_owned())));
            }
            Lit::Bool(is) => return Some(Filling::Fixed(key.to_owned(), is.value.then(String::new))),
            _ => {}
        }
    }
    let reacts = matches!(expr, Expr::Closure(closure) if closure.inputs.is_empty());
    let value = if reacts { shared(expr) } else { expr.to_token_stream() };
    let (template, at) = (name(), pair.key.span());
    let code = match key.split_once(':') {
        None => match key {
            "node_ref" => {
                let element = element_type(tag)?;
                quote!(#template.refer::<#element, _>(#value);)
            }
            "inner_html" => quote!(#template.set_html(#value);),
            "class" => quote!(#template.set_class(#value);),
            "style" => quote!(#template.set_style(#value);),
            key => {
                quote_spanned!(at => #template.set_attr(#key, ::leptos::prelude::IntoAttributeValue::into_attribute_value(#value));)
            }
        },
        Some(("class", class)) => quote!(#template.set_class((#class, #value));),
        Some(("style", style)) => quote!(#template.set_style((#style, #value));),
        Some(("prop", property)) => quote!(#template.set_prop(#property, #value);),
        Some(("on", event)) => {
            let (event, targeted) =
                event.split_once(':').map_or((event, None), |(event, how)| (event, Some(how)));
            if !event.chars().all(|letter| letter.is_ascii_lowercase()) {
                return None;
            }
            let event = Ident::new(event, at);
            match targeted {
                None => quote!(#template.listen(::leptos::ev::#event, #value);),
                Some("target") => {
                    let element = element_type(tag)?;
                    quote!(#template.listen_target::<_, #element, _>(::leptos::ev::#event, #value);)
                }
                Some(_) => return None,
            }
        }
        Some(_) => return None,
    };
    Some(Filling::Code(code))
}

/// The type that Leptos has for an HTML element.
fn element_type(tag: &str) -> Option<TokenStream> {
    let mut letters = tag.chars();
    let first = letters.next().filter(|_| !is_svg(tag) && tag != "svg")?;
    let name: String = first.to_uppercase().chain(letters).collect();
    let name = Ident::new(if name == "Option" { "Option_" } else { &name }, Span::call_site());
    Some(quote!(::leptos::html::#name))
}

#[cfg(test)]
mod tests;
