//! `berth catalog import`

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use berth_shared::catalog::{check_rows, csv::OffersRead, dropped_in_words};

use super::Failure;
use crate::catalog::{
    Published,
    file::Turn,
    import::{Defaults, beside, make, read_files},
};

/// Arguments of `berth catalog import`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Offers: a CSV (`.gz` too), or a zip with a `PROVIDER.csv` each as gpuhunt publishes it; several are taken
    /// together.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Keep the offers of clouds that the files have nothing of; else the files are the whole catalogue.
    #[arg(long)]
    keep_others: bool,

    /// Date of prices that the files give none for, `2026-01-31`.
    #[arg(long, value_name = "DATE", value_parser = date)]
    as_of: Option<String>,

    /// Who published the prices, where the files do not say it.
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
}

fn date(text: &str) -> Result<String, String> {
    if berth_shared::catalog::csv::is_date(text) {
        Ok(text.to_owned())
    } else {
        Err("a date is written like 2026-01-31".to_owned())
    }
}

/// Makes a catalogue of files and puts it into the data directory.
pub(super) fn import(args: &Args, directory: &Path, out: &mut impl Write) -> Result<(), Failure> {
    let turn = Turn::take(directory)?;
    let before = super::in_use(directory)?;
    // What is known about GPUs comes with the program, where it is newer than in a catalogue of old.
    let built_in = Published::built_in()?;
    let defaults = Defaults { source: args.source.clone(), as_of: args.as_of.clone() };
    let read = read_files(&args.files, &defaults)?;
    told(&read, out)?;
    let rows = if args.keep_others { beside(before.catalogue(), read.rows) } else { read.rows };
    let (kept, dropped) = check_rows(rows, built_in.gpus());
    write!(out, "{}", dropped_in_words(&dropped))?;
    let made = make(&kept, built_in.gpus())?;
    super::put(&turn, &made, &before, out)
}

/// What was read and what was not.
fn told(read: &OffersRead, out: &mut impl Write) -> Result<(), Failure> {
    writeln!(out, "read {}", super::count(read.rows.len(), "row"))?;
    if read.bad_total > 0 {
        writeln!(out, "left out {}: lines that cannot be used", read.bad_total)?;
        for bad in &read.bad {
            writeln!(out, "  {bad}")?;
        }
        if read.bad_total > read.bad.len() {
            writeln!(out, "  and {} more", read.bad_total - read.bad.len())?;
        }
    }
    if read.flagged > 0 {
        writeln!(out, "left out {}: rows with `flags`, which ask for special care at launch", read.flagged)?;
    }
    Ok(())
}
