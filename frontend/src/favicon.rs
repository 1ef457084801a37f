//! The page's icon with a status on it: by shape and by colour, for a row of tabs.

/// A status's shape in a square of 12, with presentation attributes alone, and the colour that it has on light and on dark.
fn mark(status: &str) -> Option<(&'static str, &'static str)> {
    let (colour, shape) = match status {
        "running" => ("#1f9d55", r#"<circle cx="6" cy="6" r="5.6" fill="COLOUR"/>"#),
        "submitted" | "pending" => {
            ("#6b7a86", r#"<circle cx="6" cy="6" r="4.4" fill="none" stroke="COLOUR" stroke-width="2.4"/>"#)
        }
        "provisioning" | "pulling" => (
            "#0a8f8a",
            r#"<path d="M6 1.4A4.6 4.6 0 1 1 1.4 6" fill="none" stroke="COLOUR" stroke-width="2.6" stroke-linecap="round"/>"#,
        ),
        "terminating" => (
            "#6b7a86",
            r#"<circle cx="6" cy="6" r="4.6" fill="none" stroke="COLOUR" stroke-width="2"/><path d="M6 1.4a4.6 4.6 0 0 0 0 9.2z" fill="COLOUR"/>"#,
        ),
        "failed" => ("#d1432f", r#"<path d="M6 .4 11.9 11.2H.1z" fill="COLOUR"/>"#),
        "done" => (
            "#1f9d55",
            r#"<path d="M1.4 6.4 4.7 9.7 10.6 2.6" fill="none" stroke="COLOUR" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/>"#,
        ),
        "terminated" => {
            ("#6b7a86", r#"<rect x="1.4" y="1.4" width="9.2" height="9.2" rx="1" fill="COLOUR"/>"#)
        }
        _ => return None,
    };
    Some((shape, colour))
}

/// The icon as an address that holds all of it; `None` for what is no status of a run. Nothing in it is a style or a script, as
/// the page's content policy wants it.
#[must_use]
pub fn address(status: &str) -> Option<String> {
    let (shape, colour) = mark(status)?;
    let shape = shape.replace("COLOUR", colour);
    let drawing = format!(
        r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20"><path d="M18.5 3.1H5.2A3.1 3.1 0 0 0 2.1 6.2v7.6a3.1 3.1 0 0 0 3.1 3.1h2.4" fill="none" stroke="#7d8a94" stroke-width="2.25"/><g transform="translate(7.4 7.4) scale(1.02)">{shape}</g></svg>"##
    );
    let mut address = String::from("data:image/svg+xml,");
    for letter in drawing.chars() {
        match letter {
            '#' => address.push_str("%23"),
            '%' => address.push_str("%25"),
            '"' => address.push_str("%22"),
            '<' => address.push_str("%3C"),
            '>' => address.push_str("%3E"),
            ' ' => address.push_str("%20"),
            _ => address.push(letter),
        }
    }
    Some(address)
}

#[cfg(test)]
mod tests {
    use berth_shared::api::RunStatus;

    use super::*;

    #[test]
    fn every_status_has_an_icon_and_those_that_differ_differ_in_shape() {
        let shapes: Vec<&str> =
            RunStatus::ALL.iter().map(|status| mark(status.as_str()).unwrap().0).collect();
        let mut told: Vec<&str> = shapes.clone();
        told.sort_unstable();
        told.dedup();
        // Both mean that nothing has begun.
        assert_eq!(told.len(), RunStatus::ALL.len() - 1, "submitted and pending share a shape: {shapes:?}");
        assert_eq!(address("busy"), None);
    }

    #[test]
    fn an_icon_holds_neither_style_nor_script() {
        for status in RunStatus::ALL {
            let address = address(status.as_str()).unwrap();
            assert!(address.starts_with("data:image/svg+xml,%3Csvg"), "{address}");
            for word in ["style", "script", "#", "COLOUR", "\""] {
                assert!(!address.contains(word), "{word} in {address}");
            }
        }
    }
}
