//! Configurations to start from.

use berth_texts::t;

/// A configuration to start from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it shows, in two or three words.
    pub title: &'static str,
    /// What it is for, in a few more.
    pub about: &'static str,
    /// Its text.
    pub text: &'static str,
}

/// All of them, the simplest first.
pub const ALL: &[Example] = &[
    Example {
        title: t!("Smallest"),
        about: t!("the two keys that must be there"),
        text: include_str!("examples/smallest.dstack.yml"),
    },
    Example {
        title: "Python",
        about: t!("a version, and packages at start"),
        text: include_str!("examples/python.dstack.yml"),
    },
    Example {
        title: t!("One GPU"),
        about: t!("24 GB of its memory or more"),
        text: include_str!("examples/gpu.dstack.yml"),
    },
    Example {
        title: t!("GPU range"),
        about: t!("a span of memory, a price limit, spot too"),
        text: include_str!("examples/gpu-range.dstack.yml"),
    },
    Example {
        title: t!("Several GPUs"),
        about: t!("two A100, shared memory, certain clouds"),
        text: include_str!("examples/several-gpus.dstack.yml"),
    },
    Example {
        title: t!("Secrets"),
        about: t!("variables that are asked for at launch"),
        text: include_str!("examples/secrets.dstack.yml"),
    },
    Example {
        title: t!("Own image"),
        about: t!("from a private registry"),
        text: include_str!("examples/image.dstack.yml"),
    },
    Example {
        title: t!("Ports and limits"),
        about: t!("a notebook that stops by itself"),
        text: include_str!("examples/ports.dstack.yml"),
    },
];

/// What the editor holds for somebody who was never here.
#[must_use]
pub fn first() -> &'static str {
    ALL[0].text
}

#[cfg(test)]
mod tests {
    use berth_shared::{check, diagnostics::Severity};

    use super::*;

    #[test]
    fn every_example_is_valid_and_surprises_nobody() {
        for example in ALL {
            let checked = check(example.text);
            let loud: Vec<_> = checked.diagnostics.iter().filter(|d| d.severity != Severity::Hint).collect();
            assert!(checked.configuration.is_some(), "{} is no configuration", example.title);
            assert!(loud.is_empty(), "{}: {loud:#?}", example.title);
        }
    }

    #[test]
    fn examples_differ_and_end_with_a_line_break() {
        for (i, example) in ALL.iter().enumerate() {
            assert!(example.text.ends_with('\n') && !example.text.contains('\r'), "{}", example.title);
            assert!(ALL[..i].iter().all(|other| other.title != example.title && other.text != example.text));
        }
    }
}
