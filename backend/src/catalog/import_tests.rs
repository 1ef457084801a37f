use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use zip::{ZipWriter, write::SimpleFileOptions};

use super::*;
use crate::catalog::Published;

const GPUHUNT: &str =
    "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size\n";

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("berth-import-{:032x}", rand::random::<u128>()));
        std::fs::create_dir_all(&path).expect("a folder for the test");
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).expect("a file for the test");
        path
    }

    fn read(&self, name: &str, bytes: &[u8]) -> Result<OffersRead, ImportError> {
        read_files(&[self.file(name, bytes)], &Defaults::default())
    }

    /// What is said about a file, without the folder.
    fn refused(&self, name: &str, bytes: &[u8]) -> String {
        let error = self.read(name, bytes).expect_err("it is refused");
        crate::http::chain(&error).replace(&format!("{}/", self.0.display()), "")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(io::Cursor::new(Vec::new()));
    let date = zip::DateTime::from_date_and_time(2026, 5, 23, 4, 5, 6).expect("a date");
    for (name, content) in files {
        let options = SimpleFileOptions::default().last_modified_time(date);
        zip.start_file(*name, options).expect("a file in the zip");
        zip.write_all(content).expect("its content");
    }
    zip.finish().expect("a zip").into_inner()
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("it is taken");
    encoder.finish().expect("it is packed")
}

#[test]
fn a_catalogue_of_gpuhunt_has_a_file_for_each_provider() {
    let aws = GPUHUNT.to_owned() + "p3.2xlarge,us-east-1,3.06,8,61.0,1,V100,16.0,False,\n";
    let gcp = GPUHUNT.to_owned()
        + "n1,us-central1-a,0.5,4,16,0,,,False,\nn1,us-central1-b,0.4,4,16,0,,,False,\nn1,nowhere\n";
    let zip = zipped(&[
        ("aws.csv", aws.as_bytes()),
        ("v1/gcp.csv", gcp.as_bytes()),
        ("version", b"20260523"),
        ("__MACOSX/aws.csv", b"\0\0\0"),
    ]);
    let read = Folder::new().read("catalog.zip", &zip).expect("it can be read");
    let told: Vec<_> = read
        .rows
        .iter()
        .map(|row| {
            let offer = &row.offer;
            (offer.backend.as_str(), offer.region.as_str(), offer.price, offer.as_of.as_deref())
        })
        .collect();
    assert_eq!(
        told,
        [("aws", "us-east-1", 3.06, Some("2026-05-23")), ("gcp", "us-central1", 0.4, Some("2026-05-23"))]
    );
    assert!(read.rows.iter().all(|row| row.source == "gpuhunt"));
    assert!(read.bad[0].to_string().ends_with("catalog.zip/v1/gcp.csv, line 4: 2 fields instead of 10"));
}

#[test]
fn a_single_file_of_gpuhunt_is_named_after_its_provider() {
    let folder = Folder::new();
    let text = GPUHUNT.to_owned() + "x,us-west-1,3.06,8,61.0,1,A10,24,False,\n";
    let read = folder.read("lambda.csv", text.as_bytes()).expect("it can be read");
    assert_eq!((read.rows[0].offer.backend.as_str(), read.rows[0].source.as_str()), ("lambda", "lambda.csv"));
    let read = folder.read("gcp.csv.gz", &gzipped(text.as_bytes())).expect("it can be read");
    assert_eq!((read.rows[0].offer.backend.as_str(), read.rows[0].offer.region.as_str()), ("gcp", "us-west"));
}

