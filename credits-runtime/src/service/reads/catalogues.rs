//! Catalogues: the terms of every pricing that the ledger was opened with.

use serde::{Deserialize, Serialize};

use crate::domain::catalogue::CatalogueData;
use crate::domain::time::Timestamp;
use crate::error::Error;
use crate::service::credits::Credits;

/// A catalogue that the ledger keeps, because charges refer to its terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DeclaredCatalogue {
    /// Its number in the ledger, counted from 1.
    pub number: u32,
    /// When the ledger was first opened with it.
    pub declared_at: Timestamp,
    /// SHA-256 over its terms, as 64 hexadecimal digits: that of [`CatalogueData::fingerprint`].
    pub fingerprint: String,
    /// Its terms, with the words of their declaration. It has no processor ids, environments, metadata or inputs, which
    /// the journal does not keep.
    pub catalogue: CatalogueData,
}

impl<C> Credits<C> {
    /// The catalogues that the ledger was opened with, in the order of their first declaration. A change of names for
    /// people, of documentation or of processor ids declares no new one.
    ///
    /// Errors: the ledger's.
    ///
    /// ```
    /// # credits_runtime::usage_credits! { operation step { costs 1.credit } }
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let credits = Credits::in_memory()?;
    /// let catalogues = credits.catalogues()?;
    /// assert_eq!((catalogues.len(), catalogues[0].number), (1, 1));
    /// assert_eq!(catalogues[0].fingerprint, Pricing::catalog().fingerprint());
    /// # Ok(())
    /// # }
    /// ```
    pub fn catalogues(&self) -> Result<Vec<DeclaredCatalogue>, Error> {
        let (declared, mut journal) = (self.ledger.catalogues()?, self.ledger.journal()?);
        let mut catalogues = Vec::new();
        for declared in declared.declared() {
            let Some(terms) = self.ledger.terms(declared.number) else { continue };
            catalogues.push(DeclaredCatalogue {
                number: declared.number,
                declared_at: journal.frame(declared.fact)?.at,
                fingerprint: terms.data.fingerprint(),
                catalogue: terms.data.clone(),
            });
        }
        Ok(catalogues)
    }
}
