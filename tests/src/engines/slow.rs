//! A way to a registry on which large things stand still for as long as a test wants to look at them.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

/// How much of an answer passes while it is held, bytes: manifests and configurations do, layers do not.
const SMALL: usize = 64 * 1024;

/// Passes connections on, and holds large answers while that is wanted.
pub struct Slow {
    /// `127.0.0.1:PORT`
    pub address: String,
    held: Arc<Held>,
}

#[derive(Default)]
struct Held {
    is: Mutex<bool>,
    changed: Condvar,
}

impl Slow {
    /// Before whoever listens at this address, for as long as the process lives.
    ///
    /// # Errors
    /// When there is no port for it.
    pub fn before(address: String) -> Result<Self, String> {
        let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
        let here = listener.local_addr().map_err(|error| error.to_string())?.to_string();
        let held = Arc::<Held>::default();
        let of_all = Arc::clone(&held);
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let (address, held) = (address.clone(), Arc::clone(&of_all));
                thread::spawn(move || pass(near, &address, &held));
            }
        });
        Ok(Self { address: here, held })
    }

    /// Holds large answers from now on, or lets them go.
    pub fn hold(&self, held: bool) {
        *self.held.is.lock().unwrap_or_else(PoisonError::into_inner) = held;
        self.held.changed.notify_all();
    }
}

impl Held {
    fn wait(&self) {
        let mut is = self.is.lock().unwrap_or_else(PoisonError::into_inner);
        while *is {
            is = self.changed.wait(is).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// One connection; on it an answer ends before the next request begins.
fn pass(near: TcpStream, address: &str, held: &Held) -> Option<()> {
    let far = TcpStream::connect(address).ok()?;
    let (mut from, mut to) = (near.try_clone().ok()?, far.try_clone().ok()?);
    let asked = Arc::new(Mutex::new(0_usize));
    let begins = Arc::clone(&asked);
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(n @ 1..) = from.read(&mut buffer) {
            *begins.lock().unwrap_or_else(PoisonError::into_inner) = 0;
            if to.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (far, near);
    let mut buffer = [0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer) {
        let passed = {
            let mut passed = asked.lock().unwrap_or_else(PoisonError::into_inner);
            *passed += n;
            *passed
        };
        if passed > SMALL {
            held.wait();
        }
        to.write_all(&buffer[..n]).ok()?;
    }
    to.shutdown(Shutdown::Both).ok()
}
