//! How numbers, times and machines read, in one place.

mod letters;
pub mod machine;
mod money;
mod program;
mod size;
mod status;
mod time;

#[cfg(target_arch = "wasm32")]
mod local;
#[cfg(target_arch = "wasm32")]
pub use local::{clock_millis, clock_seconds, clock_when, exact, machine_readable};

pub use letters::{capitalised, lowered};
pub use money::{cost, figure, price, rate};
pub use program::program;
pub use size::{bytes, gib, number};
pub use status::{status_glyph, status_word};
pub use time::{ago, ahead, countdown, duration};

/// A maker of GPUs as people write it: `NVIDIA`, `AMD`, `Intel`.
#[must_use]
pub fn vendor(name: &str) -> String {
    match name {
        "nvidia" | "amd" => name.to_ascii_uppercase(),
        other => capitalised(other),
    }
}

/// Groups the digits of a whole number by three: `1,914`.
#[must_use]
pub fn grouped(whole: u64) -> String {
    let digits = whole.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
