//! What was spent, day by day.

use std::collections::BTreeMap;

use berth_shared::{
    api::{Spend, SpendBy, SpendDay, SpendItem},
    time::Timestamp,
};

use super::{Service, ServiceError};
use crate::store::Stretch;

const DAY: i64 = 86_400_000;

/// What is asked about spending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendQuery {
    /// How many days, today among them; 1 to 400.
    pub days: u32,
    /// By what it is told apart.
    pub by: SpendBy,
    /// How far the asker's days are ahead of UTC's, minutes; -840 to 840.
    pub offset_minutes: i32,
    /// Whose spending; `None` = everybody's.
    pub person: Option<String>,
}

impl SpendQuery {
    /// When the first of the days begins.
    fn begin(&self, now: Timestamp) -> i64 {
        let offset = i64::from(self.offset_minutes) * 60_000;
        let today = now.0.saturating_add(offset).div_euclid(DAY).saturating_mul(DAY);
        today.saturating_sub(i64::from(self.days.max(1) - 1) * DAY).saturating_sub(offset)
    }
}

impl Service {
    /// What was spent in the project in the last days, today's part of it until now.
    ///
    /// # Errors
    /// Only [`ServiceError::Unavailable`] and [`ServiceError::Internal`].
    pub async fn spend(&self, query: &SpendQuery) -> Result<Spend, ServiceError> {
        let now = self.core().now();
        let paid = self.core().storage.stretches(self.project(), Timestamp(query.begin(now)), now).await?;
        Ok(spend(&paid, query, now))
    }
}

/// What of these stretches falls on each day.
#[must_use]
pub fn spend(paid: &[Stretch], query: &SpendQuery, now: Timestamp) -> Spend {
    let begin = query.begin(now);
    let offset = i64::from(query.offset_minutes) * 60_000;
    let mut days: Vec<BTreeMap<&str, f64>> = vec![BTreeMap::new(); query.days.max(1) as usize];
    let (mut usd, mut idle_usd) = (0.0, 0.0);
    let paid = paid.iter().filter(|stretch| query.person.as_ref().is_none_or(|name| *name == stretch.person));
    for stretch in paid {
        let until = stretch.to.map_or(now, |to| to.min(now));
        let first = (stretch.from.0.max(begin) - begin).div_euclid(DAY);
        let first = usize::try_from(first).unwrap_or(0);
        for (index, day) in days.iter_mut().enumerate().skip(first) {
            let from = Timestamp(begin.saturating_add(index as i64 * DAY));
            if from >= until {
                break;
            }
            let cost = stretch.cost(from, Timestamp(from.0.saturating_add(DAY)).min(now));
            if cost > 0.0 {
                *day.entry(key(stretch, query.by)).or_default() += cost;
                usd += cost;
                idle_usd += if stretch.run.is_none() { cost } else { 0.0 };
            }
        }
    }
    let day = |(index, items): (usize, BTreeMap<&str, f64>)| {
        let mut items: Vec<SpendItem> =
            items.into_iter().map(|(key, usd)| SpendItem { key: key.to_owned(), usd }).collect();
        items.sort_by(|a, b| b.usd.total_cmp(&a.usd).then_with(|| a.key.cmp(&b.key)));
        let local = Timestamp(begin.saturating_add(offset).saturating_add(index as i64 * DAY));
        SpendDay { date: local.date(), items }
    };
    Spend { by: query.by, days: days.into_iter().enumerate().map(day).collect(), usd, idle_usd }
}

