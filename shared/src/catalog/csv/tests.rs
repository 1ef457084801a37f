use proptest::{collection::vec, prelude::*, sample::select};

use super::*;
use crate::catalog::{Offer, OfferGpu, PriceBasis};

const OWN: &str = "backend,instance_type,region,cpus,memory_gib,gpu_name,gpu_count,gpu_memory_gib,disk_gib,price_usd_hour,spot,source,as_of,price_basis\n";
const GPUHUNT: &str =
    "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size\n";

fn origin<'a>(file: &'a str, backend: Option<&'a str>) -> Origin<'a> {
    Origin { file, backend, source: "gpuhunt", as_of: Some("2026-05-01") }
}

fn read(text: &str, backend: Option<&str>) -> Result<OffersRead, CsvError> {
    read_offers(text.as_bytes(), &origin("offers.csv", backend))
}

fn offers(text: &str, backend: Option<&str>) -> Vec<Offer> {
    let read = read(text, backend).expect("it can be read");
    assert_eq!(read.bad, []);
    read.rows.into_iter().map(|row| row.offer).collect()
}

#[test]
fn a_line_of_our_own_columns_is_an_offer_with_its_source() {
    let text = OWN.to_owned()
        + "aws,p3.2xlarge,eu-west-1,8,61,V100,1,16,,3.305,false,ec2.shop,2025-04-04,listed\n"
        + "azure,D2,westus,2,8,,0,,,0.04,True,shop,unknown,estimated\n";
    let read = read(&text, None).expect("it can be read");
    assert_eq!((read.rows.len(), read.bad_total), (2, 0));
    let first = &read.rows[0];
    assert_eq!(first.source, "ec2.shop");
    assert_eq!(first.offer.gpu, Some(OfferGpu { name: "V100".to_owned(), count: 1, memory_gib: 16.0 }));
    assert_eq!((first.offer.price, first.offer.as_of.as_deref()), (3.305, Some("2025-04-04")));
    let second = &read.rows[1].offer;
    assert_eq!((second.spot, second.basis, second.as_of.as_deref()), (true, PriceBasis::Estimated, None));
}

#[test]
fn columns_are_found_by_name_whatever_their_order_and_unknown_ones_are_passed_over() {
    let text = "spot,memory,cpu,note,price,location,instance_name,gpu_memory,gpu_name,gpu_count,provider_data\n\
                False,61.0,8,hello,3.06,us-east-1,p3.2xlarge,16.0,V100,1,\"{\"\"a\"\": 1}\"\n";
    let [offer] = offers(text, Some("aws")).try_into().expect("one offer");
    assert_eq!((offer.backend.as_str(), offer.region.as_str(), offer.cpus), ("aws", "us-east-1", 8.0));
    assert_eq!(offer.gpu.map(|gpu| gpu.name), Some("V100".to_owned()));
    assert_eq!(offer.as_of.as_deref(), Some("2026-05-01"));
}

#[test]
fn rows_of_gcp_are_zones_and_the_cheapest_of_a_region_stays() {
    let text = GPUHUNT.to_owned()
        + "a2-highgpu-1g,us-central1-a,3.7,12,85,1,A100,40,False,\n"
        + "a2-highgpu-1g,us-central1-b,0,12,85,1,A100,40,False,\n"
        + "a2-highgpu-1g,us-central1-c,3.6,12,85,1,A100,40,False,\n"
        + "a2-highgpu-1g,us-central1-f,3.6,12,85,1,A100,40,False,\n"
        + "a2-highgpu-1g,us-central1-a,1.1,12,85,1,A100,40,True,\n"
        + "a2-highgpu-1g,europe-west4-a,3.9,12,85,1,A100,40,False,\n";
    let read = read(&text, Some("gcp")).expect("it can be read");
    let kept = read.rows;
    let told: Vec<_> =
        kept.iter().map(|row| (row.offer.region.as_str(), row.offer.spot, row.offer.price)).collect();
    assert_eq!(told, [("us-central1", false, 3.6), ("us-central1", true, 1.1), ("europe-west4", false, 3.9)]);
}

#[test]
fn providers_have_the_names_that_configurations_use() {
    let text = GPUHUNT.to_owned() + "gpu_1x_a10,us-west-1,0.75,30,200,1,A10,24,False,1400\n";
    assert_eq!(offers(&text, Some("lambdalabs"))[0].backend, "lambda");
    let text =
        "provider,".to_owned() + GPUHUNT + "lambdalabs,x,us-west-1,0.75,30,200,1,tpu-v5p,24,False,1400\n";
    let [offer] = offers(&text, Some("aws")).try_into().expect("one offer");
    assert_eq!((offer.backend.as_str(), offer.disk_gib), ("lambda", Some(1400.0)));
    assert_eq!(offer.gpu.map(|gpu| gpu.name), Some("v5p".to_owned()));
}

#[test]
fn a_row_with_flags_asks_for_what_we_do_not_know_and_is_counted() {
    let text = "flags,".to_owned() + GPUHUNT + "gcp-dws,x,r1,1,1,1,0,,,False,\n,y,r1,1,1,1,0,,,False,\n";
    let read = read(&text, Some("aws")).expect("it can be read");
    assert_eq!((read.rows.len(), read.flagged), (1, 1));
}

