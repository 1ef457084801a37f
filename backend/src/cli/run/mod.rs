//! `berth run`: plan, agree, launch, follow.

mod code;
mod dialect;
mod env;
mod flags;
mod launch;
pub(super) mod merge;
pub(super) mod show;
mod text;
mod watch;

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use berth_shared::{
    api::{Plan, PlanRequest, Run, User},
    config::{Checked, Reading, check_bytes},
    diagnostics::{Severity, render},
};

pub(super) use self::flags::LaunchFlags;
use self::{code::CodeFlags, env::Given, merge::Merged};
use super::{
    ask,
    client::{Access, Client, ClientError},
    failure::{Failure, finish},
    profile::{self, ProfileError},
    words::{Format, json_line, say, visible},
};

/// Arguments of `berth run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The configuration, a folder with a `.dstack.yml`, or `-` for standard input; else the `.dstack.yml` that is here.
    #[arg(value_name = "CONFIGURATION")]
    configuration: Option<PathBuf>,

    /// The configuration, when the first argument is a folder.
    #[arg(short, long, value_name = "FILE")]
    file: Option<PathBuf>,

    /// Name of the run; one is made up otherwise.
    #[arg(short, long, value_name = "NAME")]
    name: Option<String>,

    /// Ask nothing.
    #[arg(short, long)]
    yes: bool,

    /// Return as soon as the run is submitted.
    #[arg(short, long)]
    detach: bool,

    /// A variable for the environment; without a value, the one it has here. Values are not kept in the text.
    #[arg(short, long = "env", value_name = "NAME[=VALUE]", value_parser = env::parse)]
    env: Vec<Given>,

    /// How many offers to show before asking.
    #[arg(long, value_name = "N", default_value_t = 3)]
    max_offers: usize,

    /// How to print: `json` is one object with the plan and the run, `jsonl` a line for the plan, each change of the
    /// run and each line of its log. Both need `-y`.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    flags: LaunchFlags,

    #[command(flatten)]
    code: CodeFlags,

    #[command(flatten)]
    access: Access,
}

/// Launches a configuration: 0 when it runs or is done, 1 when it failed or was not launched.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(launch(args))
}

async fn launch(args: &Args) -> Result<(), Failure> {
    if !args.yes && args.format != Format::Text {
        return Err(Failure::Usage(
            "`--format` asks nothing; add `-y` to agree to the plan beforehand".to_owned(),
        ));
    }
    let Local { file, path, merged, profile, unknown } = local(args).await?;
    if let Some(error) = unknown {
        return Err(error.into());
    }
    let client = args.access.client()?;
    let request = PlanRequest { configuration: merged.text.clone(), preview: None };
    let (plan, user) = tokio::join!(client.post::<Plan>("/plan", &request), client.get::<User>("/me"));
    let (plan, user) = (plan?, user?);
    if !plan.valid {
        return Err(invalid(args, &file, &merged.text, &plan.diagnostics)?);
    }
    let named = args.configuration.as_deref().filter(|named| named.is_dir());
    let code = code::gather(&args.code, named, &path, &merged.configuration, &client).await?;
    let about = show::About {
        file: &file,
        server: client.server(),
        user: &user.name,
        profile: profile.as_deref(),
        configuration: &merged.configuration,
        code: code.told(),
    };
    for note in code.notes() {
        eprintln!("note: {}", visible(note));
    }
    match args.format {
        Format::Text => present(args, &about, &plan, &merged)?,
        Format::Jsonl => {
            json_line(&mut io::stdout().lock(), &serde_json::json!({ "type": "plan", "plan": plan }))?;
        }
        Format::Json => {}
    }
    let over = limits_passed(&plan);
    if !over.is_empty() {
        if args.format == Format::Json {
            json_line(&mut io::stdout().lock(), &serde_json::json!({ "plan": plan, "run": null }))?;
        }
        return Err(Failure::No(format!("{over}; nothing was launched")));
    }
    let possible = launch::is_possible(&plan, &merged.configuration);
    if possible && args.format == Format::Text && show::price(&plan).is_none() {
        let refused = show::refusals(&plan);
        let then = match launch::is_scheduled(&merged.configuration) {
            true => "the run waits for its `schedule`, and looks again then",
            false => "the run is tried again until its `retry_policy` is over",
        };
        say!("{refused}note: nothing that fits can be had now; {then}")?;
    }
    if !possible {
        if args.format == Format::Json {
            json_line(&mut io::stdout().lock(), &serde_json::json!({ "plan": plan, "run": null }))?;
        }
        eprint!("{}", show::refusals(&plan));
        return Err(Failure::No("nothing that fits can be had now; nothing was launched".to_owned()));
    }
    let Some(run) = launch::agree_and_submit(args, &client, &plan, merged, code).await? else {
        eprintln!("Nothing was launched");
        return Err(Failure::Said(1));
    };
    let run = if args.detach {
        if args.format == Format::Jsonl {
            print_run(&run)?;
        }
        detached(args, &client, &run)?;
        run
    } else {
        let name = run.name.clone();
        let named = format!("{name}{}", client.in_project());
        watch::watch(args, &client, run).await.inspect_err(|error| {
            // Whatever is in the way of following it: it was launched.
            if !matches!(error, Failure::Write(_)) {
                eprintln!("note: {name} was submitted and goes on; berth logs -f {named} follows it, berth stop {named} ends it");
            }
        })?
    };
    if args.format == Format::Json {
        json_line(&mut io::stdout().lock(), &serde_json::json!({ "plan": plan, "run": run }))?;
    }
    if run.status == berth_shared::api::RunStatus::Failed { Err(Failure::Said(1)) } else { Ok(()) }
}

