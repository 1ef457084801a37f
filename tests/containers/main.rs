//! Environments: what holds in containers on one engine holds on the other and on SSH hosts, and what needs no image holds in the
//! sandbox, too.
//!
//! An engine takes seconds to start, so each is started once and everything is tried on it, side by side.

mod bench;
mod cables;
mod code;
mod doors;
mod ends;
mod images;
mod inside;
mod isolation;
mod remains;
mod troubles;
mod volumes;

use std::sync::Arc;

use berth_tests::{
    engines::{Engine, required},
    hosts::Host,
};

use bench::{Bench, Case};
use futures_util::{
    FutureExt,
    future::{LocalBoxFuture, join_all},
};

macro_rules! cases {
    ($($module:ident: $($name:ident),+;)+) => {
        vec![$($({
            fn case(bench: &Bench) -> LocalBoxFuture<'_, ()> {
                $module::$name(bench).boxed_local()
            }
            (stringify!($name), case as Case)
        }),+),+]
    };
}

/// What holds wherever an environment is.
fn everywhere() -> Vec<(&'static str, Case)> {
    cases! {
        inside:
            a_job_runs_setup_then_init_in_one_shell_and_rests,
            programs_get_their_input_and_tell_how_they_ended,
            programs_hear_of_every_signal,
            a_terminal_is_found_again_with_all_that_it_showed,
            a_port_is_reached_and_one_that_is_closed_is_told;
        ends:
            a_step_that_fails_ends_the_job_and_is_named,
            a_job_is_asked_to_end_before_it_is_killed,
            memory_that_is_used_up_is_told_with_its_limit;
        remains:
            nothing_is_left_of_an_instance_that_is_removed,
            a_server_that_starts_anew_finds_everything_again,
            a_flood_of_output_is_kept_within_bounds,
            files_beyond_what_was_asked_for_are_told;
    }
}

/// What holds where images and an engine are.
fn in_containers() -> Vec<(&'static str, Case)> {
    cases! {
        inside:
            a_shell_that_is_not_bash_does_as_well,
            variables_are_the_images_dstacks_and_the_configurations,
            programs_are_those_of_the_images_user,
            an_entrypoint_is_given_the_shell;
        code:
            code_is_there_before_the_first_command_and_belongs_to_the_images_user,
            an_image_without_git_clones_nothing_and_says_so;
        ends:
            a_container_that_was_killed_from_outside_leaves_its_log;
        images:
            an_image_that_is_not_there_is_told,
            a_private_image_wants_the_right_credentials,
            a_pull_can_be_stopped;
        isolation:
            shared_memory_has_the_size_that_was_asked_for,
            limits_are_those_of_the_allocation,
            environments_do_not_reach_each_other_nor_what_listens_here;
        doors:
            a_server_beside_it_is_not_reached_unless_that_is_wanted;
        troubles:
            an_image_for_another_architecture_is_told,
            gpus_that_the_engine_cannot_give_are_told_with_what_is_missing;
        volumes:
            a_volume_of_a_project_outlives_its_runs,
            a_folder_of_the_machine_is_mounted_and_nothing_outside_of_what_is_allowed;
        remains:
            what_another_installation_made_is_listed_as_its_own;
    }
}

/// What holds where there is a cable to a machine.
fn on_hosts() -> Vec<(&'static str, Case)> {
    cases! {
        cables:
            a_pulled_cable_is_told_and_nothing_is_lost_by_it;
    }
}

/// How many are tried at a time.
const AT_ONCE: usize = 4;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// Looks that an engine lives and has nothing left, and that nothing failed on it.
fn all_held(name: &str, engine: &Engine, failed: &[String]) {
    assert!(engine.is_alive(), "{name} still runs");
    assert!(failed.is_empty(), "on {name}:\n{}", failed.join("\n"));
    assert_eq!(engine.left(), Vec::<String>::new(), "nothing is left on {name}");
}

fn all_hold_on(name: &str) {
    let Some(engine) = Engine::start(name) else { return };
    let runtime = runtime();
    let (bench, failed) = runtime.block_on(async {
        let bench = Bench::new(Arc::new(engine)).await;
        let failed = bench::all(&bench, [everywhere(), in_containers()].concat(), AT_ONCE).await;
        (bench, failed)
    });
    runtime.shutdown_background();
    all_held(name, bench.engine(), &failed);
}

#[test]
fn all_holds_on_podman() {
    all_hold_on("podman");
}

#[test]
fn all_holds_on_dockerd() {
    all_hold_on("dockerd");
}

#[test]
fn all_holds_on_three_ssh_hosts_whose_cables_are_pulled() {
    let engines = [("h1", "podman"), ("h2", "dockerd"), ("h3", "podman")];
    let started: Result<Vec<Host>, String> =
        engines.into_iter().map(|(name, engine)| Host::start_with(name, engine)).collect();
    let Some(hosts) = required("an SSH host", started) else { return };
    let runtime = runtime();
    let (benches, failed) = runtime.block_on(async {
        let benches = Bench::on_hosts(hosts).await;
        let cases = || [everywhere(), in_containers()].concat();
        let mut failed = join_all(benches.iter().map(|bench| bench::all(bench, cases(), AT_ONCE / 2))).await;
        // Not beside others, who would miss the cable.
        for (failed, bench) in failed.iter_mut().zip(&benches) {
            failed.extend(bench::all(bench, on_hosts(), 1).await);
        }
        (benches, failed)
    });
    runtime.shutdown_background();
    for ((bench, failed), (name, engine)) in benches.iter().zip(&failed).zip(engines) {
        all_held(&format!("the SSH host {name} with {engine}"), bench.engine(), failed);
    }
}

#[test]
fn what_needs_no_image_holds_in_the_sandbox() {
    let failed = runtime().block_on(async {
        let bench = Bench::sandbox().await;
        bench::all(&bench, everywhere(), AT_ONCE).await
    });
    assert!(failed.is_empty(), "in the sandbox:\n{}", failed.join("\n"));
}
