//! Azure's prices, from its public price list: the pattern for other clouds.
//!
//! [`page`] reads an answer, [`prices`] keeps what it says of machines that are known, [`merge`] makes the rows of a new
//! catalogue of that, all without any I/O. [`fetch`] walks the list.
//!
//! The list is described at <https://learn.microsoft.com/rest/api/cost-management/retail-prices/azure-retail-prices>:
//! no key, pages of up to 1000 prices, each naming the next one in `NextPageLink`; prices in US dollars unless another
//! currency is asked for.

mod error;
pub mod fetch;
pub mod merge;
pub mod pace;
pub mod page;
pub mod prices;
#[cfg(test)]
mod tests;

pub use error::AzureError;

/// Where the list is.
pub const ADDRESS: &str = "https://prices.azure.com/api/retail/prices";

/// What is asked for: virtual machines by the hour.
pub const FILTER: &str = "serviceName eq 'Virtual Machines' and priceType eq 'Consumption'";

/// The backend whose prices these are.
pub const BACKEND: &str = "azure";

/// The source that these prices carry in the catalogue.
pub const SOURCE: &str = "azure-retail-prices";
