//! Lists of rows and the plot by size.

use std::{cmp::Ordering, sync::Arc};

use proptest::{collection::vec, prelude::*, sample::select};

use super::{any_context, any_offer, any_requirements, catalogue, facts, match_offers, reference};
use crate::{
    catalog::{Availability, Catalogue, Offer, OfferGpu, PriceBasis, Row},
    matcher::{
        BackendSetup, Context, GroupBy, ListOptions, OfferIndex, PlotSize, Requirements, RowList, SortBy,
    },
};

fn index(offers: &[Offer]) -> OfferIndex {
    OfferIndex::new(Arc::new(catalogue(offers)))
}

fn in_full(index: &OfferIndex, rows: &[u32]) -> Vec<Offer> {
    rows.iter().filter_map(|&row| index.offer(row)).collect()
}

const SORTS: [SortBy; 12] = [
    SortBy::Backend,
    SortBy::InstanceType,
    SortBy::Region,
    SortBy::Cpus,
    SortBy::Memory,
    SortBy::Disk,
    SortBy::Gpu,
    SortBy::Spot,
    SortBy::Price,
    SortBy::PricePerGpu,
    SortBy::Saving,
    SortBy::Basis,
];

/// How two offers compare, said a second time; `None` = one of them has no such value.
fn compare(by: SortBy, a: &Offer, b: &Offer) -> Option<Ordering> {
    let gpu = |offer: &Offer| offer.gpu.clone();
    Some(match by {
        SortBy::Backend => a.backend.cmp(&b.backend),
        SortBy::InstanceType => a.instance_type.cmp(&b.instance_type),
        SortBy::Region => a.region.cmp(&b.region),
        SortBy::Cpus => a.cpus.total_cmp(&b.cpus),
        SortBy::Memory => a.memory_gib.total_cmp(&b.memory_gib),
        SortBy::Disk => a.disk_gib?.total_cmp(&b.disk_gib?),
        SortBy::Gpu => {
            let (a, b) = (gpu(a)?, gpu(b)?);
            a.name.cmp(&b.name).then(a.memory_gib.total_cmp(&b.memory_gib)).then(a.count.cmp(&b.count))
        }
        SortBy::Spot => a.spot.cmp(&b.spot),
        SortBy::Price => a.price.total_cmp(&b.price),
        SortBy::PricePerGpu => {
            (a.price / f64::from(gpu(a)?.count)).total_cmp(&(b.price / f64::from(gpu(b)?.count)))
        }
        SortBy::Saving => return None,
        SortBy::Basis => (a.basis, &a.as_of).cmp(&(b.basis, &b.as_of)),
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) })]

    #[test]
    fn a_list_has_the_offers_that_fit_in_the_one_order(
        offers in vec(any_offer(), 0..60),
        requirements in any_requirements(),
        context in any_context(),
    ) {
        let index = index(&offers);
        let expected = reference(&offers, &requirements, &context);
        let list = index.list(&requirements, &context, &ListOptions::default());
        prop_assert_eq!(in_full(&index, &list.rows), expected.clone());
        prop_assert_eq!((list.fitting, list.groups.len()), (expected.len(), 0));

        let prices = Some((0.5, 1.25));
        let some = index.list(&requirements, &context, &ListOptions { prices, ..ListOptions::default() });
        let within: Vec<Offer> =
            expected.iter().filter(|offer| (0.5..=1.25).contains(&offer.price)).cloned().collect();
        prop_assert_eq!(in_full(&index, &some.rows), within);
        prop_assert_eq!(some.fitting, expected.len());
    }

    #[test]
    fn a_list_by_type_begins_with_the_groups_of_the_match(
        offers in vec(any_offer(), 0..60),
        requirements in any_requirements(),
        context in any_context(),
    ) {
        let index = index(&offers);
        let matches = match_offers(index.catalogue(), &requirements, &context, usize::MAX);
        let options = ListOptions { group_by: Some(GroupBy::Type), ..ListOptions::default() };
        let list = index.list(&requirements, &context, &options);
        let got: Vec<_> = list.groups.iter().map(|group| (group.key, group.best, group.rows.len())).collect();
        let expected: Vec<_> =
            matches.groups.iter().map(|group| (group.key, group.row, group.regions)).collect();
        prop_assert_eq!(got, expected);
    }

    #[test]
    fn groups_hold_each_offer_once_and_stand_by_their_best(
        offers in vec(any_offer(), 0..60),
        context in any_context(),
        by in select(vec![GroupBy::Type, GroupBy::Gpu, GroupBy::Backend, GroupBy::Region]),
        sort in select(SORTS.to_vec()),
        descending in any::<bool>(),
    ) {
        let index = index(&offers);
        let every = Requirements::default();
        let flat = index.list(&every, &context, &ListOptions::default());
        let options = ListOptions { group_by: Some(by), ..ListOptions::default() };
        let list = index.list(&every, &context, &options);
        let mut all = list.rows.clone();
        all.sort_unstable();
        let mut expected = flat.rows.clone();
        expected.sort_unstable();
        prop_assert_eq!(all, expected);
        let place = |row: u32| flat.rows.iter().position(|&other| other == row);
        let mut end = 0;
        for group in &list.groups {
            prop_assert_eq!(group.rows.start, end);
            end = group.rows.end;
            prop_assert_eq!(list.rows[group.rows.start], group.best);
            prop_assert!(list.rows[group.rows.clone()].is_sorted_by_key(|&row| place(row)));
        }
        prop_assert_eq!(end, list.rows.len());
        prop_assert!(list.groups.is_sorted_by_key(|group| place(group.best)));

        // Sorting moves groups as wholes and leaves their best as it is.
        let sorted = index.list(&every, &context, &ListOptions { sort: Some((sort, descending)), ..options });
        let same = |list: &RowList| {
            let mut groups: Vec<_> = list.groups.iter().map(|group| (group.key, group.best, {
                let mut rows = list.rows[group.rows.clone()].to_vec();
                rows.sort_unstable();
                rows
            })).collect();
            groups.sort();
            groups
        };
        prop_assert_eq!(same(&list), same(&sorted));
    }

    #[test]
    fn sorting_is_stable_and_puts_what_has_no_value_last(
        offers in vec(any_offer(), 0..60),
        by in select(SORTS.to_vec()),
        descending in any::<bool>(),
    ) {
        let index = index(&offers);
        let context = Context::everything(index.catalogue());
        let every = Requirements::default();
        let flat = index.list(&every, &context, &ListOptions::default()).rows;
        let options = ListOptions { sort: Some((by, descending)), ..ListOptions::default() };
        let rows = index.list(&every, &context, &options).rows;
        let place = |row: u32| flat.iter().position(|&other| other == row);
        let has = |row: u32| {
            let offer = index.offer(row).unwrap();
            match by {
                SortBy::Disk => offer.disk_gib.is_some(),
                SortBy::Gpu | SortBy::PricePerGpu => offer.gpu.is_some(),
                SortBy::Saving => index.saving(row).is_some(),
                _ => true,
            }
        };
        prop_assert_eq!(rows.len(), flat.len());
        for pair in rows.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            prop_assert!(has(a) || !has(b));
            let order = if has(a) && has(b) {
                let order = match by {
                    SortBy::Saving => index.saving(a).unwrap().share
                        .partial_cmp(&index.saving(b).unwrap().share).unwrap(),
                    _ => compare(by, &index.offer(a).unwrap(), &index.offer(b).unwrap()).unwrap(),
                };
                if descending { order.reverse() } else { order }
            } else if has(a) { Ordering::Less } else { Ordering::Equal };
            prop_assert!(order != Ordering::Greater, "{:?} {:?}", a, b);
            prop_assert!(order == Ordering::Less || place(a) < place(b), "stable");
        }
    }

    #[test]
    fn the_plot_by_size_holds_every_offer_once(
        offers in vec(any_offer(), 0..60),
        requirements in any_requirements(),
        context in any_context(),
        size in select(vec![PlotSize::GpuMemory, PlotSize::Cpus]),
    ) {
        let index = index(&offers);
        let catalogue = index.catalogue();
        let matches = match_offers(catalogue, &requirements, &context, 0);
        let points = index.scatter(&requirements, &context, size);
        let count = |above: bool| {
            points.iter().filter(|point| point.above_max_price == above).map(|point| point.offers).sum::<usize>()
        };
        prop_assert_eq!((count(false), count(true)), (matches.total, matches.above_max_price));
        prop_assert!(points.is_sorted_by(|a, b| (a.size, a.price) <= (b.size, b.price)));
        for point in &points {
            let offer = catalogue.offer(point.row).unwrap();
            let gpus = offer.gpu.map_or(0.0, |gpu| f64::from(gpu.count) * gpu.memory_gib);
            let size = if size == PlotSize::Cpus { offer.cpus } else { gpus };
            prop_assert_eq!((size, offer.price, offer.spot), (point.size, point.price, point.spot));
            prop_assert!(point.price <= point.highest && point.regions >= 1 && point.offers >= point.regions);
        }
    }
}

