//! Assets besides credits, by their words.

use super::Checker;

impl Checker<'_> {
    /// The asset that a word is an amount of.
    #[expect(clippy::unused_self, reason = "assets are not declared yet")]
    pub(super) fn asset_named(&self, _word: &str) -> Option<&'static str> {
        None
    }

    /// Several of an asset.
    #[expect(clippy::unused_self, reason = "assets are not declared yet")]
    pub(super) fn asset_plural(&self, asset: &'static str) -> &'static str {
        asset
    }

    /// Every word for an asset.
    #[expect(clippy::unused_self, reason = "assets are not declared yet")]
    pub(super) fn asset_words(&self) -> Vec<&'static str> {
        Vec::new()
    }
}
