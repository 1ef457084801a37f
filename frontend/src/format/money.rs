//! US dollars.

use super::grouped;

/// A price an hour without its period: `$0.747`, `$11.750`. Three decimals, as clouds publish them.
#[must_use]
pub fn price(dollars: f64) -> String {
    decimals(dollars, 3)
}

/// A sum of prices an hour, without its period: `$10.69`.
#[must_use]
pub fn rate(dollars: f64) -> String {
    decimals(dollars, 2)
}

/// A price as a figure: to the cent where that says enough.
#[must_use]
pub fn figure(dollars: f64) -> String {
    if dollars >= 0.1 { rate(dollars) } else { price(dollars) }
}

/// What something has cost: `$2.39`, `<$0.01`, `$1,914.20`.
#[must_use]
pub fn cost(dollars: f64) -> String {
    if dollars > 0.0 && dollars < 0.01 { "<$0.01".to_owned() } else { decimals(dollars, 2) }
}

fn decimals(dollars: f64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    // Prices are never negative nor anything but numbers; whatever else comes reads as zero.
    let scaled = (dollars.max(0.0) * unit as f64).round() as u64;
    format!("${}.{:0width$}", grouped(scaled / unit), scaled % unit, width = places as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_reads_with_its_decimals() {
        assert_eq!(price(0.747), "$0.747");
        assert_eq!(price(3.29), "$3.290");
        assert_eq!(rate(10.687), "$10.69");
        assert_eq!((figure(1.276), figure(0.0042)), ("$1.28".to_owned(), "$0.004".to_owned()));
        assert_eq!(cost(0.0), "$0.00");
        assert_eq!(cost(0.004), "<$0.01");
        assert_eq!(cost(0.995), "$1.00");
        assert_eq!(cost(1_914_000.205), "$1,914,000.21");
        assert_eq!(cost(f64::NAN), "$0.00");
    }
}
