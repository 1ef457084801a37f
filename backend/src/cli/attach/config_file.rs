//! Hosts in SSH's own configuration: a file of ours for each run that is attached, and one line in `~/.ssh/config` that includes
//! them. Nothing else of that file is touched, and what it was before stays beside it.

use std::{
    fs::{self, DirBuilder, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// What stands above the line, so that its owner knows whose it is.
const REMARK: &str =
    "# Runs that `berth attach` is attached to. Remove these two lines if you want them no more.";

/// What the file was before, beside it.
const BACKUP: &str = "config.before-berth";

/// A run as a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Host<'a> {
    /// The run's name, which is the host's.
    pub(super) run: &'a str,
    /// Where the gateway is.
    pub(super) address: &'a str,
    pub(super) port: u16,
    /// The gateway's public key in OpenSSH's form.
    pub(super) host_key: &'a str,
    /// The private key to use; `None` = what `ssh` finds.
    pub(super) identity: Option<&'a Path>,
}

/// An entry that is there until it is dropped.
#[derive(Debug)]
pub(super) struct Entry {
    files: [PathBuf; 2],
}

impl Drop for Entry {
    fn drop(&mut self) {
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
    }
}

/// Writes a host's entry below `folder`, and has `config` include it.
///
/// # Errors
/// When a file cannot be read or written.
pub(super) fn enter(config: &Path, folder: &Path, host: &Host<'_>) -> io::Result<Entry> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let known = folder.join(format!("{}.known_hosts", host.run));
    let file = folder.join(format!("{}.conf", host.run));
    write(&known, &format!("berth-{} {}\n", host.run, host.host_key), 0o600)?;
    write(&file, &text(host, &known), 0o600)?;
    let entry = Entry { files: [file, known] };
    include(config, folder)?;
    Ok(entry)
}

/// The entry itself.
fn text(host: &Host<'_>, known: &Path) -> String {
    let mut text = format!(
        "Host {run}\n    HostName {}\n    Port {}\n    User {run}\n    HostKeyAlias berth-{run}\n    UserKnownHostsFile {}\n    \
         StrictHostKeyChecking yes\n    ServerAliveInterval 15\n    ServerAliveCountMax 4\n",
        host.address,
        host.port,
        quoted(known),
        run = host.run,
    );
    if let Some(identity) = host.identity {
        text.push_str(&format!("    IdentityFile {}\n    IdentitiesOnly yes\n", quoted(identity)));
    }
    text
}

/// A path as SSH's configuration has it: `%` begins something else there.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('%', "%%"))
}

/// Has `config` include our files, before everything else: what stands below a `Host` counts for that host alone.
fn include(config: &Path, folder: &Path) -> io::Result<()> {
    // Somebody may keep it elsewhere and have a link here.
    let config = config.canonicalize().unwrap_or_else(|_| config.to_owned());
    let line = format!("Include \"{}/*.conf\"", folder.display());
    let before = match fs::read(&config) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let text = before.as_deref().map(String::from_utf8_lossy).unwrap_or_default();
    if text.lines().any(|there| there.trim() == line) {
        return Ok(());
    }
    let parent = config.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
    let mode = match &before {
        Some(before) => {
            let backup = parent.join(BACKUP);
            // The first one is the one from before us.
            if !backup.exists() {
                write_bytes(&backup, before, 0o600)?;
            }
            fs::metadata(&config)?.permissions().mode() & 0o777
        }
        None => 0o600,
    };
    let mut bytes = format!("{REMARK}\n{line}\n\n").into_bytes();
    bytes.extend_from_slice(&before.unwrap_or_default());
    write_bytes(&config, &bytes, mode)
}

fn write(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    write_bytes(path, text.as_bytes(), mode)
}

/// Writes the whole file or leaves what was there.
fn write_bytes(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&beside)?;
    file.set_permissions(Permissions::from_mode(mode))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("berth-ssh-config-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    const HOST: Host<'_> = Host {
        run: "sly-fox-1",
        address: "berth.example",
        port: 2222,
        host_key: "ssh-ed25519 AAAA",
        identity: None,
    };

    #[test]
    fn a_run_is_a_host_for_as_long_as_it_is_attached() {
        let home = folder("host");
        let (config, ours) = (home.join(".ssh/config"), home.join("ours"));
        let entry = enter(&config, &ours, &Host { identity: Some(Path::new("/a b/key")), ..HOST }).unwrap();
        let shown =
            |path: &Path| fs::read_to_string(path).unwrap().replace(&home.display().to_string(), "HOME");
        insta::assert_snapshot!(shown(&config), @r#"
        # Runs that `berth attach` is attached to. Remove these two lines if you want them no more.
        Include "HOME/ours/*.conf"
        "#);
        insta::assert_snapshot!(shown(&ours.join("sly-fox-1.conf")), @r#"
        Host sly-fox-1
            HostName berth.example
            Port 2222
            User sly-fox-1
            HostKeyAlias berth-sly-fox-1
            UserKnownHostsFile "HOME/ours/sly-fox-1.known_hosts"
            StrictHostKeyChecking yes
            ServerAliveInterval 15
            ServerAliveCountMax 4
            IdentityFile "/a b/key"
            IdentitiesOnly yes
        "#);
        assert_eq!(shown(&ours.join("sly-fox-1.known_hosts")), "berth-sly-fox-1 ssh-ed25519 AAAA\n");
        drop(entry);
        assert_eq!(fs::read_dir(&ours).unwrap().count(), 0);
        fs::remove_dir_all(home).unwrap();
    }

    #[test]
    fn the_file_of_its_owner_is_kept_as_it_was_with_one_line_more_and_a_copy_beside_it() {
        let home = folder("kept");
        let (config, ours) = (home.join("config"), home.join("ours"));
        let before = b"Host *\n  User me # \xff\n".as_slice();
        fs::write(&config, before).unwrap();
        fs::set_permissions(&config, Permissions::from_mode(0o644)).unwrap();
        let link = home.join("link");
        std::os::unix::fs::symlink(&config, &link).unwrap();
        for _ in 0..2 {
            let _entry = enter(&link, &ours, &HOST).unwrap();
            let after = fs::read(&config).unwrap();
            assert!(after.ends_with(before), "{}", String::from_utf8_lossy(&after));
            assert_eq!(after.iter().filter(|&&byte| byte == b'\n').count(), 5, "included once");
        }
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&config).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(fs::read(home.join(BACKUP)).unwrap(), before);
        fs::remove_dir_all(home).unwrap();
    }
}
