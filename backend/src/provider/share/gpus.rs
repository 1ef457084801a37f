//! A machine's GPUs.

use std::{path::PathBuf, process::Stdio, time::Duration};

use berth_shared::{
    catalog::{GpuFact, GpuFacts},
    config::Vendor,
};

/// A GPU of a machine.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct MachineGpu {
    /// Its number, as `nvidia-smi` counts.
    pub(crate) index: u32,
    /// Who makes it: the maker whose program tells of it.
    pub(crate) vendor: Vendor,
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

/// What `nvidia-smi` is asked.
pub(crate) const NVIDIA: [&str; 2] =
    ["--query-gpu=index,uuid,name,memory.total,driver_version", "--format=csv,noheader,nounits"];

/// What `rocm-smi` is asked.
pub(crate) const ROCM: [&str; 4] = ["--showproductname", "--showmeminfo", "vram", "--json"];

/// Asks `nvidia-smi` and `rocm-smi`; no GPUs of a maker whose program is not on `PATH`, fails, or takes longer than 5 s.
pub(crate) async fn find(facts: &GpuFacts) -> Vec<MachineGpu> {
    let mut all = ask("nvidia-smi", &NVIDIA).await.map(|text| parse(&text, facts)).unwrap_or_default();
    if let Some(text) = ask("rocm-smi", &ROCM).await {
        all.extend(parse_rocm(&text, &render_nodes(), facts));
    }
    all
}

/// What a program on `PATH` prints; `None` where there is none, or it does not answer.
async fn ask(name: &str, arguments: &[&str]) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let program = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|program| program.is_file())?;
    match printed(program, arguments).await {
        Ok(text) => Some(text),
        Err(error) => {
            tracing::warn!(%error, "`{name}` is there and does not answer: its GPUs are not offered");
            None
        }
    }
}

async fn printed(program: PathBuf, arguments: &[&str]) -> std::io::Result<String> {
    let asked = tokio::process::Command::new(program)
        .args(arguments)
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

/// This machine's `/dev/dri/renderD…`, in order.
fn render_nodes() -> Vec<String> {
    let entries = std::fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    let mut nodes: Vec<String> = entries
        .map(|entry| entry.path().display().to_string())
        .filter(|path| path.starts_with("/dev/dri/renderD"))
        .collect();
    nodes.sort();
    nodes
}

/// Reads what `rocm-smi` prints with [`ROCM`]: an object with an entry for each card. A card is given to a container by the
/// driver's device and its own render node; the nth card has the nth node.
pub(crate) fn parse_rocm(text: &str, render_nodes: &[String], facts: &GpuFacts) -> Vec<MachineGpu> {
    let Ok(serde_json::Value::Object(cards)) = serde_json::from_str(text) else { return Vec::new() };
    let mut found: Vec<MachineGpu> = cards
        .iter()
        .filter_map(|(card, what)| {
            let index: u32 = card.strip_prefix("card")?.parse().ok()?;
            let field = |wanted: &str| {
                let fields = what.as_object()?;
                let (_, value) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted))?;
                Some(value.as_str()?.to_owned())
            };
            let told = field("Card Series").or_else(|| field("Card Model"))?;
            let bytes: f64 = field("VRAM Total Memory (B)")?.parse().ok()?;
            let fact = amd(&told, facts);
            let gib = bytes / f64::from(1 << 30);
            Some(MachineGpu {
                index,
                vendor: Vendor::Amd,
                name: fact.map_or(told, |fact| fact.name.clone()),
                memory_gib: fact.map_or_else(|| gib.round(), |fact| sold(fact, gib)),
                capability: None,
                devices: [
                    Some("/dev/kfd".to_owned()),
                    render_nodes.get(usize::try_from(index).ok()?).cloned(),
                ]
                .into_iter()
                .flatten()
                .collect(),
            })
        })
        .collect();
    found.sort_by_key(|gpu| gpu.index);
    found
}

/// What the catalogue knows of a card: `AMD Instinct MI300X OAM` is `MI300X`. The longest that fits counts.
fn amd<'a>(told: &str, facts: &'a GpuFacts) -> Option<&'a GpuFact> {
    let told = plain(told);
    facts
        .iter()
        .filter(|fact| fact.vendor == "amd" && told.contains(&plain(&fact.name)))
        .max_by_key(|fact| fact.name.len())
}

/// The size that a GPU is sold with. Drivers keep some of it for themselves: 81559 MiB are the 80 GB that everybody speaks of.
fn sold(fact: &GpuFact, gib: f64) -> f64 {
    let sold = fact.memory_gib.iter().copied().find(|sold| (sold - gib).abs() <= sold * 0.08);
    sold.unwrap_or_else(|| gib.round())
}

fn plain(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect()
}

/// Reads `INDEX, UUID, NAME, MIB, DRIVER` a line; what is not of that shape is passed over.
pub(crate) fn parse(text: &str, facts: &GpuFacts) -> Vec<MachineGpu> {
    text.lines()
        .filter_map(|line| {
            let fields: Vec<&str> = line.split(',').map(str::trim).collect();
            let [index, _, driver_name, mib, ..] = fields[..] else { return None };
            let (index, mib): (u32, f64) = (index.parse().ok()?, mib.parse().ok()?);
            let name = model(driver_name, facts);
            let fact = facts.get(&name);
            let gib = mib / 1024.0;
            Some(MachineGpu {
                index,
                vendor: Vendor::Nvidia,
                memory_gib: fact.map_or_else(|| gib.round(), |fact| sold(fact, gib)),
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
            GpuFact { vendor: "amd".to_owned(), ..fact("MI300X", &[192.0], (0, 0)) },
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
                    vendor: Vendor::Nvidia,
                    name: "A100".into(),
                    memory_gib: 80.0,
                    capability: Some((8, 0)),
                    devices: Vec::new()
                },
                MachineGpu {
                    index: 1,
                    vendor: Vendor::Nvidia,
                    name: "A10".into(),
                    memory_gib: 24.0,
                    capability: Some((8, 6)),
                    devices: Vec::new()
                },
            ]
        );
    }

    #[test]
    fn cards_of_amd_are_given_by_their_device_files() {
        let text = r#"{"card1": {"Card Series": "AMD Instinct MI300X OAM", "VRAM Total Memory (B)": "206141652992", "VRAM Total Used Memory (B)": "1"},
            "card0": {"Card series": "Radeon RX 9999", "VRAM Total Memory (B)": "17163091968"}, "system": {"Driver version": "6.7"}}"#;
        let nodes = ["/dev/dri/renderD128", "/dev/dri/renderD129"].map(ToOwned::to_owned);
        let found = parse_rocm(text, &nodes, &facts());
        let told: Vec<_> =
            found.iter().map(|gpu| (gpu.name.as_str(), gpu.memory_gib, gpu.devices.join(" "))).collect();
        assert_eq!(
            told,
            [
                ("Radeon RX 9999", 16.0, "/dev/kfd /dev/dri/renderD128".to_owned()),
                ("MI300X", 192.0, "/dev/kfd /dev/dri/renderD129".to_owned()),
            ]
        );
        assert_eq!(parse_rocm("WARNING: no GPU", &nodes, &facts()), []);
    }
}
