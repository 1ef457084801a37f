//! Numbers and prices as people read them.

use super::Stock;

/// `1,234`.
pub(super) fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A price an hour: `$0.747/h`.
pub(super) fn price(dollars: f64) -> String {
    format!("${dollars:.3}/h")
}

/// `1,234 offers from $0.747/h`.
pub(super) fn stock(stock: Stock) -> String {
    let offers = format!("{} {}", grouped(stock.offers), if stock.offers == 1 { "offer" } else { "offers" });
    match stock.lowest() {
        Some(lowest) => format!("{offers} from {}", price(lowest)),
        None => offers,
    }
}

/// As [`stock`], with both kinds of prices: `1,234 offers, on-demand from $3.290/h, spot from $0.747/h`.
pub(super) fn stock_in_full(stock: Stock) -> String {
    let mut text =
        format!("{} {}", grouped(stock.offers), if stock.offers == 1 { "offer" } else { "offers" });
    for (kind, lowest) in [("on-demand", stock.on_demand), ("spot", stock.spot)] {
        if let Some(lowest) = lowest {
            text.push_str(&format!(", {kind} from {}", price(lowest)));
        }
    }
    text
}

/// `40 GB or 80 GB`.
pub(super) fn sizes(gb: &[f64]) -> String {
    let words: Vec<_> = gb.iter().map(|gb| format!("{gb} GB")).collect();
    either(&words)
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn either(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}