fn offer(instance_type: &str, region: &str, spot: bool, price: f64, basis: PriceBasis) -> Offer {
    Offer {
        backend: "aws".into(),
        region: region.into(),
        instance_type: instance_type.into(),
        arch: None,
        cpus: 4.0,
        memory_gib: 16.0,
        gpu: Some(OfferGpu { name: "T4".into(), count: 2, memory_gib: 16.0 }),
        disk_gib: None,
        spot,
        price,
        basis,
        as_of: None,
        availability: Availability::Unknown,
    }
}

#[test]
fn a_catalogue_that_stands_by_backend_is_listed_in_the_order_of_the_context_all_the_same() {
    let at = |backend: &str, region: &str| Offer {
        backend: backend.into(),
        ..offer("a", region, false, 1.0, PriceBasis::Listed)
    };
    // More rows of one kind than a word of the set has bits.
    let mut offers: Vec<Offer> = (0..150).map(|region| at("aws", &format!("us-{region}"))).collect();
    offers.push(at("gcp", "us-1"));
    let index = index(&offers);
    let rows = |names: [&str; 2]| {
        let setup = |name: &str| BackendSetup { name: name.into(), regions: None };
        let context = Context { backends: names.map(setup).to_vec() };
        index.list(&Requirements::default(), &context, &ListOptions::default()).rows
    };
    assert_eq!(rows(["aws", "gcp"]), (0..151).collect::<Vec<_>>());
    let backwards: Vec<_> = std::iter::once(150).chain(0..150).collect();
    assert_eq!(rows(["gcp", "aws"]), backwards);
}

