//! A template as a view of Leptos.

use std::{any::Any, cell::RefCell, collections::HashMap, ptr};

use leptos::{
    attr::{Attribute, any_attribute::AnyAttribute},
    prelude::*,
    tachys::{
        hydration::Cursor,
        view::{
            Position, PositionState,
            any_view::{AnyViewState, AnyViewWithAttrs},
        },
    },
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlTemplateElement, Node};

use super::{Fill, Markup, Template};

/// A template in the page, with what was filled in.
pub(crate) struct Filled {
    markup: &'static Markup,
    element: Element,
    kept: Vec<Kept>,
}

enum Kept {
    View(AnyViewState),
    Attribute(Element, Box<dyn Any>),
}

thread_local! {
    /// What the browser read of each template.
    static READ: RefCell<HashMap<*const Markup, Node>> = RefCell::default();
}

/// A copy of the element as the browser reads it.
fn copy(markup: &'static Markup) -> Element {
    let read = READ.with_borrow_mut(|read| {
        read.entry(markup)
            .or_insert_with(|| {
                let template: HtmlTemplateElement =
                    document().create_element("template").expect("a name of an element").unchecked_into();
                template.set_inner_html(markup.html);
                let outermost = template.content().first_child().expect("HTML of one element");
                match markup.way.strip_prefix('s') {
                    Some(_) => outermost.first_child().expect("one in the other"),
                    None => outermost,
                }
            })
            .clone()
    });
    document().import_node_with_deep(&read, true).expect("an element").unchecked_into()
}

/// Where on the way each thing is filled in, in the order in which they come.
fn stops(root: &Element, way: &str) -> Vec<(u8, Node)> {
    let mut here: Node = root.clone().into();
    let mut stops = Vec::new();
    for step in way.bytes() {
        let next = match step {
            b'd' => here.first_child(),
            b'n' => here.next_sibling(),
            b'u' => here.parent_node(),
            stop => {
                stops.push((stop, here.clone()));
                continue;
            }
        };
        here = next.expect("the browser to have read the HTML as it was written");
    }
    stops
}

fn fill((stop, here): (u8, Node), fill: Fill) -> Kept {
    match fill {
        Fill::Attribute(attribute) => {
            let element = here.unchecked_into();
            let kept = attribute.build(&element);
            Kept::Attribute(element, kept)
        }
        Fill::View(view) => {
            let mut state = view.build();
            if stop == b'k' {
                state.mount(here.unchecked_ref(), None);
            } else {
                let parent = here.parent_node().expect("a comment in an element");
                state.mount(parent.unchecked_ref(), Some(&here));
                parent.remove_child(&here).expect("it is in there");
            }
            Kept::View(state)
        }
    }
}

impl Render for Template {
    type State = Filled;

    fn build(self) -> Filled {
        let element = copy(self.markup);
        // All of them before anything is filled in, which moves what comes after.
        let stops = stops(&element, self.markup.way.trim_start_matches('s'));
        let kept = stops.into_iter().zip(self.fills).map(|(stop, what)| fill(stop, what)).collect();
        Filled { markup: self.markup, element, kept }
    }

    fn rebuild(self, state: &mut Filled) {
        if !ptr::eq(self.markup, state.markup) {
            let mut new = self.build();
            state.insert_before_this(&mut new);
            state.unmount();
            *state = new;
            return;
        }
        for (fill, kept) in self.fills.into_iter().zip(&mut state.kept) {
            match (fill, kept) {
                (Fill::View(view), Kept::View(state)) => view.rebuild(state),
                (Fill::Attribute(attribute), Kept::Attribute(element, kept)) => {
                    attribute.rebuild(element, kept)
                }
                _ => unreachable!("the same template is filled in by the same code"),
            }
        }
    }
}

impl Mountable for Filled {
    fn unmount(&mut self) {
        self.element.remove();
    }

    fn mount(&mut self, parent: &Element, marker: Option<&Node>) {
        parent.insert_before(&self.element, marker).expect("the marker to be in its parent");
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let parent = self.element.parent_node();
        if let Some(parent) = &parent {
            child.mount(parent.unchecked_ref(), Some(&self.element));
        }
        parent.is_some()
    }

    fn elements(&self) -> Vec<Element> {
        vec![self.element.clone()]
    }
}

impl AddAnyAttr for Template {
    type Output<SomeNewAttr: Attribute> = AnyViewWithAttrs;

    fn add_any_attr<NewAttr: Attribute>(self, attr: NewAttr) -> AnyViewWithAttrs {
        self.into_any().add_any_attr(attr)
    }
}

/// Leptos asks for it of every view. The dashboard is made in the browser alone, so nothing ever writes it as text or takes over what
/// a server wrote.
impl RenderHtml for Template {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(self, _: &mut String, _: &mut Position, _: bool, _: bool, _: Vec<AnyAttribute>) {}

    fn hydrate<const FROM_SERVER: bool>(self, _: &Cursor, _: &PositionState) -> Filled {
        self.build()
    }

    fn into_owned(self) -> Self {
        self
    }
}
