//! `berth catalog refresh`

use std::{
    io::{self, IsTerminal as _, Write},
    path::Path,
};

use berth_shared::catalog::{check_rows, dropped_in_words};

use super::Failure;
use crate::{
    catalog::{
        azure::{self, fetch::fetch, merge, pace::Limits, prices::Prices},
        file::Turn,
        import::make,
    },
    cli::random,
    clock::{Clock, SystemClock},
};

/// Arguments of `berth catalog refresh`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Whose prices: Azure publishes its own for everybody.
    #[arg(long, value_enum, default_value_t)]
    source: Source,

    /// Where the price list is, for a proxy or a copy.
    #[arg(long, value_name = "URL", default_value = azure::ADDRESS)]
    base_url: String,
}

/// Clouds whose price lists can be read.
#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Source {
    #[default]
    Azure,
}

/// Reads a price list to its end and puts its prices into the catalogue; an incomplete one changes nothing.
pub(super) fn refresh(args: &Args, directory: &Path, out: &mut impl Write) -> Result<(), Failure> {
    let Source::Azure = args.source;
    let turn = Turn::take(directory)?;
    let before = super::in_use(directory)?;
    let today = SystemClock.now().date();
    let mut prices = Prices::new(merge::types(before.catalogue()), &today);
    let mut random = random()?;
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Failure::Runtime)?;
    let watched = io::stderr().is_terminal();
    let progress = |pages: usize| {
        if watched {
            eprint!("\rread {pages} pages");
        }
    };
    let read =
        runtime.block_on(fetch(&args.base_url, &mut prices, &Limits::default(), &mut random, progress));
    if watched {
        eprintln!();
    }
    read?;

    let merged = merge::merge(before.catalogue(), &prices, &today);
    writeln!(
        out,
        "read {} prices, of which {} are of machines in the catalogue",
        prices.seen(),
        prices.len()
    )?;
    for (why, count) in prices.skipped() {
        writeln!(out, "passed over {count}: {why}")?;
    }
    writeln!(
        out,
        "azure: {} prices changed, {} confirmed, {} new, {} not in the list and left as they were",
        merged.changed, merged.confirmed, merged.added, merged.left
    )?;
    let (kept, dropped) = check_rows(merged.rows, before.gpus());
    if !dropped.is_empty() {
        write!(out, "{}", dropped_in_words(&dropped))?;
    }
    let made = make(&kept, before.gpus())?;
    super::put(&turn, &made, &before, out)
}