fn row(offer: Offer) -> Row {
    Row { offer, source: String::new() }
}

#[test]
fn spot_is_compared_with_the_same_machine_on_demand_in_the_same_region() {
    use PriceBasis::{Estimated, Listed};
    let rows = [
        row(offer("a", "us-1", true, 0.25, Listed)),
        row(offer("a", "us-1", false, 1.0, Listed)),
        row(offer("a", "eu-1", true, 0.5, Estimated)),
        row(offer("b", "us-1", true, 0.1, Listed)),
        row(offer("a", "eu-1", false, 2.0, Listed)),
        row(offer("c", "us-1", false, 0.0, Listed)),
        row(offer("c", "us-1", true, 0.0, Listed)),
    ];
    let index = OfferIndex::new(Arc::new(Catalogue::from_rows("made up", &rows, facts())));
    let saving = |row| index.saving(row).map(|saving| (saving.share, saving.estimated));
    assert_eq!(saving(0), Some((0.75, false)));
    assert_eq!(saving(2), Some((0.75, true)), "an estimate makes the saving one");
    assert_eq!(saving(1), None, "on-demand saves nothing");
    assert_eq!(saving(3), None, "there is no such machine on-demand");
    assert_eq!(saving(6), None, "nothing can be saved of nothing");
    assert_eq!(saving(99), None);
}
