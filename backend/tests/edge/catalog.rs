//! Catalogues that come while the server runs.

use std::path::Path;

use berth::catalog::{BUILT_IN, Published, file};
use berth_shared::{
    api::CatalogOrigin,
    catalog::{Catalogue, pack},
};

use crate::{
    client::Request,
    process::{Serving, berth, error, login},
    server::{Folder, Server},
};

/// A catalogue of the built-in one's first rows.
fn small(rows: u32) -> Published {
    let all = Catalogue::load(BUILT_IN).expect("it is whole");
    let rows: Vec<_> = (0..rows).filter_map(|id| all.row(id)).collect();
    Published::new(pack(&rows, all.gpus()).expect("packs"), CatalogOrigin::Imported).expect("reads")
}

#[tokio::test]
async fn another_catalogue_is_told_over_the_stream_and_the_old_one_can_still_be_fetched() {
    let server = Server::start().await;
    let session = server.sign_in().await;
    let mut socket = server.socket("/api/v1/stream").await;
    let hello = socket.next("hello").await;
    let old = hello["server"]["catalog_url"].as_str().unwrap().to_owned();
    socket.next("snapshot").await;
    server.fake.happen(1);
    socket.next("event").await;

    server.catalogues.publish(small(100));
    let told = socket.next("catalog").await;
    assert_eq!((&told["seq"], &told["catalog"]["offers"]), (&1.into(), &100.into()));
    assert_eq!(told["catalog"]["origin"], "imported");
    let meta = server.request("GET", "/api/v1/catalog").session(&session).send().await.json();
    assert_eq!(meta, told["catalog"]);
    let new = meta["url"].as_str().unwrap();
    assert_ne!(new, old);
    assert!(server.request("GET", new).send().await.body == *small(100).bytes());
    assert!(server.request("GET", &old).send().await.body == BUILT_IN);

    // Whoever comes now is greeted with the new one and told nothing more.
    let mut other = server.socket("/api/v1/stream").await;
    assert_eq!(other.next("hello").await["server"]["catalog_url"], new);
    other.next("snapshot").await;
    server.fake.happen(1);
    assert_eq!(other.message().await["type"], "event");
}

#[tokio::test]
async fn the_catalogue_goes_out_as_browsers_take_it() {
    let server = Server::start().await;
    let url = server.catalogues.current().info().url.clone();
    let ask = |encoding: &str| server.request("GET", &url).header("accept-encoding", encoding).send();
    let br = ask("gzip, deflate, br").await;
    assert_eq!((br.header("content-encoding"), br.header("vary")), ("br", "accept-encoding"));
    assert!(br.body.len() < 256 * 1024, "{} bytes", br.body.len());
    assert_eq!(ask("identity").await.header("content-encoding"), "");
    assert_eq!(ask("br;q=0").await.header("content-encoding"), "");
}

const GPUHUNT: &str = "instance_name,location,price,cpu,memory,gpu_count,gpu_name,gpu_memory,spot,disk_size\n\
                       p9.large,us-east-1,3.06,8,61.0,1,V100,16.0,False,\n\
                       p9.large,us-west-2,many,8,61.0,1,V100,16.0,False,\n";

