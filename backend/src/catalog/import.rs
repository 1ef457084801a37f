//! A catalogue of files: our own columns, or gpuhunt's, in a zip or one by one.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use berth_shared::{
    catalog::{
        Catalogue, GpuFacts, PackError, Row,
        csv::{CsvError, MAX_ROWS, OffersRead, Origin, backend_name, read_offers},
        pack,
    },
    schema,
};
use flate2::read::MultiGzDecoder;
use zip::{ZipArchive, result::ZipError};

/// The most that all files may unpack to, bytes; today's largest catalogues are a tenth of it.
const MAX_BYTES: u64 = 256 << 20;
/// The most files that a zip may hold.
const MAX_ENTRIES: usize = 1000;

/// What the files do not say themselves.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// Who published the prices; the file's name when absent.
    pub source: Option<String>,
    /// Their date; when absent that of the file inside its zip, else not known.
    pub as_of: Option<String>,
}

/// Why files make no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file cannot be opened.
    #[error("cannot read `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A text cannot be used.
    #[error(transparent)]
    Csv(#[from] CsvError),
    /// A zip cannot be used.
    #[error("`{}` cannot be read as a zip file; fetch it again", path.display())]
    Zip {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: ZipError,
    },
    /// A zip holds too much.
    #[error("`{}` holds {entries} files; a catalogue has at most {MAX_ENTRIES}", path.display())]
    Entries {
        /// The file.
        path: PathBuf,
        /// How many files it holds.
        entries: usize,
    },
    /// A zip holds no offers.
    #[error("`{}` holds no `PROVIDER.csv`, so it is no gpuhunt catalogue", path.display())]
    NoProvider {
        /// The file.
        path: PathBuf,
    },
    /// They are no catalogue together.
    #[error("the files have more than {MAX_ROWS} rows together; that is no catalogue of offers")]
    TooMany,
    /// Nothing is left.
    #[error("no row can be used; the catalogue stays as it is")]
    Nothing,
    /// The rows cannot be packed.
    #[error(transparent)]
    Pack(#[from] PackError),
}

/// Reads files of offers, in their order.
///
/// # Errors
/// When one of them cannot be used as a whole; lines that cannot be used are told in what was read.
pub fn read_files(paths: &[PathBuf], defaults: &Defaults) -> Result<OffersRead, ImportError> {
    read_within(paths, defaults, MAX_BYTES)
}

fn read_within(paths: &[PathBuf], defaults: &Defaults, limit: u64) -> Result<OffersRead, ImportError> {
    let budget = Budget(AtomicU64::new(limit));
    let mut all = OffersRead::default();
    for path in paths {
        all.append(read_file(path, defaults, &budget)?);
        if all.rows.len() > MAX_ROWS {
            return Err(ImportError::TooMany);
        }
    }
    Ok(all)
}

fn read_file(path: &Path, defaults: &Defaults, budget: &Budget) -> Result<OffersRead, ImportError> {
    let failed = |source| ImportError::Open { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    if file.metadata().map_err(failed)?.is_dir() {
        return Err(failed(io::Error::other("it is a folder; name the files in it")));
    }
    let mut begin = Vec::new();
    Read::by_ref(&mut file).take(4).read_to_end(&mut begin).map_err(failed)?;
    let zipped = matches!(begin.as_slice(), [b'P', b'K', 3 | 5, ..]);
    let compressed = begin.starts_with(&[0x1f, 0x8b]);
    // What cannot be wound back, such as a pipe, is read on from its beginning.
    let rest: Box<dyn Read> = match file.seek(SeekFrom::Start(0)) {
        Ok(_) if zipped => return read_zip(file, path, defaults, budget),
        Ok(_) => Box::new(file),
        Err(_) => Box::new(io::Cursor::new(begin).chain(file)),
    };
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let shown = path.display().to_string();
    let origin = Origin {
        file: &shown,
        // Any name will do for a file; only some of them are a cloud's.
        backend: backend_of(&name).filter(|backend| schema::is_backend(backend, schema::Dialect::V0_18)),
        source: defaults.source.as_deref().unwrap_or(&name),
        as_of: defaults.as_of.as_deref(),
    };
    let text: Box<dyn Read> = if compressed { Box::new(MultiGzDecoder::new(rest)) } else { rest };
    Ok(read_offers(Bounded { from: text, budget }, &origin)?)
}

fn read_zip(
    file: File,
    path: &Path,
    defaults: &Defaults,
    budget: &Budget,
) -> Result<OffersRead, ImportError> {
    let broken = |source| ImportError::Zip { path: path.to_owned(), source };
    let mut archive = ZipArchive::new(file).map_err(broken)?;
    let entries = archive.len();
    if entries > MAX_ENTRIES {
        return Err(ImportError::Entries { path: path.to_owned(), entries });
    }
    let mut all = OffersRead::default();
    let mut found = false;
    for index in 0..entries {
        let entry = archive.by_index(index).map_err(broken)?;
        let name = entry.name().map_err(broken)?.into_owned();
        let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
        let Some(backend) = backend_of(last).filter(|_| entry.is_file() && !name.starts_with("__MACOSX"))
        else {
            continue;
        };
        found = true;
        let shown = format!("{}/{}", path.display(), name.escape_debug());
        let date = entry.last_modified().and_then(date);
        let origin = Origin {
            file: &shown,
            backend: Some(backend),
            source: defaults.source.as_deref().unwrap_or("gpuhunt"),
            as_of: defaults.as_of.as_deref().or(date.as_deref()),
        };
        all.append(read_offers(Bounded { from: entry, budget }, &origin)?);
        if all.rows.len() > MAX_ROWS {
            return Err(ImportError::TooMany);
        }
    }
    if found { Ok(all) } else { Err(ImportError::NoProvider { path: path.to_owned() }) }
}

/// The backend that a file is named after: `aws` of `aws.csv`.
fn backend_of(name: &str) -> Option<&str> {
    let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(".csv")?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    (!stem.is_empty() && stem.chars().all(plain)).then(|| backend_name(stem))
}

/// When a file was put into its zip, which is when its prices were collected. The first day that the format knows
/// stands for none.
fn date(at: zip::DateTime) -> Option<String> {
    let date = format!("{:04}-{:02}-{:02}", at.year(), at.month(), at.day());
    (date != "1980-01-01").then_some(date)
}

/// How many bytes may still be unpacked.
struct Budget(AtomicU64);

/// Reads no more than the budget allows, so that nothing small unpacks to something that fills the memory.
struct Bounded<'a, R> {
    from: R,
    budget: &'a Budget,
}

impl<R: Read> Read for Bounded<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        let left = self.budget.0.load(Ordering::Relaxed);
        let Some(left) = left.checked_sub(count as u64) else {
            return Err(io::Error::other("it unpacks to more than any catalogue does"));
        };
        self.budget.0.store(left, Ordering::Relaxed);
        Ok(count)
    }
}

