//! Images made of what the machine has: no registry is asked.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use super::{Engine, installed, output};

/// An image with BusyBox and nothing else.
pub const SH: &str = "localhost/berth-test/sh:1";

/// An image with bash and BusyBox.
pub const BASH: &str = "localhost/berth-test/bash:1";

/// As [`BASH`], whose programs are those of the user `jovyan` (1000), with `EXTRA=of the image` in the environment.
pub const USER: &str = "localhost/berth-test/user:1";

/// Programs of BusyBox that get a name of their own.
const APPLETS: [&str; 41] = [
    "sh", "awk", "basename", "cat", "chmod", "cp", "cut", "date", "dd", "df", "dirname", "echo", "env",
    "false", "grep", "head", "hostname", "httpd", "id", "kill", "ls", "mkdir", "mv", "nc", "printf", "ps",
    "pwd", "rm", "sed", "seq", "sleep", "sort", "stty", "tail", "timeout", "touch", "tr", "true", "tty",
    "wc", "wget",
];

/// Makes them all at the engine whose client this is.
pub(super) fn make(client: &impl Fn() -> Command) -> Result<(), String> {
    let there = client().args(["images", "--quiet"]).output().map_err(|error| error.to_string())?;
    if !there.stdout.is_empty() {
        return Ok(());
    }
    let sh = root(&[])?;
    import(client, SH, &[], &sh)?;
    let bash = root(&["/bin/bash"])?;
    import(client, BASH, &[], &bash)?;
    import(client, USER, &["USER jovyan", "ENV EXTRA=\"of the image\""], &bash)
}

/// Makes an image of another one and a program of this machine, whose libraries come with it, as a layer of their own.
///
/// # Panics
/// When it cannot.
pub fn layer(engine: &Engine, base: &str, program: &Path, to: &str, name: &str) {
    let made = "berth-test-making";
    let _ = engine.ask(&["create", "--name", made, base, "sh"]);
    let mut files = vec![(program.to_owned(), to.to_owned())];
    for library in libraries(program).unwrap_or_else(|why| panic!("{why}")) {
        let file = library.canonicalize().expect("the library is there");
        files.push((file, library.display().to_string()));
    }
    for (from, to) in files {
        let _ = engine.ask(&["cp", &from.display().to_string(), &format!("{made}:{to}")]);
    }
    let _ = engine.ask(&["commit", "--quiet", made, name]);
    let _ = engine.ask(&["rm", made]);
}

/// Makes an image whose architecture is another than this machine's; gives that.
///
/// # Panics
/// When it cannot.
pub fn foreign(engine: &Engine, name: &str) -> &'static str {
    let other = if cfg!(target_arch = "x86_64") { "arm64" } else { "amd64" };
    // Importing takes no architecture everywhere; an archive as `save` makes them does.
    let archive = || -> Result<Vec<u8>, String> {
        let layer = root(&[])?;
        let sum = piped(&mut Command::new("sha256sum"), &layer)?;
        let sum = sum.split(' ').next().unwrap_or_default();
        let config = serde_json::json!({
            "architecture": other,
            "os": "linux",
            "config": {},
            "history": [],
            "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{sum}")] },
        });
        let manifest =
            serde_json::json!([{ "Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"] }]);
        let mut tar = tar::Builder::new(Vec::new());
        for (path, bytes) in [
            ("layer.tar", layer),
            ("config.json", config.to_string().into_bytes()),
            ("manifest.json", manifest.to_string().into_bytes()),
        ] {
            let mut header = header(tar::EntryType::Regular, 0o644);
            header.set_size(bytes.len() as u64);
            tar.append_data(&mut header, path, &bytes[..]).map_err(|error| error.to_string())?;
        }
        tar.into_inner().map_err(|error| error.to_string())
    };
    let loaded = archive().and_then(|tar| piped(&mut engine.client(&["load"]), &tar));
    let _ = loaded.unwrap_or_else(|why| panic!("{why}"));
    other
}

