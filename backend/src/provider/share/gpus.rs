//! A machine's GPUs.

use std::{path::PathBuf, process::Stdio, time::Duration};

use berth_shared::catalog::GpuFacts;

/// A GPU of a machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MachineGpu {
    /// Its number, as `nvidia-smi` counts.
    pub(crate) index: u32,
    /// Its model, as the catalogue spells it: `A100`; as the driver does when the catalogue does not know it.
    pub(crate) name: String,
    /// GiB.
    pub(crate) memory_gib: f64,
    /// CUDA compute capability; `None` = not known.
    pub(crate) capability: Option<(u32, u32)>,
    /// Device files that a container needs for it; none where the engine's own runtime knows it by its number, as NVIDIA's.
    pub(crate) devices: Vec<String>,
}

/// How long the driver may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Asks `nvidia-smi`; no GPUs when there is none on `PATH`, or it fails or takes longer than 5 s.
pub(crate) async fn find(facts: &GpuFacts) -> Vec<MachineGpu> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let Some(program) = std::env::split_paths(&path).map(|dir| dir.join("nvidia-smi")).find(|p| p.is_file())
    else {
        return Vec::new();
    };
    let text = match ask(program).await {
        Ok(text) => text,
        Err(error) => {
            tracing::warn!(%error, "`nvidia-smi` is there and does not answer: no GPUs are offered");
            return Vec::new();
        }
    };
    parse(&text, facts)
}

async fn ask(program: PathBuf) -> std::io::Result<String> {
    let asked = tokio::process::Command::new(program)
        .args(["--query-gpu=index,uuid,name,memory.total,driver_version", "--format=csv,noheader,nounits"])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = tokio::time::timeout(PATIENCE, asked).await??;
    if !output.status.success() {
        return Err(std::io::Error::other(output.status.to_string()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Reads `INDEX, UUID, NAME, MIB, DRIVER` a line; what is not of that shape is passed over.
fn parse(text: &str, facts: &GpuFacts) -> Vec<MachineGpu> {
    text.lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let [index, _, driver_name, mib, ..] = fields[..] else { return None };
            let (index, mib): (u32, f64) = (index.parse().ok()?, mib.parse().ok()?);
            let name = model(driver_name, facts);
            let fact = facts.get(&name);
            let gib = mib / 1024.0;
            // Drivers keep some of it for themselves: 81559 MiB are the 80 GB that everybody speaks of, 23028 the 24.
            let sold = fact.and_then(|fact| {
                fact.memory_gib.iter().copied().find(|sold| (sold - gib).abs() <= sold * 0.08)
            });
            Some(MachineGpu {
                index,
                memory_gib: sold.unwrap_or_else(|| gib.round()),
                capability: fact.and_then(|fact| fact.compute_capability),
                devices: Vec::new(),
                name,
            })
        })
        .collect()
}

/// The catalogue's name for the driver's: `NVIDIA A100-SXM4-80GB` is `A100`. The longest that fits counts: an L40S is
/// no L4.
fn model(driver_name: &str, facts: &GpuFacts) -> String {
    let plain = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
    };
    let mut name = driver_name.trim();
    for maker in ["NVIDIA ", "Tesla ", "GeForce ", "Quadro "] {
        name = name.strip_prefix(maker).unwrap_or(name);
    }
    // `RTX A6000` is sold as `A6000`, `RTX 4090` as `RTX4090`.
    let candidates = [plain(name), plain(name.strip_prefix("RTX ").unwrap_or(name))];
    candidates
        .iter()
        .find_map(|candidate| {
            facts
                .iter()
                .filter(|fact| fact.vendor == "nvidia" && candidate.starts_with(&plain(&fact.name)))
                .max_by_key(|fact| fact.name.len())
        })
        .map_or_else(|| name.to_owned(), |fact| fact.name.clone())
}

#[cfg(test)]
mod tests {
    use berth_shared::catalog::GpuFact;

    use super::*;

    fn facts() -> GpuFacts {
        let fact = |name: &str, memory: &[f64], capability| GpuFact {
            name: name.to_owned(),
            vendor: "nvidia".to_owned(),
            memory_gib: memory.to_vec(),
            architecture: None,
            compute_capability: Some(capability),
        };
        GpuFacts::new(vec![
            fact("A10", &[24.0], (8, 6)),
            fact("A100", &[40.0, 80.0], (8, 0)),
            fact("L4", &[24.0], (8, 9)),
            fact("L40S", &[48.0], (8, 9)),
            fact("RTX4090", &[24.0], (8, 9)),
            fact("A6000", &[48.0], (8, 6)),
        ])
    }

    #[test]
    fn names_of_the_driver_become_the_catalogues() {
        let named: Vec<String> = [
            "NVIDIA A100-SXM4-80GB",
            "NVIDIA A10",
            "NVIDIA L40S",
            "Tesla L4",
            "NVIDIA GeForce RTX 4090",
            "NVIDIA RTX A6000",
            "NVIDIA Z9000",
        ]
        .map(|name| model(name, &facts()))
        .into();
        assert_eq!(named, ["A100", "A10", "L40S", "L4", "RTX4090", "A6000", "Z9000"]);
    }

    #[test]
    fn the_answer_of_the_driver_is_read() {
        let text =
            "0, GPU-1, NVIDIA A100-SXM4-80GB, 81559, 550.1\n1, GPU-2, NVIDIA A10, 23028, 550.1\nNo devices\n";
        assert_eq!(
            parse(text, &facts()),
            [
                MachineGpu {
                    index: 0,
                    name: "A100".into(),
                    memory_gib: 80.0,
                    capability: Some((8, 0)),
                    devices: Vec::new()
                },
                MachineGpu {
                    index: 1,
                    name: "A10".into(),
                    memory_gib: 24.0,
                    capability: Some((8, 6)),
                    devices: Vec::new()
                },
            ]
        );
    }
}
