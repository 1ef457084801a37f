use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use proptest::prelude::*;
use tar::{Builder, Header};

use super::*;

const PLENTY: Most = Most { entries: 1000, bytes: 1 << 20 };

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("berth-unpack-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(path.join("in")).unwrap();
        Self(path)
    }

    /// Where archives are unpacked.
    fn inside(&self) -> PathBuf {
        self.0.join("in")
    }

    fn unpack(&self, archive: &[u8], most: Most) -> io::Result<()> {
        self.unpack_to(archive, "", &[], most)
    }

    /// With a place of its own for the whole, and for parts of it.
    fn unpack_to(&self, archive: &[u8], root: &str, placed: &[&str], most: Most) -> io::Result<()> {
        let here = File::open(self.inside()).unwrap();
        let placed: Vec<PathBuf> = placed.iter().map(PathBuf::from).collect();
        unpack(archive, Places { here: here.as_fd(), root: Path::new(root), placed: &placed }, most)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// An entry, its path as it is: the library's own functions refuse what is tested here.
fn add(tar: &mut Builder<GzEncoder<Vec<u8>>>, path: &str, kind: EntryType, link: &str, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    header.as_gnu_mut().unwrap().name[..path.len()].copy_from_slice(path.as_bytes());
    header.as_gnu_mut().unwrap().linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(0o6755);
    header.set_mtime(1_000_000_000);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    tar.append(&header, bytes).unwrap();
}

/// Path, kind, what it links to, content.
type Said<'a> = (&'a str, EntryType, &'a str, &'a [u8]);

fn archive(entries: &[Said<'_>]) -> Vec<u8> {
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, kind, link, bytes) in entries {
        add(&mut tar, path, *kind, link, bytes);
    }
    tar.into_inner().unwrap().finish().unwrap()
}

const FILE: EntryType = EntryType::Regular;
const LINK: EntryType = EntryType::Symlink;

#[test]
fn files_folders_and_links_come_out_as_they_went_in_and_nothing_is_setuid() {
    let folder = Folder::new("plain");
    let whole = archive(&[
        ("a/b/file", FILE, "", b"hello"),
        ("./empty dir/", EntryType::Directory, "", b""),
        ("a/link", LINK, "b/file", b""),
        ("ümlaut", FILE, "", b""),
    ]);
    // A second time as well: whoever brought it may have broken off.
    for _ in 0..2 {
        folder.unpack(&whole, PLENTY).unwrap();
        let inside = folder.inside();
        assert_eq!(fs::read(inside.join("a/link")).unwrap(), b"hello");
        assert!(inside.join("empty dir").is_dir());
        let file = fs::metadata(inside.join("a/b/file")).unwrap();
        assert_eq!(file.permissions().mode() & 0o7777, 0o755);
        assert_eq!(file.mtime(), 1_000_000_000);
        assert_eq!(fs::read(inside.join("ümlaut")).unwrap(), b"");
    }
}

