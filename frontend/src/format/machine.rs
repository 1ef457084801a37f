//! Machines in a few words.

use berth_shared::catalog::Offer;
use berth_texts::{t, tf};

use super::{gib, number};

/// What one chooses a machine for: `A100 80 GB`, `2 × A6000 48 GB`, `16 vCPU`.
#[must_use]
pub fn hardware(offer: &Offer) -> String {
    if let Some(gpu) = &offer.gpu {
        let times = if gpu.count > 1 { format!("{} × ", gpu.count) } else { String::new() };
        return format!("{times}{} {}", gpu.name, gib(gpu.memory_gib));
    }
    tf!("{} vCPU, {}", number(offer.cpus), gib(offer.memory_gib))
}

/// Where a machine is: its region, or that it is the server's own, or which SSH host.
#[must_use]
pub fn place(offer: &Offer) -> String {
    match offer.backend.as_str() {
        "local" => t!("this machine").to_owned(),
        "remote" => offer.instance_type.clone(),
        _ => offer.region.clone(),
    }
}

/// The three letters on a backend's plate.
#[must_use]
pub fn plate(backend: &str) -> String {
    match backend {
        "azure" => "azr".to_owned(),
        "lambda" => "lmb".to_owned(),
        "runpod" => "rpd".to_owned(),
        "tensordock" => "tsr".to_owned(),
        "vastai" => "vst".to_owned(),
        "cudo" => "cud".to_owned(),
        "datacrunch" => "dcr".to_owned(),
        "kubernetes" => "k8s".to_owned(),
        // As dstack shows it.
        "remote" => "ssh".to_owned(),
        other => other.chars().take(3).collect(),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::{
        api::{Allocation, PlannedOffer},
        catalog::{Availability, OfferGpu, PriceBasis},
    };

    use super::*;

    fn offer(gpu: Option<OfferGpu>) -> Offer {
        Offer {
            backend: "aws".into(),
            region: "us-east-1".into(),
            instance_type: "x".into(),
            arch: None,
            cpus: 16.0,
            memory_gib: 64.0,
            gpu,
            disk_gib: None,
            spot: false,
            price: 1.0,
            basis: PriceBasis::Listed,
            as_of: None,
            availability: Availability::Unknown,
        }
    }

    #[test]
    fn a_machine_is_named_by_what_one_rents_it_for() {
        let gpu = |count| Some(OfferGpu { name: "A100".into(), count, memory_gib: 80.0 });
        assert_eq!(hardware(&offer(gpu(1))), "A100 80 GB");
        assert_eq!(hardware(&offer(gpu(2))), "2 × A100 80 GB");
        assert_eq!(hardware(&offer(None)), "16 vCPU, 64 GB");
        let part = Allocation { cpus: 2.0, memory_bytes: 3 << 30, ..Allocation::default() };
        let planned = PlannedOffer {
            offer: offer(None),
            allocation: Some(part),
            notes: Vec::new(),
            observed_at: None,
            difference: None,
        };
        assert_eq!(hardware(&planned.share()), "2 vCPU, 3 GB");
        assert_eq!(plate("runpod"), "rpd");
        assert_eq!(plate("gcp"), "gcp");
        let host = Offer { backend: "remote".into(), instance_type: "gpu-1".into(), ..offer(None) };
        assert_eq!((plate("remote").as_str(), place(&host).as_str()), ("ssh", "gpu-1"));
    }
}
