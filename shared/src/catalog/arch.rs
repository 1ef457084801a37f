//! The architecture of a machine's CPU, told by what its cloud calls it.
//!
//! No table of offers has a column for it, so it is worked out from names, once for each machine. What no rule below
//! is sure of is not known, which is not the same as x86.
//!
//! | cloud | arm | x86 | source |
//! |---|---|---|---|
//! | any | a GPU on a Grace chip: `GH200`, `GB200`, `GB300`, `GB10` | | gpuhunt, `is_nvidia_superchip` |
//! | `aws` | `a1`; families with a `g` behind their generation, as `m7g`, `c6gd`, `g5g`, `im4gn` | all others but `mac` | Amazon EC2 instance type naming conventions: `g` = Graviton |
//! | `azure` | sizes with a `p` among their small letters, as `Standard_D2pds_v6` | all others | Azure VM sizes naming conventions: `p` = Arm |
//! | `gcp` | `t2a`, `c4a`, `n4a`, `a4x` | the families of [`GCP_X86`] | Compute Engine machine families; CPU platforms |
//! | `oci` | `A` and a number behind the series, as `VM.Standard.A1.Flex` | all others | OCI compute shapes: `A` = Ampere |
//! | `nebius` | | platforms `cpu-…` and `gpu-…` | Nebius compute platforms: Intel and AMD |
//! | those of [`X86_ONLY`] | | all | as gpuhunt takes them: nothing but x86, Grace chips aside |
//!
//! On `vastai`, anybody rents out anything: nothing is known but Grace chips.

use crate::config::Arch;

/// Families of `gcp` with CPUs of Intel or AMD.
const GCP_X86: [&str; 28] = [
    "a2", "a3", "a4", "c2", "c2d", "c3", "c3d", "c4", "c4d", "e2", "f1", "g1", "g2", "g4", "h3", "h4d", "m1",
    "m2", "m3", "m4", "n1", "n2", "n2d", "n4", "n4d", "t2d", "x4", "z3",
];

/// Families of `gcp` with CPUs of Arm: Ampere Altra, Axion, Grace.
const GCP_ARM: [&str; 4] = ["t2a", "c4a", "n4a", "a4x"];

/// Backends all of whose machines are x86, but for Grace chips.
const X86_ONLY: [&str; 13] = [
    "cloudrift",
    "crusoe",
    "cudo",
    "datacrunch",
    "digitalocean",
    "hotaisle",
    "jarvislabs",
    "lambda",
    "lambdalabs",
    "runpod",
    "tensordock",
    "verda",
    "vultr",
];

/// Whether a GPU of this model sits on one chip with an Arm CPU: `GH200`, `GB200`, whatever the case.
///
/// As gpuhunt has it (`is_nvidia_superchip`): a `G`, a `B` or an `H`, and a number.
#[must_use]
pub fn is_superchip(gpu: &str) -> bool {
    let [first, second, third, ..] = gpu.as_bytes() else { return false };
    first.eq_ignore_ascii_case(&b'g')
        && (second.eq_ignore_ascii_case(&b'b') || second.eq_ignore_ascii_case(&b'h'))
        && third.is_ascii_digit()
}

/// The architecture of the CPU of an instance type, whose GPUs are of a model; `None` = not known.
#[must_use]
pub fn cpu_arch(backend: &str, instance_type: &str, gpu: Option<&str>) -> Option<Arch> {
    if gpu.is_some_and(is_superchip) {
        return Some(Arch::Arm);
    }
    match backend {
        "aws" => aws(instance_type),
        "azure" => azure(instance_type),
        "gcp" => {
            let family = instance_type.split('-').next()?;
            let is_in = |families: &[&str]| families.contains(&family);
            if is_in(&GCP_ARM) { Some(Arch::Arm) } else { is_in(&GCP_X86).then_some(Arch::X86) }
        }
        "oci" => oci(instance_type),
        "nebius" => {
            let known = ["cpu-", "gpu-"].iter().any(|platform| instance_type.starts_with(platform));
            known.then_some(Arch::X86)
        }
        other => X86_ONLY.contains(&other).then_some(Arch::X86),
    }
}

fn either(is_arm: bool) -> Option<Arch> {
    Some(if is_arm { Arch::Arm } else { Arch::X86 })
}

/// `m7gd.large`: a series, a generation, and letters for what is special about it.
fn aws(instance_type: &str) -> Option<Arch> {
    let family = instance_type.split('.').next()?;
    let letters = |c: char| c.is_ascii_lowercase();
    let behind_series = family.trim_start_matches(letters);
    let series = &family[..family.len() - behind_series.len()];
    let is_family = !series.is_empty() && behind_series.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    // Those of Apple are of either kind.
    if !is_family || series == "mac" {
        return None;
    }
    let special = behind_series.trim_start_matches(|c: char| c.is_ascii_digit());
    // `u-12tb1` has its memory where others have their generation.
    let special = special.split('-').next().unwrap_or_default();
    either(family == "a1" || special.contains('g'))
}

/// `Standard_D2pds_v6`: a family in capitals, vCPUs, and small letters for what is special about it.
fn azure(instance_type: &str) -> Option<Arch> {
    let mut parts = instance_type.split('_');
    let size = parts.next().filter(|tier| ["Standard", "Basic"].contains(tier)).and(parts.next())?;
    either(size.contains('p'))
}

