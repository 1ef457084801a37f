//! The whole configuration of a dev environment.

use super::{
    Configuration, Written,
    context::{At, Cx, Path, quote},
    effects, env,
    fields::Fields,
    newer, ports, profile, python, registry_auth, resources, scalars, secrets,
};
use crate::{config::Resources, diagnostics::Code, schema, yaml::Value};

/// What dstack has besides, which is not launched here.
const OTHERS: [&str; 2] = ["task", "service"];
/// What dstack 0.22 has besides those.
const NEWER_OTHERS: [&str; 4] = ["fleet", "gateway", "volume", "preset"];

/// Reads the root of a document.
pub(super) fn configuration(cx: &mut Cx<'_>, at: At<'_>) -> Option<(Configuration, Written)> {
    let errors = cx.sink.errors();
    of_type(cx, at)?;
    let fields = cx.object(at, "")?;
    let path = &Path::Root;
    if cx.is_newer() {
        let (configuration, written) = newer::configuration(cx, &fields)?;
        return (cx.sink.errors() == errors).then_some((configuration, written));
    }
    let ide = fields.required(cx, path, "ide", |cx, at| scalars::choice(cx, at, "ide").map(str::to_owned));
    let version = fields.optional(cx, path, "version", scalars::text);
    let commands = |cx: &mut Cx<'_>, at: At<'_>| scalars::list(cx, at, secrets::text);
    let init = fields.default(cx, path, "init", Vec::new(), commands);
    let image = fields.optional(cx, path, "image", secrets::text);
    let entrypoint = fields.optional(cx, path, "entrypoint", secrets::text);
    let home_dir = fields.default(cx, path, "home_dir", "/root".to_owned(), scalars::text);
    let registry_auth = fields.optional(cx, path, "registry_auth", registry_auth::registry_auth);
    let has_image = image.as_ref().is_some_and(|image| image.as_ref().is_some_and(|image| !image.is_empty()));
    let python = fields.optional(cx, path, "python", |cx, at| {
        if has_image {
            image_and_python(cx, at, &fields);
            return None;
        }
        python::python(cx, at)
    });
    let env = fields.default(cx, path, "env", Default::default(), env::env);
    let setup = fields.default(cx, path, "setup", Vec::new(), commands);
    let resources = fields.default(
        cx,
        path,
        "resources",
        (Resources::default(), Written::default()),
        resources::resources,
    );
    let ports = fields.default(cx, path, "ports", Vec::new(), ports::ports);
    let profile = profile::profile(cx, path, &fields);
    let (profile, (resources, written)) = (profile?, resources?);
    let configuration = Configuration {
        ide: Some(ide?),
        version: version?,
        init: init?,
        r#type: "dev-environment".to_owned(),
        image: image?,
        entrypoint: entrypoint?,
        home_dir: home_dir?,
        registry_auth: registry_auth?,
        python: python?,
        env: env?,
        setup: setup?,
        resources,
        ports: ports?,
        backends: None,
        regions: None,
        instance_types: None,
        spot_policy: None,
        retry_policy: None,
        max_duration: None,
        max_price: None,
        pool_name: None,
        instance_name: None,
        creation_policy: None,
        termination_policy: None,
        termination_idle_time: None,
        newer: None,
    }
    .with_profile(profile);
    // Keys that do not belong here were reported while reading on.
    if cx.sink.errors() > errors {
        return None;
    }
    effects::warn(cx, path, &fields, &configuration);
    Some((configuration, written))
}

/// Reports a `python` beside an `image`.
pub(super) fn image_and_python(cx: &mut Cx<'_>, at: At<'_>, fields: &Fields) {
    let remove = |name: &str| fields.entry(name).and_then(|(key, value)| cx.removal(key, value));
    let removals = [("python", remove("python")), ("image", remove("image"))];
    let draft = cx.report(Code::ImageAndPython, at, "`python` cannot stand beside `image`");
    draft.help("`python` chooses the default image; remove one of the two");
    if let Some(image) = fields.key("image") {
        draft.related(image, "an image is chosen here");
    }
    for (name, removal) in removals {
        if let Some(removal) = removal {
            draft.offer(format!("remove `{name}`"), removal, "");
        }
    }
}

