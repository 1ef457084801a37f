//! Whoever watches over a server and starts it again when it has died, as systemd would.

use std::{
    os::unix::process::ExitStatusExt,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

/// When a server dies, and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// It is never told to.
    Lives,
    /// Here, once, and is started again.
    Once(String),
    /// Here, and there again each time that it has been started again.
    Each(String),
    /// Here, for good: others go on.
    ForGood(String),
    /// The first at the first of these, the one that follows it at the second, and so on; what is started then lives.
    InTurn(Vec<String>),
}

impl Plan {
    /// Where the server dies that is started after so many deaths.
    fn point(&self, deaths: usize) -> Option<&str> {
        match self {
            Self::Lives => None,
            Self::Once(point) | Self::ForGood(point) => (deaths == 0).then_some(point),
            Self::Each(point) => Some(point),
            Self::InTurn(points) => points.get(deaths).map(String::as_str),
        }
    }
}

/// Keeps one server there until it is dropped.
pub(crate) struct Keeper {
    stop: Arc<AtomicBool>,
    deaths: Arc<AtomicUsize>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Keeper {
    /// Starts the server that `command` makes.
    pub(crate) fn start(command: impl Fn() -> Command + Send + 'static, plan: Plan) -> Self {
        let (stop, deaths) = (Arc::<AtomicBool>::default(), Arc::<AtomicUsize>::default());
        let shared = (Arc::clone(&stop), Arc::clone(&deaths));
        let thread = thread::spawn(move || {
            let (stop, deaths) = shared;
            loop {
                let died = deaths.load(Ordering::SeqCst);
                if died > 0 && matches!(plan, Plan::ForGood(_)) {
                    return;
                }
                let mut command = command();
                command.stdin(Stdio::null()).stdout(Stdio::null());
                if let Some(point) = plan.point(died) {
                    command.env("BERTH_FAILPOINT", point);
                }
                let mut child = command.spawn().expect("the server starts");
                if !watch(&mut child, &stop) {
                    return;
                }
                deaths.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { stop, deaths, thread: Some(thread) }
    }

    /// How often it has died.
    pub(crate) fn deaths(&self) -> usize {
        self.deaths.load(Ordering::SeqCst)
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the server ends only as it was told to");
        }
    }
}

/// Whether it has died; else it was told to stop.
fn watch(child: &mut Child, stop: &AtomicBool) -> bool {
    let mut told = false;
    loop {
        if let Some(status) = child.try_wait().expect("it can be waited for") {
            if told {
                return false;
            }
            assert_eq!(status.signal(), Some(9), "it ends only by SIGKILL: {status}");
            return true;
        }
        if stop.load(Ordering::SeqCst) && !told {
            told = true;
            let _ = Command::new("kill").args(["-TERM", &child.id().to_string()]).status();
        }
        thread::sleep(Duration::from_millis(10));
    }
}
