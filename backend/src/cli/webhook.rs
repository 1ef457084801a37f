//! `berth webhook`: addresses that are told of what happens.

use std::{ffi::OsStr, process::ExitCode, time::Duration};

use berth_shared::{
    api::{AddWebhook, AddedWebhook, Delivery, NotificationKind, Page, Webhook},
    time::Timestamp,
};
use clap::Subcommand;
use clap_complete::{ArgValueCompleter, CompletionCandidate};
use tokio::time::sleep;

use super::{
    client::{Access, Client, complete, part},
    failure::{Failure, finish},
    words::{Format, ago, print_list, say, table, visible},
};
use crate::clock::{Clock, SystemClock};

/// How often it is looked whether a test has arrived, and how often that at most: beyond what one try may take.
const LOOK: Duration = Duration::from_millis(250);
const LOOKS: u32 = 80;

/// Arguments of `berth webhook`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    action: Action,

    #[command(flatten)]
    access: Access,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Adds an address, or puts it in the place of one of the same name, and prints the key of its signatures: it is shown this once.
    Add {
        /// What to call it: lower-case letters, digits and `-`.
        #[arg(value_name = "NAME")]
        name: String,

        /// Where notifications are sent, by POST.
        #[arg(value_name = "URL")]
        url: String,

        /// What it is told of: running, failed, interrupted, idle_stop, budget_near, budget_reached. May be given several times; all when
        /// absent.
        #[arg(long = "on", value_name = "KIND", value_delimiter = ',', value_parser = kind)]
        on: Vec<NotificationKind>,
    },
    /// Lists webhooks, and what became of the last notification to each.
    #[command(visible_alias = "ls")]
    List {
        /// How to print the result.
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Sends a notification, and says whether it arrived.
    Test {
        /// Its name.
        #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_webhooks))]
        name: String,
    },
    /// Removes a webhook; what is on its way to it is not sent.
    #[command(visible_alias = "remove")]
    Rm {
        /// Its name.
        #[arg(value_name = "NAME", add = ArgValueCompleter::new(complete_webhooks))]
        name: String,
    },
}

/// Adds, lists, tests and removes webhooks.
#[must_use]
pub fn run(args: &Args) -> ExitCode {
    finish(async {
        let client = args.access.client()?;
        match &args.action {
            Action::Add { name, url, on } => {
                let kinds = if on.is_empty() { NotificationKind::ALL.to_vec() } else { on.clone() };
                let asked = AddWebhook { name: name.clone(), url: url.clone(), kinds };
                let added: AddedWebhook = client.post("/webhooks", &asked).await?;
                eprintln!(
                    "{} is told from now on; its signatures have this key:",
                    visible(&added.webhook.name)
                );
                Ok(say!("{}", visible(&added.secret))?)
            }
            Action::List { format } => {
                let webhooks = list(&client).await?;
                Ok(print_list(*format, "webhooks", &webhooks, |all| listed(all, SystemClock.now()))?)
            }
            Action::Test { name } => test(&client, name).await,
            Action::Rm { name } => {
                client.delete(&format!("/webhooks/{}", part(name))).await?;
                Ok(say!("Removed {}", visible(name))?)
            }
        }
    })
}

async fn list(client: &Client) -> Result<Vec<Webhook>, Failure> {
    Ok(client.get::<Page<Webhook>>("/webhooks").await?.items)
}

async fn test(client: &Client, name: &str) -> Result<(), Failure> {
    let asked: Delivery = client.post(&format!("/webhooks/{}/test", part(name)), &()).await?;
    for _ in 0..LOOKS {
        let webhook = list(client).await?.into_iter().find(|webhook| webhook.name == name);
        let Some(webhook) = webhook else {
            return Err(Failure::No(format!("`{}` was removed meanwhile", visible(name))));
        };
        let delivery = webhook.deliveries.into_iter().find(|delivery| delivery.id == asked.id);
        match delivery {
            Some(Delivery { delivered_at: Some(_), .. }) => return Ok(say!("It arrived")?),
            Some(Delivery { error: Some(why), attempts: 1.., .. }) => {
                return Err(Failure::No(format!("it did not arrive: {}", visible(&why))));
            }
            _ => sleep(LOOK).await,
        }
    }
    Err(Failure::No("it is still on its way; `berth webhook list` tells what becomes of it".to_owned()))
}

fn word(kind: NotificationKind) -> String {
    match serde_json::to_value(kind) {
        Ok(serde_json::Value::String(word)) => word,
        // A word is what it is on the wire.
        _ => String::new(),
    }
}

