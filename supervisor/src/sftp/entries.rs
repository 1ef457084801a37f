//! Entries of folders, and the lines that clients show of them.

use std::{
    fs::{DirEntry, Metadata},
    os::unix::{ffi::OsStrExt, fs::MetadataExt},
};

use berth_shared::time::Timestamp;

use super::attributes::Attributes;

/// An entry: its name, its line, and its attributes. One that goes away meanwhile is told by its name alone.
pub(super) fn entry(entry: &DirEntry) -> (Vec<u8>, Vec<u8>, Attributes) {
    let name = entry.file_name().as_bytes().to_vec();
    match entry.metadata() {
        Ok(metadata) => {
            let mut line = line(&metadata).into_bytes();
            line.extend_from_slice(&name);
            (name, line, Attributes::from(&metadata))
        }
        Err(_) => (name.clone(), name, Attributes::default()),
    }
}

/// What `ls -l` shows before the name; users and groups as numbers, times as UTC.
fn line(metadata: &Metadata) -> String {
    let written = metadata.mtime();
    let minutes = written.rem_euclid(86_400) / 60;
    format!(
        "{} {:>4} {:<8} {:<8} {:>10} {} {:02}:{:02} ",
        mode(metadata.mode()),
        metadata.nlink(),
        metadata.uid(),
        metadata.gid(),
        metadata.size(),
        Timestamp(written.saturating_mul(1000)).date(),
        minutes / 60,
        minutes % 60,
    )
}

/// Kind and permissions: `drwxr-xr-x`.
fn mode(mode: u32) -> String {
    let kind = match mode & 0o170_000 {
        0o040_000 => 'd',
        0o120_000 => 'l',
        0o020_000 => 'c',
        0o060_000 => 'b',
        0o010_000 => 'p',
        0o140_000 => 's',
        _ => '-',
    };
    let mut text = String::from(kind);
    for (shift, special, sign) in [(6, 0o4000, 's'), (3, 0o2000, 's'), (0, 0o1000, 't')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (bits & 1 != 0, mode & special != 0) {
            (true, true) => sign,
            (false, true) => sign.to_ascii_uppercase(),
            (true, false) => 'x',
            (false, false) => '-',
        });
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_shown_as_ls_shows_them() {
        let shown = [0o100_644, 0o040_755, 0o120_777, 0o041_777, 0o104_755, 0o102_644].map(mode);
        assert_eq!(
            shown,
            ["-rw-r--r--", "drwxr-xr-x", "lrwxrwxrwx", "drwxrwxrwt", "-rwsr-xr-x", "-rw-r-Sr--"]
        );
    }
}