/// What a program prints that gets this as its input.
fn piped(command: &mut Command, input: &[u8]) -> Result<String, String> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(|error| error.to_string())?;
    let written = child.stdin.take().map(|mut stdin| stdin.write_all(input));
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    match (output.status.success(), written) {
        (true, Some(Ok(()))) => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        _ => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    }
}

fn import(client: &impl Fn() -> Command, name: &str, changes: &[&str], tar: &[u8]) -> Result<(), String> {
    let mut command = client();
    command.arg("import");
    for change in changes {
        command.arg("--change").arg(change);
    }
    command.args(["-", name]);
    let made = piped(&mut command, tar);
    made.map(drop).map_err(|why| format!("the image `{name}` cannot be made: {why}"))
}

/// A root file system with BusyBox and these programs of the machine, as a tar.
fn root(programs: &[&str]) -> Result<Vec<u8>, String> {
    installed("busybox")?;
    let busybox = which("busybox")?;
    if !libraries(&busybox)?.is_empty() {
        return Err("`busybox` is not linked statically: install `busybox-static`".to_owned());
    }
    let told = |error: std::io::Error| error.to_string();
    let mut tar = tar::Builder::new(Vec::new());
    for folder in ["bin", "dev", "etc", "home/jovyan", "proc", "root", "sys", "tmp", "var/tmp"] {
        let mut header =
            header(tar::EntryType::Directory, if folder.ends_with("tmp") { 0o1777 } else { 0o755 });
        if folder.ends_with("jovyan") {
            header.set_uid(1000);
            header.set_gid(100);
        }
        tar.append_data(&mut header, format!("{folder}/"), &[][..]).map_err(told)?;
    }
    for (path, text) in [
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\njovyan:x:1000:100::/home/jovyan:/bin/sh\n"),
        ("etc/group", "root:x:0:\nusers:x:100:\n"),
    ] {
        let mut header = header(tar::EntryType::Regular, 0o644);
        header.set_size(text.len() as u64);
        tar.append_data(&mut header, path, text.as_bytes()).map_err(told)?;
    }
    add(&mut tar, &busybox, Path::new("bin/busybox"))?;
    for applet in APPLETS {
        let mut header = header(tar::EntryType::Symlink, 0o777);
        tar.append_link(&mut header, format!("bin/{applet}"), "busybox").map_err(told)?;
    }
    let mut all: Vec<PathBuf> = programs.iter().map(PathBuf::from).collect();
    for program in programs {
        all.extend(libraries(Path::new(program))?);
    }
    all.sort();
    all.dedup();
    for path in all {
        add(&mut tar, &path, path.strip_prefix("/").unwrap_or(&path))?;
    }
    tar.into_inner().map_err(told)
}

fn header(kind: tar::EntryType, mode: u32) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header
}

fn add(tar: &mut tar::Builder<Vec<u8>>, from: &Path, to: &Path) -> Result<(), String> {
    let bytes = std::fs::read(from).map_err(|error| format!("`{}`: {error}", from.display()))?;
    let mut header = header(tar::EntryType::Regular, 0o755);
    header.set_size(bytes.len() as u64);
    tar.append_data(&mut header, to, &bytes[..]).map_err(|error| error.to_string())
}

fn which(name: &str) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| format!("`{name}` is not installed"))
}

/// Libraries that a program is linked with, its loader included; none for one that is linked statically.
fn libraries(program: &Path) -> Result<Vec<PathBuf>, String> {
    match output(Command::new("ldd").arg(program)) {
        Err(why) if why.contains("not a dynamic executable") => Ok(Vec::new()),
        Err(why) => Err(why),
        Ok(output) => {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            let words = text.split_whitespace().filter(|word| word.starts_with('/'));
            Ok(words.map(PathBuf::from).collect())
        }
    }
}