fn kind(text: &str) -> Result<NotificationKind, String> {
    let found = NotificationKind::ALL.into_iter().find(|kind| word(*kind) == text.replace('-', "_"));
    found.ok_or_else(|| format!("one of {}", NotificationKind::ALL.map(word).join(", ")))
}

fn listed(webhooks: &[Webhook], now: Timestamp) -> String {
    if webhooks.is_empty() {
        return "No webhooks; `berth webhook add NAME URL` adds one".to_owned();
    }
    let row = |webhook: &Webhook| {
        let kinds = webhook.kinds.iter().map(|kind| word(*kind)).collect::<Vec<_>>().join(",");
        let all = webhook.kinds.len() == NotificationKind::ALL.len();
        let kinds = if all { "everything".to_owned() } else { kinds };
        let last =
            webhook.deliveries.first().map_or_else(|| "nothing sent yet".to_owned(), |last| told(last, now));
        vec![visible(&webhook.name), visible(&webhook.url), kinds, last]
    };
    table(&["NAME", "ADDRESS", "ON", "LAST"], &webhooks.iter().map(row).collect::<Vec<_>>())
}

/// What became of a notification.
fn told(delivery: &Delivery, now: Timestamp) -> String {
    let kind = word(delivery.kind);
    let why = || visible(delivery.error.as_deref().unwrap_or("no answer"));
    match (delivery.delivered_at, delivery.next_at) {
        (Some(at), _) => format!("{kind}: arrived {}", ago(at, now)),
        (None, Some(_)) if delivery.attempts == 0 => format!("{kind}: on its way"),
        (None, Some(_)) if delivery.attempts == 1 => format!("{kind}: trying again: {}", why()),
        (None, Some(_)) => format!("{kind}: tried {} times, trying again: {}", delivery.attempts, why()),
        (None, None) => format!("{kind}: given up: {}", why()),
    }
}

fn complete_webhooks(current: &OsStr) -> Vec<CompletionCandidate> {
    complete::<Webhook>("/webhooks", |webhook| webhook.name, current)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn webhooks_are_listed_with_what_became_of_the_last_notification() {
        let delivery =
            |attempts, delivered_at: Option<i64>, next_at: Option<i64>, error: Option<&str>| Delivery {
                id: "msg_1".to_owned(),
                kind: NotificationKind::Failed,
                at: Timestamp(0),
                attempts,
                delivered_at: delivered_at.map(Timestamp),
                next_at: next_at.map(Timestamp),
                error: error.map(str::to_owned),
            };
        let webhook = |name: &str, kinds: &[NotificationKind], last: Option<Delivery>| Webhook {
            name: name.to_owned(),
            url: "https://x.example/?a=***".to_owned(),
            kinds: kinds.to_vec(),
            added_by: "ann".to_owned(),
            added_at: Timestamp(0),
            deliveries: last.into_iter().collect(),
        };
        let (some, all) =
            (&[NotificationKind::Running, NotificationKind::IdleStop][..], &NotificationKind::ALL[..]);
        let webhooks = [
            webhook("a", some, None),
            webhook("b", all, Some(delivery(1, Some(60_000), None, None))),
            webhook("c", all, Some(delivery(0, None, Some(0), None))),
            webhook("d", all, Some(delivery(2, None, Some(0), Some("it answers with 500")))),
            webhook("e", all, Some(delivery(12, None, None, Some("it answers with 500")))),
        ];
        insta::assert_snapshot!(listed(&webhooks, Timestamp(120_000)), @r"
        NAME  ADDRESS                   ON                 LAST
        a     https://x.example/?a=***  running,idle_stop  nothing sent yet
        b     https://x.example/?a=***  everything         failed: arrived 1 min ago
        c     https://x.example/?a=***  everything         failed: on its way
        d     https://x.example/?a=***  everything         failed: tried 2 times, trying again: it answers with 500
        e     https://x.example/?a=***  everything         failed: given up: it answers with 500
        ");
        insta::assert_snapshot!(listed(&[], Timestamp(0)), @"No webhooks; `berth webhook add NAME URL` adds one");
    }

    #[test]
    fn kinds_are_named_as_on_the_wire() {
        assert_eq!(kind("idle-stop"), Ok(NotificationKind::IdleStop));
        assert_eq!(kind("budget_near"), Ok(NotificationKind::BudgetNear));
        assert_eq!(
            kind("test").expect_err("none"),
            "one of running, failed, interrupted, idle_stop, budget_near, budget_reached"
        );
    }
}
