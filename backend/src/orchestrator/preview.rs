//! Where a plan differs from what a page finds in the catalogue by itself.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use berth_shared::{
    api::{Difference, Gone, PlanNote, PlannedOffer, Preview, Refusal},
    catalog::Offer,
    matcher::{BackendSetup, Context, Requirements, match_offers},
};

use super::core::Core;
use crate::catalog::Published;

/// Marks each offer with how it differs from the preview, and says what of the preview is gone. The preview is that of
/// the version that the page has, as long as that is known here.
pub(super) fn compare(
    core: &Core,
    version: Option<&str>,
    required: &Requirements,
    offers: &mut [PlannedOffer],
    refusals: &[Refusal],
) -> Preview {
    let published = version
        .and_then(|version| core.catalogues.version(version))
        .unwrap_or_else(|| core.catalogues.current());
    let configured: Vec<&str> = core.providers.iter().map(|provider| provider.name()).collect();
    against(&published, required, &configured, offers, refusals)
}

fn against(
    published: &Arc<Published>,
    required: &Requirements,
    configured: &[&str],
    offers: &mut [PlannedOffer],
    refusals: &[Refusal],
) -> Preview {
    let catalogue = published.catalogue();
    // Only what can be in both is looked at one by one; the rest is counted.
    let shared: HashSet<&str> =
        configured.iter().copied().filter(|name| catalogue.backends().iter().any(|b| b == name)).collect();
    let mut listed: HashMap<Key, f64> = shared
        .iter()
        .flat_map(|backend| match_offers(catalogue, required, &only(backend), usize::MAX).offers)
        .map(|offer| (key(&offer), offer.price))
        .collect();
    for planned in offers.iter_mut() {
        planned.difference = Some(match listed.remove(&key(&planned.offer)) {
            Some(was) if (was - planned.offer.price).abs() < 1e-6 => Difference::Same,
            Some(was) => Difference::PriceChanged { was },
            None => Difference::NotInPreview,
        });
    }
    let mut total = 0;
    let mut gone = Vec::new();
    for backend in catalogue.backends() {
        let fit = match_offers(catalogue, required, &only(backend), 0).total as u64;
        total += fit;
        let left = match shared.contains(backend.as_str()) {
            true => listed.keys().filter(|key| key.backend == *backend).count() as u64,
            false => fit,
        };
        if left > 0 {
            let reason = reason(backend, configured, refusals);
            gone.push(Gone { backend: backend.clone(), offers: left, reason });
        }
    }
    Preview { catalog_version: published.version().to_owned(), total, gone }
}

fn only(backend: &str) -> Context {
    Context { backends: vec![BackendSetup { name: backend.to_owned(), regions: None }] }
}

/// Why offers of a backend are not in the plan.
fn reason(backend: &str, configured: &[&str], refusals: &[Refusal]) -> PlanNote {
    let note = |code: &str, message: String| PlanNote { code: code.to_owned(), path: String::new(), message };
    if !configured.contains(&backend) {
        return note("not-configured", format!("`{backend}` is not configured on this server"));
    }
    let refused = refusals.iter().filter(|refusal| refusal.backend == backend);
    match refused.flat_map(|refusal| &refusal.reasons).next() {
        Some(why) => {
            note(if why.code == "unreachable" { "unreachable" } else { "not-offered" }, why.message.clone())
        }
        None => note("not-offered", format!("`{backend}` does not offer them now")),
    }
}

/// What makes two offers the same machine in the same place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    backend: String,
    region: String,
    instance_type: String,
    spot: bool,
    gpu: Option<(String, u32)>,
}

fn key(offer: &Offer) -> Key {
    Key {
        backend: offer.backend.clone(),
        region: offer.region.clone(),
        instance_type: offer.instance_type.clone(),
        spot: offer.spot,
        gpu: offer.gpu.as_ref().map(|gpu| (gpu.name.to_ascii_lowercase(), gpu.count)),
    }
}

#[cfg(test)]
#[path = "preview_tests.rs"]
mod tests;
