//! The process-wide handle of a pricing.

use std::path::{Path, PathBuf};

use once_cell::sync::OnceCell;

use super::Pricing;
use crate::error::{Error, LedgerError, LedgerErrorKind};
use crate::service::credits::Credits;

/// The cell of a process-wide handle. The first call of `Credits::shared` opens it.
#[derive(Debug)]
pub struct Shared<C>(OnceCell<(PathBuf, Credits<C>)>);

impl<C: Pricing> Shared<C> {
    /// An empty cell.
    #[expect(clippy::new_without_default, reason = "a cell is made by generated code alone, as a static")]
    pub const fn new() -> Self {
        Self(OnceCell::new())
    }

    pub(crate) fn get_or_open(&'static self, path: &Path) -> Result<&'static Credits<C>, Error> {
        let (opened, credits) =
            self.0.get_or_try_init(|| Ok::<_, Error>((path.to_owned(), Credits::open(path)?)))?;
        if opened != path {
            let message = format!(
                "this program shares the ledger `{}` and was asked for `{}`: use one path, or open a handle of its own",
                opened.display(),
                path.display()
            );
            return Err(LedgerError::new(LedgerErrorKind::SharedElsewhere, message).into());
        }
        Ok(credits)
    }
}
