//! `GET /api/v1/spend.csv`

use axum::http::{HeaderName, header};
use berth_shared::api::{Problem, Spend, SpendBy};

use super::{
    extract::{Here, Query},
    problem::Failure,
    spend::Params,
};

/// The same as `GET /api/v1/spend`, for accounting: a line for each day and each thing on which something was spent.
#[utoipa::path(
    get,
    path = "/api/v1/spend.csv",
    tag = "limits",
    params(Params),
    responses(
        (
            status = 200,
            description = "CSV (RFC 4180) with a header: the day, what it was spent on, US dollars",
            body = String,
            content_type = "text/csv",
            example = "date,person,usd\r\n2026-09-21,ann,12.25\r\n",
        ),
        (status = 400, description = "`wrong-parameter`", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn spend(
    Here(app): Here,
    Query(params): Query<Params>,
) -> Result<([(HeaderName, &'static str); 2], String), Failure> {
    let spend = app.control.spend(&params.query()?).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"spend.csv\""),
    ];
    Ok((headers, csv(&spend)))
}

fn csv(spend: &Spend) -> String {
    let by = match spend.by {
        SpendBy::Person => "person",
        SpendBy::Backend => "backend",
        SpendBy::Gpu => "gpu",
        SpendBy::Run => "run",
    };
    let mut text = format!("date,{by},usd\r\n");
    for day in &spend.days {
        for item in &day.items {
            text.push_str(&format!("{},{},{}\r\n", day.date, field(&item.key), item.usd));
        }
    }
    text
}

/// A field as RFC 4180 writes it. A spreadsheet would take some beginnings for formulas.
fn field(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use berth_shared::api::{SpendDay, SpendItem};

    use super::*;

    #[test]
    fn a_line_is_for_a_day_and_what_was_paid_for() {
        let item = |key: &str, usd| SpendItem { key: key.to_owned(), usd };
        let items = vec![item("ann", 12.25), item("a, \"b\"", 0.1), item("=1+1", 0.000_000_1), item("", 1.0)];
        let days = vec![
            SpendDay { date: "2026-09-20".to_owned(), items: Vec::new() },
            SpendDay { date: "2026-09-21".to_owned(), items },
        ];
        let text = csv(&Spend { by: SpendBy::Run, days, usd: 1.0, idle_usd: 0.0 });
        insta::assert_snapshot!(text.replace("\r\n", "|\n"), @r#"
        date,run,usd|
        2026-09-21,ann,12.25|
        2026-09-21,"a, ""b""",0.1|
        2026-09-21,'=1+1,0.0000001|
        2026-09-21,,1|
        "#);
    }
}
