//! Collecting diagnostics while a text is read. Places are byte ranges until the end, when they
//! become lines and columns all at once.

use std::collections::BTreeSet;

use super::{ByteRange, Code, Diagnostic, Fix, LineIndex, Related, TextEdit};

/// As many errors, and as many others, are kept: nobody reads on, and a text of 256 KiB can hold far more.
const LIMIT: usize = 200;

/// A diagnostic being put together.
#[derive(Debug)]
pub(crate) struct Draft {
    code: Code,
    path: String,
    range: ByteRange,
    message: String,
    help: Option<String>,
    related: Vec<(ByteRange, String)>,
    fixes: Vec<DraftFix>,
}

#[derive(Debug)]
struct DraftFix {
    title: String,
    certain: bool,
    edits: Vec<(ByteRange, String)>,
}

impl Draft {
    /// What to do.
    pub(crate) fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// A second place that helps to understand.
    pub(crate) fn related(&mut self, range: ByteRange, message: impl Into<String>) -> &mut Self {
        self.related.push((range, message.into()));
        self
    }

    /// A fix that is surely what was meant: applied unasked, it never asks for something else than the
    /// author wrote down.
    pub(crate) fn fix(
        &mut self,
        title: impl Into<String>,
        range: ByteRange,
        text: impl Into<String>,
    ) -> &mut Self {
        self.suggest(true, title, range, text)
    }

    /// A fix that may be what was meant.
    pub(crate) fn offer(
        &mut self,
        title: impl Into<String>,
        range: ByteRange,
        text: impl Into<String>,
    ) -> &mut Self {
        self.suggest(false, title, range, text)
    }

    /// A fix in several places that may be what was meant.
    pub(crate) fn offer_edits(
        &mut self,
        title: impl Into<String>,
        edits: Vec<(ByteRange, String)>,
    ) -> &mut Self {
        self.fixes.push(DraftFix { title: title.into(), certain: false, edits });
        self
    }

    /// A fix that is or is not surely what was meant.
    pub(crate) fn suggest(
        &mut self,
        certain: bool,
        title: impl Into<String>,
        range: ByteRange,
        text: impl Into<String>,
    ) -> &mut Self {
        self.fixes.push(DraftFix { title: title.into(), certain, edits: vec![(range, text.into())] });
        self
    }
}

/// Where diagnostics go while a text is read.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    drafts: Vec<Draft>,
    errors: usize,
    others: usize,
    /// Takes what is not kept, so that callers need not care.
    spare: Option<Draft>,
}

impl Sink {
    /// Adds a diagnostic; the answer takes help, fixes and the like.
    pub(crate) fn report(
        &mut self,
        code: Code,
        path: String,
        range: ByteRange,
        message: String,
    ) -> &mut Draft {
        let kept =
            if code.severity() == super::Severity::Error { &mut self.errors } else { &mut self.others };
        *kept += 1;
        let keep = *kept <= LIMIT;
        let draft = Draft { code, path, range, message, help: None, related: Vec::new(), fixes: Vec::new() };
        if keep {
            self.drafts.push(draft);
            let last = self.drafts.len() - 1;
            &mut self.drafts[last]
        } else {
            self.spare.insert(draft)
        }
    }

    /// How many errors there were, those that are not kept included.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// Whether further reports of this code are only counted, so that dear ones need not be put together.
    pub(crate) fn is_full(&self, code: Code) -> bool {
        let kept = if code.severity() == super::Severity::Error { self.errors } else { self.others };
        kept >= LIMIT
    }

    /// Everything, in the order of the text.
    pub(crate) fn finish(mut self, text: &str) -> Vec<Diagnostic> {
        let n = self.errors.saturating_sub(LIMIT) + self.others.saturating_sub(LIMIT);
        if n > 0 {
            let end = ByteRange::new(text.len(), text.len());
            self.drafts.push(Draft {
                code: Code::TooManyProblems,
                path: String::new(),
                range: end,
                message: format!("{n} more {} not shown", if n == 1 { "problem is" } else { "problems are" }),
                help: Some("mend those above first".to_owned()),
                related: Vec::new(),
                fixes: Vec::new(),
            });
        }
        if self.drafts.is_empty() {
            return Vec::new();
        }
        // Of two equal keys, removing one only lets the other count: the duplicate is to be mended first.
        let doubled: BTreeSet<String> = self
            .drafts
            .iter()
            .filter(|draft| draft.code == Code::DuplicateKey)
            .map(|draft| draft.path.clone())
            .collect();
        for draft in self.drafts.iter_mut().filter(|draft| draft.code != Code::DuplicateKey) {
            if doubled.contains(&draft.path) {
                draft.fixes.retain(|fix| fix.edits.iter().any(|(_, text)| !text.is_empty()));
            }
        }
        // Stable: at one place, the order in which they were found.
        crate::order::sort_by_key(&mut self.drafts, |draft| (draft.range.start, draft.code.severity()));
        let index = LineIndex::new(text);
        self.drafts.into_iter().map(|draft| draft.finish(&index)).collect()
    }
}

impl Draft {
    fn finish(self, index: &LineIndex<'_>) -> Diagnostic {
        Diagnostic {
            code: self.code.name().to_owned(),
            severity: self.code.severity(),
            message: self.message,
            path: self.path,
            range: index.range(self.range),
            help: self.help,
            related: self
                .related
                .into_iter()
                .map(|(range, message)| Related { range: index.range(range), message })
                .collect(),
            fixes: self
                .fixes
                .into_iter()
                .map(|fix| Fix {
                    title: fix.title,
                    certain: fix.certain,
                    edits: fix
                        .edits
                        .into_iter()
                        .map(|(range, new_text)| TextEdit { range: index.range(range), new_text })
                        .collect(),
                })
                .collect(),
        }
    }
}