fn key(stretch: &Stretch, by: SpendBy) -> &str {
    match by {
        SpendBy::Person => &stretch.person,
        SpendBy::Backend => &stretch.backend,
        SpendBy::Gpu => &stretch.gpu,
        SpendBy::Run => stretch.run.as_ref().map_or("", |run| &run.name),
    }
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{InstanceId, JobId, RunId};
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::store::PaidRun;

    /// 2026-09-21T14:13:20Z.
    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn query(days: u32, by: SpendBy, offset_minutes: i32) -> SpendQuery {
        SpendQuery { days, by, offset_minutes, person: None }
    }

    /// At a dollar an hour.
    fn stretch(person: &str, run: Option<&str>, from: i64, to: Option<i64>) -> Stretch {
        let id = Uuid::from_u128(1);
        Stretch {
            project: "main".to_owned(),
            instance: InstanceId(id),
            person: person.to_owned(),
            run: run.map(|name| PaidRun { job: JobId(id), id: RunId(id), name: name.to_owned() }),
            backend: "aws".to_owned(),
            gpu: "A100".to_owned(),
            gpus: 1,
            price: 1.0,
            from: NOW.plus_seconds(from * 3600),
            to: to.map(|to| NOW.plus_seconds(to * 3600)),
        }
    }

    fn told(spend: &Spend) -> String {
        let mut told = String::new();
        for day in &spend.days {
            let items = day.items.iter().map(|item| format!(" {}={:.2}", item.key, item.usd));
            told.push_str(&format!("{}{}\n", day.date, items.collect::<String>()));
        }
        told + &format!("{:.2}, idle {:.2}", spend.usd, spend.idle_usd)
    }

    #[test]
    fn each_day_has_its_part_and_today_what_was_paid_until_now() {
        let paid = [
            stretch("ann", Some("fox"), -30, Some(-10)),
            stretch("bob", None, -2, None),
            stretch("ann", Some("owl"), -100, Some(-90)),
        ];
        insta::assert_snapshot!(told(&spend(&paid, &query(3, SpendBy::Person, 0), NOW)), @r"
        2026-09-19
        2026-09-20 ann=15.78
        2026-09-21 ann=4.22 bob=2.00
        22.00, idle 2.00
        ");
        insta::assert_snapshot!(told(&spend(&paid, &query(2, SpendBy::Run, 0), NOW)), @r"
        2026-09-20 fox=15.78
        2026-09-21 fox=4.22 =2.00
        22.00, idle 2.00
        ");
        let bob = SpendQuery { person: Some("bob".to_owned()), ..query(1, SpendBy::Gpu, 0) };
        insta::assert_snapshot!(told(&spend(&paid, &bob, NOW)), @r"
        2026-09-21 A100=2.00
        2.00, idle 2.00
        ");
    }

    #[test]
    fn days_are_those_of_whoever_asks() {
        let paid = [stretch("ann", Some("fox"), -30, Some(-10))];
        // It is the 22nd already, ten hours ahead.
        insta::assert_snapshot!(told(&spend(&paid, &query(3, SpendBy::Person, 600), NOW)), @r"
        2026-09-20 ann=5.78
        2026-09-21 ann=14.22
        2026-09-22
        20.00, idle 0.00
        ");
    }

    proptest! {
        #[test]
        fn the_days_together_are_what_was_paid(
            stretches in prop::collection::vec((-2000_i64..0, 1_i64..1000, any::<bool>()), 0..20),
            days in 1_u32..=400,
            offset in -840_i32..=840,
        ) {
            let paid: Vec<Stretch> = stretches
                .iter()
                .map(|(from, hours, open)| stretch("ann", Some("fox"), *from, (!open).then_some(from + hours)))
                .collect();
            let query = query(days, SpendBy::Person, offset);
            let spent = spend(&paid, &query, NOW);
            let begin = Timestamp(query.begin(NOW));
            let whole: f64 = paid.iter().map(|stretch| stretch.cost(begin, NOW)).sum();
            prop_assert_eq!(spent.days.len(), days as usize);
            prop_assert!((spent.usd - whole).abs() < 1e-6, "{} {}", spent.usd, whole);
            let items: f64 = spent.days.iter().flat_map(|day| &day.items).map(|item| item.usd).sum();
            prop_assert!((items - whole).abs() < 1e-6);
            prop_assert!(spent.days.is_sorted_by(|a, b| a.date < b.date));
        }
    }
}
