//! Repositories to clone: an address or a path, with where to, or an object.

use super::super::{
    context::{At, Cx, quote},
    scalars,
};
use super::model::Repo;
use crate::{diagnostics::Code, yaml::Value};

/// The list; one repository at most.
pub(super) fn repos(cx: &mut Cx<'_>, at: At<'_>) -> Option<Vec<Repo>> {
    let repos = scalars::list(cx, at, repo)?;
    if repos.len() > 1 {
        cx.report(Code::InvalidValue, at, "there can be one repository, not several")
            .help("keep one, and clone the others in `init`");
        return None;
    }
    Some(repos)
}

fn repo(cx: &mut Cx<'_>, at: At<'_>) -> Option<Repo> {
    if let Value::Str(text) = cx.value(at) {
        return of_text(cx, at, text);
    }
    let fields = cx.object(at, "repos[]")?;
    let local_path = fields.optional(cx, at.path, "local_path", scalars::text);
    let url = fields.optional(cx, at.path, "url", scalars::text);
    let branch = fields.optional(cx, at.path, "branch", scalars::text);
    let hash = fields.optional(cx, at.path, "hash", scalars::text);
    let path = fields.default(cx, at.path, "path", ".".to_owned(), |cx, at| {
        let path = scalars::text(cx, at)?;
        of_path(cx, at, path)
    });
    let if_exists = fields.default(cx, at.path, "if_exists", "error".to_owned(), |cx, at| {
        scalars::choice(cx, at, "repos[].if_exists").map(str::to_owned)
    });
    let (local_path, url) = (local_path?, url?);
    let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
    let wrong = match (given(&local_path), given(&url)) {
        (true, true) => Some("`local_path` cannot stand beside `url`"),
        (false, false) => Some("a repository needs a `local_path` or a `url`"),
        _ => None,
    };
    if let Some(wrong) = wrong {
        cx.report(Code::InvalidValue, at, wrong).help("write where it is cloned from, once");
        return None;
    }
    Some(Repo { local_path, url, branch: branch?, hash: hash?, path: path?, if_exists: if_exists? })
}

fn of_text(cx: &mut Cx<'_>, at: At<'_>, text: &str) -> Option<Repo> {
    let mut parts: Vec<String> = text.split(':').map(str::to_owned).collect();
    let mut is_url = false;
    if let [first, second, ..] = &parts[..] {
        let url = first.contains('@') || second.starts_with("//");
        let drive =
            first.len() == 1 && first.as_bytes()[0].is_ascii_alphabetic() && second.starts_with(['/', '\\']);
        if url || drive {
            let joined = format!("{first}:{second}");
            parts.splice(0..2, [joined]);
            is_url = url;
        }
    }
    let (source, path) = match &parts[..] {
        [source] => (source.clone(), ".".to_owned()),
        [source, path] => (source.clone(), path.clone()),
        _ => {
            cx.report(Code::InvalidValue, at, format!("{} is no repository", quote(text)))
                .help("write an address or a path, and where to after a colon if need be");
            return None;
        }
    };
    let path = of_path(cx, at, path)?;
    let (local_path, url) = if is_url { (None, Some(source)) } else { (Some(source), None) };
    let given = local_path.as_ref().or(url.as_ref()).is_some_and(|source| !source.is_empty());
    if !given {
        cx.report(Code::InvalidValue, at, "a repository needs an address or a path")
            .help("write an address such as `https://example.com/me/project.git`, or a path");
        return None;
    }
    Some(Repo { local_path, url, branch: None, hash: None, path, if_exists: "error".to_owned() })
}

/// Where to: anything but another user's home.
fn of_path(cx: &mut Cx<'_>, at: At<'_>, path: String) -> Option<String> {
    if path.starts_with('~') && path != "~" && !path.starts_with("~/") {
        cx.report(
            Code::InvalidValue,
            at,
            format!("{} is another user's home, which is not taken here", quote(&path)),
        )
        .help("write `~` for your own");
        return None;
    }
    Some(path)
}
