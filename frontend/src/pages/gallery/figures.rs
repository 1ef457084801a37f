//! Charts and tables.

use berth_shared::api::Role;
use leptos::prelude::*;

use super::{Theme, row};
use crate::components::{Backend, Bone, Chunks, Form, GroupRow, LongList, RoleTable, Spark, Status};

pub(super) fn spark(_: Theme) -> AnyView {
    let busy: Vec<f64> = (0..30_u8).map(|at| 0.7 + 0.25 * (f64::from(at) * 0.9).sin()).collect();
    let idle = vec![0.02; 30];
    let one = |shares: Vec<f64>, tone: Option<&'static str>, label: &'static str| {
        view! { <Spark shares=Signal::stored(shares) size="sm" tone=Signal::stored(tone) label=Signal::stored(label.to_owned())/> }
    };
    let small = view! {
        {one(busy.clone(), None, "GPU use, 70 %")}
        {one(idle, Some("waste"), "GPU use, 2 %, paid for and not used")}
        {one(vec![0.4], None, "GPU use, 40 %, measured once")}
        {one(Vec::new(), None, "GPU use, not known yet")}
    };
    let usual = view! { <Spark shares=Signal::stored(busy.clone()) label=Signal::stored("CPU use over an hour".to_owned())/> };
    let large = view! { <Spark shares=Signal::stored(busy) size="lg" label=Signal::stored("CPU use over a week".to_owned())/> };
    view! {
        {row("Small: busy, idle, measured once, nothing known", small)}
        {row("Usual", usual)}
        {row("Large", large)}
    }
    .into_any()
}

/// How many columns the table has.
const COLUMNS: &str = "4";

/// A thousand rows in a window of their own; what is out of sight is not drawn.
pub(super) fn long_list(Theme(theme): Theme) -> AnyView {
    let long = LongList::new();
    let ids = Memo::new(|_| (1..=1000_u32).collect::<Vec<_>>());
    let line = |id: u32| view! { <tr><td class="mono">{format!("row {id}")}</td></tr> };
    view! {
        <div class="gallery__window" tabindex="0" role="region" aria-label=format!("A long list, {theme}")>
            <table class="table" aria-label=format!("A thousand rows, {theme}")>
                <thead><tr><th scope="col">"Row"</th></tr></thead>
                <Chunks long ids form=Form::Rows("1") row=line/>
            </table>
        </div>
    }
    .into_any()
}

pub(super) fn table(Theme(theme): Theme) -> AnyView {
    let line = |name: &'static str, status: &'static str, tone: Option<&'static str>, chosen: bool| {
        view! {
            <tr data-tone=tone data-chosen=chosen.then_some("")>
                <td><span class="table__strong">{name}</span></td>
                <td><Status status=Signal::stored(status)/></td>
                <td data-priority="2"><Backend backend="gcp".to_owned() name="us-central1"/></td>
                <td data-num="">"$2.39"</td>
            </tr>
        }
    };
    let head = || {
        view! {
            <thead><tr>
                <th scope="col">"Run"</th><th scope="col">"Status"</th><th scope="col" data-priority="2">"Where"</th>
                <th scope="col" data-num="" aria-sort="descending">"Cost"</th>
            </tr></thead>
        }
    };
    view! {
        <div class="panel" data-clip="">
            <table class="table" aria-label=format!("Rows, {theme}")>
                {head()}
                <tbody>
                    <GroupRow columns=COLUMNS title="Active" count=Signal::stored(3) end=Signal::stored("$4.42/h".to_owned())/>
                    {line("calm-otter", "running", None, false)}
                    {line("brave-heron", "running", None, true)}
                    {line("quiet-lynx", "idle", Some("warn"), false)}
                </tbody>
                <tbody>
                    <GroupRow columns=COLUMNS title="Finished" count=Signal::stored(1)/>
                    {line("plain-raven", "failed", None, false)}
                    <tr aria-hidden="true">
                        <td><Bone width="6rem"/></td><td><Bone width="5rem"/></td><td data-priority="2"><Bone width="7rem"/></td><td><Bone width="3rem" end=true/></td>
                    </tr>
                </tbody>
            </table>
        </div>
        <div class="panel" data-clip="">
            <table class="table stale" aria-label=format!("Rows that may be old, {theme}")>
                {head()}
                <tbody>{line("calm-otter", "running", None, false)}</tbody>
            </table>
        </div>
    }
    .into_any()
}

pub(super) fn roles(_: Theme) -> AnyView {
    view! { <RoleTable own=Signal::stored(Some(Role::Member))/> }.into_any()
}
