//! `berth limits`: how much the project and each person may have and spend, and where they stand.

use std::{ffi::OsStr, process::ExitCode, str::FromStr};

use berth_shared::api::{Limits, LimitsOverview, Person, Standing};
use clap::{Subcommand, ValueEnum};
use clap_complete::{ArgValueCompleter, CompletionCandidate};

use super::{
    client::{Access, Client, complete, part},
    failure::{Failure, finish},
    words::{Format, json_line, say, spent, table, visible},
};

/// Arguments of `berth limits`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Args {
    #[command(subcommand)]
    action: Option<Action>,

    /// How to print the result.
    #[arg(long, value_enum, default_value_t)]
    format: Format,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Sets limits; those that are not given stay as they are. What runs already goes on.
    Set {
        /// Whose: the project's, everybody's who has none of their own, or a person's.
        #[arg(value_enum, value_name = "WHOSE")]
        whose: Whose,

        /// The person's name.
        #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_people))]
        name: Option<String>,

        #[command(flatten)]
        limits: Given,

        #[command(flatten)]
        access: Access,
    },
    /// Takes a person's own limits away: everybody's count for them again.
    Lift {
        /// The person's name.
        #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_people))]
        name: String,

        #[command(flatten)]
        access: Access,
    },
}

/// Whose limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Whose {
    /// Those of all people together.
    Project,
    /// Each person's who has none of their own.
    Everybody,
    /// One person's.
    Person,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct Given {
    /// The most instances at once; `none` lifts the limit.
    #[arg(long, value_name = "N|none", value_parser = limit::<u32>)]
    instances: Option<Limit<u32>>,

    /// The most GPUs at once; `none` lifts the limit.
    #[arg(long, value_name = "N|none", value_parser = limit::<u32>)]
    gpus: Option<Limit<u32>>,

    /// The most that all instances may cost together, US dollars an hour; `none` lifts the limit.
    #[arg(long, value_name = "X|none", value_parser = limit::<f64>)]
    usd_per_hour: Option<Limit<f64>>,

    /// The most that may be spent in a calendar month, US dollars; `none` lifts the limit.
    #[arg(long, value_name = "X|none", value_parser = limit::<f64>)]
    usd_per_month: Option<Limit<f64>>,
}

/// A limit, or none.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Limit<T>(Option<T>);

fn limit<T: FromStr>(text: &str) -> Result<Limit<T>, String> {
    match text {
        "none" => Ok(Limit(None)),
        text => text
            .parse()
            .map(|number| Limit(Some(number)))
            .map_err(|_| format!("`{text}` is no limit: write a number, or `none` for as much as there is")),
    }
}

impl Given {
    /// The limits with what is given.
    fn over(&self, mut limits: Limits) -> Limits {
        if let Some(Limit(instances)) = self.instances {
            limits.instances = instances;
        }
        if let Some(Limit(gpus)) = self.gpus {
            limits.gpus = gpus;
        }
        if let Some(Limit(dollars)) = self.usd_per_hour {
            limits.usd_per_hour = dollars;
        }
        if let Some(Limit(dollars)) = self.usd_per_month {
            limits.usd_per_month = dollars;
        }
        limits
    }
}

/// Shows and changes limits.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        match &args.action {
            None => {
                let overview: LimitsOverview = args.access.client()?.get("/limits").await?;
                match args.format {
                    Format::Text => Ok(say!("{}", listed(&overview).trim_end())?),
                    Format::Json | Format::Jsonl => Ok(json_line(&mut std::io::stdout().lock(), &overview)?),
                }
            }
            Some(Action::Set { whose, name, limits, access }) => {
                set(&access.client()?, *whose, name.as_deref(), limits).await
            }
            Some(Action::Lift { name, access }) => {
                access.client()?.delete(&format!("/limits/people/{}", part(name))).await?;
                Ok(say!("Everybody's limits count for {} again", visible(name))?)
            }
        }
    })
}

