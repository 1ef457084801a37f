//! `berth simulated-cloud`: simulated clouds in a process of their own, for tests. Not shown in the help.

use std::{
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::Arc,
};

use berth_shared::catalog::CatalogError;
use clap::ValueEnum;
use tokio::{net::TcpListener, signal::unix::SignalKind};

use crate::{
    catalog::Published,
    clock::SystemClock,
    provider::simulated::{Account, Cloud, Faults, Offers, Settings, SimulatedCloud, server},
};

/// Arguments of `berth simulated-cloud`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Address and port to listen on.
    #[arg(long, value_name = "ADDR:PORT", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))]
    listen: SocketAddr,

    /// What everything is drawn by.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,

    /// Names of the clouds, as in `backends:`.
    #[arg(long = "cloud", value_name = "NAME", default_values = ["aws", "gcp", "runpod"])]
    clouds: Vec<String>,

    /// What they are like.
    #[arg(long, value_enum, default_value_t)]
    like: Like,

    /// What they have on offer.
    #[arg(long, value_enum, default_value_t)]
    catalogue: Catalogue,

    /// What goes wrong: `none`, `some`, or a JSON object of the faults' names.
    #[arg(long, value_name = "FAULTS", default_value = "none", value_parser = faults)]
    faults: Faults,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Like {
    /// Everything takes moments.
    #[default]
    Quick,
    /// Seconds to minutes.
    Usual,
    /// Seconds to minutes; machines run out, and spot machines are taken back.
    Scarce,
    /// Seconds; machines run out, and spot machines are taken back.
    Demo,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Catalogue {
    /// Twenty offers.
    #[default]
    Small,
    /// Those of the built-in catalogue.
    BuiltIn,
}

fn faults(text: &str) -> Result<Faults, String> {
    match text {
        "none" => Ok(Faults::none()),
        "some" => Ok(Faults::some()),
        text => serde_json::from_str(text).map_err(|error| format!("no plan of faults: {error}")),
    }
}

/// Why there are no simulated clouds.
#[derive(Debug, thiserror::Error)]
enum CloudsError {
    #[error("the catalogue inside this program cannot be used")]
    Catalogue(#[from] CatalogError),
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
    #[error("the simulated clouds stopped")]
    Serve(#[source] io::Error),
}

/// Keeps simulated clouds until it is told to stop.
pub fn run(args: &Args) -> ExitCode {
    super::to_the_end(serve(args), CloudsError::Runtime)
}

async fn serve(args: &Args) -> Result<(), CloudsError> {
    let offers: Box<dyn Fn(&str) -> Offers> = match args.catalogue {
        Catalogue::Small => Box::new(Offers::small),
        Catalogue::BuiltIn => {
            let catalogue = Arc::new(Published::built_in()?.catalogue().clone());
            Box::new(move |name| Offers::of(Arc::clone(&catalogue), name))
        }
    };
    let clouds = args.clouds.iter().map(|name| {
        let settings = match args.like {
            Like::Quick => Settings::quick(name),
            Like::Usual => Settings::new(name),
            Like::Scarce => Settings::scarce(name),
            Like::Demo => Settings::demo(name),
        };
        let cloud = Cloud::new(settings, offers(name), args.seed);
        SimulatedCloud::start(Account::new(cloud, args.faults.clone(), args.seed), Arc::new(SystemClock))
    });
    let router = server::router(clouds.collect());
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate()).map_err(CloudsError::Runtime)?;
    let listener =
        TcpListener::bind(args.listen).await.map_err(|error| CloudsError::Listen(args.listen, error))?;
    let address = listener.local_addr().map_err(CloudsError::Serve)?;
    let mut out = io::stdout().lock();
    // A closed standard output is no reason not to serve.
    let _ = writeln!(out, "Simulated clouds at http://{address}").and_then(|()| out.flush());
    drop(out);
    tokio::select! {
        ended = axum::serve(listener, router).into_future() => ended.map_err(CloudsError::Serve),
        _ = terminate.recv() => Ok(()),
        _ = tokio::signal::ctrl_c() => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_named_by_word_or_one_by_one() {
        assert_eq!(faults("none"), Ok(Faults::none()));
        assert_eq!(faults("some"), Ok(Faults::some()));
        let plan = r#"{"throttled": 0.5, "lag": {"least": 0, "most": 9000},
            "script": [{"on": "create", "what": "answer_lost"}, {"on": "any", "after": 3, "what": {"slow": 100}}]}"#;
        let read = faults(plan).expect("a plan");
        assert_eq!(
            (read.throttled, read.lag.most, read.script.len(), read.script[0].times),
            (0.5, 9000, 2, 1)
        );
        for wrong in ["", "all", "{\"throttle\": 1}"] {
            assert!(faults(wrong).is_err(), "{wrong}");
        }
    }
}
