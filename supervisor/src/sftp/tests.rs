//! Requests as they are sent, and what comes back.

use std::path::PathBuf;

use super::*;

/// A request: its kind, and its fields.
struct Asked(Vec<u8>);

impl Asked {
    fn new(kind: u8, id: u32) -> Self {
        let mut asked = Self(vec![0, 0, 0, 0, kind]);
        asked.0.extend(id.to_be_bytes());
        asked
    }

    fn number(mut self, number: u32) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    fn long(mut self, number: u64) -> Self {
        self.0.extend(number.to_be_bytes());
        self
    }

    fn text(mut self, text: &[u8]) -> Self {
        self = self.number(text.len() as u32);
        self.0.extend(text);
        self
    }

    fn bytes(mut self) -> Vec<u8> {
        let length = (self.0.len() - 4) as u32;
        self.0[..4].copy_from_slice(&length.to_be_bytes());
        self.0
    }
}

/// Kind and body of each answer.
fn answers(requests: Vec<Asked>) -> Vec<(u8, Vec<u8>)> {
    let sent: Vec<u8> = requests.into_iter().flat_map(Asked::bytes).collect();
    let mut told = Vec::new();
    serve(&*sent, &mut told).unwrap();
    let mut rest = told.as_slice();
    let mut answers = Vec::new();
    while let Some((head, tail)) = rest.split_at_checked(5) {
        let length = u32::from_be_bytes(head[..4].try_into().unwrap()) as usize - 1;
        answers.push((head[4], tail[..length].to_vec()));
        rest = &tail[length..];
    }
    answers
}

/// The number of a status.
fn status(answer: &(u8, Vec<u8>)) -> u32 {
    assert_eq!(answer.0, 101, "{answer:?}");
    u32::from_be_bytes(answer.1[4..8].try_into().unwrap())
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("berth-sftp-{test}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> Vec<u8> {
        self.0.join(name).to_str().unwrap().as_bytes().to_vec()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

const WRITE_CREATE: u32 = 2 | 8 | 16;

#[test]
fn a_file_is_written_read_and_closed() {
    let folder = Folder::new("written");
    let handle = 1_u32.to_be_bytes();
    let again = 2_u32.to_be_bytes();
    let told = answers(vec![
        Asked::new(3, 1).text(&folder.path("a")).number(WRITE_CREATE).number(4).number(0o600),
        Asked::new(6, 2).text(&handle).long(0).text(b"hello"),
        Asked::new(6, 3).text(&handle).long(5).text(b" you"),
        Asked::new(4, 4).text(&handle),
        Asked::new(3, 5).text(&folder.path("a")).number(1).number(0),
        Asked::new(5, 6).text(&again).long(6).number(100),
        Asked::new(5, 7).text(&again).long(9).number(100),
        Asked::new(4, 8).text(&again),
        Asked::new(4, 9).text(&again),
    ]);
    assert_eq!(told[0].0, 102);
    assert_eq!((status(&told[1]), status(&told[2]), status(&told[3])), (0, 0, 0));
    assert_eq!(told[5], (103, [6_u32.to_be_bytes().as_slice(), &3_u32.to_be_bytes(), b"you"].concat()));
    assert_eq!(status(&told[6]), 1, "the end");
    assert_eq!(status(&told[7]), 0);
    assert_eq!(status(&told[8]), 5, "closed already");
    assert_eq!(std::fs::read(folder.0.join("a")).unwrap(), b"hello you");
}

#[test]
fn what_is_not_there_or_not_allowed_is_told_by_its_number() {
    let folder = Folder::new("refused");
    std::fs::write(folder.0.join("a"), "").unwrap();
    std::fs::write(folder.0.join("b"), "").unwrap();
    let told = answers(vec![
        Asked::new(17, 1).text(&folder.path("nothing")),
        Asked::new(3, 2).text(&folder.path("a")).number(WRITE_CREATE | 32).number(0),
        Asked::new(18, 3).text(&folder.path("a")).text(&folder.path("b")),
        Asked::new(15, 4).text(&folder.path("a")),
        Asked::new(3, 5).text(&folder.path("")).number(1).number(0),
        Asked::new(99, 6),
        Asked::new(200, 7).text(b"unheard@of"),
        Asked::new(17, 8).number(1000),
    ]);
    let numbers: Vec<u32> = told.iter().map(status).collect();
    assert_eq!(numbers, [2, 4, 4, 2, 4, 8, 8, 5]);
}

#[test]
fn a_client_that_speaks_something_else_is_left() {
    let mut told = Vec::new();
    serve(&b"\xff\xff\xff\xff"[..], &mut told).unwrap_err();
    serve(&b"\0\0\0\0"[..], &mut told).unwrap_err();
    serve(&b"\0\0\0\x09\x03"[..], &mut told).unwrap_err();
    assert!(told.is_empty());
    serve(&b""[..], &mut told).unwrap();
}

#[test]
fn a_folder_is_listed_to_its_end() {
    let folder = Folder::new("listed");
    for n in 0..150 {
        std::fs::write(folder.0.join(format!("file-{n}")), "").unwrap();
    }
    let handle = 1_u32.to_be_bytes();
    let told = answers(vec![
        Asked::new(11, 1).text(&folder.path("")),
        Asked::new(12, 2).text(&handle),
        Asked::new(12, 3).text(&handle),
        Asked::new(12, 4).text(&handle),
    ]);
    let count = |answer: &(u8, Vec<u8>)| u32::from_be_bytes(answer.1[4..8].try_into().unwrap());
    assert_eq!((count(&told[1]), count(&told[2]), status(&told[3])), (100, 50, 1));
}
