//! Elements of a view as the browser's own templates.
//!
//! `view!` makes one of each element with all that is in it (`texts/src/template`): HTML, a way through it, and what is filled in on
//! the way. The browser reads the HTML once and copies it from then on; where the same template is shown again in the same place, what
//! is filled in is compared as Leptos does, and the elements stay. Anything here is code that all views share: what depends on a type
//! is kept as small as can be, since it is in the page once for each.

mod attribute;
mod view;

use leptos::{
    attr::{Attribute, AttributeValue, custom::custom_attribute},
    ev::EventDescriptor,
    html::ElementType,
    prelude::*,
    tachys::html::{
        class::{IntoClass, class},
        element::{InnerHtmlValue, inner_html},
        event::{Targeted, on},
        node_ref::{NodeRefContainer, node_ref},
        property::{IntoProperty, prop},
        style::{IntoStyle, style},
    },
    tachys::renderer::types,
};

use attribute::{AnyAttr, Attr};

/// What never changes of an element.
pub(crate) struct Markup {
    /// HTML of one element.
    pub(crate) html: &'static str,
    /// The way through it: `d` to the first child, `n` to the next sibling, `u` to the parent; at `a` an attribute is filled in, at `c`
    /// a view in place of the comment that is there, and at `k` one as the last child. A way that begins with `s` goes through `<svg>`,
    /// which is not part of the element.
    pub(crate) way: &'static str,
}

/// An element that is being written down.
pub(crate) struct Template {
    markup: &'static Markup,
    fills: Vec<Fill>,
}

/// What is filled in at one stop of the way.
enum Fill {
    View(AnyView),
    Attribute(Box<dyn AnyAttr>),
}

impl Template {
    /// With nothing filled in yet.
    pub(crate) fn new(markup: &'static Markup) -> Self {
        Self { markup, fills: Vec::new() }
    }

    /// Fills in a view.
    #[inline(never)]
    pub(crate) fn put(&mut self, view: impl RenderHtml) {
        self.fills.push(Fill::View(view.into_maybe_erased()));
    }

    /// Fills in an attribute by name.
    #[inline(never)]
    pub(crate) fn set_attr(&mut self, name: &'static str, value: impl AttributeValue + 'static) {
        self.any(custom_attribute(name, value));
    }

    /// Fills in classes.
    #[inline(never)]
    pub(crate) fn set_class(&mut self, value: impl IntoClass + 'static) {
        self.any(class(value));
    }

    /// Fills in a style.
    #[inline(never)]
    pub(crate) fn set_style(&mut self, value: impl IntoStyle + 'static) {
        self.any(style(value));
    }

    /// Fills in a property of the element.
    #[inline(never)]
    pub(crate) fn set_prop(&mut self, name: &'static str, value: impl IntoProperty + 'static) {
        self.any(prop(name, value));
    }

    /// Fills in HTML.
    pub(crate) fn set_html(&mut self, html: impl InnerHtmlValue + 'static) {
        self.any(inner_html(html));
    }

    /// Has something be done when an event comes.
    #[inline(always)]
    pub(crate) fn listen<E: EventDescriptor + Send + 'static>(
        &mut self,
        event: E,
        act: impl FnMut(E::EventType) + 'static,
    ) where
        E::EventType: From<types::Event>,
    {
        self.listen_boxed(event, Box::new(act));
    }

    /// Like [`Self::listen`], with the element that it happened on known by its type.
    #[inline(always)]
    pub(crate) fn listen_target<E: EventDescriptor + Send + 'static, T: ElementType, F>(
        &mut self,
        event: E,
        mut act: F,
    ) where
        E::EventType: From<types::Event>,
        F: FnMut(Targeted<E::EventType, T::Output>) + 'static,
    {
        self.listen_boxed(event, Box::new(move |event| act(event.into())));
    }

    #[inline(never)]
    fn listen_boxed<E: EventDescriptor + Send + 'static>(
        &mut self,
        event: E,
        act: Box<dyn FnMut(E::EventType)>,
    ) where
        E::EventType: From<types::Event>,
    {
        self.any(on(event, act));
    }

    /// Gives the element to whoever holds a reference for it.
    pub(crate) fn refer<E: ElementType, C: NodeRefContainer<E>>(&mut self, container: C) {
        self.any(node_ref::<E, C>(container));
    }

    fn any<A: Attribute + 'static>(&mut self, attribute: A) {
        self.fills.push(Fill::Attribute(Box::new(Attr(attribute))));
    }

    /// The view.
    #[inline(never)]
    pub(crate) fn done(self) -> AnyView {
        self.into_any()
    }
}
