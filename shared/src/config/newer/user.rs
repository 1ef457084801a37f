//! The user inside the container, and the shell.

use super::super::{
    coerce::{self, Int},
    context::{At, Cx, quote},
    scalars,
};
use crate::diagnostics::Code;

/// `USER[:GROUP]`, each a name or a number from 0 up.
pub(super) fn user(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    let text = scalars::text(cx, at)?;
    let parts: Vec<&str> = text.split(':').collect();
    let below = |what: &str| Some(format!("the {what} of {} is below 0", quote(&text)));
    let wrong = match parts[..] {
        [_] | [_, _] => {
            parts.iter().zip(["user", "group"]).find_map(|(part, what)| match coerce::int_of_text(part) {
                _ if part.is_empty() => Some(format!("the {what} of {} is empty", quote(&text))),
                Some(Int::Small(n)) if n < 0 => below(what),
                Some(Int::Huge) if part.trim_start().starts_with('-') => below(what),
                _ => None,
            })
        }
        _ => Some(format!("{} has more than a user and a group", quote(&text))),
    };
    match wrong {
        Some(wrong) => {
            cx.report(Code::InvalidValue, at, wrong)
                .help("write `USER` or `USER:GROUP`, by name or by number");
            None
        }
        None => Some(text),
    }
}

/// `sh`, `bash` or an absolute path.
pub(super) fn shell(cx: &mut Cx<'_>, at: At<'_>) -> Option<String> {
    let text = scalars::text(cx, at)?;
    if matches!(text.as_str(), "sh" | "bash") || text.starts_with('/') {
        return Some(text);
    }
    cx.report(
        Code::InvalidValue,
        at,
        format!("expected `sh`, `bash` or an absolute path, got {}", quote(&text)),
    )
    .help("write where the shell is from the root on, such as `/usr/bin/fish`");
    None
}
