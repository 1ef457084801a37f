//! Ports of a run at ports of this machine, by `ssh` itself.

use std::{
    io,
    net::{Ipv4Addr, TcpListener},
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};

use tokio::process::{Child, Command};

use crate::cli::failure::Failure;

/// Pauses between attempts to connect again.
const PAUSES: [Duration; 4] =
    [Duration::from_millis(500), Duration::from_secs(1), Duration::from_secs(2), Duration::from_secs(5)];

/// A port of the run at a port of this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Forwarded {
    pub(super) here: u16,
    pub(super) there: u16,
}

/// Chooses where each port is to be here: where the configuration says so, there or nowhere; else (`*:80`) where it is free.
///
/// # Errors
/// When a port is taken that the configuration names.
pub(super) fn choose(ports: &[(Option<u32>, u32)]) -> Result<Vec<Forwarded>, Failure> {
    // Held until all are chosen, so that none is chosen twice.
    let mut held = Vec::new();
    let mut chosen = Vec::new();
    for &(here, there) in ports {
        // The language lets 65536 through, which is nobody's port.
        let port = |port: u32| {
            u16::try_from(port).map_err(|_| {
                Failure::No(format!("port {port} cannot be forwarded: there is none above 65535"))
            })
        };
        let there = port(there)?;
        let asked = here.map(port).transpose()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, asked.unwrap_or(0))).map_err(|error| match asked {
            Some(asked) if error.kind() == io::ErrorKind::AddrInUse => Failure::No(format!(
                "port {asked} of this machine is in use, and the run's port {there} is to be there; stop what listens, or write \
                 `*:{there}` in the configuration for any that is free"
            )),
            _ => Failure::No(format!("the run's port {there} cannot be forwarded: {error}")),
        })?;
        let here = listener.local_addr().map_err(|error| Failure::No(error.to_string()))?.port();
        held.push(listener);
        chosen.push(Forwarded { here, there });
    }
    Ok(chosen)
}

/// `ssh` that forwards ports and does nothing else, to a host of the configuration in `config`.
pub(super) struct Ssh<'a> {
    pub(super) host: &'a str,
    /// `None` = the person's own, as `ssh` finds it.
    pub(super) config: Option<&'a Path>,
    pub(super) ports: &'a [Forwarded],
}

impl Ssh<'_> {
    fn start(&self) -> io::Result<Child> {
        let mut ssh = Command::new("ssh");
        if let Some(config) = self.config {
            ssh.arg("-F").arg(config);
        }
        ssh.args([
            "-N",
            "-o",
            "ExitOnForwardFailure=yes",
            "-o",
            "ConnectTimeout=15",
            "-o",
            "ControlPath=none",
        ]);
        for Forwarded { here, there } in self.ports {
            ssh.args(["-L", &format!("127.0.0.1:{here}:localhost:{there}")]);
        }
        ssh.arg("--").arg(self.host).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()
    }

    /// Forwards for ever; connects again when the connection breaks.
    ///
    /// # Errors
    /// When `ssh` cannot be started, or could not connect even once.
    pub(super) async fn keep(&self) -> Result<(), Failure> {
        let mut failures = 0;
        loop {
            let mut child = self.start().map_err(|error| {
                Failure::No(match error.kind() {
                    io::ErrorKind::NotFound => {
                        "`ssh` is not installed, and `berth attach` needs it".to_owned()
                    }
                    _ => format!("`ssh` cannot be started: {error}"),
                })
            })?;
            let connected = self.connected(&mut child).await;
            if connected {
                failures = 0;
            }
            let ended: io::Result<ExitStatus> = child.wait().await;
            if !connected && failures == 0 {
                let status = ended.map_or_else(|error| error.to_string(), |status| status.to_string());
                return Err(Failure::No(format!(
                    "`ssh` could not connect ({status}); what it said stands above"
                )));
            }
            if connected {
                eprintln!("note: the connection broke; trying again");
            }
            let pause = PAUSES[failures.min(PAUSES.len() - 1)];
            failures += 1;
            tokio::time::sleep(pause).await;
        }
    }

    /// Waits until the first port is listened on, or `ssh` has ended.
    async fn connected(&self, child: &mut Child) -> bool {
        let Some(first) = self.ports.first() else { return true };
        loop {
            tokio::select! {
                _ = child.wait() => return false,
                () = tokio::time::sleep(Duration::from_millis(50)) => {}
            }
            if TcpListener::bind((Ipv4Addr::LOCALHOST, first.here)).is_err() {
                return true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_where_the_configuration_says_or_where_it_is_free() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let chosen = choose(&[(Some(u32::from(free)), 80), (None, 81), (None, 82)]).unwrap();
        assert_eq!((chosen[0].here, chosen[0].there), (free, 80));
        assert_ne!(chosen[1].here, chosen[2].here);
    }

    #[test]
    fn a_port_that_is_taken_is_told_with_what_to_write_instead() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = u32::from(taken.local_addr().unwrap().port());
        let told = choose(&[(Some(port), 80)]).unwrap_err().to_string().replace(&port.to_string(), "PORT");
        insta::assert_snapshot!(told, @"port PORT of this machine is in use, and the run's port 80 is to be there; stop what listens, or write `*:80` in the configuration for any that is free");
        assert!(choose(&[(Some(65536), 80)]).is_err());
    }
}
