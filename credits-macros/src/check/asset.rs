//! Assets: what is counted besides credits.
//!
//! It does not know what they are given or taken for.

use credits_core::AssetSpec;

use super::forever::forever;
use super::unit::plural;
use super::{Asset, Checker};
use crate::ast;

/// The words of the declared assets.
#[derive(Clone, Debug, Default)]
pub(super) struct Assets {
    /// Every declaration, also one that was refused: what was meant is known.
    declared: Vec<AssetSpec>,
}

impl Assets {
    /// The assets of a definition.
    pub(super) fn of(assets: &[Asset]) -> Self {
        Self { declared: assets.iter().map(|asset| asset.terms).collect() }
    }

    /// The asset that `gem` or `gems` means, by its name.
    pub(super) fn of_amount(&self, word: &str) -> Option<&'static str> {
        self.declared.iter().find(|asset| word == asset.name || word == asset.plural).map(|asset| asset.name)
    }

    /// The asset that `gem_per` or `gems_per` means, by its name.
    pub(super) fn of_rate(&self, word: &str) -> Option<&'static str> {
        word.strip_suffix("_per").and_then(|word| self.of_amount(word))
    }

    /// Several of this asset.
    pub(super) fn plural(&self, name: &'static str) -> &'static str {
        self.declared.iter().find(|asset| asset.name == name).map_or(name, |asset| asset.plural)
    }

    /// Every word for an amount of them.
    pub(super) fn words(&self) -> Vec<&'static str> {
        self.declared.iter().flat_map(|asset| [asset.name, asset.plural]).collect()
    }
}

impl Checker<'_> {
    /// Checks an asset.
    pub(super) fn asset(asset: &ast::Asset) -> Asset {
        let many = asset.plural.as_ref().map_or_else(|| plural(&asset.name.text), |many| many.text.clone());
        let terms = AssetSpec { name: forever(&asset.name.text), plural: forever(&many) };
        Asset { name: asset.name.clone(), docs: asset.docs.clone(), terms }
    }
}