/// Checks `type`, which decides what the rest means. `None`, and reported, when the rest means something else; a type
/// that is only misspelt or forgotten is reported, too, but the rest is read as what was surely meant.
fn of_type(cx: &mut Cx<'_>, at: At<'_>) -> Option<()> {
    let entries = match cx.value(at) {
        Value::Map(entries) => entries,
        _ => {
            let what = cx.kind_of(at);
            cx.report(Code::NotAMapping, at, format!("expected a mapping of keys to values, got {what}"))
                .help("a configuration begins with `type: dev-environment`");
            return None;
        }
    };
    let named = |name: &str| {
        entries
            .iter()
            .rev()
            .find(|entry| matches!(&cx.doc.node(entry.key).value, Value::Str(key) if key == name))
    };
    let Some(entry) = named("type") else {
        let misspelt = entries.iter().find_map(|entry| match &cx.doc.node(entry.key).value {
            Value::Str(key) => schema::guess(key, ["type"]).map(|guess| (entry.key_range, guess.sure)),
            _ => None,
        });
        // Nothing but a dev environment has an IDE.
        let has_ide = named("ide").is_some();
        let first = entries.first().map(|entry| entry.key_range);
        let eol = cx.line_break();
        let block = !cx.text.get(at.range.start..).unwrap_or_default().starts_with('{');
        let spot = misspelt.map(|(range, _)| range).or(first).unwrap_or(at.range);
        let draft =
            cx.sink.report(Code::MissingType, "type".to_owned(), spot, "`type` is missing".to_owned());
        draft.help("begin with `type: dev-environment`");
        if let Some((misspelt, sure)) = misspelt {
            draft.suggest(sure, "replace with `type`", misspelt, "type");
        } else if let (Some(first), true) = (first, block) {
            let insert = crate::diagnostics::ByteRange::new(first.start, first.start);
            let column = cx.text[..first.start].chars().rev().take_while(|c| *c == ' ').count();
            // Only at the very start of a line is it plain how the new one is indented.
            if column == 0 && (first.start == 0 || cx.text[..first.start].ends_with('\n')) {
                draft.suggest(
                    has_ide,
                    "add `type: dev-environment`",
                    insert,
                    format!("type: dev-environment{eol}"),
                );
            }
        }
        return (has_ide && misspelt.is_none()).then_some(());
    };
    let path = Path::Key(&Path::Root, "type");
    let at = At { node: entry.value, range: entry.value_range, key: entry.key_range, path: &path };
    match cx.value(at) {
        Value::Str(text) if text == "dev-environment" => return Some(()),
        Value::Str(text)
            if OTHERS.contains(&text.as_str())
                || (cx.is_newer() && NEWER_OTHERS.contains(&text.as_str())) =>
        {
            let shown = quote(text);
            cx.report(
                Code::UnsupportedType,
                at,
                format!("{shown} is not launched here, only `dev-environment`"),
            );
        }
        value => {
            let close = match value {
                Value::Str(text) => schema::guess(text, ["dev-environment", "dev", "devenv"]),
                _ => None,
            };
            let what = match value {
                Value::Str(text) => quote(text),
                _ => cx.kind_of(at),
            };
            let in_place = cx.is_in_place(at);
            let draft = cx.report(Code::UnknownType, at, format!("expected `dev-environment`, got {what}"));
            if in_place {
                let certain = close.is_some_and(|guess| guess.sure && guess.name == "dev-environment");
                draft.suggest(certain, "replace with `dev-environment`", at.range, "dev-environment");
            }
            return close.map(|_| ());
        }
    }
    None
}
