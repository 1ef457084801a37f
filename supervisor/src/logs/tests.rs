use std::sync::atomic::{AtomicU64, Ordering};

use super::{super::read, *};

/// A folder of the test's own, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("berth-logs-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Self(dir)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn say(writer: &mut LogWriter, text: &str) {
    writer.append(Timestamp(1000), LogSource::Stdout, text);
}

fn texts(chunk: &LogChunk) -> Vec<&str> {
    chunk.lines.iter().map(|line| line.text.as_str()).collect()
}

/// Reads in small pieces to the end.
fn read_all(dir: &Path, mut after: u64) -> (Vec<String>, u64) {
    let mut all = Vec::new();
    loop {
        let chunk = read(dir, after, 1).expect("a chunk");
        if chunk.lines.is_empty() {
            return (all, chunk.next_offset);
        }
        assert!(chunk.next_offset > after);
        after = chunk.next_offset;
        all.extend(chunk.lines.into_iter().map(|line| line.text));
    }
}

#[test]
fn what_is_written_is_read_and_continued() {
    let folder = Folder::new("continued");
    let mut writer = LogWriter::open(&folder.0, Limits::default()).expect("a writer");
    say(&mut writer, "one");
    let first = read(&folder.0, 0, 1000).expect("a chunk");
    assert_eq!(texts(&first), ["one"]);
    assert!(!first.complete);
    say(&mut writer, "two");
    writer.complete().expect("the mark");
    let second = read(&folder.0, first.next_offset, 1000).expect("a chunk");
    assert_eq!((texts(&second), second.offset, second.complete), (vec!["two"], first.next_offset, true));
    let end = read(&folder.0, second.next_offset, 1000).expect("a chunk");
    assert_eq!((end.lines.len(), end.next_offset, end.complete), (0, second.next_offset, true));
}

#[test]
fn a_log_that_is_not_there_is_empty() {
    let folder = Folder::new("absent");
    let chunk = read(&folder.0, 7, 1000).expect("a chunk");
    assert_eq!((chunk.offset, chunk.next_offset, chunk.complete), (7, 7, false));
}

#[test]
fn an_offset_inside_a_record_goes_on_with_the_next_one() {
    let folder = Folder::new("inside");
    let mut writer = LogWriter::open(&folder.0, Limits::default()).expect("a writer");
    say(&mut writer, "one");
    let second = writer.end();
    say(&mut writer, "two");
    let chunk = read(&folder.0, 3, 1000).expect("a chunk");
    assert_eq!((texts(&chunk), chunk.offset), (vec!["two"], second));
    let chunk = read(&folder.0, u64::MAX, 1000).expect("a chunk");
    assert_eq!((chunk.lines.len(), chunk.next_offset), (0, writer.end()));
}

#[test]
fn the_oldest_segment_is_dropped_and_the_offset_tells() {
    let folder = Folder::new("capped");
    let limits = Limits { segment_bytes: 100, total_bytes: 300 };
    let mut writer = LogWriter::open(&folder.0, limits).expect("a writer");
    for n in 0..100 {
        say(&mut writer, &format!("line {n}"));
    }
    let kept: u64 = segments::list(&folder.0).expect("segments").iter().map(|segment| segment.len).sum();
    assert!(kept <= 300, "{kept}");
    let chunk = read(&folder.0, 0, 1).expect("a chunk");
    assert!(chunk.offset > 0);
    let (all, end) = read_all(&folder.0, 0);
    assert_eq!(end, writer.end());
    assert_eq!(all.last().map(String::as_str), Some("line 99"));
    let first: usize = all[0].strip_prefix("line ").and_then(|n| n.parse().ok()).expect("a number");
    assert_eq!(all.len(), 100 - first, "no gap after what was dropped");
}

#[test]
fn a_record_that_a_crash_cut_short_is_passed_over() {
    let folder = Folder::new("crash");
    let mut writer = LogWriter::open(&folder.0, Limits::default()).expect("a writer");
    say(&mut writer, "whole");
    let end = writer.end();
    drop(writer);
    let path = segments::path(&folder.0, 0);
    OpenOptions::new().append(true).open(path).and_then(|mut f| f.write_all(b"17 o ha")).expect("written");
    assert_eq!(read_all(&folder.0, 0), (vec!["whole".to_owned()], end));
    let mut writer = LogWriter::open(&folder.0, Limits::default()).expect("a writer");
    assert_eq!(writer.end(), end);
    say(&mut writer, "next");
    assert_eq!(read_all(&folder.0, 0).0, ["whole", "next"]);
}

#[test]
fn a_copy_has_the_offsets_of_the_original_even_when_copied_in_pieces_and_twice() {
    let (from, to) = (Folder::new("from"), Folder::new("to"));
    let mut original =
        LogWriter::open(&from.0, Limits { segment_bytes: 64, total_bytes: 200 }).expect("a writer");
    for n in 0..50 {
        say(&mut original, &format!("line {n}"));
    }
    let mut copy = LogWriter::open(&to.0, Limits::default()).expect("a writer");
    let mut after = 0;
    loop {
        let chunk = read(&from.0, after, 1).expect("a chunk");
        if chunk.lines.is_empty() {
            break;
        }
        copy.append_chunk(&chunk).expect("copied");
        copy.append_chunk(&chunk).expect("copied again");
        after = chunk.next_offset;
    }
    assert_eq!(read_all(&to.0, 0), read_all(&from.0, 0));
    assert_eq!(read(&to.0, 0, 1).expect("a chunk").offset, read(&from.0, 0, 1).expect("a chunk").offset);
}

/// Bytes that still fit on the pretended disk.
static ROOM: AtomicU64 = AtomicU64::new(u64::MAX);

/// A file on a disk with [`ROOM`] left: takes what fits, then fails, as ext4 does.
struct Full(File);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = usize::try_from(ROOM.load(Ordering::SeqCst)).unwrap_or(usize::MAX);
        if room == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let n = self.0.write(&bytes[..bytes.len().min(room)])?;
        ROOM.fetch_sub(n as u64, Ordering::SeqCst);
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl Seek for Full {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.0.seek(to)
    }
}

impl Usable for Full {
    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.0.set_len(len)
    }
}

#[test]
fn a_full_disk_loses_lines_and_says_so_when_there_is_room_again() {
    let folder = Folder::new("full");
    let mut writer = LogWriter::with(&folder.0, Limits::default(), |path| {
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        Ok(Box::new(Full(file)))
    })
    .expect("a writer");
    say(&mut writer, "before");
    ROOM.store(5, Ordering::SeqCst);
    for _ in 0..3 {
        say(&mut writer, "without room");
    }
    assert!(!writer.tell_lost(Timestamp(0)), "there is no room to tell");
    assert_eq!(read_all(&folder.0, 0).0, ["before"]);
    ROOM.store(1000, Ordering::SeqCst);
    say(&mut writer, "after");
    let told = "3 lines were lost: no space left on the disk";
    assert_eq!(read_all(&folder.0, 0).0, ["before", told, "after"]);
    assert!(!writer.tell_lost(Timestamp(0)), "it was told");

    // The same when nothing is said any more.
    ROOM.store(5, Ordering::SeqCst);
    say(&mut writer, "without room");
    ROOM.store(1000, Ordering::SeqCst);
    assert!(writer.tell_lost(Timestamp(0)));
    let told_too = "1 line was lost: no space left on the disk";
    assert_eq!(read_all(&folder.0, 0).0, ["before", told, "after", told_too]);
}