/// A new catalogue.
#[derive(Debug)]
pub struct Made {
    /// Packed.
    pub packed: Vec<u8>,
    /// Read again from that.
    pub catalogue: Catalogue,
}

/// Packs rows that were checked ([`berth_shared::catalog::check_rows`]).
///
/// # Errors
/// When there are none, or a table would be too long.
pub fn make(rows: &[Row], facts: &GpuFacts) -> Result<Made, ImportError> {
    if rows.is_empty() {
        return Err(ImportError::Nothing);
    }
    let packed = pack(rows, facts)?;
    let catalogue = Catalogue::load(&packed).map_err(|_| ImportError::Nothing)?;
    Ok(Made { packed, catalogue })
}

/// The rows of a catalogue whose backend has none among `rows`, before them.
#[must_use]
pub fn beside(catalogue: &Catalogue, rows: Vec<Row>) -> Vec<Row> {
    let given: std::collections::HashSet<&str> = rows.iter().map(|row| row.offer.backend.as_str()).collect();
    let mut all: Vec<Row> = (0..)
        .map_while(|id| catalogue.row(id))
        .filter(|row| !given.contains(row.offer.backend.as_str()))
        .collect();
    all.extend(rows);
    all
}

#[cfg(test)]
#[path = "import_tests.rs"]
mod tests;
