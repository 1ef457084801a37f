//! `berth serve --demo`: simulated clouds in the place of everything that is real.

use std::{
    fs, io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rand::{RngExt, rngs::StdRng};
use uuid::Uuid;

use crate::{
    catalog::Published,
    clock::Clock,
    provider::{
        Provider,
        simulated::{Account, Cloud, Faults, Offers, Settings, SimulatedCloud, SimulatedProvider},
    },
};

/// The line that a person who starts one reads first.
pub(super) const TOLD: &str = "Demo: nothing here is real. No machine is made and nothing is billed.";

/// Marks the data directory of a demo.
const MARK: &str = "demo";

/// The data directory does not suit.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnsuitableDir {
    /// Real data and a demo.
    #[error(
        "{} holds the data of a real server; give a demo another directory with `--data-dir`, or none",
        .0.display()
    )]
    Real(PathBuf),
    /// A demo's data and a real server.
    #[error(
        "{} holds the data of a demo; start it with `--demo`, or give another directory with `--data-dir`",
        .0.display()
    )]
    Demo(PathBuf),
    /// It cannot be made.
    #[error("{} cannot be made the data directory of a demo", .0.display())]
    Disk(PathBuf, #[source] io::Error),
}

/// A demo's data directory.
#[derive(Debug)]
pub(super) struct DemoDir {
    path: PathBuf,
    temporary: bool,
}

impl DemoDir {
    /// The one that was asked for, or a new one that goes with the demo.
    ///
    /// # Errors
    /// When it holds a real server's data, or cannot be made.
    pub(super) fn make(asked: Option<PathBuf>, random: &mut StdRng) -> Result<Self, UnsuitableDir> {
        let temporary = asked.is_none();
        let path = asked.unwrap_or_else(|| {
            std::env::temp_dir().join(format!("berth-demo-{:016x}", random.random::<u64>()))
        });
        if path.join("berth.db").exists() && !path.join(MARK).exists() {
            return Err(UnsuitableDir::Real(path));
        }
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&path)
            .and_then(|()| fs::write(path.join(MARK), "Nothing here is real.\n"));
        match made {
            Ok(()) => Ok(Self { path, temporary }),
            Err(error) => Err(UnsuitableDir::Disk(path, error)),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for DemoDir {
    fn drop(&mut self) {
        if self.temporary {
            // What cannot be removed is the system's to remove.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Refuses a demo's directory to a real server.
///
/// # Errors
/// When it is one.
pub(super) fn must_be_real(directory: &Path) -> Result<(), UnsuitableDir> {
    match directory.join(MARK).exists() {
        true => Err(UnsuitableDir::Demo(directory.to_owned())),
        false => Ok(()),
    }
}

/// A simulated cloud for each backend of the catalogue. To be called inside a runtime.
pub(super) fn providers(
    published: &Published,
    installation: Uuid,
    clock: &Arc<dyn Clock>,
    seed: u64,
) -> Vec<Arc<dyn Provider>> {
    let catalogue = Arc::new(published.catalogue().clone());
    let provider = |name: &String| -> Arc<dyn Provider> {
        let offers = Offers::of(Arc::clone(&catalogue), name);
        let cloud = Cloud::new(Settings::demo(name), offers.clone(), seed);
        let cloud = SimulatedCloud::start(Account::new(cloud, Faults::none(), seed), Arc::clone(clock));
        Arc::new(SimulatedProvider::new(Arc::new(cloud), offers, installation.to_string()))
    };
    catalogue.backends().iter().map(provider).collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn folder() -> PathBuf {
        std::env::temp_dir().join(format!("berth-demo-test-{:016x}", rand::random::<u64>()))
    }

    #[test]
    fn a_demo_has_a_directory_of_its_own_that_goes_with_it() {
        let mut random = StdRng::seed_from_u64(rand::random());
        let made = DemoDir::make(None, &mut random).expect("it is made");
        let path = made.path().to_owned();
        assert!(path.is_dir() && must_be_real(&path).is_err());
        drop(made);
        assert!(!path.exists());
    }

    #[test]
    fn a_directory_that_was_asked_for_stays_and_may_be_used_by_the_next_demo() {
        let mut random = StdRng::seed_from_u64(1);
        let path = folder();
        drop(DemoDir::make(Some(path.clone()), &mut random).expect("it is made"));
        fs::write(path.join("berth.db"), "").expect("it is there");
        DemoDir::make(Some(path.clone()), &mut random).expect("it is a demo's");
        fs::remove_dir_all(path).expect("it is there");
    }

    #[test]
    fn real_data_and_a_demo_do_not_mix() {
        let path = folder();
        fs::create_dir(&path).expect("it is made");
        must_be_real(&path).expect("an empty directory is anybody's");
        fs::write(path.join("berth.db"), "").expect("it is written");
        let refused = DemoDir::make(Some(path.clone()), &mut StdRng::seed_from_u64(1));
        assert!(matches!(refused, Err(UnsuitableDir::Real(_))));
        fs::remove_dir_all(path).expect("it is there");
    }
}
