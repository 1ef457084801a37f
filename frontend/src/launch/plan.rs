//! Which answer of the server belongs to which text.

/// Numbers the states of the text: each change makes a larger one.
pub type Revision = u64;

/// Keeps the server's last answer beside the text that it was given for, and says what is to be asked.
///
/// There is at most one question that counts: the one for the newest text. Answers to older ones are dropped,
/// in whatever order they come.
#[derive(Clone, Debug, PartialEq)]
pub struct Answers<T> {
    wanted: Option<Revision>,
    asked: Option<Revision>,
    shown: Option<(Revision, T)>,
}

impl<T> Default for Answers<T> {
    fn default() -> Self {
        Self { wanted: None, asked: None, shown: None }
    }
}

impl<T> Answers<T> {
    /// The text is another one now, and worth a question.
    pub fn changed(&mut self, revision: Revision) {
        self.wanted = Some(revision);
    }

    /// The text is another one now, and there is nothing to ask about it: the last answer is void.
    pub fn void(&mut self) {
        *self = Self::default();
    }

    /// The last answer may have been overtaken by events: it is to be asked for again.
    pub fn outdated(&mut self) {
        self.asked = None;
    }

    /// Which revision is to be asked about now; `None` when that is under way or answered.
    /// Whoever calls this asks.
    pub fn ask(&mut self) -> Option<Revision> {
        let wanted = self.wanted?;
        if self.asked == Some(wanted) {
            return None;
        }
        self.asked = Some(wanted);
        Some(wanted)
    }

    /// Takes an answer; whether it was still wanted.
    pub fn answered(&mut self, revision: Revision, answer: T) -> bool {
        let current = self.wanted == Some(revision);
        if current {
            self.shown = Some((revision, answer));
        }
        current
    }

    /// The last answer, which may belong to an older text.
    #[must_use]
    pub fn shown(&self) -> Option<&T> {
        self.shown.as_ref().map(|(_, answer)| answer)
    }

    /// Whether the last answer belongs to the present text.
    #[must_use]
    pub fn is_current(&self) -> bool {
        self.wanted.is_some() && self.shown.as_ref().map(|(revision, _)| *revision) == self.wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_text_is_asked_about_once() {
        let mut answers = Answers::<&str>::default();
        assert_eq!(answers.ask(), None);
        answers.changed(1);
        assert_eq!(answers.ask(), Some(1));
        assert_eq!(answers.ask(), None);
        answers.changed(2);
        assert_eq!(answers.ask(), Some(2));
    }

    #[test]
    fn an_answer_to_an_older_text_is_dropped_whenever_it_comes() {
        let mut answers = Answers::default();
        answers.changed(1);
        answers.ask();
        answers.changed(2);
        answers.ask();
        assert!(!answers.answered(1, "old"));
        assert_eq!(answers.shown(), None);
        assert!(answers.answered(2, "new"));
        assert!(!answers.answered(1, "old"));
        assert_eq!(answers.shown(), Some(&"new"));
        assert!(answers.is_current());
    }

    #[test]
    fn the_last_answer_stays_on_show_until_the_next_one() {
        let mut answers = Answers::default();
        answers.changed(1);
        answers.ask();
        answers.answered(1, "first");
        answers.changed(2);
        assert_eq!(answers.shown(), Some(&"first"));
        assert!(!answers.is_current());
    }

    #[test]
    fn a_text_that_is_no_configuration_has_no_answer() {
        let mut answers = Answers::default();
        answers.changed(1);
        answers.ask();
        answers.answered(1, "first");
        answers.changed(2);
        answers.ask();
        answers.void();
        assert!(!answers.answered(2, "late"));
        assert_eq!(answers.shown(), None);
        assert_eq!(answers.ask(), None);
    }

    #[test]
    fn what_events_have_overtaken_is_asked_again() {
        let mut answers = Answers::default();
        answers.changed(1);
        answers.ask();
        answers.answered(1, "busy");
        answers.outdated();
        assert_eq!(answers.ask(), Some(1));
        assert!(answers.is_current(), "the old answer is shown meanwhile");
        answers.answered(1, "free");
        assert_eq!(answers.shown(), Some(&"free"));
    }
}
