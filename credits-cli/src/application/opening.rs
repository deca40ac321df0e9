//! The two ways of opening a ledger: with its application's pricing, and without it.

use credits_runtime::generated::Pricing;
use credits_runtime::{Credits, Error};
use credits_web::{api, api_without_pricing, dashboard, dashboard_without_pricing};

use crate::reach::{Access, LedgerAddress, Opened};

/// Opens the ledger of an application.
pub(super) fn priced<C: Pricing>(address: &LedgerAddress, access: Access) -> Result<Opened, Error> {
    let credits = match (address, access) {
        (LedgerAddress::File(path), Access::Read) => Credits::<C>::open_read_only(path)?,
        (LedgerAddress::File(path), Access::Write | Access::Serve) => Credits::<C>::open(path)?,
        #[cfg(feature = "postgres")]
        (LedgerAddress::Database(url), Access::Read) => Credits::<C>::connect_read_only(url)?,
        #[cfg(feature = "postgres")]
        (LedgerAddress::Database(url), Access::Write) => {
            Credits::<C>::builder().lanes(1).as_tool().connect(url)?
        }
        #[cfg(feature = "postgres")]
        (LedgerAddress::Database(url), Access::Serve) => Credits::<C>::connect(url)?,
    };
    Ok(Opened {
        credits: credits.without_pricing(),
        api: api(&credits),
        dashboard: dashboard(&credits),
        #[cfg(unix)]
        socket: Box::new(move || credits_web::socket(&credits)),
    })
}

/// Opens a ledger in memory, which has the price list of the program and nothing else.
pub(super) fn priced_in_memory<C: Pricing>() -> Result<Opened, Error> {
    let credits = Credits::<C>::in_memory()?;
    Ok(Opened {
        credits: credits.without_pricing(),
        api: api(&credits),
        dashboard: dashboard(&credits),
        #[cfg(unix)]
        socket: Box::new(move || credits_web::socket(&credits)),
    })
}

/// Opens the ledger of any application.
pub(super) fn unpriced(address: &LedgerAddress, access: Access) -> Result<Opened, Error> {
    let credits = match (address, access) {
        (LedgerAddress::File(path), Access::Read) => Credits::open_read_only_without_pricing(path)?,
        (LedgerAddress::File(path), Access::Write | Access::Serve) => Credits::open_without_pricing(path)?,
        #[cfg(feature = "postgres")]
        (LedgerAddress::Database(url), Access::Read) => Credits::connect_read_only_without_pricing(url)?,
        #[cfg(feature = "postgres")]
        (LedgerAddress::Database(url), Access::Write | Access::Serve) => {
            Credits::connect_without_pricing(url)?
        }
    };
    Ok(Opened {
        api: api_without_pricing(&credits)?,
        dashboard: dashboard_without_pricing(&credits)?,
        #[cfg(unix)]
        socket: {
            let credits = credits.clone();
            Box::new(move || credits_web::socket_without_pricing(&credits))
        },
        credits,
    })
}