fn write(folder: &Path, name: &str, content: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn an_import_beside_a_running_server_reaches_its_pages() {
    let folder = Folder::new();
    let mut server = Serving::start(&folder.0, &["--listen", "127.0.0.1:0"]);
    let answer = login(server.address, &server.token).send().await;
    let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
    let stream = Request::new(server.address, "GET", "/api/v1/stream").header("cookie", &cookie);
    let mut socket = stream.connect().await.expect("a socket");
    let old = socket.next("hello").await["server"]["catalog_version"].as_str().unwrap().to_owned();

    let csv = write(&folder.0, "aws.csv", GPUHUNT);
    let import = berth(&folder.0, &["catalog", "import", &csv, "--as-of", "2026-06-01"]).output().unwrap();
    assert!(import.status.success(), "{}", error(&import));
    let told = socket.next("catalog").await;
    let new = told["catalog"]["version"].as_str().unwrap().to_owned();
    let said = String::from_utf8(import.stdout).unwrap();
    let said = said.replace(&folder.0.display().to_string(), "DIR").replace(&new, "NEW").replace(&old, "OLD");
    insta::assert_snapshot!(said, @"
    read 1 row
    left out 1: lines that cannot be used
      DIR/aws.csv, line 3: `price` is `many`, which is not a number
    dropped none
    new catalogue NEW, 1 offer of 1 cloud, prices of 2026-06-01
    before it was OLD (built in); a running server takes the new one up within seconds
    ");

    // A plan says which one it is held against.
    let plan = Request::new(server.address, "POST", "/api/v1/plan").header("cookie", &cookie);
    let plan = plan.json(r#"{"configuration":"type: dev-environment\nide: vscode\n"}"#).send().await.json();
    assert_eq!(plan["catalog_version"], *new);

    // A damaged one changes nothing; going back does.
    std::fs::write(file::path(&folder.0), b"BERTHCAT, but no more").unwrap();
    std::fs::remove_file(file::path(&folder.0)).unwrap();
    assert_eq!(socket.next("catalog").await["catalog"]["version"], *old);
    let (_, said) = server.stop("-TERM");
    assert!(said.contains("a new catalogue is in use"), "{said}");
}

#[tokio::test]
async fn a_damaged_catalogue_does_not_keep_the_server_from_starting() {
    let folder = Folder::new();
    std::fs::write(file::path(&folder.0), small(50).bytes()).unwrap();
    let mut damaged = small(50).bytes().to_vec();
    damaged[200] ^= 1;
    for (content, origin) in [(small(50).bytes().to_vec(), "imported"), (damaged, "built-in")] {
        std::fs::write(file::path(&folder.0), content).unwrap();
        let mut server = Serving::start(&folder.0, &["--listen", "127.0.0.1:0"]);
        let answer = login(server.address, &server.token).send().await;
        let cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let meta = Request::new(server.address, "GET", "/api/v1/catalog").header("cookie", &cookie);
        assert_eq!(meta.send().await.json()["origin"], origin);
        let (_, said) = server.stop("-TERM");
        assert_eq!(said.contains("checksum does not fit"), origin == "built-in", "{said}");
    }
}

#[test]
fn files_that_are_no_catalogue_change_nothing() {
    let folder = Folder::new();
    let said = |arguments: &[&str]| {
        let output = berth(&folder.0, arguments).output().unwrap();
        let said = error(&output).replace(&folder.0.display().to_string(), "DIR");
        format!("{}: {said}", output.status.code().unwrap())
    };
    let wrong = write(&folder.0, "wrong.csv", "a,b\n1,2\n");
    let free = write(&folder.0, "aws.csv", &GPUHUNT.replace("3.06", "0"));
    let told = [
        said(&["catalog", "import", "/nowhere/offers.csv"]),
        said(&["catalog", "import", &wrong]),
        said(&["catalog", "import", &free]),
        said(&["catalog", "refresh", "--base-url", "ftp://example.org/"]),
    ];
    insta::assert_snapshot!(told.join(""), @"
    2: error: cannot read `/nowhere/offers.csv`: No such file or directory (os error 2)
    1: error: DIR/wrong.csv, line 1: it does not name the columns of a list of offers; expected are backend, instance_type, region, cpus, memory_gib, gpu_name, gpu_count, gpu_memory_gib, price_usd_hour, spot
    1: error: no row can be used; the catalogue stays as it is
    1: error: no new prices of Azure, the old ones stay: `ftp://example.org/` is not an address of a price list; give one that begins with `https://`
    ");
    assert!(file::read(&folder.0).unwrap().is_none());

    let turn = file::Turn::take(&folder.0).unwrap();
    insta::assert_snapshot!(said(&["catalog", "reset"]), @"1: error: another `berth catalog` is at work in `DIR`; wait for it");
    drop(turn);
    let show = berth(&folder.0, &["catalog", "show"]).output().unwrap();
    let show = String::from_utf8(show.stdout).unwrap();
    assert!(
        show.starts_with("a94ae25c, 170249 offers of 12 clouds, ") && show.contains("(built in)\n  aws  "),
        "{show}"
    );
}
