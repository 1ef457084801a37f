//! `--fix`: the certain fixes, written back without a moment in which the file is neither old nor new.

use std::{
    ffi::OsString,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use berth_shared::{
    config::{TEXT_LIMIT, check_in, check_profiles},
    diagnostics::mend,
};

use super::{
    paths::{read_to_limit, show},
    report::{Kind, Report},
};

/// Why a file is as it was.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplaceError {
    #[error("cannot write `{path}`")]
    Write {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("`{path}` was changed meanwhile and is left as it is")]
    Changed { path: String },
}

/// Mends a file, or a text from standard input, and reports what is left to say.
pub(super) fn file(report: &mut Report) -> Result<(), ReplaceError> {
    if report.bytes.len() > TEXT_LIMIT {
        return Ok(());
    }
    let Ok(text) = std::str::from_utf8(&report.bytes) else { return Ok(()) };
    // A text that is mended stays in the dialect that it was told to be in.
    let told = report.told.unwrap_or_default();
    let mended = match report.kind {
        Kind::Configuration => mend(text, |text| check_in(text, told.dialect, None).diagnostics),
        Kind::Profiles => mend(text, |text| check_profiles(text).diagnostics),
    };
    if mended.text == text {
        return Ok(());
    }
    if report.file != "-" {
        replace_file(Path::new(&report.file), &report.bytes, mended.text.as_bytes())?;
    }
    let file = std::mem::take(&mut report.file);
    let after = Report::new(file, report.kind, told.dialect.into(), mended.text.into_bytes());
    *report = Report { fixed: mended.fixed, told: report.told, ..after };
    Ok(())
}

/// Replaces what a file holds, in one step and with its permissions kept.
///
/// # Errors
/// When it cannot be written, or does not hold `old` any more; then it is as it was.
pub(crate) fn replace_file(path: &Path, old: &[u8], new: &[u8]) -> Result<(), ReplaceError> {
    let failed = |source| ReplaceError::Write { path: show(path), source };
    if replace(path, old, new).map_err(failed)? {
        return Ok(());
    }
    Err(ReplaceError::Changed { path: show(path) })
}

/// Replaces what a file holds, unless it does not hold `old` any more: then the answer is `false`.
fn replace(path: &Path, old: &[u8], new: &[u8]) -> io::Result<bool> {
    // A link stays a link.
    let path = fs::canonicalize(path)?;
    let (fresh, mut file) = beside(&path)?;
    let written = (|| {
        file.set_permissions(fs::metadata(&path)?.permissions())?;
        file.write_all(new)?;
        file.sync_all()?;
        if read_to_limit(&mut File::open(&path)?)? != old {
            return Ok(false);
        }
        fs::rename(&fresh, &path).map(|()| true)
    })();
    if !matches!(written, Ok(true)) {
        _ = fs::remove_file(&fresh);
    }
    written
}

/// A new file beside `path`, hence on the same file system.
fn beside(path: &Path) -> io::Result<(PathBuf, File)> {
    for attempt in 0..100 {
        let mut name = OsString::from(".");
        name.push(path.file_name().unwrap_or_default());
        name.push(format!(".berth-{}-{attempt}", std::process::id()));
        let fresh = path.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).open(&fresh) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (fresh, file)),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}
