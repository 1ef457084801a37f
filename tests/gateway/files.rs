//! Files over SSH: `scp`, `sftp`, `rsync` and `git`.

use std::{fs, os::unix::fs::PermissionsExt, process::Command};

use crate::bench::{Bench, done, said, shown};

/// Bytes that do not repeat soon.
fn noise(length: u32) -> Vec<u8> {
    (0..length).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn has(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        eprintln!("skipped: `{program}` is not installed");
    }
    there
}

#[test]
fn scp_copies_there_and_back_by_either_protocol() {
    let bench = Bench::running();
    let bytes = noise(3_000_000);
    fs::write(bench.path("file"), &bytes).expect("written");
    fs::set_permissions(bench.path("file"), PermissionsExt::from_mode(0o750)).expect("changed");
    for protocol in ["-s", "-O"] {
        let mut there = bench.copy("scp", &[protocol, "-p"]);
        done(there.arg(bench.path("file")).arg(bench.at("there")), b"");
        // Relative to the home directory, as a command has it.
        assert_eq!(done(bench.ssh(&[]).arg("wc -c < there; stat -c %a there"), b""), "3000000\n750\n");
        let mut back = bench.copy("scp", &[protocol]);
        done(back.arg(bench.at("there")).arg(bench.path("back")), b"");
        assert!(fs::read(bench.path("back")).expect("read") == bytes);
        done(bench.ssh(&[]).arg("rm there"), b"");
    }
}

#[test]
fn scp_copies_folders_with_links_and_odd_names() {
    let bench = Bench::running();
    let folder = bench.path("folder");
    fs::create_dir_all(folder.join("deep/er")).expect("made");
    fs::write(folder.join("deep/er/ä ö'\"$.txt"), "odd").expect("written");
    fs::write(folder.join("empty"), "").expect("written");
    done(bench.copy("scp", &["-r"]).arg(&folder).arg(bench.at("/workflow/")), b"");
    assert_eq!(done(bench.ssh(&[]).arg("cat /workflow/folder/deep/er/ä*"), b""), "odd");
    done(bench.copy("scp", &["-r"]).arg(bench.at("/workflow/folder")).arg(bench.path("again")), b"");
    assert_eq!(fs::read_to_string(bench.path("again/deep/er/ä ö'\"$.txt")).expect("read"), "odd");
}

#[test]
fn sftp_does_what_its_commands_say() {
    let bench = Bench::running();
    fs::write(bench.path("local"), "text").expect("written");
    let commands = format!(
        "pwd\nmkdir d\ncd d\nput {} a\nchmod 640 a\nrename a b\nln -s b link\nln b hard\nls -l\ncp b c\nget c {}\ndf\nrm link\nrm hard\n\
         -stat nothing\nrmdir nothing\n",
        bench.path("local").display(),
        bench.path("got").display()
    );
    let mut sftp = bench.copy("sftp", &["-b", "-"]);
    let told = said(sftp.arg(bench.at("")), commands.as_bytes());
    assert_eq!(told.status, Some(1), "the last one fails: {}{}", told.out, told.err);
    assert_eq!(fs::read_to_string(bench.path("got")).expect("read"), "text");
    let left = done(bench.ssh(&[]).arg("cd d; ls; stat -c '%a %h' b; pwd"), b"");
    let lines: Vec<&str> = left.lines().collect();
    assert_eq!(lines[..3], ["b", "c", "640 1"], "{left}");
    let home = lines[3].trim_end_matches("/d");
    assert!(told.out.contains(&format!("Remote working directory: {home}\n")), "{}", told.out);
    assert!(told.out.contains("-rw-r-----    2 "), "{}", told.out);
    assert!(told.err.contains("No such file or directory") || told.err.contains("Failure"), "{}", told.err);
}

#[test]
fn sftp_resumes_what_was_broken_off() {
    let bench = Bench::running();
    let bytes = noise(1_000_000);
    fs::write(bench.path("whole"), &bytes).expect("written");
    done(bench.ssh(&[]).arg("cat > part"), &bytes[..400_000]);
    let mut sftp = bench.copy("sftp", &["-b", "-"]);
    done(sftp.arg(bench.at("")), format!("reput {} part\n", bench.path("whole").display()).as_bytes());
    let mut sftp = bench.copy("sftp", &["-b", "-"]);
    fs::write(bench.path("half"), &bytes[..500_000]).expect("written");
    done(sftp.arg(bench.at("")), format!("reget part {}\n", bench.path("half").display()).as_bytes());
    assert!(fs::read(bench.path("half")).expect("read") == bytes);
}

#[test]
fn rsync_brings_what_has_changed() {
    let bench = Bench::running();
    if !has("rsync") {
        return;
    }
    let folder = bench.path("tree");
    fs::create_dir(&folder).expect("made");
    for n in 0..50 {
        fs::write(folder.join(format!("{n}")), noise(20_000 + n)).expect("written");
    }
    let rsync = |from: String, to: String| {
        let mut rsync = Command::new("rsync");
        done(rsync.args(["-a", "--delete", "-e", &bench.rsh(), &from, &to]), b"")
    };
    rsync(format!("{}/", folder.display()), bench.at("tree/"));
    fs::write(folder.join("0"), "new").expect("written");
    fs::remove_file(folder.join("1")).expect("removed");
    rsync(format!("{}/", folder.display()), bench.at("tree/"));
    assert_eq!(done(bench.ssh(&[]).arg("ls tree | wc -l; cat tree/0"), b""), "49\nnew");
    rsync(bench.at("tree/"), format!("{}/", bench.path("back").display()));
    assert!(fs::read(bench.path("back/7")).expect("read") == noise(20_007));
}

#[test]
fn git_pushes_and_clones() {
    let bench = Bench::running();
    if !has("git") {
        return;
    }
    let work = bench.path("work");
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.env("GIT_SSH_COMMAND", bench.rsh())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null");
        git.args(["-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "init.defaultBranch=main"]);
        done(git.args(arguments), b"")
    };
    git(&["init", "-q", &shown(&work)]);
    fs::write(work.join("noise"), noise(5_000_000)).expect("written");
    let at = shown(&work);
    git(&["-C", &at, "add", "."]);
    git(&["-C", &at, "commit", "-qm", "first"]);
    done(bench.ssh(&[]).arg("git init -q --bare /workflow/repo.git"), b"");
    git(&["-C", &at, "push", "-q", &bench.at("/workflow/repo.git"), "HEAD:main"]);
    git(&["clone", "-q", "-b", "main", &bench.at("/workflow/repo.git"), &shown(&bench.path("clone"))]);
    assert!(fs::read(bench.path("clone/noise")).expect("read") == noise(5_000_000));
}