/// The limits that the launch would pass, in words.
fn limits_passed(plan: &Plan) -> String {
    let over = plan.limits.iter().filter(|note| note.over).map(|note| visible(&note.message));
    over.collect::<Vec<_>>().join("; ")
}

/// What can be said without a server.
struct Local {
    /// The configuration's path as it is shown.
    file: String,
    /// Its path.
    path: PathBuf,
    /// What is launched.
    merged: Merged,
    /// The profile's name.
    profile: Option<String>,
    /// Why the server could not be asked how it reads the text, where that makes a difference.
    unknown: Option<ClientError>,
}

async fn local(args: &Args) -> Result<Local, Failure> {
    let here = Path::new("");
    let source =
        text::read(args.configuration.as_deref(), args.file.as_deref(), here, &mut io::stdin().lock())?;
    let (default, unknown) = dialect::default_for(&source.bytes, &args.access).await;
    let checked = check_bytes(&source.bytes, Reading::auto(default));
    let text = String::from_utf8_lossy(&source.bytes).into_owned();
    let Some(configuration) = checked.configuration.as_ref().filter(|_| checked.is_valid()) else {
        return Err(invalid(args, &source.file, &text, &checked.diagnostics)?);
    };
    remark(&source.file, &text, &checked)?;
    let profile = args.flags.choose(&profile::folders()).map_err(|error| {
        eprint!("{}", error.render(colour()));
        Failure::Said(if matches!(error, ProfileError::Invalid { .. }) { 1 } else { 2 })
    })?;
    let environment = |name: &str| std::env::var(name).ok();
    let given = env::given(&args.env, &environment)?;
    let below = profile.as_ref().map(|profile| profile.profile.clone()).unwrap_or_default();
    let merged = merge::merge(&text, default, configuration, args.flags.flags(), below, &given);
    let mut merged = merged.map_err(|error| Failure::No(error.to_string()))?;
    merged.variables = env::asked(&merged.configuration, merged.variables, &environment)?;
    let profile = profile.map(|profile| profile.name);
    Ok(Local { file: source.file, path: source.path, merged, profile, unknown })
}

fn colour() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Shows what the text may not mean. Hints are for editors.
fn remark(file: &str, text: &str, checked: &Checked) -> io::Result<()> {
    let warnings: Vec<_> =
        checked.diagnostics.iter().filter(|found| found.severity != Severity::Hint).cloned().collect();
    io::stderr().lock().write_all(render(file, text, &warnings, colour()).as_bytes())
}

/// Shows what is wrong with the text.
fn invalid(
    args: &Args,
    file: &str,
    text: &str,
    diagnostics: &[berth_shared::diagnostics::Diagnostic],
) -> Result<Failure, Failure> {
    if args.format != Format::Text {
        let told = serde_json::json!({ "type": "invalid", "file": file, "diagnostics": diagnostics });
        json_line(&mut io::stdout().lock(), &told)?;
    }
    io::stderr().lock().write_all(render(file, text, diagnostics, colour()).as_bytes())?;
    Ok(Failure::Said(1))
}

/// Shows what is asked for and what would be tried.
fn present(args: &Args, about: &show::About<'_>, plan: &Plan, merged: &Merged) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(show::properties(about).as_bytes())?;
    writeln!(out)?;
    if !merged.changed.is_empty() {
        writeln!(out, "note: written into the text for this run: {}\n", merged.changed.join(", "))?;
    }
    out.write_all(show::offers(plan, about.configuration, args.max_offers).as_bytes())?;
    let cost = show::cost(plan, about.configuration);
    if !cost.is_empty() {
        write!(out, "\n{cost}")?;
    }
    for note in plan.limits.iter().filter(|note| !note.over) {
        writeln!(out, "\nnote: {}", visible(&note.message))?;
    }
    out.flush()
}

fn detached(args: &Args, client: &Client, run: &Run) -> io::Result<()> {
    if args.format == Format::Text {
        say!("Run {} submitted, detaching...", run.name)?;
    }
    eprintln!(
        "berth logs -f {0}{1} follows it, berth stop {0}{1} ends it; {2}",
        run.name,
        client.in_project(),
        client.page(&format!("/runs/{}", run.name))
    );
    Ok(())
}

fn print_run(run: &Run) -> io::Result<()> {
    let mut out = io::stdout().lock();
    json_line(&mut out, &serde_json::json!({ "type": "run", "run": run }))?;
    out.flush()
}