async fn set(client: &Client, whose: Whose, name: Option<&str>, given: &Given) -> Result<(), Failure> {
    let overview: LimitsOverview = client.get("/limits").await?;
    let (path, before, who) = match (whose, name) {
        (Whose::Project, None) => {
            ("/limits/project".to_owned(), overview.project.limits, "the project".to_owned())
        }
        (Whose::Everybody, None) => {
            ("/limits/everybody".to_owned(), overview.everybody, "everybody".to_owned())
        }
        (Whose::Person, Some(name)) => {
            let found = overview.people.into_iter().find(|standing| standing.person.as_deref() == Some(name));
            // Whoever has none of their own begins with everybody's.
            let before = found.map(|standing| standing.limits).unwrap_or_default();
            (format!("/limits/people/{}", part(name)), before, visible(name))
        }
        (Whose::Person, None) => {
            return Err(Failure::Usage("say whose: `berth limits set person NAME …`".to_owned()));
        }
        (_, Some(name)) => {
            return Err(Failure::Usage(format!(
                "limits of one person are set by `berth limits set person {} …`",
                visible(name)
            )));
        }
    };
    let after = given.over(before);
    let _: LimitsOverview = client.put(&path, &after).await?;
    let told = berth_shared::limits::told(&after);
    Ok(say!("The limits of {who} are now: {}", if told.is_empty() { "none" } else { &told })?)
}

fn listed(overview: &LimitsOverview) -> String {
    let row = |standing: &Standing| {
        let Standing { person, limits, own, used } = standing;
        let count = |used: u32, limit: Option<u32>| match limit {
            Some(limit) => format!("{used} of {limit}"),
            None => used.to_string(),
        };
        let money = |used: f64, limit: Option<f64>| match limit {
            Some(limit) => format!("{} of {}", spent(used), spent(limit)),
            None => spent(used),
        };
        vec![
            person.as_deref().map_or_else(|| "(project)".to_owned(), visible),
            count(used.instances, limits.instances),
            count(used.gpus, limits.gpus),
            money(used.usd_per_hour, limits.usd_per_hour),
            money(used.usd_this_month, limits.usd_per_month),
            if *own { "their own" } else { "" }.to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> =
        std::iter::once(&overview.project).chain(&overview.people).map(row).collect();
    let everybody = berth_shared::limits::told(&overview.everybody);
    let everybody = if everybody.is_empty() { "no limits" } else { &everybody };
    format!(
        "{}\nWho has none of their own has everybody's: {everybody}",
        table(&["WHO", "INSTANCES", "GPUS", "$/H", "THIS MONTH", "LIMITS"], &rows)
    )
}

fn complete_people(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<Person>("/people", |person| person.name, current)
}

#[cfg(test)]
mod tests {
    use berth_shared::{api::Used, time::Timestamp};

    use super::*;

    #[test]
    fn everybody_is_listed_with_what_they_have_of_what_they_may() {
        let used = Used { instances: 3, gpus: 8, usd_per_hour: 9.5, usd_this_month: 812.4 };
        let everybody = Limits { instances: Some(4), usd_per_month: Some(500.0), ..Limits::default() };
        let own = Limits { gpus: Some(16), usd_per_hour: Some(20.0), ..Limits::default() };
        let standing = |person: &str, limits: &Limits, own, used| Standing {
            person: Some(person.to_owned()),
            limits: limits.clone(),
            own,
            used,
        };
        let overview = LimitsOverview {
            project: Standing {
                limits: Limits { instances: Some(20), ..Limits::default() },
                used,
                ..Standing::default()
            },
            people: vec![
                standing("ann", &own, true, used),
                standing("bob", &everybody, false, Used::default()),
            ],
            everybody,
            month_ends_at: Timestamp(0),
        };
        insta::assert_snapshot!(listed(&overview), @r"
        WHO        INSTANCES  GPUS     $/H              THIS MONTH     LIMITS
        (project)  3 of 20    8        $9.50            $812.40
        ann        3          8 of 16  $9.50 of $20.00  $812.40        their own
        bob        0 of 4     0        $0               $0 of $500.00

        Who has none of their own has everybody's: 4 instances, $500 a month
        ");
    }

    #[test]
    fn a_limit_is_a_number_or_none() {
        assert_eq!(limit::<u32>("4"), Ok(Limit(Some(4))));
        assert_eq!(limit::<f64>("0.5"), Ok(Limit(Some(0.5))));
        assert_eq!(limit::<u32>("none"), Ok(Limit(None)));
        for wrong in ["", "-1", "4.5", "many"] {
            limit::<u32>(wrong).expect_err("it is none");
        }
    }

    #[test]
    fn what_is_not_given_stays() {
        let before =
            Limits { instances: Some(4), gpus: Some(8), usd_per_hour: Some(1.0), usd_per_month: None };
        let given = Given {
            instances: Some(Limit(None)),
            gpus: None,
            usd_per_hour: Some(Limit(Some(2.0))),
            usd_per_month: Some(Limit(Some(100.0))),
        };
        let after =
            Limits { instances: None, gpus: Some(8), usd_per_hour: Some(2.0), usd_per_month: Some(100.0) };
        assert_eq!(given.over(before), after);
    }
}
