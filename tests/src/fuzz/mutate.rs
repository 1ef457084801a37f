//! Inputs made of other inputs. Far simpler than what a fuzzer that sees the code does, and enough for a short run.

/// Pieces that mean something to YAML or to a configuration.
const PIECES: &[&str] = &[
    "- ",
    "? ",
    ": ",
    ", ",
    "[",
    "]",
    "{",
    "}",
    " #",
    "&a ",
    "*a",
    "!!str ",
    "!!set ",
    "!!omap ",
    "|\n",
    ">-\n",
    "'",
    "\"",
    "\\",
    "\\ud800",
    "\t",
    "  ",
    "\n",
    "\r\n",
    "\u{85}",
    "\u{2028}",
    "\u{feff}",
    "é",
    "😀",
    "<<: *a",
    "---",
    "~",
    "yes",
    "010",
    "1:30",
    "3.10",
    ".inf",
    "500GB",
    "..",
    "A100:80GB:2",
    "8080:80",
    "*:80",
    "2h",
    "off",
    "null",
    "=",
    "gpu: ",
    "env:\n",
    "type: dev-environment\n",
    "resources:\n  ",
    "9223372036854775808",
    "\0",
    "\u{7f}",
];

/// A repeatable source of inputs.
#[derive(Clone, Debug)]
pub struct Mutator {
    state: u64,
}

impl Mutator {
    /// The same seed gives the same inputs.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    /// A number below `n`; 0 when `n` is 0.
    fn below(&mut self, n: usize) -> usize {
        // xorshift64*: chance enough to choose places with.
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        let number = self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(number).unwrap_or(0).checked_rem(n).unwrap_or(0)
    }

    /// One of the inputs with a few changes, pieces of another one among them.
    #[must_use]
    pub fn input(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let Some(first) = corpus.get(self.below(corpus.len())) else { return Vec::new() };
        let mut input = first.clone();
        for _ in 0..=self.below(4) {
            let at = self.below(input.len() + 1);
            let to = (at + self.below(24)).min(input.len());
            match self.below(6) {
                0 => drop(input.drain(at..to)),
                1 => {
                    let piece = input[at..to].to_vec();
                    input.splice(at..at, piece);
                }
                2 => {
                    let other = &corpus[self.below(corpus.len())];
                    let from = self.below(other.len() + 1);
                    let until = (from + self.below(60)).min(other.len());
                    input.splice(at..to, other[from..until].iter().copied());
                }
                3 => {
                    if let Some(byte) = input.get_mut(at) {
                        *byte ^= 1 << self.state.trailing_zeros().min(7);
                    }
                }
                _ => {
                    let piece = PIECES[self.below(PIECES.len())];
                    input.splice(at..at, piece.bytes());
                }
            }
        }
        input
    }
}