#[test]
fn a_line_that_cannot_be_used_is_told_and_the_others_count() {
    let lines = [
        "t,r,1.5,2,8,0,,,False,",
        "t,r,cheap,2,8,0,,,False,",
        "t,r,1.5,2,8,one,,,False,",
        "t,r,1.5,2,8,0,,,maybe,",
        ",r,1.5,2,8,0,,,False,",
        "t,r,1.5",
        "t,r,1.5,2,8,1,,16,False,",
        "t,r,9e99,2,8,0,,,False,",
        "\"t\u{1b}[31m\",r,1.5,2,8,0,,,False,",
        "t,\"two\nlines\",1.5,2,8,0,,,False,",
        "u,r,1.5,2,8,0,,,False,",
    ];
    let read = read(&(GPUHUNT.to_owned() + &lines.join("\n")), Some("aws")).expect("it can be read");
    assert_eq!((read.rows.len(), read.bad_total), (2, 9));
    let told: Vec<String> = read.bad.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @"
    offers.csv, line 3: `price` is `cheap`, which is not a number
    offers.csv, line 4: `gpu_count` is `one`, which is not a whole number
    offers.csv, line 5: `spot` is `maybe`, which is neither true nor false
    offers.csv, line 6: `instance_name` is empty
    offers.csv, line 7: 3 fields instead of 10
    offers.csv, line 8: `gpu_name` is empty
    offers.csv, line 9: `price` is beyond 9 billion dollars an hour
    offers.csv, line 10: `instance_name` has characters in it that cannot be shown
    offers.csv, line 11: `location` has characters in it that cannot be shown
    ");
}

#[test]
fn bytes_that_are_no_text_are_told_by_line() {
    let mut text = GPUHUNT.as_bytes().to_vec();
    text.extend(b"t,r\xe9gion,1.5,2,8,0,,,False,\nt,r,1.5,2,8,0,,,False,\n");
    let read = read_offers(text.as_slice(), &origin("aws.csv", Some("aws"))).expect("it can be read");
    assert_eq!(read.rows.len(), 1);
    assert_eq!(read.bad[0].to_string(), "aws.csv, line 2: `location` is not UTF-8");
}

#[test]
fn only_so_many_bad_lines_are_kept_and_all_are_counted() {
    let text = GPUHUNT.to_owned() + &"nonsense\n".repeat(1000);
    let read = read(&text, Some("aws")).expect("it can be read");
    assert_eq!((read.bad.len(), read.bad_total), (SHOWN, 1000));
}

#[test]
fn a_file_that_is_no_list_of_offers_is_refused_in_words() {
    let say = |bytes: &[u8]| {
        read_offers(bytes, &origin("aws.csv", Some("aws"))).expect_err("it is refused").to_string()
    };
    let said = [
        say(b""),
        say(b"\n\n"),
        say(b"a,b,c\n1,2,3\n"),
        say(OWN.replace("price_usd_hour", "price").as_bytes()),
        say(GPUHUNT.replace("cpu,", "").replace(",spot", "").as_bytes()),
        say("backend,region\n".encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>().as_slice()),
        say(&[0xff, 0xfe, b'a', 0]),
        say(b"PK\x03\x04aaaa"),
        read(GPUHUNT, None).expect_err("it is refused").to_string(),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    `aws.csv` is empty; its first line should name the columns
    `aws.csv` is empty; its first line should name the columns
    aws.csv, line 1: it does not name the columns of a list of offers; expected are backend, instance_type, region, cpus, memory_gib, gpu_name, gpu_count, gpu_memory_gib, price_usd_hour, spot
    aws.csv, line 1: the column `price_usd_hour` is missing; expected are backend, instance_type, region, cpus, memory_gib, gpu_name, gpu_count, gpu_memory_gib, price_usd_hour, spot
    aws.csv, line 1: the columns `cpu`, `spot` are missing; expected are instance_name, location, price, cpu, memory, gpu_count, gpu_name, gpu_memory, spot
    `aws.csv` is not a text
    `aws.csv` is in UTF-16; save it as UTF-8
    `aws.csv` is a zip file within another file; unpack it first
    offers.csv: the backend is not known; add a column `provider`, or name the file after it: `aws.csv`
    ");
}

#[test]
fn a_mark_of_utf_8_before_the_first_column_is_no_part_of_its_name() {
    let text = "\u{feff}".to_owned() + GPUHUNT + "t,r,1.5,2,8,0,,,False,\n";
    assert_eq!(offers(&text, Some("aws")).len(), 1);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_read_or_refused_without_a_panic(bytes in vec(any::<u8>(), 0..400), header in 0..3usize) {
        let mut text = ["", OWN, GPUHUNT][header].as_bytes().to_vec();
        text.extend(bytes);
        let _ = read_offers(text.as_slice(), &origin("offers.csv", Some("gcp")));
    }

    #[test]
    fn every_line_is_a_row_a_zone_or_told(
        lines in vec(vec(select(vec!["t", "us-east1-a", "1.5", "2", "0", "A100", "", "True", "\u{e9}", "nan", "-1", "1e400"]), 0..12), 0..20),
    ) {
        let mut text = GPUHUNT.to_owned();
        for line in &lines {
            text += &(line.join(",") + "\n");
        }
        let read = read_offers(text.as_bytes(), &origin("aws.csv", Some("aws"))).expect("it has its columns");
        // A line of nothing at all is none.
        let written = lines.iter().filter(|line| line.iter().any(|field| !field.is_empty()) || line.len() > 1).count();
        prop_assert_eq!(read.rows.len() + read.bad_total + read.flagged, written);
    }
}