/// `VM.Standard.A1.Flex`. In `BM.GPU.A4.8`, the `A` is a GPU's.
fn oci(instance_type: &str) -> Option<Arch> {
    let mut parts = instance_type.split('.');
    let (kind, series) = (parts.next()?, parts.next()?);
    if !["VM", "BM"].contains(&kind) {
        return None;
    }
    let processor = parts.next().unwrap_or_default();
    let is_ampere = processor
        .strip_prefix('A')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()) && series != "GPU");
    either(is_ampere)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalog::Catalogue;

    #[test]
    fn arm_machines_are_known_by_what_their_cloud_calls_them() {
        for (backend, instance_type) in [
            ("aws", "a1.large"),
            ("aws", "m7g.large"),
            ("aws", "c6gd.metal"),
            ("aws", "c7gn.xlarge"),
            ("aws", "t4g.nano"),
            ("aws", "g5g.xlarge"),
            ("aws", "im4gn.large"),
            ("aws", "is4gen.large"),
            ("aws", "hpc7g.4xlarge"),
            ("azure", "Standard_D2ps_v5"),
            ("azure", "Standard_E8pds_v6"),
            ("azure", "Standard_B2pls_v2"),
            ("gcp", "t2a-standard-4"),
            ("gcp", "c4a-highmem-8"),
            ("gcp", "a4x-highgpu-4g"),
            ("oci", "VM.Standard.A1.Flex"),
            ("oci", "BM.Standard.A1.160"),
            ("oci", "VM.Standard.A2.Flex_4_32"),
        ] {
            assert_eq!(cpu_arch(backend, instance_type, None), Some(Arch::Arm), "{instance_type}");
        }
    }

    #[test]
    fn letters_that_mean_something_else_make_no_arm_machine() {
        for (backend, instance_type) in [
            ("aws", "g4dn.xlarge"),
            ("aws", "g6e.xlarge"),
            ("aws", "gr6.4xlarge"),
            ("aws", "c7i-flex.large"),
            ("aws", "u-12tb1.112xlarge"),
            ("aws", "p6-b200.48xlarge"),
            ("aws", "m6a.large"),
            ("azure", "Standard_NP10s"),
            ("azure", "Standard_PB6s"),
            ("azure", "Standard_D2s_v3_Promo"),
            ("gcp", "a2-highgpu-1g"),
            ("gcp", "t2d-standard-4"),
            ("oci", "BM.GPU.A4.8"),
            ("oci", "VM.GPU.A10.1"),
            ("oci", "VM.Standard.E4.Flex_4_32"),
            ("nebius", "cpu-e2_4vcpu-16gb"),
            ("lambda", "gpu_1x_h100_pcie"),
        ] {
            assert_eq!(cpu_arch(backend, instance_type, None), Some(Arch::X86), "{instance_type}");
        }
    }

    #[test]
    fn a_grace_chip_is_arm_wherever_it_stands() {
        for gpu in ["GH200", "gb200", "GB300", "GB10"] {
            assert_eq!(cpu_arch("lambda", "gpu_1x", Some(gpu)), Some(Arch::Arm), "{gpu}");
            assert_eq!(cpu_arch("nobody", "", Some(gpu)), Some(Arch::Arm), "{gpu}");
        }
        for gpu in ["H100", "B200", "Gaudi3", "G", "GH", "GTX1080", "Ü"] {
            assert!(!is_superchip(gpu), "{gpu}");
        }
    }

    #[test]
    fn what_no_rule_is_sure_of_is_not_known() {
        for (backend, instance_type) in [
            ("vastai", "1x-RTX_3090-32-65536"),
            ("gcp", "c9z-standard-4"),
            ("aws", ""),
            ("aws", "Large"),
            ("aws", "gpu"),
            ("aws", "mac2.metal"),
            ("azure", "D2ps_v5"),
            ("oci", "Standard"),
            ("local", "this-machine"),
            ("simulated", "cpu-4"),
        ] {
            assert_eq!(cpu_arch(backend, instance_type, None), None, "{backend} {instance_type}");
        }
    }

    #[test]
    fn the_families_of_the_carried_catalogue_that_are_arm_are_these() {
        let carried =
            Catalogue::load(include_bytes!("../../catalog/offers.bin")).expect("the catalogue is whole");
        let (mut arm, mut unknown) = (BTreeSet::new(), BTreeSet::new());
        for shape in carried.shapes() {
            let backend = &carried.backends()[usize::from(shape.backend)];
            let name = &shape.instance_type;
            let family = match backend.as_str() {
                "aws" => name.split('.').next().unwrap_or_default().to_owned(),
                "gcp" => name.split('-').next().unwrap_or_default().to_owned(),
                "azure" => name.chars().filter(|c| !c.is_ascii_digit()).collect(),
                _ => name.clone(),
            };
            match shape.arch {
                Some(Arch::Arm) => arm.insert(format!("{backend} {family}")),
                None if backend != "vastai" => unknown.insert(format!("{backend} {family}")),
                _ => false,
            };
        }
        let list = |found: BTreeSet<String>| found.into_iter().collect::<Vec<_>>().join(", ");
        insta::assert_snapshot!(list(arm), @"aws a1, aws c6g, aws c6gd, aws c6gn, aws c7g, aws c7gd, aws c7gn, aws c8g, aws g5g, aws hpc7g, aws i4g, aws i8g, aws im4gn, aws is4gen, aws m6g, aws m6gd, aws m7g, aws m7gd, aws m8g, aws r6g, aws r6gd, aws r7g, aws r7gd, aws r8g, aws t4g, aws x2gd, aws x8g, azure Standard_Bpls_v, azure Standard_Bps_v, azure Standard_Bpts_v, azure Standard_Dpds_v, azure Standard_Dplds_v, azure Standard_Dpls_v, azure Standard_Dps_v, azure Standard_Epds_v, azure Standard_Eps_v, azure Standard_NDisr_NDR_GB_v, gcp c4a, gcp n4a, gcp t2a, lambda gpu_1x_gh200");
        insta::assert_snapshot!(list(unknown), @"gcp c4n");
    }
}
