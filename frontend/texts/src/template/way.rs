//! The way through a template to what is filled in, as letters that `crate::template` of the dashboard follows.

/// An attribute of the element here.
pub(super) const ATTRIBUTE: char = 'a';
/// In place of the comment here.
pub(super) const BEFORE: char = 'c';
/// As the last thing in the element here.
pub(super) const INSIDE: char = 'k';

const DOWN: &str = "d";
const NEXT: &str = "n";
const UP: &str = "u";

/// Steps from the outermost element, and stops at which something is filled in.
#[derive(Default)]
pub(super) struct Way {
    steps: String,
    /// Which child of which child the way has come to.
    at: Vec<usize>,
}

impl Way {
    /// From an element in `<svg>`, which is not part of the template.
    pub(super) fn through_svg() -> Self {
        Self { steps: "s".to_owned(), ..Self::default() }
    }

    /// Goes to a node and fills something in there. Nodes come in the order in which they are written.
    pub(super) fn stop(&mut self, path: &[usize], how: char) {
        let same = self.at.iter().zip(path).take_while(|(here, there)| here == there).count();
        let mut down = same;
        match (self.at.get(same).copied(), path.get(same)) {
            (Some(here), Some(there)) => {
                self.step(UP, self.at.len() - same - 1);
                self.step(NEXT, there - here);
                down += 1;
            }
            _ => self.step(UP, self.at.len() - same),
        }
        for &child in &path[down..] {
            self.step(DOWN, 1);
            self.step(NEXT, child);
        }
        self.at = path.to_vec();
        self.steps.push(how);
    }

    fn step(&mut self, step: &str, times: usize) {
        self.steps.push_str(&step.repeat(times));
    }

    /// All of it.
    pub(super) fn steps(self) -> String {
        self.steps
    }
}
