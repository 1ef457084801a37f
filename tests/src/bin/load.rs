//! Puts load on a real server and tells how it does: a figure a line, as JSON, on standard output.

use std::{path::PathBuf, time::Duration};

use berth_tests::load::{Figure, Load, Tell, play};
use clap::Parser;

/// Puts load on `berth` (that beside this program, or `BERTH`) on simulated clouds.
#[derive(Parser)]
struct Args {
    /// An empty PostgreSQL database; SQLite when absent.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// Where the data directory is made.
    #[arg(long, value_name = "DIR", default_value_os_t = std::env::temp_dir())]
    folder: PathBuf,
    /// Finished runs beforehand.
    #[arg(long, default_value_t = 100_000)]
    finished: u32,
    /// Launches one after the other.
    #[arg(long, default_value_t = 20)]
    alone: u32,
    /// Launches at once.
    #[arg(long, default_value_t = 1000)]
    launches: u32,
    /// Active runs.
    #[arg(long, default_value_t = 10_000)]
    active: u32,
    /// For how many seconds they are held.
    #[arg(long, default_value_t = 600)]
    seconds: u64,
    /// Milliseconds between two launches, and two stops, meanwhile.
    #[arg(long, default_value_t = 1000)]
    trickle: u64,
    /// Pages that look on.
    #[arg(long, default_value_t = 20)]
    pages: u32,
    /// Pages at once, at last.
    #[arg(long, default_value_t = 5000)]
    clients: u32,
    /// For how many seconds.
    #[arg(long, default_value_t = 60)]
    clients_seconds: u64,
}

struct Lines {
    begun: tokio::time::Instant,
}

impl Tell for Lines {
    fn figure(&mut self, figure: Figure) {
        println!("{}", serde_json::to_string(&figure).expect("a figure is JSON"));
    }

    fn begins(&mut self, what: &str) {
        let at: Duration = self.begun.elapsed();
        eprintln!("{:>6.1} s  {what}", at.as_secs_f64());
    }
}

#[tokio::main]
async fn main() {
    let args = Args::parse();
    let load = Load {
        database_url: args.database_url,
        folder: args.folder,
        finished: args.finished,
        alone: args.alone,
        launches: args.launches,
        active: args.active,
        seconds: args.seconds,
        trickle_millis: args.trickle.max(1),
        pages: args.pages,
        clients: args.clients,
        clients_seconds: args.clients_seconds,
    };
    let begun = tokio::time::Instant::now();
    play(&load, &mut Lines { begun }).await;
}
