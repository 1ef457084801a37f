//! Statuses for people: a word and a shape each.

use berth_texts::t;

use super::capitalised;

/// The shape that stands for a status's word on the wire.
#[must_use]
pub fn status_glyph(status: &str) -> &'static str {
    match status {
        "submitted" | "pending" => "submitted",
        "provisioning" | "pulling" => "provisioning",
        "running" | "busy" => "running",
        "idle" => "idle",
        "terminating" => "terminating",
        "failed" => "failed",
        "done" => "done",
        "interrupted" => "interrupted",
        _ => "stopped",
    }
}

/// A status's word on the wire as people read it.
#[must_use]
pub fn status_word(status: &str) -> String {
    let word = match status {
        "submitted" => t!("submitted"),
        "pending" => t!("pending"),
        "provisioning" => t!("provisioning"),
        "pulling" => t!("preparing"),
        "running" => t!("running"),
        "busy" => t!("busy"),
        "idle" => t!("idle"),
        "terminating" => t!("stopping"),
        "terminated" | "aborted" | "stopped" => t!("stopped"),
        "interrupted" => t!("interrupted"),
        "failed" => t!("failed"),
        "done" => t!("done"),
        other => other,
    };
    capitalised(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_as_words() {
        assert_eq!(status_word("terminated"), "Stopped");
        assert_eq!(status_word("pulling"), "Preparing");
        assert_eq!(status_word("running"), "Running");
    }
}