#[test]
fn what_would_land_elsewhere_is_refused() {
    let hostile: &[(&str, &[Said<'_>])] = &[
        ("parent", &[("../out", FILE, "", b"x")]),
        ("deep parent", &[("a/../../out", FILE, "", b"x")]),
        ("absolute", &[("/tmp/out", FILE, "", b"x")]),
        ("through a link", &[("a", LINK, "..", b""), ("a/out", FILE, "", b"x")]),
        ("through an absolute link", &[("a", LINK, "/tmp", b""), ("a/out", FILE, "", b"x")]),
        ("hard link", &[("a", EntryType::Link, "../secret", b"")]),
        ("device", &[("a", EntryType::Char, "", b"")]),
        ("pipe", &[("a", EntryType::Fifo, "", b"")]),
        ("itself", &[(".", FILE, "", b"x")]),
        ("folder in the way", &[("a/b", FILE, "", b"x"), ("a", FILE, "", b"x")]),
        ("file in the way", &[("a", FILE, "", b"x"), ("a/b", FILE, "", b"x")]),
    ];
    let mut told = Vec::new();
    for (name, entries) in hostile {
        let folder = Folder::new(&name.replace(' ', "-"));
        fs::write(folder.0.join("secret"), "secret").unwrap();
        let error = folder.unpack(&archive(entries), PLENTY).expect_err(name);
        let names: Vec<_> =
            fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names.len(), 2, "{name}: {names:?}");
        assert_eq!(fs::metadata(folder.0.join("secret")).unwrap().nlink(), 1);
        told.push(format!("{name}: {error}"));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn parts_that_have_places_of_their_own_go_there_and_all_else_below_the_place_of_the_whole() {
    let folder = Folder::new("placed");
    let home = folder.0.join("home");
    let (settings, keys) = (home.join(".vimrc"), home.join("deep/keys"));
    // A folder that leads elsewhere is an image's affair, where whoever launches wrote the whole path.
    fs::create_dir(folder.0.join("real")).unwrap();
    symlink("real", &home).unwrap();
    let whole = archive(&[
        ("code", FILE, "", b"code"),
        (".berth-files/0", FILE, "", b"settings"),
        (".berth-files/1", EntryType::Directory, "", b""),
        (".berth-files/1/id", FILE, "", b"key"),
        (".berth-files/1/link", LINK, "id", b""),
        (".berth-files/2/a/b", FILE, "", b"data"),
        (".berth-files/3", EntryType::Directory, "", b""),
        (".berth-files/4/also", FILE, "", b"here"),
    ]);
    let placed = [settings.to_str().unwrap(), keys.to_str().unwrap(), "data/x", "empty", ""];
    for _ in 0..2 {
        folder.unpack_to(&whole, "src", &placed, PLENTY).unwrap();
        let inside = folder.inside();
        let read = |path: PathBuf| fs::read_to_string(path).unwrap();
        assert_eq!(read(inside.join("src/code")), "code");
        assert_eq!(read(folder.0.join("real/.vimrc")), "settings");
        assert_eq!(read(keys.join("link")), "key");
        assert_eq!(read(inside.join("data/x/a/b")), "data");
        assert!(inside.join("empty").is_dir());
        assert_eq!(read(inside.join("also")), "here");
        assert!(!inside.join(PLACED).exists() && !inside.join("src").join(PLACED).exists());
    }
    // Where nothing has a place of its own, the name is one like any other.
    folder.unpack(&archive(&[(".berth-files/0", FILE, "", b"x")]), PLENTY).unwrap();
    assert!(folder.inside().join(".berth-files/0").is_file());
}

#[test]
fn a_part_lands_nowhere_but_below_its_place() {
    let hostile: &[(&str, &[Said<'_>])] = &[
        ("no place", &[(".berth-files/2/x", FILE, "", b"x")]),
        ("no number", &[(".berth-files/x", FILE, "", b"x")]),
        ("none at all", &[(".berth-files", FILE, "", b"x")]),
        ("parent", &[(".berth-files/0/../../out", FILE, "", b"x")]),
        (
            "through a link of its own",
            &[(".berth-files/0/a", LINK, "../..", b""), (".berth-files/0/a/out", FILE, "", b"x")],
        ),
        ("through a link of the code", &[("data", LINK, "..", b""), (".berth-files/1/out", FILE, "", b"x")]),
        ("file below a file", &[(".berth-files/0", FILE, "", b"x"), (".berth-files/0/out", FILE, "", b"x")]),
        ("folder in the way", &[(".berth-files/0/x", FILE, "", b"x"), (".berth-files/0", FILE, "", b"x")]),
    ];
    let mut told = Vec::new();
    for (name, entries) in hostile {
        let folder = Folder::new(&format!("placed-{}", name.replace(' ', "-")));
        let error = folder.unpack_to(&archive(entries), "", &["there", "data"], PLENTY).expect_err(name);
        let names: Vec<_> =
            fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["in"], "{name}");
        told.push(format!("{name}: {error}"));
    }
    // A file needs a name.
    let folder = Folder::new("placed-nameless");
    let error = folder.unpack_to(&archive(&[(".berth-files/0", FILE, "", b"x")]), "", &[""], PLENTY);
    told.push(format!("nameless: {}", error.expect_err("no name")));
    insta::assert_snapshot!(told.join("\n"), @r"
    no place: nobody said where `.berth-files/2/x` goes
    no number: nobody said where `.berth-files/x` goes
    none at all: nobody said where `.berth-files` goes
    parent: `.berth-files/0/../../out` leads out of the folder
    through a link of its own: `a` is to be a folder, and is none
    through a link of the code: `data` is to be a folder, and is none
    file below a file: `there` is to be a folder, and is none
    folder in the way: a folder is where a file is to be
    nameless: `` names no file
    ");
}

#[test]
fn a_link_that_is_in_the_way_of_a_file_is_replaced_and_not_followed() {
    let folder = Folder::new("replaced");
    fs::write(folder.0.join("outside"), "before").unwrap();
    symlink("../outside", folder.inside().join("a")).unwrap();
    folder.unpack(&archive(&[("a", FILE, "", b"new")]), PLENTY).unwrap();
    assert_eq!(fs::read(folder.inside().join("a")).unwrap(), b"new");
    assert_eq!(fs::read(folder.0.join("outside")).unwrap(), b"before");
}

#[test]
fn an_archive_that_holds_more_than_was_said_is_refused_before_it_is_written() {
    let folder = Folder::new("more");
    let two = archive(&[("a", FILE, "", b"x"), ("b", FILE, "", &[0; 5000])]);
    for most in [Most { entries: 1, ..PLENTY }, Most { bytes: 100, ..PLENTY }] {
        let error = folder.unpack(&two, most).expect_err("too much");
        assert_eq!(error.to_string(), "the archive holds more than was said of it");
        assert!(!folder.inside().join("b").exists());
    }
}

#[test]
fn an_archive_that_is_cut_off_anywhere_is_told_as_such_and_one_that_is_damaged_is_not() {
    let folder = Folder::new("cut");
    let noise: Vec<u8> = (0..3000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let whole = archive(&[("a", FILE, "", &noise), ("b", FILE, "", b"x")]);
    for end in [0, 5, 30, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        let error = folder.unpack(&whole[..end], PLENTY).expect_err("cut off");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof, "{end}: {error}");
    }
    let mut damaged = whole.clone();
    let at = whole.len() - 6;
    damaged[at] ^= 0xff;
    let error = folder.unpack(&damaged, PLENTY).expect_err("damaged");
    assert_ne!(error.kind(), io::ErrorKind::UnexpectedEof);
    assert!(folder.unpack(b"no archive at all", PLENTY).is_err());
}

proptest! {
    #[test]
    fn whatever_an_archive_says_nothing_is_made_outside_of_the_folder(
        entries in proptest::collection::vec(
            (
                proptest::sample::select(vec!["a", "a/b", "a/b/c", "b", "..", "../x", "a/..", "/y", ".", "a//b", "b/../c"]),
                proptest::sample::select(vec![FILE, LINK, EntryType::Directory, EntryType::Link]),
                proptest::sample::select(vec!["a", "..", "../..", "/", "/tmp", "b", "."]),
            ),
            0..8,
        ),
        case in any::<u64>(),
    ) {
        let folder = Folder::new(&format!("any-{case}"));
        let entries: Vec<_> = entries.iter().map(|(path, kind, link)| (*path, *kind, *link, b"x".as_slice())).collect();
        let entries: Vec<_> = entries
            .iter()
            .map(|&(path, kind, link, bytes)| (path, kind, link, if kind == FILE { bytes } else { &bytes[..0] }))
            .collect();
        let _ = folder.unpack(&archive(&entries), PLENTY);
        let names: Vec<_> = fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        prop_assert_eq!(names, ["in"]);
    }

    #[test]
    fn what_is_packed_comes_out_again(
        files in proptest::collection::btree_map("[a-zä ]{1,8}(/[a-z.]{1,3}x){0,3}", proptest::collection::vec(any::<u8>(), 0..2000), 0..12),
        case in any::<u64>(),
    ) {
        // A name may not be a file and a folder at once.
        let files: BTreeMap<String, Vec<u8>> = files
            .iter()
            .filter(|(name, _)| !files.keys().any(|other| other.starts_with(&format!("{name}/"))))
            .map(|(name, bytes)| (name.clone(), bytes.clone()))
            .collect();
        let folder = Folder::new(&format!("round-{case}"));
        let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (name, bytes) in &files {
            let mut header = Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, Path::new(name), bytes.as_slice()).unwrap();
        }
        let bytes = tar.into_inner().unwrap().finish().unwrap();
        folder.unpack(&bytes, PLENTY).unwrap();
        for (name, bytes) in &files {
            prop_assert_eq!(&fs::read(folder.inside().join(name)).unwrap(), bytes);
        }
    }
}

/// Bytes that come to an end, and whether somebody has seen it.
struct Seen<'a>(&'a [u8], &'a std::cell::Cell<bool>);

impl Read for Seen<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.set(read == 0 && !buffer.is_empty());
        Ok(read)
    }
}

#[test]
fn an_archive_is_done_when_whoever_sends_it_has_said_that_it_ends() {
    let folder = Folder::new("ended");
    let ended = std::cell::Cell::new(false);
    let whole = archive(&[("file", FILE, "", b"hello")]);
    let here = File::open(folder.inside()).unwrap();
    let places = Places { here: here.as_fd(), root: Path::new(""), placed: &[] };
    unpack(Seen(&whole, &ended), places, PLENTY).unwrap();
    assert!(ended.get(), "its sender would be taken for one that broke off");
}