#[test]
fn what_is_cut_off_damaged_or_something_else_is_told_in_words() {
    let folder = Folder::new();
    let text = GPUHUNT.to_owned() + &"t,us-west-1,3.06,8,61.0,0,,,False,\n".repeat(2000);
    let zip = zipped(&[("aws.csv", text.as_bytes())]);
    let gz = gzipped(text.as_bytes());
    let mut damaged = zip.clone();
    damaged[60] ^= 0x55;
    let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    png.extend([0; 64]);
    let many: Vec<String> = (0..=MAX_ENTRIES).map(|n| format!("{n}.csv")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let said = [
        folder.refused("half.zip", &zip[..zip.len() / 2]),
        folder.refused("damaged.zip", &damaged),
        folder.refused("azure.csv.gz", &gz[..gz.len() / 2]),
        folder.refused("picture.csv", &png),
        folder.refused("empty.zip", &zipped(&[])),
        folder.refused("other.zip", &zipped(&[("readme.txt", b"hello")])),
        folder.refused("many.zip", &zipped(&many)),
        folder.refused("twice.zip", &zipped(&[("aws.csv", &zip)])),
        folder.refused("empty.csv", b""),
        folder.refused("html.csv", b"<!doctype html>\n<html><body>404</body></html>\n"),
        crate::http::chain(
            &read_files(&["/nowhere/offers.csv".into()], &Defaults::default()).expect_err("it is not there"),
        ),
        crate::http::chain(&read_files(&["/".into()], &Defaults::default()).expect_err("it is a folder")),
    ];
    insta::assert_snapshot!(said.join("\n"), @"
    `half.zip` cannot be read as a zip file; fetch it again: invalid Zip archive: Could not find EOCD
    `damaged.zip/aws.csv` cannot be read: corrupt deflate stream
    `azure.csv.gz` cannot be read: incomplete deflate stream
    `picture.csv` is not a text
    `empty.zip` holds no `PROVIDER.csv`, so it is no gpuhunt catalogue
    `other.zip` holds no `PROVIDER.csv`, so it is no gpuhunt catalogue
    `many.zip` holds 1001 files; a catalogue has at most 1000
    `twice.zip/aws.csv` is a zip file within another file; unpack it first
    `empty.csv` is empty; its first line should name the columns
    html.csv, line 1: it does not name the columns of a list of offers; expected are backend, instance_type, region, cpus, memory_gib, gpu_name, gpu_count, gpu_memory_gib, price_usd_hour, spot
    cannot read `/nowhere/offers.csv`: No such file or directory (os error 2)
    cannot read `/`: it is a folder; name the files in it
    ");
}

#[test]
fn nothing_small_unpacks_to_something_that_fills_the_memory() {
    let folder = Folder::new();
    let bomb = GPUHUNT.to_owned() + &"a,b,1,1,1,0,,,False,\n".repeat(200_000);
    for (name, bytes) in [
        ("bomb.zip", zipped(&[("aws.csv", bomb.as_bytes())])),
        ("aws.csv.gz", gzipped(bomb.as_bytes())),
        // One field without an end.
        ("gcp.csv.gz", gzipped(("instance_name,\"".to_owned() + &"a".repeat(4 << 20)).as_bytes())),
    ] {
        assert!(bytes.len() < 200_000, "{name}");
        let path = folder.file(name, &bytes);
        let error = read_within(&[path], &Defaults::default(), 1 << 20).expect_err("it is too much");
        assert!(error.to_string().contains("more than any catalogue"), "{name}: {error}");
    }
    // The limit holds for all files together.
    let half = folder.file("aws.csv", &bomb.as_bytes()[..600_000]);
    assert!(read_within(std::slice::from_ref(&half), &Defaults::default(), 1 << 20).is_ok());
    assert!(read_within(&[half.clone(), half], &Defaults::default(), 1 << 20).is_err());
}

#[test]
fn a_zip_with_changed_bytes_is_read_or_refused_without_a_panic() {
    use rand::{RngExt as _, SeedableRng as _, rngs::StdRng};
    let folder = Folder::new();
    let text = GPUHUNT.to_owned() + &"t,us-west-1,3.06,8,61.0,0,,,False,\n".repeat(50);
    let zip = zipped(&[("aws.csv", text.as_bytes()), ("gcp.csv", text.as_bytes())]);
    let mut random = StdRng::seed_from_u64(11);
    for _ in 0..400 {
        let mut changed = zip.clone();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(4..changed.len());
            changed[at] = random.random();
        }
        changed.truncate(random.random_range(changed.len() / 2..=changed.len()));
        let path = folder.file("changed.zip", &changed);
        if let Ok(read) = read_within(&[path], &Defaults::default(), 1 << 20) {
            assert!(read.rows.len() <= 100, "rows came from nowhere");
        }
    }
}

#[test]
fn rows_of_other_clouds_can_stay() {
    let built_in = Published::built_in().expect("it is whole");
    let text = GPUHUNT.to_owned() + "p9.large,us-east-1,3.06,8,61.0,1,V100,16.0,False,\n";
    let read = Folder::new().read("aws.csv", text.as_bytes()).expect("it can be read");
    let made = make(&beside(built_in.catalogue(), read.rows), built_in.gpus()).expect("packs");
    let of = |catalogue: &Catalogue, backend: &str| {
        (0..).map_while(|id| catalogue.offer(id)).filter(|offer| offer.backend == backend).count()
    };
    assert_eq!(of(&made.catalogue, "aws"), 1);
    assert_eq!(of(&made.catalogue, "gcp"), of(built_in.catalogue(), "gcp"));
}

#[test]
fn of_rows_that_are_all_implausible_nothing_is_made() {
    let built_in = Published::built_in().expect("it is whole");
    let text = GPUHUNT.to_owned() + "t,r,0,8,61.0,0,,,False,\n";
    let read = Folder::new().read("aws.csv", text.as_bytes()).expect("it can be read");
    let (kept, _) = berth_shared::catalog::check_rows(read.rows, built_in.gpus());
    let error = make(&kept, built_in.gpus()).expect_err("there is nothing");
    assert_eq!(error.to_string(), "no row can be used; the catalogue stays as it is");
}
