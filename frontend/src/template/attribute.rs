//! Attributes whose types are forgotten: what Leptos' own `AnyAttribute` does, without what this page has no use for.

use std::any::Any;

use leptos::attr::Attribute;
use web_sys::Element;

/// An attribute on its way to an element.
pub(super) trait AnyAttr: Send {
    /// Puts it on the element; the answer keeps it there.
    fn build(self: Box<Self>, element: &Element) -> Box<dyn Any>;

    /// Puts it on the element in place of what the same stop of the same template put there before.
    fn rebuild(self: Box<Self>, element: &Element, kept: &mut Box<dyn Any>);
}

/// An attribute of Leptos.
pub(super) struct Attr<A>(pub(super) A);

impl<A: Attribute + 'static> AnyAttr for Attr<A> {
    fn build(self: Box<Self>, element: &Element) -> Box<dyn Any> {
        Box::new(self.0.build(element))
    }

    fn rebuild(self: Box<Self>, element: &Element, kept: &mut Box<dyn Any>) {
        match kept.downcast_mut() {
            Some(kept) => self.0.rebuild(kept),
            None => *kept = self.build(element),
        }
    }
}
