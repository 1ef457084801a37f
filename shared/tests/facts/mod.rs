//! A catalogue of a few rows, as other tests' catalogue.

use std::sync::Arc;

use berth_shared::{
    assist::Facts,
    catalog::{Availability, Catalogue, GpuFact, GpuFacts, Offer, OfferGpu, PriceBasis, Row},
};

type Gpu = Option<(&'static str, u32, f64)>;

/// Backend, region, instance type, GPU, spot, price.
const ROWS: &[(&str, &str, &str, Gpu, bool, f64)] = &[
    ("aws", "us-east-1", "p4d.24xlarge", Some(("A100", 8, 40.0)), false, 32.77),
    ("aws", "us-east-1", "p4d.24xlarge", Some(("A100", 8, 40.0)), true, 9.83),
    ("aws", "eu-west-1", "p4d.24xlarge", Some(("A100", 8, 40.0)), false, 35.40),
    ("aws", "us-east-1", "g6.xlarge", Some(("L4", 1, 24.0)), false, 0.805),
    ("aws", "eu-west-1", "g6.xlarge", Some(("L4", 1, 24.0)), false, 0.896),
    ("aws", "us-east-1", "m5.large", None, false, 0.096),
    ("gcp", "us-central1", "a2-highgpu-1g", Some(("A100", 1, 40.0)), false, 3.67),
    ("gcp", "us-central1", "a2-ultragpu-1g", Some(("A100", 1, 80.0)), false, 5.07),
    ("gcp", "us-central1", "a2-ultragpu-1g", Some(("A100", 1, 80.0)), true, 2.53),
    ("gcp", "europe-west4", "g2-standard-4", Some(("L4", 1, 24.0)), false, 0.78),
    ("runpod", "US-TX-3", "NVIDIA H100 PCIe", Some(("H100", 1, 80.0)), false, 2.39),
];

fn row(&(backend, region, instance_type, gpu, spot, price): &(&str, &str, &str, Gpu, bool, f64)) -> Row {
    Row {
        offer: Offer {
            backend: backend.to_owned(),
            region: region.to_owned(),
            instance_type: instance_type.to_owned(),
            arch: None,
            cpus: 8.0,
            memory_gib: 32.0,
            gpu: gpu.map(|(name, count, memory_gib)| OfferGpu { name: name.to_owned(), count, memory_gib }),
            disk_gib: None,
            spot,
            price,
            basis: PriceBasis::Listed,
            as_of: Some("2026-01-01".to_owned()),
            availability: Availability::Unknown,
        },
        source: "test".to_owned(),
    }
}

/// What that catalogue knows; `A16` is a model that nobody in it offers.
pub(crate) fn facts() -> Facts {
    let fact = |name: &str, memory: &[f64]| GpuFact {
        name: name.to_owned(),
        vendor: "nvidia".to_owned(),
        memory_gib: memory.to_vec(),
        architecture: Some("Ampere".to_owned()),
        compute_capability: Some((8, 0)),
    };
    let known = GpuFacts::new(vec![fact("A100", &[40.0, 80.0]), fact("L4", &[24.0]), fact("A16", &[16.0])]);
    let rows: Vec<Row> = ROWS.iter().map(row).collect();
    Facts::new(Arc::new(Catalogue::from_rows("test", &rows, known)))
}
