//! Values to begin with, where there is no list of all that would do.

use crate::schema::{Field, Kind};

/// Values that would do where there is no list of them; YAML as they stand.
pub(super) fn examples(path: &str, field: &Field) -> Vec<&'static str> {
    match (path, field.kind) {
        (_, Kind::Boolean | Kind::BooleanOrObject) => vec!["true", "false"],
        (_, Kind::Cpu) => vec!["4..", "8..", "16..", "4..8", "arm:4.."],
        ("resources.cpu" | "resources.cpu.count", _) => vec!["4..", "8..", "16..", "4..8"],
        ("resources.memory", _) => vec!["16GB..", "32GB..", "64GB..", "16GB..64GB"],
        ("resources.shm_size", _) => vec!["8GB", "16GB", "32GB"],
        ("resources.gpu.count", _) => vec!["1", "2", "4", "8", "1..2"],
        ("resources.gpu.memory", _) => vec!["16GB..", "24GB..", "40GB..", "80GB..", "40GB..80GB"],
        ("resources.gpu.total_memory", _) => vec!["80GB..", "160GB..", "320GB.."],
        ("resources.gpu.compute_capability", _) => vec!["7.5", "8.0", "8.9", "9.0"],
        (_, Kind::Disk | Kind::DiskRange) => vec!["100GB..", "200GB..", "500GB..", "1TB.."],
        ("ports", _) => vec!["8080", "8888", "6006", "\"8000:80\""],
        ("retry_policy.duration" | "retry.duration", _) => vec!["1h", "4h", "1d"],
        ("termination_idle_time", _) => vec!["5m", "30m", "1h", "1d"],
        ("idle_duration", _) => vec!["5m", "30m", "1h", "1d", "\"off\""],
        ("inactivity_duration", _) => vec!["30m", "2h", "8h", "\"off\""],
        ("stop_duration", _) => vec!["1m", "5m", "10m", "\"off\""],
        ("utilization_policy.time_window", _) => vec!["5m", "30m", "1h", "2h"],
        ("utilization_policy.min_gpu_utilization", _) => vec!["5", "10", "20"],
        ("schedule.cron", _) => vec!["\"0 8 * * mon-fri\"", "\"0 8 * * *\"", "\"*/30 * * * *\""],
        ("priority", _) => vec!["0", "50", "100"],
        ("shell", _) => vec!["sh", "bash", "/bin/zsh"],
        ("backend_options[].min_reliability", _) => vec!["0.9", "0.95", "0.99"],
        ("backend_options", _) => vec!["{type: vastai, min_score: 1}"],
        (_, Kind::DurationOrOff) => vec!["1h", "8h", "1d", "\"off\""],
        (_, Kind::Price) => vec!["0.5", "1", "2.5", "5"],
        (
            _,
            Kind::Integer | Kind::IntegerRange | Kind::Size | Kind::SizeRange | Kind::Port | Kind::Duration,
        ) => {
            vec![field.example]
        }
        (_, Kind::List) => {
            let item = field.example.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
            item.into_iter().collect()
        }
        (_, Kind::TextOrObject) => vec![field.example],
        _ => Vec::new(),
    }
}
