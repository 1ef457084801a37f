//! The drawings of icons, statuses and the mark: each is written into the place where it is shown.
//!
//! Not referred to by `<use>`: a browser makes two elements more for each of those, and each time that it works out the styles of a long list
//! they are a third of them.

use std::sync::LazyLock;

/// One `<symbol>` for each, with its `id`, its `viewBox` and what is in it.
const ALL: &str = include_str!("drawings.svg");

/// A drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// Its name: `i-` and the name of an icon, `s-` and that of a status's shape, or `brand`.
    pub id: &'static str,
    /// The `viewBox` of the `<svg>` that shows it.
    pub view: &'static str,
    /// What that contains.
    pub content: &'static str,
}

impl Drawing {
    /// The drawing of this name.
    #[must_use]
    pub fn of(id: &str) -> Option<Self> {
        // So few that to look through them is as quick as a map, and less to load.
        static READ: LazyLock<Vec<Drawing>> = LazyLock::new(|| all().collect());
        READ.iter().find(|drawing| drawing.id == id).copied()
    }

    /// It as markup, for text that becomes a part of the page: with these classes, and not for screen readers.
    #[must_use]
    pub fn markup(&self, class: &str) -> String {
        let Self { view, content, .. } = self;
        format!("<svg class=\"{class}\" viewBox=\"{view}\" aria-hidden=\"true\">{content}</svg>")
    }
}

/// All drawings, in the order of the file.
pub fn all() -> impl Iterator<Item = Drawing> {
    ALL.split("<symbol ").skip(1).filter_map(|symbol| {
        let (head, rest) = symbol.split_once('>')?;
        let of = |name: &str| head.split_once(name)?.1.split('"').next();
        Some(Drawing { id: of("id=\"")?, view: of("viewBox=\"")?, content: rest.split_once("</symbol>")?.0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_symbol_of_the_file_is_a_drawing() {
        assert_eq!(all().count(), ALL.matches("<symbol").count());
        for drawing in all() {
            assert!(drawing.content.starts_with('<') && drawing.content.ends_with('>'), "{drawing:?}");
            assert_eq!(drawing.view.split(' ').count(), 4, "{drawing:?}");
            assert_eq!(Drawing::of(drawing.id), Some(drawing));
        }
        assert_eq!(Drawing::of("i-none"), None);
    }

    #[test]
    fn a_drawing_is_markup_that_a_screen_reader_passes_over() {
        let stop = Drawing::of("i-stop").unwrap().markup("icon");
        assert!(
            stop.starts_with("<svg class=\"icon\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><"),
            "{stop}"
        );
    }
}
