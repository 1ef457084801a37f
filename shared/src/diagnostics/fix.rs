//! Applying fixes to a text.

use super::{Code, Diagnostic, Fix, Range, Severity, TextEdit};

impl Fix {
    /// The text with this fix applied; `None` when an edit lies outside of the text or two overlap.
    #[must_use]
    pub fn apply(&self, text: &str) -> Option<String> {
        apply_edits(text, &self.edits)
    }
}

/// The text with these edits applied; `None` when one lies outside of the text or two overlap.
#[must_use]
pub fn apply_edits(text: &str, edits: &[TextEdit]) -> Option<String> {
    apply(text, edits)
}

fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e TextEdit>) -> Option<String> {
    let mut edits: Vec<&TextEdit> = edits.into_iter().collect();
    crate::order::sort_by_key(&mut edits, |edit| (edit.range.start.offset, edit.range.end.offset));
    let mut out = String::with_capacity(text.len() + 16);
    let mut at = 0;
    for edit in edits {
        out.push_str(text.get(at..edit.range.start.offset)?);
        out.push_str(&edit.new_text);
        at = edit.range.end.offset;
    }
    out.push_str(text.get(at..)?);
    Some(out)
}

/// What [`mend`] did.
#[derive(Clone, Debug, PartialEq)]
pub struct Mended {
    /// The text as it is now.
    pub text: String,
    /// What was mended, in order; empty when the text is as it was.
    pub fixed: Vec<Fixed>,
    /// What remains to be said about the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// A fix that was applied.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Fixed {
    /// The rule.
    pub code: String,
    /// What was wrong.
    pub message: String,
    /// What was done about it.
    pub title: String,
    /// Where it stood, in the text as it was just before.
    pub range: Range,
}

/// Rounds of mending: what one brings to light, the next mends. A fix that undoes another cannot go on for ever.
const ROUNDS: usize = 100;

/// Applies the certain fixes until none is left. Everything else stays as it is, byte for byte.
///
/// A fix that would make the text worse (invalid, or no YAML any more) is left out.
pub fn mend(text: &str, check: impl Fn(&str) -> Vec<Diagnostic>) -> Mended {
    let mut mended = Mended { text: text.to_owned(), fixed: Vec::new(), diagnostics: check(text) };
    for _ in 0..ROUNDS {
        let fixes = certain(&mended.diagnostics);
        // All at once, as a rule; one by one when one of them is in the way.
        let alone = fixes.chunks(1);
        let tries = std::iter::once(&fixes[..]).filter(|all| !all.is_empty()).chain(alone);
        let better = tries.filter_map(|fixes| better(&mended, fixes, &check)).next();
        match better {
            Some((text, diagnostics, fixed)) => {
                mended.text = text;
                mended.diagnostics = diagnostics;
                mended.fixed.extend(fixed);
            }
            None => break,
        }
    }
    mended
}

/// The certain fixes that do not overlap, in the order of the text.
fn certain(diagnostics: &[Diagnostic]) -> Vec<(&Diagnostic, &Fix)> {
    let mut all: Vec<_> = diagnostics
        .iter()
        .filter_map(|d| Some((d, d.fixes.iter().find(|fix| fix.certain)?)))
        .filter(|(_, fix)| !fix.edits.is_empty())
        .collect();
    let start = |fix: &Fix| fix.edits.iter().map(|edit| edit.range.start.offset).min().unwrap_or_default();
    let end = |fix: &Fix| fix.edits.iter().map(|edit| edit.range.end.offset).max().unwrap_or_default();
    crate::order::sort_by_key(&mut all, |(_, fix)| start(fix));
    let mut free = 0;
    all.retain(|(_, fix)| {
        let fits = start(fix) >= free;
        if fits {
            // Two insertions at one place are two rounds of work.
            free = end(fix) + 1;
        }
        fits
    });
    all
}

type Better = (String, Vec<Diagnostic>, Vec<Fixed>);

fn better(
    before: &Mended,
    fixes: &[(&Diagnostic, &Fix)],
    check: &impl Fn(&str) -> Vec<Diagnostic>,
) -> Option<Better> {
    let text = apply(&before.text, fixes.iter().flat_map(|(_, fix)| &fix.edits))?;
    let after = check(&text);
    let is_valid = |all: &[Diagnostic]| all.iter().all(|d| d.severity != Severity::Error);
    let is_yaml = |all: &[Diagnostic]| all.iter().all(|d| d.code != Code::YamlSyntax.name());
    let worse = (is_valid(&before.diagnostics) && !is_valid(&after))
        || (is_yaml(&before.diagnostics) && !is_yaml(&after));
    // What is still there was not mended.
    let count = |all: &[Diagnostic], of: &Diagnostic| {
        all.iter().filter(|d| d.code == of.code && d.path == of.path).count()
    };
    let helps = fixes.iter().all(|(d, _)| count(&after, d) < count(&before.diagnostics, d));
    if worse || !helps {
        return None;
    }
    let fixed = fixes.iter().map(|(d, fix)| Fixed {
        code: d.code.clone(),
        message: d.message.clone(),
        title: fix.title.clone(),
        range: d.range,
    });
    Some((text, after, fixed.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check;

    fn mended(text: &str) -> Mended {
        mend(text, |text| check(text).diagnostics)
    }

    #[test]
    fn what_is_certain_is_mended_and_the_rest_is_left_as_it_is() {
        let text = "# mine\r\ntype: dev-environment\r\nide:   vscode # here\r\nresurces:\r\n  memroy: 32G   # much\r\n  disk: 500GB\r\nports: [22:22]\r\n";
        let mended = mended(text);
        assert_eq!(
            mended.text,
            "# mine\r\ntype: dev-environment\r\nide:   vscode # here\r\nresources:\r\n  memory: 32GB   # much\r\n  disk: 500GB\r\nports: [\"22:22\"]\r\n"
        );
        let fixed: Vec<_> = mended.fixed.iter().map(|fixed| fixed.code.as_str()).collect();
        assert_eq!(fixed, ["unknown-key", "base-60", "unknown-key", "invalid-size"]);
        assert_eq!(mended.diagnostics.len(), 1, "{:?}", mended.diagnostics);
    }

    #[test]
    fn what_needs_a_choice_is_not_made_unasked() {
        for text in [
            "type: dev-environment\nide: vscode\nresources: {disk: 500GB, gpu: 24}\n",
            "type: dev-environment\nide: vscode\nenv: {DEBUG: yes}\n",
            "type: dev-environment\nide: vscode\nmax_price: 3€\n",
            "ide: [\n",
            "",
        ] {
            let mended = mended(text);
            assert_eq!((mended.text.as_str(), mended.fixed.len()), (text, 0));
        }
    }

    #[test]
    fn a_fix_that_makes_it_worse_is_left_out() {
        let place = |offset| crate::diagnostics::Position { offset, line: 0, column: offset };
        let edit = |new_text: &str| TextEdit {
            range: Range { start: place(0), end: place(1) },
            new_text: new_text.to_owned(),
        };
        let diagnostic = |code: &str, severity, new_text: Option<&str>| Diagnostic {
            code: code.to_owned(),
            severity,
            message: String::new(),
            path: String::new(),
            range: Range::default(),
            help: None,
            related: Vec::new(),
            fixes: new_text
                .map(|text| Fix { title: String::new(), certain: true, edits: vec![edit(text)] })
                .into_iter()
                .collect(),
        };
        let mended = mend("a", |text| match text {
            "a" => vec![diagnostic("base-60", Severity::Warning, Some("b"))],
            _ => vec![diagnostic("wrong-type", Severity::Error, None)],
        });
        assert_eq!((mended.text.as_str(), mended.fixed.len()), ("a", 0));
        // One that never comes to an end stops all the same.
        let endless = mend("a", |text| {
            let (code, next) = if text == "a" { ("x", "b") } else { ("y", "a") };
            vec![diagnostic(code, Severity::Warning, Some(next))]
        });
        assert_eq!(endless.fixed.len(), ROUNDS);
    }
}
